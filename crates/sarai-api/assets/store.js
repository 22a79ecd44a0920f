// Conversations, kept in this browser only. What is kept is text; how it looks is drawn anew each time.
//
// One key lists them, one key holds each, so that a long one is not written again with every short one:
//   sarai.list            [{ id, title, updated, memory? }], newest first; `memory: false` does without it
//   sarai.talk.<id>       [{ role, content, figures?, skill?, remarks?, remembered?, ending? }]

import { say } from "./words.js";

const LIST = "sarai.list";
const TALK = "sarai.talk.";
const TITLE_CHARS_MAX = 60;

function read(key) {
  try {
    const value = JSON.parse(localStorage.getItem(key));
    return Array.isArray(value) ? value : [];
  } catch {
    return [];
  }
}

// Throws what the browser throws when there is no room.
function write(key, value) {
  localStorage.setItem(key, JSON.stringify(value));
}

export const conversations = () => read(LIST).filter((entry) => typeof entry?.id === "string");

const isMessage = (message) =>
  (message?.role === "user" || message?.role === "assistant") && typeof message.content === "string";

export function open(id) {
  const entry = conversations().find((known) => known.id === id);
  return entry && { ...entry, messages: read(TALK + id).filter(isMessage) };
}

export const blank = () => ({ id: crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}`, title: "", messages: [] });

// Keeps a conversation, as the newest. The first question is its title until the person gives it another.
export function keep(conversation) {
  conversation.title ||= titleOf(conversation.messages[0]?.content ?? "");
  conversation.updated = Date.now();
  write(TALK + conversation.id, conversation.messages);
  const { id, title, updated, memory } = conversation;
  write(LIST, [{ id, title, updated, memory }, ...conversations().filter((entry) => entry.id !== id)]);
}

export function rename(id, title) {
  const short = titleOf(title);
  write(LIST, conversations().map((entry) => (entry.id === id ? { ...entry, title: short } : entry)));
  return short;
}

export function remove(id) {
  localStorage.removeItem(TALK + id);
  write(LIST, conversations().filter((entry) => entry.id !== id));
}

export function clear() {
  for (const key of Object.keys(localStorage)) {
    if (key === LIST || key.startsWith(TALK)) localStorage.removeItem(key);
  }
}

export const isListKey = (key) => key === LIST || key === null;

function titleOf(text) {
  const line = text.trim().split("\n")[0].trim();
  const letters = Array.from(line);
  return letters.length > TITLE_CHARS_MAX ? `${letters.slice(0, TITLE_CHARS_MAX - 1).join("").trimEnd()}…` : line;
}

// A conversation as a Markdown document.
export function markdown(conversation) {
  const parts = conversation.messages.map(({ role, content }) => {
    const who = say(role === "user" ? "page-you" : "page-sarai");
    return `## ${who}\n\n${content.trim()}\n`;
  });
  return `# ${conversation.title || say("page-untitled")}\n\n${parts.join("\n")}`;
}
