// @ts-check
/** The two voices as two shapes that overlap: each swells with its own level. */

/**
 * @typedef {object} Voice one of the two shapes, lengths as parts of half the figure's side
 * @property {number} x of its middle, 0 in the middle of the figure
 * @property {number} y downwards
 * @property {number} radius
 * @property {number} ripple height of its waves, as a part of the radius
 * @property {number} alpha
 *
 * @typedef {{user: number, assistant: number}} Levels each 0..1
 * @typedef {{phase: string, still: boolean, seconds: number}} Scene
 *   `still`: the user asked for reduced motion
 */

const POINTS = 72;
/** How much of the way to a new level is gone in a frame of 60 Hz. */
const RISE = 0.35;
const FALL = 0.12;
/** Less than this is not seen any more. */
const SETTLED = 0.002;
const MOVING = new Set(["connecting", "reconnecting", "thinking"]);
const RESTING = new Set(["idle", "ended", "error"]);

/**
 * Where the voices are at this moment.
 * @param {Levels} levels
 * @param {Scene} scene
 * @returns {{user: Voice, assistant: Voice}}
 */
export function voicesAt({ user, assistant }, { phase, still, seconds }) {
  const turning = !still && MOVING.has(phase) ? seconds * (phase === "thinking" ? 2.4 : 1.5) : 0;
  const breath = !still && MOVING.has(phase) ? 0.05 * Math.sin(seconds * 2.6) : 0;
  const angle = Math.PI * 0.82 + turning;
  const apart = phase === "reconnecting" ? 0.3 : 0.16;
  const alpha = RESTING.has(phase) ? 0.72 : 0.94;
  /** @param {number} side @param {number} level @returns {Voice} */
  const voice = (side, level) => ({
    x: side * apart * Math.cos(angle),
    y: side * apart * Math.sin(angle) * 0.6,
    radius: 0.56 + 0.2 * level + side * breath,
    ripple: still ? 0 : 0.07 * level,
    alpha,
  });
  return { user: voice(1, user), assistant: voice(-1, assistant) };
}

/**
 * @param {Voice} voice
 * @param {number} seconds
 * @param {number} seed turns the waves of one voice away from the other's
 * @returns {[number, number][]} the outline
 */
export function outlineOf({ x, y, radius, ripple }, seconds, seed) {
  return Array.from({ length: POINTS }, (_, i) => {
    const angle = (2 * Math.PI * i) / POINTS;
    const wave =
      Math.sin(3 * angle + seconds * 2.1 + seed) +
      0.6 * Math.sin(5 * angle - seconds * 3.3 + 2 * seed) +
      0.35 * Math.sin(8 * angle + seconds * 4.7);
    const length = radius * (1 + ripple * wave);
    return [x + length * Math.cos(angle), y + length * Math.sin(angle)];
  });
}

/** @param {number} shown @param {number} level what was measured last */
export function eased(shown, level) {
  const step = (level - shown) * (level > shown ? RISE : FALL);
  return Math.abs(level - shown) < SETTLED ? level : shown + step;
}

export class Figure {
  #canvas;
  #motion = matchMedia("(prefers-reduced-motion: reduce)");
  /** @type {Levels} */
  #levels = { user: 0, assistant: 0 };
  /** @type {Levels} */
  #shown = { user: 0, assistant: 0 };
  #phase = "idle";
  #muted = false;
  #frame = 0;
  #colours = { user: "", assistant: "", overlap: "" };

  /** @param {HTMLCanvasElement} canvas */
  constructor(canvas) {
    this.#canvas = canvas;
    const restyle = () => {
      this.#readColours();
      this.#wake();
    };
    new ResizeObserver(() => this.#wake()).observe(canvas);
    for (const query of ["(prefers-color-scheme: dark)", "(forced-colors: active)"]) {
      matchMedia(query).addEventListener("change", restyle);
    }
    this.#motion.addEventListener("change", () => this.#wake());
    document.addEventListener("visibilitychange", () => this.#wake());
    restyle();
  }

  /** @param {string} phase @param {boolean} muted the user's voice is drawn hollow */
  set(phase, muted) {
    if (phase === this.#phase && muted === this.#muted) return;
    this.#phase = phase;
    this.#muted = muted;
    this.#wake();
  }

  /** @param {keyof Levels} voice @param {number} level 0..1 */
  hear(voice, level) {
    this.#levels[voice] = level;
    this.#wake();
  }

  #readColours() {
    const style = getComputedStyle(this.#canvas);
    this.#colours = {
      user: style.getPropertyValue("--user-fill"),
      assistant: style.getPropertyValue("--assistant-fill"),
      overlap: style.getPropertyValue("--overlap"),
    };
  }

  #wake() {
    if (!this.#frame && !document.hidden) {
      this.#frame = requestAnimationFrame((now) => this.#draw(now / 1000));
    }
  }

  /** @param {number} seconds */
  #draw(seconds) {
    this.#frame = 0;
    for (const voice of /** @type {const} */ (["user", "assistant"])) {
      this.#shown[voice] = eased(this.#shown[voice], this.#levels[voice]);
    }
    const still = this.#motion.matches;
    this.#paint(seconds, still);
    const moves = !still && (MOVING.has(this.#phase) || this.#shown.user + this.#shown.assistant > 0);
    const eases =
      this.#shown.user !== this.#levels.user || this.#shown.assistant !== this.#levels.assistant;
    if (moves || eases) this.#wake();
  }

  /** @param {number} seconds @param {boolean} still */
  #paint(seconds, still) {
    const { clientWidth, clientHeight } = this.#canvas;
    const scale = Math.min(devicePixelRatio, 2);
    const [width, height] = [Math.round(clientWidth * scale), Math.round(clientHeight * scale)];
    const context = this.#canvas.getContext("2d");
    if (!context || !width || !height) return;
    if (this.#canvas.width !== width) this.#canvas.width = width;
    if (this.#canvas.height !== height) this.#canvas.height = height;
    const half = Math.min(width, height) / 2;
    context.setTransform(half, 0, 0, half, width / 2, height / 2);
    context.clearRect(-2, -2, 4, 4);
    const scene = { phase: this.#phase, still, seconds };
    const { user, assistant } = voicesAt(this.#shown, scene);
    const [own, other] = [pathOf(user, seconds, 1.7), pathOf(assistant, seconds, 0)];
    context.globalAlpha = assistant.alpha;
    fill(context, other, this.#colours.assistant);
    if (this.#muted) {
      context.strokeStyle = this.#colours.user;
      context.lineWidth = 0.06;
      context.stroke(own);
      return;
    }
    fill(context, own, this.#colours.user);
    context.globalAlpha = 1;
    context.save();
    context.clip(other);
    fill(context, own, this.#colours.overlap);
    context.restore();
  }
}

/** @param {Voice} voice @param {number} seconds @param {number} seed */
function pathOf(voice, seconds, seed) {
  const path = new Path2D();
  for (const [x, y] of outlineOf(voice, seconds, seed)) path.lineTo(x, y);
  path.closePath();
  return path;
}

/** @param {CanvasRenderingContext2D} context @param {Path2D} path @param {string} colour */
function fill(context, path, colour) {
  context.fillStyle = colour;
  context.fill(path);
}
