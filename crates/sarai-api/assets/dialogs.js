// Questions that the page asks, one at a time, in the browser's own modal dialog: it holds the focus, closes with
// Escape and gives the focus back.

import { byId, make } from "./elements.js";
import { say } from "./words.js";

function show(title, content, buttons) {
  const dialog = byId("dialog");
  const form = make("form", { method: "dialog" }, make("h2", { id: "dialog-title" }, title), ...content);
  form.append(make("div", { class: "dialog-buttons" }, ...buttons));
  dialog.replaceChildren(form);
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => dialog.addEventListener("close", () => resolve(dialog.returnValue), { once: true }));
}

const button = (value, text, kind) => make("button", { value, class: kind, type: "submit" }, text);

// Whether the person says yes.
export async function confirm(question, yes) {
  const cancel = button("", say("page-cancel"), "plain-button");
  cancel.autofocus = true;
  return (await show(question, [], [cancel, button("yes", yes, "danger-button")])) === "yes";
}

// A line of text, or null.
export async function line(title, name, text) {
  const input = make("input", { type: "text", value: text, "aria-label": name, maxlength: "200", autofocus: "" });
  const cancel = make(
    "button",
    { type: "button", class: "plain-button", onclick: () => byId("dialog").close("") },
    say("page-cancel"),
  );
  const answer = await show(title, [input], [cancel, button("yes", say("page-accept"), "main-button")]);
  return answer === "yes" && input.value.trim() ? input.value : null;
}

// Something to read.
export function tell(title, ...content) {
  return show(title, content, [button("", say("page-close"), "plain-button")]);
}
