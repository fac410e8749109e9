// @ts-check
/** Shows the times of the page in the reader's own time zone; without it they are in the server's. */

const FORMATS = {
  time: new Intl.DateTimeFormat(document.documentElement.lang, { timeStyle: "short" }),
  datetime: new Intl.DateTimeFormat(document.documentElement.lang, {
    dateStyle: "medium",
    timeStyle: "short",
  }),
};

for (const time of document.querySelectorAll("time[data-local]")) {
  if (time instanceof HTMLTimeElement) {
    const format = time.dataset.local === "time" ? FORMATS.time : FORMATS.datetime;
    time.textContent = format.format(new Date(time.dateTime));
  }
}
