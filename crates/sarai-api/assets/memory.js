// What is remembered of the person: looked through, corrected and forgotten, in a dialog of its own.

import * as dialogs from "./dialogs.js";
import * as door from "./door.js";
import { announce, byId, make, pictureButton } from "./elements.js";
import { say } from "./words.js";

// How long typing pauses before it is searched for.
const PAUSE_MS = 200;
const SHOWN_MAX = 200;

const recall = async (words) => {
  const wanted = { limit: SHOWN_MAX };
  if (words) wanted.words = words;
  return (await door.memory({ recall: wanted })).facts;
};

const waiting = async () => (await door.memory({ suggestions: {} })).suggestions;

// Opens the dialog. `conversation` is the open one, which may do without the memory; `keep` keeps that it does.
export async function show(conversation, keep) {
  let next = true;
  while (next) next = await once(conversation, keep);
}

// Returns true when the list is to be shown again, since a question of its own took its place.
async function once(conversation, keep) {
  let again = null;
  const list = make("ul", { class: "facts" });
  const asked = make("section", { class: "suggested", hidden: "", "aria-label": say("page-memory-suggested") });
  const none = make("p", { class: "quiet", hidden: "" }, say("page-memory-none"));
  const search = make("input", {
    type: "search", "aria-label": say("page-memory-search"), placeholder: say("page-memory-search"), autofocus: "",
  });
  const leave = (step) => {
    again = step;
    byId("dialog").close("");
  };
  const draw = async () => {
    try {
      const facts = await recall(search.value.trim());
      list.replaceChildren(...facts.map((fact) => item(fact, leave)));
      none.hidden = facts.length > 0;
    } catch (error) {
      list.replaceChildren(make("li", { class: "problem", role: "alert" }, error.message));
    }
  };
  const suggest = async () => {
    try {
      const suggestions = await waiting();
      const again = async (word) => {
        announce(say(word));
        await Promise.all([suggest(), draw()]);
      };
      const rows = suggestions.map((suggestion) => proposal(suggestion, again));
      asked.replaceChildren(make("h3", {}, say("page-memory-suggested")), make("ul", { class: "facts suggestions" }, ...rows));
      asked.hidden = rows.length === 0;
    } catch {
      // The list beside it says what is wrong with the memory.
      asked.hidden = true;
    }
  };
  let pause = 0;
  search.addEventListener("input", () => {
    clearTimeout(pause);
    pause = setTimeout(draw, PAUSE_MS);
  });
  // Enter searches; it does not close the dialog.
  search.addEventListener("keydown", (event) => event.key === "Enter" && event.preventDefault());
  const here = make("input", { type: "checkbox", id: "memory-here" });
  here.checked = conversation.memory !== false;
  here.addEventListener("change", () => {
    conversation.memory = here.checked;
    keep(conversation);
  });
  const label = make("label", { class: "memory-here", for: "memory-here" }, here, say("page-memory-here"));
  draw();
  suggest();
  await dialogs.tell(say("page-memory"), label, asked, search, none, list);
  clearTimeout(pause);
  if (!again) return false;
  await again();
  return true;
}

// What a model read in the person's own words; `again` shows what is left.
function proposal(suggestion, again) {
  const words = make(
    "div", { class: "fact-words" },
    make("p", {}, suggestion.text), make("p", { class: "quiet" }, say("page-memory-said", { text: suggestion.sentence })),
  );
  const decide = (request, word) => async () => {
    try {
      await door.memory(request);
      await again(word);
    } catch (error) {
      words.replaceChildren(make("p", { class: "problem", role: "alert" }, error.message));
    }
  };
  const { id } = suggestion;
  const accept = pictureButton("check", "page-memory-accept", decide({ accept: { id } }, "page-memory-accepted"));
  const drop = pictureButton("delete", "page-memory-drop", decide({ drop: { id } }, "page-memory-dropped"));
  return make("li", {}, words, make("div", { class: "tools" }, accept, drop));
}

function item(fact, leave) {
  const span = fact.from || fact.to ? ` (${fact.from ?? ""}–${fact.to ?? ""})` : "";
  const words = make("div", { class: "fact-words" }, make("p", {}, fact.text + span));
  if (fact.sentence) words.append(make("p", { class: "quiet" }, say("page-memory-said", { text: fact.sentence })));
  const correct = pictureButton("edit", "page-memory-correct", () => leave(() => correctFact(fact)));
  const forget = pictureButton("delete", "page-memory-forget", () => leave(() => forgetFact(fact)));
  return make("li", {}, words, make("div", { class: "tools" }, correct, forget));
}

async function correctFact(fact) {
  const object = await dialogs.line(fact.text, say("page-memory-object"), fact.object);
  if (object !== null && object !== fact.object) await attempt(() => door.memory({ correct: { id: fact.id, object } }));
}

async function forgetFact(fact) {
  if (!(await dialogs.confirm(say("page-memory-question", { text: fact.text }), say("page-memory-forget")))) return;
  await attempt(() => door.memory({ forget: { fact: fact.id } }));
  announce(say("page-memory-forgotten"));
}

async function attempt(work) {
  try {
    await work();
  } catch (error) {
    await dialogs.tell(say("page-error-title"), make("p", { role: "alert" }, error.message));
  }
}
