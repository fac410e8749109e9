/* Says so when the modules of the page did not start: too old a browser, or a file that did not
   come. An old script on purpose, so that every browser can run it. */
window.addEventListener("load", function () {
  var sentence = document.getElementById("too-old");
  if (sentence) sentence.hidden = document.documentElement.getAttribute("data-started") === "true";
});
