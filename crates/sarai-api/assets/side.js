// The panel: conversations, language, theme. On a narrow screen it is a drawer.

import { byId, make } from "./elements.js";
import * as store from "./store.js";
import { label, remember, say } from "./words.js";

const THEMES = { system: "light", light: "dark", dark: "system" };
const narrow = matchMedia("(max-width: 52rem)");

// Draws the list; `openId` is the conversation that is shown now.
export function drawList(openId, onOpen) {
  const entries = store.conversations();
  const items = entries.map(({ id, title }) => {
    const button = make("button", { type: "button", onclick: () => onOpen(id) }, title || say("page-untitled"));
    if (id === openId) button.setAttribute("aria-current", "true");
    return make("li", {}, button);
  });
  byId("conversations").replaceChildren(...items);
  byId("conversations-none").hidden = entries.length > 0;
  byId("clear").hidden = entries.length === 0;
}

export function drawTheme() {
  const theme = document.documentElement.dataset.theme;
  const names = { system: "page-theme-system", light: "page-theme-light", dark: "page-theme-dark" };
  label(byId("theme"), say(names[theme]));
}

export function nextTheme() {
  const theme = THEMES[document.documentElement.dataset.theme];
  document.documentElement.dataset.theme = theme;
  remember("sarai_theme", theme === "system" ? "" : theme);
  drawTheme();
}

export function toggleDrawer(state) {
  const opens = state === "open" && narrow.matches;
  document.body.dataset.drawer = opens ? "open" : "closed";
  byId("side").inert = narrow.matches && !opens;
  byId("room").inert = opens;
  byId("side-open").setAttribute("aria-expanded", String(opens));
  if (opens) byId("side-close").focus();
}

export const isDrawerOpen = () => document.body.dataset.drawer === "open";

export function startDrawer() {
  byId("side-open").addEventListener("click", () => toggleDrawer("open"));
  const close = () => {
    toggleDrawer("closed");
    byId("side-open").focus();
  };
  byId("side-close").addEventListener("click", close);
  byId("veil").addEventListener("click", close);
  narrow.addEventListener("change", () => toggleDrawer("closed"));
  toggleDrawer("closed");
}
