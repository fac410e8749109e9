// @ts-check
/** Says between the turns of a transcript where another day begins, in the reader's own time zone;
 * without it days are the server's. A transcript of one day needs none. */

const list = document.querySelector("[data-days]");
const [sample, ...others] = list?.querySelectorAll(".day") ?? [];
const turns = list?.querySelectorAll(".turn") ?? [];
const starts = [...turns].map((turn) => turn.querySelector("time")?.dateTime ?? "");
const days = starts.map((start) => new Date(start).toDateString());

for (const day of others) {
  day.remove();
}
turns.forEach((turn, place) => {
  if (place > 0 && days[place] !== days[place - 1]) {
    turn.before(dayOf(place));
  }
});
if (new Set(days).size > 1) {
  turns[0].before(dayOf(0));
}
sample?.remove();

/** @param {number} place */
function dayOf(place) {
  const day = /** @type {HTMLElement} */ (sample.cloneNode(true));
  const time = /** @type {HTMLTimeElement} */ (day.querySelector("time"));
  time.dateTime = starts[place];
  return day;
}
