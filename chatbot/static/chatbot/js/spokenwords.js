// @ts-check
/** The words of a turn, marked as they are said: speech is taken as evenly spread over them. */

/** @typedef {{start: number, end: number}} Word its place among the characters of the text */

/** @param {string} text @returns {Word[]} */
export function wordsOf(text) {
  return [...text.matchAll(/\S+/g)].map(({ 0: word, index }) => ({
    start: index,
    end: index + word.length,
  }));
}

/** How many words have begun once so much of the text is said. @param {Word[]} words @param {number} characters */
export function begunBy(words, characters) {
  const after = words.findIndex(({ start }) => start >= characters);
  return after < 0 ? words.length : after;
}

/** Puts each word of an element into an element of its own, once, whatever else is in there. */
export class SpokenWords {
  /** @type {HTMLElement[]} */
  #elements = [];
  /** @type {Word[]} */
  #words = [];
  #said = 0;

  /** @param {Element} element */
  constructor(element) {
    const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
    /** @type {Text[]} */
    const texts = [];
    while (walker.nextNode()) texts.push(/** @type {Text} */ (walker.currentNode));
    let before = 0;
    for (const text of texts) {
      const { data } = text;
      this.#wrap(text, before);
      before += data.length;
    }
  }

  /** @param {number} characters that are said by now */
  show(characters) {
    const said = characters > 0 ? begunBy(this.#words, characters) : 0;
    if (said === this.#said) return;
    for (const [place, element] of this.#elements.entries()) {
      element.classList.toggle("said", place < said);
      element.classList.toggle("saying", place === said - 1);
    }
    this.#said = said;
  }

  /** @param {Text} text @param {number} before characters before it */
  #wrap(text, before) {
    let rest = text;
    let taken = 0;
    for (const { start, end } of wordsOf(text.data)) {
      const word = rest.splitText(start - taken);
      rest = word.splitText(end - start);
      taken = end;
      const element = document.createElement("span");
      element.className = "spoken";
      word.replaceWith(element);
      element.append(word);
      this.#elements.push(element);
      this.#words.push({ start: before + start, end: before + end });
    }
  }
}
