// @ts-check
/** Review in the admin: keys that lead through a list, and completion of names. */

import { isTyping } from "./keys.js";
import { beginning, stepOf } from "./reviewkeys.js";

/** Typing goes on within this. */
const PAUSE_MS = 150;

addEventListener("keydown", (event) => {
  const focus = document.activeElement;
  const moves = Boolean(focus?.matches("audio, video, [role=slider], [tabindex], summary"));
  const step = stepOf(event, isTyping(focus) || moves);
  if (step === "note") {
    const note = document.querySelector("[data-note] textarea");
    if (!(note instanceof HTMLTextAreaElement)) return;
    event.preventDefault();
    note.focus();
  } else if (step) {
    const link = document.querySelector(`a[data-key=${step}]`);
    if (link instanceof HTMLAnchorElement) link.click();
  }
});

/**
 * Offers names that begin as what is typed.
 * @param {HTMLInputElement} field
 * @param {number} number
 */
function complete(field, number) {
  const list = document.createElement("datalist");
  list.id = `names-${number}`;
  field.after(list);
  field.setAttribute("list", list.id);
  const many = "many" in field.dataset;
  let asked = "";
  let timer = 0;

  async function ask() {
    const { before, begun } = beginning(field.value, many);
    if (begun === asked) return;
    asked = begun;
    const query = new URLSearchParams({ q: begun });
    if ("staff" in field.dataset) query.set("staff", "1");
    const answer = await fetch(`${field.dataset.complete}?${query}`).catch(() => null);
    if (!answer?.ok || begun !== asked) return;
    /** @type {{ names: string[] }} */
    const { names } = await answer.json();
    list.replaceChildren(
      ...names.map((name) => {
        const option = document.createElement("option");
        option.value = before + name;
        return option;
      }),
    );
  }

  field.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => void ask(), PAUSE_MS);
  });
}

document.querySelectorAll("input[data-complete]").forEach((field, number) => {
  if (field instanceof HTMLInputElement) complete(field, number);
});
