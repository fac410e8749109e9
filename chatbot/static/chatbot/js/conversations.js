// @ts-check
/** The list beside: a new conversation joins it, names change, what is deleted can be undone. */

import { say } from "./messages.js";
import { post } from "./posting.js";
import { element, write } from "./view.js";

/** Over the move to another page, after the conversation that was shown is deleted. */
const DELETED_KEY = "colloquy.deleted";

/** How long a sentence that asks for nothing is shown. */
const TOLD_MS = 6000;
const NOW = new Intl.DateTimeFormat(document.documentElement.lang || undefined, {
  dateStyle: "medium",
  timeStyle: "short",
});

export class Conversations {
  #nav = element("recent", HTMLElement);
  #list = element("recent-list", HTMLElement);
  #undo = element("undo", HTMLElement);
  #heading = element("conversation-title", HTMLElement);
  #item = element("recent-template", HTMLTemplateElement);
  #form = element("rename-template", HTMLTemplateElement);
  #leave;

  /** @param {() => void} leave hang up: the conversation of this page is being deleted */
  constructor(leave) {
    this.#leave = leave;
    this.#list.addEventListener("click", ({ target }) => {
      const pressed = target instanceof Element && target.closest("button");
      const item = pressed && pressed.closest("li");
      if (!item || pressed.type === "submit") return;
      if (pressed.value === "rename") this.#rename(item);
      if (pressed.value === "delete") void this.#delete(item);
    });
    // There the list stands beside the call, and would cover it while it is open over it.
    matchMedia("(width >= 64rem)").addEventListener("change", () => this.#nav.hidePopover());
    this.#offerKeptUndo();
  }

  /** A call has begun in this conversation. @param {string} id @param {string} title "" while nothing was said */
  begin(id, title) {
    for (const link of this.#list.querySelectorAll("[aria-current]")) link.removeAttribute("aria-current");
    this.#find(id)?.querySelector("a")?.setAttribute("aria-current", "page");
    if (title) this.name(id, title);
  }

  /** Words were said; the first name the conversation. @param {string} id @param {string} title */
  nameIfNew(id, title) {
    if (title && !this.#find(id)) this.name(id, title);
  }

  /** @param {string} id */
  #add(id) {
    const copy = /** @type {DocumentFragment} */ (this.#item.content.cloneNode(true));
    const item = /** @type {HTMLElement} */ (copy.firstElementChild);
    const link = /** @type {HTMLAnchorElement} */ (item.querySelector("a"));
    const time = /** @type {HTMLTimeElement} */ (item.querySelector("time"));
    item.dataset.conversation = id;
    time.dateTime = new Date().toISOString();
    time.textContent = NOW.format();
    link.href = `?conversation=${id}`;
    link.setAttribute("aria-current", "page");
    this.#list.prepend(item);
    return item;
  }

  /** @param {string} id @param {string} title */
  name(id, title) {
    const item = this.#find(id) ?? this.#add(id);
    const name = item.querySelector(".recent-name");
    if (name) write(name, title);
    if (isShown(item)) {
      write(this.#heading, title);
      document.title = `${title} · Colloquy`;
    }
  }

  /** @param {string} id @returns {HTMLElement | null} */
  #find(id) {
    return this.#list.querySelector(`[data-conversation="${CSS.escape(id)}"]`);
  }

  /** @param {"rename" | "delete" | "restore"} what @param {string} id */
  #path(what, id) {
    return (this.#nav.dataset[`${what}Path`] ?? "").replace("ID", id);
  }

  /** @param {HTMLElement} item */
  #rename(item) {
    const copy = /** @type {DocumentFragment} */ (this.#form.content.cloneNode(true));
    const form = /** @type {HTMLFormElement} */ (copy.firstElementChild);
    const field = /** @type {HTMLInputElement} */ (form.elements.namedItem("title"));
    const [link, actions] = /** @type {HTMLElement[]} */ ([...item.children]);
    const id = item.dataset.conversation ?? "";
    const finish = () => {
      form.remove();
      link.hidden = actions.hidden = false;
      item.querySelector("button")?.focus();
    };
    field.value = nameOf(item);
    form.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      event.preventDefault();
      event.stopPropagation();
      finish();
    });
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      const title = field.value.trim();
      const refusal = title ? await post(this.#path("rename", id), { title }) : "";
      if (refusal === null) this.name(id, title);
      else this.#tell(refusal || say("recent.failed"));
      finish();
    });
    link.hidden = actions.hidden = true;
    item.append(form);
    field.select();
  }

  /** @param {HTMLElement} item */
  async #delete(item) {
    const id = item.dataset.conversation ?? "";
    const title = nameOf(item);
    const shown = isShown(item);
    if (shown) this.#leave();
    if ((await post(this.#path("delete", id))) !== null) {
      this.#tell(say("recent.failed"));
      return;
    }
    if (shown) {
      sessionStorage.setItem(DELETED_KEY, JSON.stringify({ id, title }));
      location.assign(location.pathname);
      return;
    }
    const next = item.nextElementSibling;
    item.remove();
    this.#offerUndo(id, title, () => this.#list.insertBefore(item, next?.isConnected ? next : null));
  }

  #offerKeptUndo() {
    const kept = sessionStorage.getItem(DELETED_KEY);
    if (!kept) return;
    sessionStorage.removeItem(DELETED_KEY);
    const { id, title } = JSON.parse(kept);
    this.#offerUndo(id, title, () => location.assign(`?conversation=${id}`));
  }

  /** @param {string} id @param {string} title @param {() => void} restored */
  #offerUndo(id, title, restored) {
    const undo = document.createElement("button");
    undo.type = "button";
    undo.textContent = say("recent.undo");
    undo.addEventListener("click", async () => {
      if ((await post(this.#path("restore", id))) !== null) this.#tell(say("recent.failed"));
      else {
        this.#tell(say("recent.restored", { title }));
        setTimeout(() => this.#undo.replaceChildren(), TOLD_MS);
        restored();
      }
    });
    this.#tell(say("recent.deleted", { title }));
    this.#undo.append(undo);
    undo.focus();
  }

  /** @param {string} sentence */
  #tell(sentence) {
    const words = document.createElement("span");
    words.textContent = sentence;
    this.#undo.replaceChildren(words);
  }
}

/** @param {HTMLElement} item */
function nameOf(item) {
  return item.querySelector(".recent-name")?.textContent ?? "";
}

/** @param {HTMLElement} item */
function isShown(item) {
  return item.querySelector("[aria-current]") !== null;
}
