// What SARAi does unasked: made in words, looked through, paused and removed, in a dialog of its own.

import * as dialogs from "./dialogs.js";
import * as door from "./door.js";
import { announce, byId, make, pictureButton } from "./elements.js";
import { language, say } from "./words.js";

const moment = (at) =>
  new Intl.DateTimeFormat(language(), { dateStyle: "medium", timeStyle: "short" }).format(new Date(at));

// Opens the dialog.
export async function show() {
  let next = true;
  while (next) next = await once();
}

// Returns true when the dialog is to be shown again, since a question of its own took its place.
async function once() {
  let again = null;
  const leave = (step) => {
    again = step;
    byId("dialog").close("");
  };
  const list = make("ul", { class: "entries" });
  const draw = () =>
    attempt(list, async () => {
      const { rules } = await door.rules({ list: {} });
      list.replaceChildren(...rules.map((rule) => item(rule, draw, edit, leave)));
    });
  const said = make("div", { class: "proposals", "aria-live": "polite" });
  const wish = make("input", {
    type: "text", "aria-label": say("page-rules-wish"), placeholder: say("page-rules-example"), maxlength: "1000", autofocus: "",
  });
  // The rule that the words are for; none for a new one.
  let edited = null;
  const edit = (rule) => {
    edited = rule;
    said.replaceChildren();
    wish.placeholder = rule ? rule.sentence : say("page-rules-example");
    wish.value = rule?.words ?? "";
    wish.focus();
  };
  const keep = async (text, choice) => {
    await door.rules(edited ? { edit: { rule: edited.id, text, choice } } : { add: { text, choice } });
    announce(say(edited ? "page-rules-changed" : "page-rules-added"));
    edit(null);
    await draw();
  };
  const read = () => attempt(said, () => propose(wish.value.trim(), said, edited, keep));
  // Enter asks what the words mean; it does not close the dialog.
  wish.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    read();
  });
  const ask = make("button", { type: "button", class: "main-button", onclick: read }, say("page-rules-read"));
  draw();
  await dialogs.tell(say("page-rules"), make("div", { class: "wish" }, wish, ask), said, list);
  if (!again) return false;
  await again();
  return true;
}

// Reads the words back; nothing is kept before the person has taken one of the rules that they may mean.
async function propose(text, said, edited, keep) {
  if (!text) return;
  const { read } = await door.rules({ read: { text } });
  const canKeep = read.kind === "rule" || read.kind === "ambiguous";
  const choices = read.choices.map(({ sentence, next }, at) => {
    const words = make("div", { class: "entry-words" }, make("p", {}, sentence));
    if (next.length) words.append(make("p", { class: "quiet" }, next.slice(0, 3).map(moment).join(" · ")));
    const onclick = () => attempt(said, () => keep(text, at + 1));
    const sentences = edited ? "page-rules-change" : "page-rules-add";
    const take = make("button", { type: "button", class: "main-button", onclick }, say(sentences));
    return make("li", {}, words, ...(canKeep ? [take] : []));
  });
  said.replaceChildren(...(read.text ? [make("p", {}, read.text)] : []), make("ul", { class: "entries" }, ...choices));
}

function item(rule, draw, edit, leave) {
  const words = make("div", { class: "entry-words" }, make("p", {}, rule.sentence));
  const when = rule.paused ? say("page-rules-paused") : rule.next && say("page-rules-next", { at: moment(rule.next) });
  if (when) words.append(make("p", { class: "quiet" }, when));
  if (rule.last) {
    words.append(make("p", { class: "quiet" }, say("page-rules-last", { at: moment(rule.last.at), text: rule.last.text })));
  }
  const change = (what, sentence) => () =>
    attempt(words, async () => {
      await door.rules({ [what]: { rule: rule.id } });
      announce(say(sentence));
      await draw();
    });
  const tools = [
    pictureButton("run", "page-rules-run", change("run", "page-rules-running")),
    pictureButton("why", "page-rules-why", () => leave(() => explain(rule))),
  ];
  if (rule.origin === "words") {
    tools.unshift(
      pictureButton("edit", "page-rules-edit", () => edit(rule)),
      rule.paused
        ? pictureButton("resume", "page-rules-resume", change("resume", "page-rules-resumed"))
        : pictureButton("pause", "page-rules-pause", change("pause", "page-rules-paused")),
    );
    tools.push(pictureButton("delete", "page-rules-remove", () => leave(() => remove(rule))));
  }
  return make("li", { "data-rule": rule.id }, words, make("div", { class: "tools" }, ...tools));
}

async function explain(rule) {
  const list = make("ul", { class: "entries" });
  await attempt(list, async () => {
    const { decisions } = await door.rules({ explain: { rule: rule.id } });
    const line = ({ at, text, times }) =>
      make("li", {}, make("p", {}, times > 1 ? `${text} (×${times})` : text), make("p", { class: "quiet" }, moment(at)));
    list.replaceChildren(...decisions.map(line));
    if (!decisions.length) list.append(make("li", { class: "quiet" }, say("page-rules-undecided")));
  });
  await dialogs.tell(rule.sentence, list);
}

async function remove(rule) {
  if (!(await dialogs.confirm(say("page-rules-question", { rule: rule.sentence }), say("page-rules-remove")))) return;
  try {
    await door.rules({ remove: { rule: rule.id } });
    announce(say("page-rules-removed"));
  } catch (error) {
    await dialogs.tell(say("page-error-title"), make("p", { role: "alert" }, error.message));
  }
}

// What goes wrong is said in the place that was to change.
async function attempt(place, work) {
  place.querySelector(":scope > .problem")?.remove();
  try {
    await work();
  } catch (error) {
    place.append(make(place.tagName === "UL" ? "li" : "p", { class: "problem", role: "alert" }, error.message));
  }
}
