// Asks for the page's live part anew, and draws each chart from the table beside it: so a chart and
// its table never differ. Without JavaScript the page shows the figures of when it was opened.
(function () {
  "use strict";
  const body = document.body, state = document.getElementById("state");
  const pause = Number(body.dataset.seconds) * 1000, limit = 4000;
  const wide = matchMedia("(min-width: 100rem)"), charts = new Map();
  const INK = "#e8edf8", SOFT = "#a9b6d3", LINE = "#2b3a5e";
  const COLOURS = ["#56b4e9", "#f0c94d", "#d98cb3"]; // told apart by the colour-blind, and by shape
  const SHAPES = ["circle", "rect", "triangle"];

  // our policy has no inline styles: what the library writes as an attribute becomes properties
  const set = Element.prototype.setAttribute;
  SVGElement.prototype.setAttribute = function (name, value) {
    if (name === "style") this.style.cssText = value;
    else set.call(this, name, value);
  };

  function rows(table) {
    return Array.from(table.tBodies[0].rows, (row) => Array.from(row.cells, (cell) => cell.firstChild ? cell.firstChild.textContent.trim() : ""))
      .filter((cells) => cells.length > 1);
  }
  // what all names begin with, such as the date of one day's hours, is left out of the axis
  function short(names) {
    const first = names[0] || "", day = first.slice(0, first.indexOf(" ") + 1);
    return day && names.every((name) => name.startsWith(day)) ? names.map((name) => name.slice(day.length)) : names;
  }
  const number = (text) => Number(text.replace(/,/g, "")) || 0;

  function lines(table, size) {
    const heads = Array.from(table.tHead.rows[0].cells, (cell) => cell.textContent), found = rows(table);
    return {
      grid: { left: size * 3.4, right: size, top: size * 2.4, bottom: size * 2.2 },
      xAxis: { type: "category", data: short(found.map((row) => row[0])), axisLabel: { color: SOFT, fontSize: size, interval: Math.ceil(found.length / 7) - 1 }, axisLine: { lineStyle: { color: LINE } } },
      yAxis: { type: "value", minInterval: 1, axisLabel: { color: SOFT, fontSize: size }, splitLine: { lineStyle: { color: LINE } } },
      series: heads.slice(1).map((name, place) => ({
        name: name, type: "line", data: found.map((row) => number(row[place + 1])), symbol: SHAPES[place], symbolSize: size * 0.55, showAllSymbol: "auto",
        lineStyle: { width: 3, type: ["solid", "dashed", "dotted"][place] }, itemStyle: { color: COLOURS[place] },
      })),
    };
  }
  function bars(table, size) {
    const found = rows(table).slice(0, 8).reverse();
    return {
      grid: { left: size * 1.8, right: size * 4, top: 0, bottom: 0 },
      xAxis: { type: "value", show: false },
      yAxis: { type: "category", data: found.map((row, place) => String(found.length - place)), axisLabel: { color: SOFT, fontSize: size }, axisLine: { show: false }, axisTick: { show: false } },
      series: [{ type: "bar", barWidth: "62%", barMaxWidth: size * 1.5, itemStyle: { color: COLOURS[0] }, data: found.map((row) => number(row[1])), label: { show: true, position: "right", color: INK, fontSize: size } }],
    };
  }
  function draw() {
    if (!window.echarts) return;
    const size = wide.matches ? 18 : 13;
    for (const box of document.querySelectorAll("[data-chart]")) {
      const table = document.getElementById(box.dataset.table);
      box.hidden = !rows(table).length;
      if (box.hidden) continue;
      let chart = charts.get(box);
      if (!chart) charts.set(box, (chart = window.echarts.init(box, null, { renderer: "svg" })));
      const option = box.dataset.chart === "line" ? lines(table, size) : bars(table, size);
      chart.setOption({ animation: false, textStyle: { fontFamily: "inherit" }, ...option }, { notMerge: true });
    }
  }
  function say(isFresh) {
    if (body.classList.contains("is-stale") !== isFresh) return;
    body.classList.toggle("is-stale", !isFresh);
    state.querySelector(".fresh").hidden = !isFresh;
    state.querySelector(".stale").hidden = isFresh;
  }
  function take(text) {
    const page = new DOMParser().parseFromString(text, "text/html");
    for (const part of page.querySelectorAll("[data-part]")) {
      for (const here of document.querySelectorAll('[data-part="' + part.dataset.part + '"]')) {
        if (here.innerHTML !== part.innerHTML) here.innerHTML = part.innerHTML;
      }
    }
    for (const one of page.querySelectorAll(".number")) document.getElementById(one.id).className = one.className;
    draw();
  }
  async function turn() {
    let wait = pause;
    try {
      const answer = await fetch(body.dataset.live + location.search, { credentials: "same-origin", redirect: "error", signal: AbortSignal.timeout(limit) });
      if (!answer.ok) throw new Error(String(answer.status));
      take(await answer.text());
      say(true);
    } catch (error) {
      say(false);
      wait = 3 * pause;
    }
    setTimeout(turn, document.hidden ? 10 * pause : wait);
  }
  addEventListener("resize", () => { for (const chart of charts.values()) chart.resize(); draw(); });
  draw();
  setTimeout(turn, pause);
})();
