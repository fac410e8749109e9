// @ts-check
/** Tells the server in which time zone the reader is, where a link leads to a file with times, or a
 * form asks for days. */

const zone = new Intl.DateTimeFormat().resolvedOptions().timeZone;

for (const link of document.querySelectorAll("a[data-zoned]")) {
  if (zone && link instanceof HTMLAnchorElement) {
    const address = new URL(link.href);
    address.searchParams.set("zone", zone);
    link.href = address.href;
  }
}

for (const field of document.querySelectorAll("input[data-zone]")) {
  if (zone && field instanceof HTMLInputElement) {
    field.value = zone;
  }
}
