// The page's sentences, in the person's language. The server embeds both languages; the choice is a cookie, so that
// the server's next first picture is already right.

const sentences = JSON.parse(document.getElementById("sentences").textContent);
const YEAR_S = 365 * 24 * 3600;

export const language = () => document.documentElement.lang;

// The sentence of an id, with its values in the places that say `{$name}`.
export function say(id, values = {}) {
  let text = sentences[language()][id] ?? id;
  for (const [name, value] of Object.entries(values)) text = text.replaceAll(`{$${name}}`, String(value));
  return text;
}

export function number(value, digits = 0) {
  const format = { minimumFractionDigits: digits, maximumFractionDigits: digits };
  return new Intl.NumberFormat(language(), format).format(value);
}

// Fills every element that names a sentence.
export function translate(root) {
  for (const element of root.querySelectorAll("[data-text]")) element.textContent = say(element.dataset.text);
  for (const element of root.querySelectorAll("[data-label]")) label(element, say(element.dataset.label));
  for (const element of root.querySelectorAll("[data-placeholder]")) {
    element.placeholder = say(element.dataset.placeholder);
  }
}

// A name for screen readers and, on what can be pressed, for the pointer.
export function label(element, text) {
  element.setAttribute("aria-label", text);
  if (element instanceof HTMLButtonElement) element.title = text;
}

export function otherLanguage() {
  const other = language() === "es" ? "en" : "es";
  document.documentElement.lang = other;
  remember("sarai_language", other);
  translate(document);
}

export function remember(name, value) {
  document.cookie = `${name}=${value}; Path=/; SameSite=Strict; Max-Age=${value ? YEAR_S : 0}`;
}
