// Talks to SARAi. Everything goes to the address that the page came from.

import { language, say } from "./words.js";

// The longest event that is read, in characters; a longer one is not SARAi's.
const EVENT_CHARS_MAX = 8 << 20;

// Why a request was not answered: a sentence for the person, and a word for the page.
export class Refusal extends Error {
  constructor(message, code, status = 0) {
    super(message);
    this.code = code;
    this.status = status;
  }
}

async function request(path, { body, signal } = {}) {
  const headers = { "Accept-Language": language() };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  const init = { method: body === undefined ? "GET" : "POST", headers, signal, cache: "no-store" };
  if (body !== undefined) init.body = JSON.stringify(body);
  try {
    return await fetch(path, init);
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new Refusal(say("page-error-unreachable"), "unreachable");
  }
}

async function refusal(response) {
  const object = (await response.json().catch(() => null))?.error;
  return new Refusal(object?.message ?? say("page-error-unreachable"), object?.code ?? "unknown", response.status);
}

async function json(path, options) {
  const response = await request(path, options);
  if (!response.ok) throw await refusal(response);
  return response.json();
}

// A page that starts or stops answers 503 and still says how it is.
export async function health() {
  const response = await request("/health");
  const body = await response.clone().json().catch(() => null);
  if (!body?.components) throw await refusal(response);
  return body;
}

export const models = () => json("/v1/models");
export const pair = async (code) => {
  const response = await request("/pair", { body: { code } });
  if (!response.ok) throw await refusal(response);
};
export const rules = (body) => json("/v1/rules", { body });
export const memory = (body) => json("/v1/memory", { body });
export const render = async (texts) => (await json("/page/render", { body: { texts } })).answers;

// What the owner did with a message of a rule: `seen` or `dismissed`.
export const mark = (id, word) => json(`/v1/messages/${id}/${word}`, { body: {} });

// Hands each message of a rule to `onMessage`, as it comes. What is returned can be closed.
export function messagesFrom(onMessage) {
  const stream = new EventSource("/v1/messages/stream");
  stream.addEventListener("message", (event) => onMessage(JSON.parse(event.data)));
  return stream;
}

// Asks, with what is remembered or without, and hands each event of the answer to `onEvent(name, data)`. Returns when
// the last one has come.
export async function ask(messages, memory, signal, onEvent) {
  const response = await request("/page/turn", { body: { messages, memory }, signal });
  if (!response.ok) throw await refusal(response);
  let last = "";
  try {
    for await (const { name, data } of events(response.body)) {
      last = name;
      if (name === "error") throw new Refusal(data.message, data.code);
      onEvent(name, data);
    }
  } catch (error) {
    if (signal.aborted || error instanceof Refusal) throw error;
    throw new Refusal(say("page-error-broken"), "broken");
  }
  if (last !== "done") throw new Refusal(say("page-error-broken"), "broken");
}

// Server-sent events out of a body. Comments, which keep the connection alive, are skipped.
async function* events(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    rest += value;
    const parts = rest.split("\n\n");
    rest = parts.pop();
    if (rest.length > EVENT_CHARS_MAX) throw new Error("event too long");
    for (const part of parts) {
      const event = { name: "message", data: "" };
      for (const line of part.split("\n")) {
        if (line.startsWith("event:")) event.name = line.slice(6).trim();
        if (line.startsWith("data:")) event.data += line.slice(5);
      }
      if (event.data) yield { name: event.name, data: JSON.parse(event.data) };
    }
  }
}
