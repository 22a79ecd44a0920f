// Where a question is written.

import { byId, fit } from "./elements.js";

const area = () => byId("question");

export function start({ onAsk, onStop, onEditLast }) {
  const send = () => {
    const text = area().value.trim();
    if (text) onAsk(text);
  };
  byId("composer").addEventListener("submit", (event) => {
    event.preventDefault();
    send();
  });
  byId("stop").addEventListener("click", onStop);
  area().addEventListener("input", () => fit(area()));
  area().addEventListener("keydown", (event) => {
    // While a letter is being composed, Enter belongs to the input method.
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      send();
    }
    if (event.key === "ArrowUp" && area().value === "") {
      event.preventDefault();
      onEditLast();
    }
  });
}

export function focus() {
  area().focus();
}

export function set(text) {
  area().value = text;
  fit(area());
}

// `answering` shows the button that stops, `idle` the one that sends.
export function show(state) {
  const answering = state === "answering";
  const moves = document.activeElement === byId(answering ? "send" : "stop");
  byId("send").hidden = answering;
  byId("stop").hidden = !answering;
  if (moves) focus();
}
