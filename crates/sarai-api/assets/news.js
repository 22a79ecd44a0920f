// What rules have to say: cards above the question, until the person has seen them or puts them away.

import { mark, messagesFrom } from "./door.js";
import { announce, byId, make } from "./elements.js";
import { language, say } from "./words.js";

const KINDS = { tell: "page-news-tell", suggest: "page-news-suggest", report: "page-news-report" };

let stream = null;
const shown = new Map();

// Starts to listen; the browser comes back by itself when the connection breaks.
export function start() {
  stream?.close();
  stream = messagesFrom(show);
}

function show(message) {
  if (shown.has(message.id)) return;
  shown.set(message.id, message);
  draw();
  announce(`${say(KINDS[message.kind] ?? KINDS.report)}: ${message.text}`);
}

// Draws all cards anew, for instance in another language.
export function draw() {
  byId("news").replaceChildren(...[...shown.values()].map(card));
  byId("news").hidden = shown.size === 0;
}

function card(message) {
  const at = new Intl.DateTimeFormat(language(), { dateStyle: "medium", timeStyle: "short" });
  const button = (sentence, word, look) =>
    make("button", { type: "button", class: look, onclick: () => end(message.id, word) }, say(sentence));
  return make(
    "li",
    { class: "news-card", "data-kind": message.kind },
    make("p", { class: "news-text", lang: message.language }, message.text),
    make(
      "p",
      { class: "quiet" },
      `${say(KINDS[message.kind] ?? KINDS.report)} · ${message.rule} · ${at.format(new Date(message.at))}`,
    ),
    make(
      "div",
      { class: "news-buttons" },
      button("page-news-seen", "seen", "main-button"),
      button("page-news-dismiss", "dismissed", "plain-button"),
    ),
  );
}

async function end(id, word) {
  try {
    await mark(id, word);
  } catch (error) {
    return announce(error.message);
  }
  shown.delete(id);
  draw();
}
