// @ts-check
/** The list beside: a new conversation joins it, names change, what is deleted can be undone. */

import { say } from "./messages.js";
import { post } from "./posting.js";
import { element, write } from "./view.js";

/** How long a sentence that asks for nothing is shown. */
const TOLD_MS = 6000;
const NOW = new Intl.DateTimeFormat(document.documentElement.lang || undefined, {
  dateStyle: "medium",
  timeStyle: "short",
});

export class Conversations {
  #nav = element("recent", HTMLElement);
  #list = element("recent-list", HTMLElement);
  #notice = element("recent-notice", HTMLElement);
  #heading = element("conversation-title", HTMLElement);
  #item = element("recent-template", HTMLTemplateElement);
  #form = element("rename-template", HTMLTemplateElement);
  #undo = element("undo-template", HTMLTemplateElement);
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #told;
  #leave;

  /** @param {() => void} leave the conversation of this page is deleted */
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
    if (isShown(item)) this.#head(title);
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
    const wasShown = isShown(item);
    item.inert = true;
    const refusal = await post(this.#path("delete", id));
    item.inert = false;
    if (refusal !== null) {
      this.#tell(say("recent.failed"));
      return;
    }
    this.deleted(id);
    if (wasShown) this.#leave();
    /** @type {HTMLElement | null} */ (item.querySelector(".undo button"))?.focus();
  }

  /**
   * Here or elsewhere. It stays in its place with a way back, so that no other slides under the
   * pointer.
   * @param {string} id
   */
  deleted(id) {
    const item = this.#find(id);
    if (!item || item.querySelector(".undo")) return;
    const wasShown = isShown(item);
    const bar = /** @type {DocumentFragment} */ (this.#undo.content.cloneNode(true));
    const undo = /** @type {HTMLButtonElement} */ (bar.querySelector("button"));
    const words = /** @type {HTMLElement} */ (bar.querySelector(".undo-words"));
    words.textContent = say("recent.deleted", { title: nameOf(item) });
    undo.addEventListener("click", () => void this.#restore(item, wasShown));
    for (const part of item.children) /** @type {HTMLElement} */ (part).hidden = true;
    item.append(bar);
    if (!wasShown) return;
    item.querySelector("[aria-current]")?.removeAttribute("aria-current");
    this.#head(this.#item.content.querySelector(".recent-name")?.textContent ?? "");
  }

  /** @param {HTMLElement} item @param {boolean} wasShown */
  async #restore(item, wasShown) {
    const id = item.dataset.conversation ?? "";
    if ((await post(this.#path("restore", id))) !== null) {
      this.#tell(say("recent.failed"));
      return;
    }
    if (wasShown) {
      location.assign(`?conversation=${id}`);
      return;
    }
    item.querySelector(".undo")?.remove();
    for (const part of item.children) /** @type {HTMLElement} */ (part).hidden = false;
    item.querySelector("a")?.focus();
    this.#tell(say("recent.restored", { title: nameOf(item) }));
  }

  /** @param {string} title */
  #head(title) {
    write(this.#heading, title);
    document.title = `${title} · Colloquy`;
  }

  /** @param {string} sentence */
  #tell(sentence) {
    const words = document.createElement("span");
    words.textContent = sentence;
    this.#notice.replaceChildren(words);
    clearTimeout(this.#told);
    this.#told = setTimeout(() => this.#notice.replaceChildren(), TOLD_MS);
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
