// @ts-check
/** Draws the charts of the overview page; Chart.js comes before it, as a script of its own. */

/**
 * @typedef {{label: string, values: (number | null)[], texts: string[], links: string[]}} Series
 * @typedef {{name: string, kind: "bars" | "stacked" | "lines" | "across", days: string[], labels: string[], series: Series[]}} Drawing
 */

const { Chart } = /** @type {any} */ (globalThis);

/** So much of a chart's width gives a label room for one character more. */
const CHARACTER_SHARE_PX = 15;

/** A colour of the page, as its theme has it now. @param {string} name */
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** @param {Drawing} drawing */
function configuration({ kind, days, labels, series }) {
  const isAcross = kind === "across";
  const stacked = kind === "stacked";
  const datasets = series.map(({ label, values }, number) => {
    const own = colour(`--chart-${number + 1}`);
    const line = { borderColor: own, borderWidth: 2, pointRadius: 2, tension: 0.2, spanGaps: true };
    const bar = { borderRadius: 2, maxBarThickness: 28 };
    return { label, data: values, backgroundColor: own, ...(kind === "lines" ? line : bar) };
  });
  const ticks = { color: colour("--body-quiet-color") };
  const areCounts = series.every((each) => each.values.every((value) => !((value ?? 0) % 1)));
  const values = {
    stacked,
    beginAtZero: true,
    ticks: areCounts ? { ...ticks, precision: 0 } : ticks,
    grid: { color: colour("--hairline-color") },
  };
  const names = {
    stacked,
    ticks: { ...ticks, maxRotation: 0, autoSkip: !isAcross, callback: short },
    grid: { display: false },
  };
  return {
    type: kind === "lines" ? "line" : "bar",
    data: { labels: days.length ? days.map(shortDay) : labels, datasets },
    options: {
      animation: false,
      maintainAspectRatio: false,
      indexAxis: isAcross ? "y" : "x",
      interaction: { mode: "index", axis: isAcross ? "y" : "x", intersect: false },
      scales: isAcross ? { x: values, y: names } : { x: names, y: values },
      plugins: {
        legend: {
          display: series.length > 1,
          position: "bottom",
          labels: { color: colour("--body-fg"), boxWidth: 12 },
        },
        tooltip: { callbacks: { label: (/** @type {any} */ point) => told(series, point) } },
      },
      onClick: (/** @type {any} */ event, /** @type {any} */ _, /** @type {any} */ chart) => {
        const [point] = chart.getElementsAtEventForMode(event, "nearest", { intersect: true }, true);
        const link = point && series[point.datasetIndex]?.links[point.index];
        if (link) location.assign(link);
      },
    },
  };
}

const format = new Intl.DateTimeFormat(document.documentElement.lang || undefined, {
  month: "short",
  day: "numeric",
  timeZone: "UTC",
});

/** @param {string} day */
const shortDay = (day) => format.format(new Date(day));

/** A label that leaves room for its bars. @this {any} @param {number} index */
function short(index) {
  const label = this.getLabelForValue(index);
  const most = Math.min(40, Math.floor(this.chart.width / CHARACTER_SHARE_PX));
  return label.length > most ? `${label.slice(0, most - 1)}…` : label;
}

/** @param {Series[]} series @param {{datasetIndex: number, dataIndex: number}} point */
function told(series, { datasetIndex, dataIndex }) {
  const { label, texts } = /** @type {Series} */ (series[datasetIndex]);
  return `${label}: ${texts[dataIndex]}`;
}

/** @type {Drawing[]} */
const drawings = JSON.parse(document.getElementById("charts")?.textContent ?? "[]");
/** @type {{destroy: () => void}[]} */
let charts = [];

function draw() {
  for (const chart of charts) chart.destroy();
  charts = [];
  for (const drawing of drawings) {
    const canvas = document.querySelector(`canvas[data-chart="${drawing.name}"]`);
    if (!(canvas?.parentElement instanceof HTMLElement)) continue;
    canvas.parentElement.hidden = false;
    charts.push(new Chart(canvas, configuration(drawing)));
  }
}

// Without Chart.js there are the tables.
if (Chart) {
  draw();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  new MutationObserver(draw).observe(document.documentElement, { attributeFilter: ["data-theme"] });
}
