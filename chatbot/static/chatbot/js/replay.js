// @ts-check
/** Plays the recording of a conversation turn after turn, its words following: in the history and
 * for staff. All that it says stands in the page. */

import { clock, Playlist } from "./playlist.js";
import { SpokenWords } from "./spokenwords.js";

/**
 * @typedef {object} Turn
 * @property {HTMLElement} place
 * @property {HTMLButtonElement} button
 * @property {string} address
 * @property {number} durationMs
 * @property {number | null} heardMs
 * @property {number} characters of all its words
 */

const STEP_MS = 5000;
/** The elements that hold the words of a turn. */
const WORDS = ".turn-text, .review-text";
/** What a key is for there is its own. */
const CONTROLS = "input, select, textarea, button, a, summary, [contenteditable]";

class Replay {
  #bar;
  #turns;
  #playlist;
  #audio = new Audio();
  #play;
  #position;
  #clock;
  #speed;
  #note;
  /** The turn that is played, or stands still; -1: none. */
  #index = -1;
  /** Whether the next turn follows. */
  #isAll = false;
  /** @type {Map<Turn, SpokenWords[]>} */
  #words = new Map();

  /** @param {HTMLElement} bar @param {Turn[]} turns */
  constructor(bar, turns) {
    this.#bar = bar;
    this.#turns = turns;
    this.#playlist = new Playlist(turns);
    this.#play = part(bar, ".replay-play", HTMLButtonElement);
    this.#position = part(bar, ".replay-position", HTMLInputElement);
    this.#clock = part(bar, ".replay-clock", HTMLElement);
    this.#speed = part(bar, "select", HTMLSelectElement);
    this.#note = part(bar, ".replay-note", HTMLElement);
    this.#position.max = String(this.#playlist.totalMs);
    this.#listen();
    for (const turn of turns) this.#showTurn(turn);
    bar.hidden = false;
    this.#draw();
  }

  #listen() {
    const audio = this.#audio;
    this.#play.addEventListener("click", () => this.#toggleAll());
    this.#position.addEventListener("input", () => this.#seek(this.#position.valueAsNumber));
    this.#speed.addEventListener("change", () => this.#setSpeed());
    for (const [index, { button }] of this.#turns.entries()) {
      button.addEventListener("click", () => this.#toggleTurn(index));
    }
    for (const event of ["play", "pause", "timeupdate", "seeked"]) {
      audio.addEventListener(event, () => this.#draw());
    }
    audio.addEventListener("playing", () => this.#follow());
    audio.addEventListener("ended", () => this.#next());
    audio.addEventListener("error", () => this.#broken());
    // Before the page's own keys: while something is played the arrows are for that.
    document.addEventListener("keydown", (event) => this.#key(event), { capture: true });
  }

  /** @param {Turn} turn */
  #showTurn({ button, durationMs, heardMs }) {
    const length = part(button, ".replay-length", HTMLElement);
    const isCut = heardMs !== null && heardMs < durationMs;
    length.textContent = isCut ? `${clock(heardMs)}/${clock(durationMs)}` : clock(durationMs);
    if (isCut) button.title += ` (${this.#bar.dataset.heard} ${clock(heardMs)})`;
    button.hidden = false;
  }

  #toggleAll() {
    if (!this.#audio.paused && this.#isAll) this.#audio.pause();
    else if (this.#index >= 0 && !this.#audio.ended) this.#resume(true);
    else this.#start(0, 0, true);
  }

  /** @param {number} index */
  #toggleTurn(index) {
    if (index !== this.#index || this.#audio.ended) this.#start(index, 0, false);
    else if (this.#audio.paused) this.#resume(false);
    else this.#audio.pause();
  }

  /** @param {boolean} isAll */
  #resume(isAll) {
    this.#isAll = isAll;
    void this.#sound();
  }

  /** @param {number} index @param {number} offsetMs @param {boolean} isAll */
  #start(index, offsetMs, isAll) {
    const turn = this.#turns[index];
    this.#forgetWords();
    this.#index = index;
    this.#isAll = isAll;
    this.#note.textContent = "";
    this.#audio.src = turn.address;
    this.#setSpeed();
    this.#audio.currentTime = offsetMs / 1000;
    turn.place.scrollIntoView({ block: "nearest" });
    void this.#sound();
  }

  async #sound() {
    try {
      await this.#audio.play();
    } catch {
      this.#draw(); // another turn has begun meanwhile, or `error` tells what it is
    }
  }

  #setSpeed() {
    this.#audio.defaultPlaybackRate = this.#audio.playbackRate = Number(this.#speed.value);
  }

  /** @param {number} moment */
  #seek(moment) {
    const { index, offsetMs } = this.#playlist.at(moment);
    if (index === this.#index && this.#audio.readyState > 0) {
      this.#audio.currentTime = offsetMs / 1000;
      this.#draw();
    } else {
      this.#start(index, offsetMs, true);
    }
  }

  #next() {
    const following = this.#index + 1;
    if (this.#isAll && following < this.#turns.length) this.#start(following, 0, true);
    else this.#stop();
  }

  #stop() {
    this.#audio.pause();
    this.#forgetWords();
    this.#index = -1;
    this.#draw();
  }

  #broken() {
    const turn = this.#turns[this.#index];
    if (!turn || !this.#audio.error) return;
    const { broken = "" } = this.#bar.dataset;
    part(turn.button, ".replay-length", HTMLElement).textContent = broken;
    turn.button.dataset.broken = "true";
    this.#note.textContent = broken;
    this.#next();
  }

  /** Words change between two reports of the player, too. */
  #follow() {
    if (this.#audio.paused) return;
    this.#drawTime();
    requestAnimationFrame(() => this.#follow());
  }

  #draw() {
    const isPlaying = this.#index >= 0 && !this.#audio.paused;
    this.#bar.dataset.playing = String(isPlaying);
    this.#play.setAttribute("aria-pressed", String(isPlaying && this.#isAll));
    for (const [index, { place, button }] of this.#turns.entries()) {
      place.classList.toggle("replayed", index === this.#index);
      button.setAttribute("aria-pressed", String(isPlaying && index === this.#index));
    }
    this.#drawTime();
  }

  #drawTime() {
    const offsetMs = this.#audio.currentTime * 1000;
    const moment = this.#index < 0 ? 0 : this.#playlist.momentOf(this.#index, offsetMs);
    const shown = `${clock(moment)} / ${clock(this.#playlist.totalMs)}`;
    this.#position.value = String(moment);
    this.#position.setAttribute("aria-valuetext", shown);
    this.#clock.textContent = shown;
    if (this.#index < 0) return;
    this.#showWords(offsetMs);
    const isOver = this.#isAll && offsetMs >= this.#playlist.lengthOf(this.#index);
    if (isOver && !this.#audio.paused && !this.#audio.ended) this.#next();
  }

  /** @param {number} offsetMs */
  #showWords(offsetMs) {
    const turn = this.#turns[this.#index];
    let words = this.#words.get(turn);
    if (!words) {
      words = [...turn.place.querySelectorAll(WORDS)].map((element) => new SpokenWords(element));
      this.#words.set(turn, words);
    }
    for (const each of words) each.show((turn.characters * offsetMs) / turn.durationMs);
  }

  #forgetWords() {
    const turn = this.#turns[this.#index];
    for (const words of (turn && this.#words.get(turn)) ?? []) words.show(0);
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const isElsewhere = event.target instanceof Element && event.target.closest(CONTROLS);
    if (this.#index < 0 || isElsewhere || event.ctrlKey || event.altKey || event.metaKey) return;
    const moment = this.#playlist.momentOf(this.#index, this.#audio.currentTime * 1000);
    const way = event.key === "ArrowLeft" ? -1 : 1;
    if (event.key === " ") this.#audio.paused ? this.#resume(this.#isAll) : this.#audio.pause();
    else if (event.key === "Escape") this.#stop();
    else if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
    else if (!event.shiftKey) this.#seek(moment + way * STEP_MS);
    else if (this.#turns[this.#index + way]) this.#start(this.#index + way, 0, true);
    event.preventDefault();
    event.stopPropagation();
  }
}

/**
 * @template {Element} T
 * @param {Element} of
 * @param {string} selector
 * @param {new () => T} kind
 * @returns {T}
 */
function part(of, selector, kind) {
  const found = of.querySelector(selector);
  if (!(found instanceof kind)) throw new Error(`The page has no ${kind.name} ${selector}.`);
  return found;
}

/** @param {HTMLButtonElement} button @returns {Turn} */
function turnOf(button) {
  const { recording = "", durationMs, heardMs, characters } = button.dataset;
  return {
    place: button.closest("li") ?? button,
    button,
    address: recording,
    durationMs: Number(durationMs),
    heardMs: heardMs === undefined ? null : Number(heardMs),
    characters: Number(characters),
  };
}

const bar = document.querySelector("[data-replay]");
const buttons = [...document.querySelectorAll("button[data-recording]")];
if (bar instanceof HTMLElement && buttons.length) {
  new Replay(bar, buttons.map((button) => turnOf(/** @type {HTMLButtonElement} */ (button))));
}
