// Draws the conversation. Questions are text as it was typed; answers are HTML that the server made safe.

import { announce, byId, copyButton, fit, make, picture, pictureButton } from "./elements.js";
import { number, say } from "./words.js";

// How near the end counts as being there, in pixels.
const NEAR_END = 80;

const scroll = () => byId("scroll");
const isAtEnd = () => scroll().scrollHeight - scroll().scrollTop - scroll().clientHeight < NEAR_END;

export function toEnd() {
  scroll().scrollTop = scroll().scrollHeight;
  byId("to-end").hidden = true;
}

// Changes the picture and stays at the end, if the person was there.
function atEnd(change) {
  const follow = isAtEnd();
  change();
  if (follow) toEnd();
  else byId("to-end").hidden = false;
}

export function start() {
  byId("to-end").addEventListener("click", toEnd);
  scroll().addEventListener("scroll", () => isAtEnd() && (byId("to-end").hidden = true), { passive: true });
}

// Takes away what is drawn from the message at `at` on, and every problem.
export function cut(at) {
  for (const failed of byId("talk").querySelectorAll(".failed")) failed.remove();
  for (const item of Array.from(byId("talk").children).slice(at)) item.remove();
  byId("to-end").hidden = true;
}

// A question. `onEdit(text)` is called with what the person made of it.
export function question(text, onEdit) {
  const words = make("div", { class: "words" }, text);
  const tools = make("div", { class: "tools" }, copyButton("page-copy", () => text));
  const item = make("li", { class: "turn asked" }, make("h3", { class: "unseen" }, say("page-you")), words, tools);
  item.edit = () => edit(item, words, tools, text, onEdit);
  tools.append(pictureButton("edit", "page-edit", item.edit));
  byId("talk").append(item);
  return item;
}

function edit(item, words, tools, text, onEdit) {
  const area = make("textarea", { rows: "1", "aria-label": say("page-edit-label") });
  area.value = text;
  const back = () => {
    form.replaceWith(words);
    tools.hidden = false;
    item.classList.remove("editing");
    tools.querySelector("button:last-child").focus();
  };
  const send = () => area.value.trim() && onEdit(area.value.trim());
  const form = make(
    "form",
    { class: "edit", onsubmit: (event) => { event.preventDefault(); send(); } },
    area,
    make(
      "div",
      { class: "dialog-buttons" },
      make("button", { type: "button", class: "plain-button", onclick: back }, say("page-cancel")),
      make("button", { type: "submit", class: "main-button" }, say("page-resend")),
    ),
  );
  area.addEventListener("input", () => fit(area));
  area.addEventListener("keydown", (event) => {
    if (event.key === "Escape") { event.stopPropagation(); back(); }
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); send(); }
  });
  words.replaceWith(form);
  tools.hidden = true;
  item.classList.add("editing");
  fit(area);
  area.focus();
}

// An answer, still without words. What it returns draws into it.
export function answer() {
  const body = make("div", { class: "words" });
  const notes = make("div", { class: "notes" });
  const pulse = make("span", { class: "pulse", "aria-hidden": "true" });
  const waiting = make("p", { class: "waiting quiet" }, pulse, say("page-reading"));
  const who = make("h3", { class: "who" }, picture("mark"), say("page-sarai"));
  const item = make("li", { class: "turn answered" }, who, body, notes);
  byId("talk").append(item);
  let spoken = 0;
  return {
    item,
    wait() {
      body.append(waiting);
      item.classList.add("writing");
      toEnd();
    },
    block({ index, html }) {
      atEnd(() => {
        waiting.remove();
        while (body.children.length <= index) body.append(make("div", { class: "block" }));
        draw(body.children[index], html);
      });
      // A block is spoken once it is complete, that is when the next one begins.
      for (; spoken < index; spoken += 1) announce(body.children[spoken].textContent);
    },
    // The answer is over. `actions` are the buttons under it.
    close(message, actions) {
      atEnd(() => {
        waiting.remove();
        item.classList.remove("writing");
        const copy = copyButton("page-copy", () => message.content);
        const figures = figuresOf(message);
        notes.replaceChildren(make("div", { class: "tools" }, copy, ...actions, ...(figures ? [figures] : [])));
        for (const remark of message.remarks ?? []) notes.prepend(make("p", { class: "remark" }, remark));
        if (message.ending === "length") notes.prepend(make("p", { class: "remark" }, say("page-length")));
        if (message.ending === "stopped") notes.prepend(make("p", { class: "remark" }, say("page-stopped")));
      });
    },
    finish(text) {
      const rest = Array.from(body.children).slice(spoken).map((block) => block.textContent);
      announce([...rest, text].join("\n"));
    },
  };
}

// Why there is no answer, and a way to try again.
export function problem(text, onRetry) {
  const attributes = { type: "button", class: "plain-button", onclick: onRetry };
  const retry = make("button", attributes, picture("again"), say("page-retry"));
  const words = make("div", {}, make("strong", {}, say("page-error-title")), make("p", {}, text), retry);
  atEnd(() => byId("talk").append(make("li", { class: "turn failed", role: "alert" }, picture("alert"), words)));
}

function draw(block, html) {
  // The server allows a short list of tags in what it sends here and nothing else; see its module `page::markdown`.
  block.innerHTML = html;
  for (const pre of block.querySelectorAll("pre")) {
    const code = pre.querySelector("code");
    const name = /language-(\S+)/.exec(code?.className ?? "")?.[1] ?? say("page-code");
    const frame = make("div", { class: "code" });
    pre.replaceWith(frame);
    pre.tabIndex = 0;
    const copy = copyButton("page-copy-code", () => pre.textContent);
    frame.append(make("div", { class: "code-head" }, make("span", {}, name), copy), pre);
  }
  for (const link of block.querySelectorAll("a[href]")) link.title = `${link.href} ${say("page-new-tab")}`;
}

// Who answered if it was not the model, or how fast it did.
function figuresOf({ figures, skill, remembered }) {
  if (remembered) return make("span", { class: "figures quiet" }, say("page-memory-answered"));
  if (skill) return make("span", { class: "figures quiet" }, say("page-skill", { skill }));
  if (!figures) return null;
  const text = say("page-figures", { speed: number(figures.speed, 1), first: number(figures.first, 1) });
  return make("span", { class: "figures quiet", title: say("page-figures-label") }, text);
}
