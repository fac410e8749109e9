// @ts-check
/** Shows the times of the page in the reader's own time zone; without it they are in the server's. */

const FORMATS = {
  date: new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "full" }),
  time: new Intl.DateTimeFormat(document.documentElement.lang, { timeStyle: "short" }),
  datetime: new Intl.DateTimeFormat(document.documentElement.lang, {
    dateStyle: "medium",
    timeStyle: "short",
  }),
};

for (const time of document.querySelectorAll("time[data-local]")) {
  if (time instanceof HTMLTimeElement) {
    const format = /** @type {keyof typeof FORMATS} */ (time.dataset.local);
    time.textContent = FORMATS[format].format(new Date(time.dateTime));
  }
}
