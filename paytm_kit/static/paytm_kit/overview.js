// Draws the overview's charts from the numbers that its tables show. Without it, or without Chart.js, the tables remain.
(function () {
  "use strict";
  // Whoever changes a day means these days, and not the period that was chosen before.
  document.querySelectorAll(".pk-ask input[type=date]").forEach((day) => {
    day.addEventListener("change", () => {
      document.getElementById("pk-period").value = "range";
    });
  });

  const source = document.getElementById("pk-charts");
  if (!source || typeof Chart === "undefined") return;
  const charts = JSON.parse(source.textContent);
  const page = document.querySelector(".pk-overview");
  const calm = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
  const drawn = [];

  function colour(name) {
    return getComputedStyle(page).getPropertyValue(name).trim();
  }

  function options(chart) {
    const ink = colour("--body-fg") || "#333";
    const line = colour("--hairline-color") || "#ccc";
    const numbers = { beginAtZero: true, grid: { color: line }, ticks: { color: ink, precision: 0, callback: grouped } };
    if (chart.most) numbers.max = chart.most;
    const names = { grid: { display: false }, ticks: { color: ink, autoSkip: !chart.lying } };
    if (chart.lying) names.ticks.callback = (_, at) => shortened(chart.labels[at]);
    return {
      animation: calm ? false : { duration: 250 },
      indexAxis: chart.lying ? "y" : "x",
      maintainAspectRatio: false,
      scales: chart.lying ? { x: numbers, y: names } : { x: names, y: numbers },
      plugins: {
        legend: { display: chart.series.length > 1, labels: { color: ink } },
        tooltip: { callbacks: { label: (at) => `${at.dataset.label}: ${at.dataset.texts[at.dataIndex]}` } },
      },
    };
  }

  function grouped(number) {
    return number.toLocaleString("en-IN"); // lakhs and crores, as the tables have them
  }

  function shortened(text) {
    const most = window.innerWidth < 640 ? 18 : 32;
    return text.length > most ? `${text.slice(0, most - 1)}…` : text;
  }

  function draw(box) {
    const chart = charts[box.dataset.chart];
    if (!chart) return;
    box.hidden = false;
    if (chart.lying) box.style.height = `${Math.max(chart.labels.length * 30 + 50, 110)}px`;
    const canvas = document.createElement("canvas");
    box.replaceChildren(canvas);
    const datasets = chart.series.map((one) => ({
      label: one.label,
      data: one.values,
      texts: one.texts,
      backgroundColor: colour(`--pk-${one.tone}`),
      maxBarThickness: 28,
    }));
    drawn.push(new Chart(canvas, { type: "bar", data: { labels: chart.labels, datasets }, options: options(chart) }));
  }

  function all() {
    drawn.splice(0).forEach((chart) => chart.destroy());
    document.querySelectorAll(".pk-chart").forEach(draw);
  }

  all();
  // Another theme was chosen on the page, or by the system.
  new MutationObserver(all).observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", all);
})();
