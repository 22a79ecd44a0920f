// Puts the page together: one conversation is open, at most one answer is being written.

import * as composer from "./composer.js";
import * as dialogs from "./dialogs.js";
import * as door from "./door.js";
import { announce, byId, make, pictureButton } from "./elements.js";
import * as memory from "./memory.js";
import * as news from "./news.js";
import * as rules from "./rules.js";
import * as side from "./side.js";
import * as status from "./status.js";
import * as store from "./store.js";
import * as talk from "./talk.js";
import { otherLanguage, say, translate } from "./words.js";

// Why an answer ended that nobody wants to keep.
const DROPPED = "dropped";

let conversation = store.blank();
// The answer that is being written, as an AbortController.
let writing = null;
// What is done once the browser is paired.
let afterPairing = openNewest;

function drawFrame() {
  const isEmpty = conversation.messages.length === 0;
  byId("welcome").hidden = !isEmpty;
  byId("title").textContent = isEmpty ? "" : conversation.title || say("page-untitled");
  for (const id of ["rename", "export", "delete"]) byId(id).hidden = isEmpty;
  document.title = isEmpty ? "SARAi" : `${conversation.title} · SARAi`;
  side.drawList(conversation.id, open);
}

// Keeps a conversation in the browser.
function keep(which) {
  try {
    store.keep(which);
  } catch {
    talk.problem(say("page-error-storage"), () => keep(which));
  }
  drawFrame();
}

const drawQuestion = (text, at) => talk.question(text, (edited) => editFrom(at, edited));
const again = (at) => pictureButton("again", "page-again", () => askFrom(at));

// Draws the open conversation from its text.
async function draw() {
  const shown = conversation;
  talk.cut(0);
  drawFrame();
  const answers = shown.messages.filter((message) => message.role === "assistant");
  let drawn = [];
  try {
    if (answers.length) drawn = await door.render(answers.map((message) => message.content));
  } catch (error) {
    if (conversation === shown && !needsPairing(error, draw)) talk.problem(error.message, draw);
    return;
  }
  if (conversation !== shown) return;
  shown.messages.forEach((message, at) => {
    if (message.role === "user") return drawQuestion(message.content, at);
    const picture = talk.answer();
    drawn.shift().forEach((html, index) => picture.block({ index, html }));
    picture.close(message, [again(at)]);
  });
  const count = shown.messages.length;
  if (shown.messages.at(-1)?.role === "user") talk.problem(say("page-error-broken"), () => askFrom(count));
  talk.toEnd();
}

function show(next) {
  stop();
  conversation = next;
  composer.show("idle");
  side.toggleDrawer("closed");
  draw();
  composer.focus();
}

const begin = () => show(store.blank());

function open(id) {
  if (id === conversation.id) return side.toggleDrawer("closed");
  show(store.open(id) ?? store.blank());
}

// Stops the answer and keeps what was written of it.
function stop() {
  writing?.abort();
}

// Stops the answer and forgets it.
function drop() {
  writing?.abort(DROPPED);
  writing = null;
}

function ask(text) {
  if (writing) return;
  composer.set("");
  askAt(conversation.messages.length, text);
}

// Asks the question at `at` in other words; what followed it is forgotten.
function editFrom(at, text) {
  drop();
  askAt(at, text);
}

function askAt(at, text) {
  conversation.messages.splice(at, Infinity, { role: "user", content: text });
  talk.cut(at);
  drawQuestion(text, at);
  keep(conversation);
  answer();
}

// Asks again what stands before `at`.
function askFrom(at) {
  drop();
  conversation.messages.splice(at);
  talk.cut(at);
  keep(conversation);
  answer();
}

// Lets SARAi answer the last question.
async function answer() {
  const asked = conversation;
  const at = asked.messages.length;
  const message = { role: "assistant", content: "" };
  const control = new AbortController();
  const picture = talk.answer();
  writing = control;
  composer.show("answering");
  picture.wait();
  composer.focus();
  let failure = null;
  try {
    const messages = asked.messages.map(({ role, content }) => ({ role, content }));
    await door.ask(messages, asked.memory !== false, control.signal, (name, data) => {
      if (control.signal.aborted) return;
      if (name === "text") message.content += data.delta;
      if (name === "block") picture.block(data);
      if (name === "done") finish(message, data);
    });
  } catch (error) {
    failure = error;
  }
  if (control.signal.reason === DROPPED) return;
  writing = null;
  composer.show("idle");
  if (failure) message.ending = "stopped";
  if (message.content) {
    asked.messages.push(message);
    keep(asked);
  }
  if (conversation !== asked) return;
  if (message.content) picture.close(message, [again(at)]);
  else picture.item.remove();
  if (!failure) picture.finish(say("page-answered"));
  else if (control.signal.aborted) announce(say("page-stopped"));
  else if (!needsPairing(failure, () => askFrom(at))) talk.problem(failure.message, () => askFrom(at));
}

function finish(message, { reason, usage, timings, skill, memory: part }) {
  if (skill) message.skill = skill;
  const remarks = [
    ...part.stored.map(({ text }) => say("page-memory-stored", { text })),
    ...part.ended.map(({ text }) => say("page-memory-ended", { text })),
    ...(part.trouble ? [part.trouble] : []),
  ];
  if (remarks.length) message.remarks = remarks;
  if (part.facts_used.some(({ role }) => role === "asked") && !usage.completion_tokens) message.remembered = true;
  if (reason === "length") message.ending = "length";
  const first = (timings.queued_ms + timings.prefill_ms) / 1000;
  if (timings.decode_ms > 0) message.figures = { speed: usage.completion_tokens / (timings.decode_ms / 1000), first };
}

// Shows the pairing view if that is what the failure is about; `then` runs once the browser is paired.
function needsPairing(failure, then) {
  if (failure.status !== 401) return false;
  afterPairing = then;
  showPairing(conversation.messages.length ? say("page-pair-lost") : "");
  return true;
}

function showPairing(text) {
  byId("pairing").hidden = false;
  byId("side").inert = true;
  byId("room").inert = true;
  byId("pairing-error").textContent = text;
  byId("code").select();
}

async function pair(code) {
  try {
    await door.pair(code);
  } catch (error) {
    return showPairing(error.message);
  }
  byId("code").value = "";
  byId("pairing").hidden = true;
  side.toggleDrawer("closed");
  status.look();
  news.start();
  composer.focus();
  afterPairing();
}

async function remove() {
  const title = conversation.title || say("page-untitled");
  if (!(await dialogs.confirm(say("page-delete-question", { title }), say("page-delete")))) return;
  drop();
  store.remove(conversation.id);
  begin();
}

async function clear() {
  if (!(await dialogs.confirm(say("page-clear-question"), say("page-clear")))) return;
  drop();
  store.clear();
  begin();
}

async function rename() {
  const title = await dialogs.line(say("page-rename"), say("page-rename-label"), conversation.title);
  if (title === null) return;
  conversation.title = store.rename(conversation.id, title);
  drawFrame();
}

function save() {
  const url = URL.createObjectURL(new Blob([store.markdown(conversation)], { type: "text/markdown" }));
  const name = conversation.title.replace(/[^\p{L}\p{N} _-]/gu, "").trim() || "sarai";
  make("a", { href: url, download: `${name}.md` }).click();
  URL.revokeObjectURL(url);
}

function showKeys() {
  const rows = [
    ["page-key-enter", "page-keys-send"],
    ["page-key-shift-enter", "page-keys-line"],
    ["page-key-escape", "page-keys-stop"],
    ["page-key-slash", "page-keys-focus"],
    ["page-key-up", "page-keys-edit"],
  ];
  const list = rows.map(([key, what]) => {
    const name = make("dt", {}, make("kbd", {}, say(key)));
    return make("div", {}, name, make("dd", {}, say(what)));
  });
  dialogs.tell(say("page-keys"), make("dl", { class: "keys" }, ...list));
}

function editLast() {
  const questions = byId("talk").querySelectorAll(".asked");
  questions[questions.length - 1]?.edit();
}

function onKey(event) {
  if (byId("dialog").open) return;
  if (event.key === "Escape") {
    if (writing) stop();
    else if (side.isDrawerOpen()) byId("side-close").click();
  }
  const types = event.target instanceof HTMLTextAreaElement || event.target instanceof HTMLInputElement;
  if (event.key === "/" && !types && !event.ctrlKey && !event.metaKey && !event.altKey) {
    event.preventDefault();
    composer.focus();
  }
}

function listen() {
  const buttons = {
    new: begin,
    rename,
    export: save,
    delete: remove,
    clear,
    keys: showKeys,
    memory: () => memory.show(conversation, (changed) => changed.messages.length && keep(changed)),
    rules: rules.show,
    theme: side.nextTheme,
    language() {
      otherLanguage();
      side.drawTheme();
      status.look();
      news.draw();
      if (!writing) draw();
    },
  };
  for (const [id, press] of Object.entries(buttons)) byId(id).addEventListener("click", press);
  byId("examples").addEventListener("click", (event) => {
    if (event.target instanceof HTMLButtonElement) ask(event.target.textContent);
  });
  byId("pairing-form").addEventListener("submit", (event) => {
    event.preventDefault();
    pair(byId("code").value);
  });
  document.addEventListener("keydown", onKey);
  // Another tab of this browser changed the list.
  addEventListener("storage", (event) => store.isListKey(event.key) && drawFrame());
}

// A code in the fragment is used at once; it is taken out of the address first, so that it is in no history.
async function enter() {
  const code = new URLSearchParams(location.hash.slice(1)).get("code");
  if (code) {
    history.replaceState(null, "", location.pathname);
    return pair(code);
  }
  try {
    await door.models();
  } catch (error) {
    if (needsPairing(error, openNewest)) return;
  }
  status.look();
  news.start();
  openNewest();
}

function openNewest() {
  const newest = store.conversations()[0];
  if (newest) open(newest.id);
}

translate(document);
side.drawTheme();
side.startDrawer();
talk.start();
status.start();
composer.start({ onAsk: ask, onStop: stop, onEditLast: editLast });
listen();
drawFrame();
composer.focus();
enter();
