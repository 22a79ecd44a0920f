// Small pieces that the other modules build with.

import { label, say } from "./words.js";

const SVG = "http://www.w3.org/2000/svg";
const COPIED_MS = 1600;

export const byId = (id) => document.getElementById(id);

// An element with attributes and children; texts are text, never HTML.
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

export function picture(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `#p-${name}`);
  svg.append(use);
  return svg;
}

// A button that shows a picture and is named by a sentence.
export function pictureButton(name, sentence, onclick) {
  const attributes = { type: "button", class: "icon-button", "data-label": sentence, onclick };
  const button = make("button", attributes, picture(name));
  label(button, say(sentence));
  return button;
}

// A button that copies what `text()` gives, and says so.
export function copyButton(sentence, text) {
  const button = pictureButton("copy", sentence, async () => {
    const done = await copy(text());
    announce(say(done ? "page-copied" : "page-copy-failed"));
    if (!done) return;
    button.replaceChildren(picture("check"));
    label(button, say("page-copied"));
    setTimeout(() => {
      button.replaceChildren(picture("copy"));
      label(button, say(sentence));
    }, COPIED_MS);
  });
  return button;
}

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}

// Tells a screen reader, once it has finished what it is saying.
export function announce(text) {
  byId("announcer").textContent = text;
}

// Lets a text area be as high as its text; the style sheet limits it.
export function fit(area) {
  area.rows = 1;
  const line = Number.parseFloat(getComputedStyle(area).lineHeight);
  const padding = area.offsetHeight - line;
  area.rows = Math.max(1, Math.round((area.scrollHeight - padding) / line));
}
