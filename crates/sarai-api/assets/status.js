// How SARAi is: a sign and a word in the panel, the whole in a dialog.

import { health, models } from "./door.js";
import { byId, make } from "./elements.js";
import { tell } from "./dialogs.js";
import { number, say } from "./words.js";

const STATES = {
  ready: "page-status-ready",
  starting: "page-status-starting",
  degraded: "page-status-degraded",
  stopping: "page-status-stopping",
  unreachable: "page-status-unreachable",
};
const LOOK_MS = 15_000;
const LOOK_SOON_MS = 2_000;

let state = "starting";
let model = "";
let timer = 0;

export function start() {
  byId("status").addEventListener("click", details);
  document.addEventListener("visibilitychange", () => timer && !document.hidden && look());
  draw();
}

// Looks now and from now on; sooner while something is about to change, never while nobody sees the page.
export async function look() {
  clearTimeout(timer);
  const report = await health().catch(({ code }) => ({ status: code === "unreachable" ? code : "degraded" }));
  state = report.status;
  // Without an answer the last known model stays; whoever asks next learns why.
  const cards = (await models().catch(() => null))?.data.filter((card) => card.id !== "sarai");
  if (cards) model = (cards.find((card) => card.sarai?.loaded) ?? cards[0])?.id ?? "";
  draw();
  // Nobody sees a hidden page; it looks again when it is shown.
  if (!document.hidden) timer = setTimeout(look, state === "ready" ? LOOK_MS : LOOK_SOON_MS);
}

function draw() {
  const word = say(STATES[state] ?? STATES.degraded);
  byId("status").dataset.state = state;
  byId("status-word").textContent = word;
  byId("status-model").textContent = model || say("page-model-none");
  byId("status").setAttribute("aria-label", [say("page-status"), word, model].filter(Boolean).join(", "));
}

async function details() {
  let report;
  try {
    report = await health();
  } catch (error) {
    return tell(say("page-status"), make("p", {}, error.message));
  }
  const parts = report.components.map((part) => {
    const facts = [say(STATES[part.status] ?? STATES.degraded), part.detail];
    if (part.restarts) facts.push(say("page-status-restarts", { count: number(part.restarts) }));
    if (part.resident_bytes) facts.push(say("page-status-memory", { size: number(part.resident_bytes / 2 ** 20) }));
    return make("div", {}, make("dt", {}, part.name), make("dd", {}, facts.filter(Boolean).join(" · ")));
  });
  const version = make("p", { class: "quiet" }, say("page-status-version", { version: report.version }));
  const lead = model ? say("page-model", { model }) : say("page-model-none");
  return tell(say("page-status"), make("p", {}, lead), make("dl", { class: "parts" }, ...parts), version);
}
