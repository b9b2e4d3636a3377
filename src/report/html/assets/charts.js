// Charts: an ECharts canvas with a caption, and the same numbers as a table for whoever reads better so.

/** A mark below the pointer looks as before, so that nothing is drawn anew while the pointer moves: the box beside it says which it is. */
const QUIET = { disabled: true };

/** Below so many pixels a chart is one on a phone. */
const NARROW = 560;

/** What all charts look like now. */
function look() {
  const ink = colour("ink");
  const soft = colour("soft");
  const line = colour("line");
  const axis = {
    axisLine: { lineStyle: { color: soft } }, axisTick: { lineStyle: { color: soft } }, axisLabel: { color: ink },
    nameTextStyle: { color: ink }, splitLine: { lineStyle: { color: line } },
  };
  return { ink, soft, line, axis, paper: colour("paper"), accent: colour("accent") };
}

/** Text for ECharts' boxes, whose content is markup. */
const safe = (text) => String(text).replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);

/**
 * A figure. `option(look)` gives ECharts' option without what all have in common; `table` the same numbers, as makeTable takes them.
 */
function figure({ id, title, about, option, table, wide, height, controls }) {
  const place = el("div", { class: "chart", id, role: "img", "aria-label": `${title}. ${about ?? ""} The same numbers are in the table below.` });
  if (height) place.style.height = height + "px";
  const more = el("details", {}, el("summary", { text: "as a table" }));
  more.addEventListener("toggle", () => {
    if (more.open && more.children.length === 1) more.append(makeTable(table()).root);
  });
  const root = el("figure", { class: wide ? "wide" : null }, el("figcaption", {}, title, about ? el("small", { text: about }) : null), controls ?? null, place, table ? more : null);
  const made = { root, place, chart: null, draw };
  function draw() {
    if (!made.chart) return;
    const now = look();
    const base = {
      animation: false, backgroundColor: "transparent", color: PALETTE, textStyle: { color: now.ink, fontFamily: "inherit" },
      grid: { left: 30, right: 22, top: 34, bottom: 30, outerBoundsMode: "same", outerBoundsContain: "axisLabel" },
      tooltip: { confine: true, backgroundColor: now.paper, borderColor: now.line, textStyle: { color: now.ink, fontSize: 13 }, transitionDuration: 0 },
      legend: { top: 0, type: "plain", itemWidth: 12, itemHeight: 10, textStyle: { color: now.ink } },
    };
    const own = option(now, place.clientWidth);
    if (own.height) {
      place.style.height = own.height + "px";
      delete own.height;
      made.chart.resize();
    }
    made.chart.setOption({ ...base, ...own }, true);
  }
  // A chart is made when it comes near the window: a page of many opens as fast as one of few.
  const make = () => {
    if (made.chart) return;
    made.chart = echarts.init(place, null, { renderer: "canvas" });
    // For whoever looks into the page, and for its tests.
    place.chart = made.chart;
    made.onMake?.(made.chart);
    draw();
  };
  new IntersectionObserver((entries, watch) => {
    if (entries.some((entry) => entry.isIntersecting)) { watch.disconnect(); make(); }
  }, { rootMargin: "600px" }).observe(place);
  addEventListener("beforeprint", make);
  let drawnFor = 0;
  new ResizeObserver(() => {
    made.chart?.resize();
    // What is laid out anew for a phone is drawn anew; anything else only changes its size.
    const narrow = place.clientWidth < NARROW;
    if (made.chart && drawnFor !== 0 && narrow !== drawnFor < NARROW) draw();
    drawnFor = place.clientWidth;
  }).observe(place);
  onTheme.push(draw);
  return made;
}

/** A category axis that keeps long names short. */
const categories = (now, names, extra = {}) => ({
  type: "category", data: names, ...now.axis,
  axisLabel: { color: now.ink, width: 110, overflow: "truncate", hideOverlap: true }, splitLine: { show: false }, ...extra,
});

const numbers = (now, name, extra = {}) => ({
  type: "value", name, nameLocation: "middle", nameGap: 28, ...now.axis, ...extra,
  axisLabel: { color: now.ink, hideOverlap: true, formatter: (value) => tickText(value), ...extra.axisLabel },
});

function tickText(value) {
  const size = Math.abs(value);
  if (size >= 1e9) return num(value / 1e9) + "G";
  if (size >= 1e6) return num(value / 1e6) + "M";
  if (size >= 1e4) return num(value / 1e3) + "k";
  return num(value);
}

/** Bars on bars: `names` along one axis, `parts` of `{name, values}`; drawn sideways where there are many names. */
function stacked(now, names, parts, unit, { sideways = false, zoom = false, show = num } = {}) {
  const value = numbers(now, unit, sideways ? {} : { nameGap: 44 });
  const name = categories(now, names, sideways ? { inverse: true } : { axisLabel: { color: now.ink, rotate: names.length > 8 ? 40 : 0, width: 90, overflow: "truncate", hideOverlap: true } });
  return {
    xAxis: sideways ? value : name,
    yAxis: sideways ? name : value,
    tooltip: {
      confine: true, trigger: "axis", axisPointer: { type: "shadow" }, backgroundColor: now.paper, borderColor: now.line, textStyle: { color: now.ink, fontSize: 13 }, transitionDuration: 0,
      formatter: (items) => {
        const lines = items.filter(({ value }) => value).map(({ marker, seriesName, value }) => `${marker}${safe(seriesName)}: ${safe(show(value))}`);
        const sum = items.reduce((all, { value }) => all + (value || 0), 0);
        return `<b>${safe(items[0]?.name ?? "")}</b><br>${lines.join("<br>")}<br>together: ${safe(show(sum))} ${safe(unit)}`;
      },
    },
    dataZoom: zoom ? [{ type: "inside", [sideways ? "yAxisIndex" : "xAxisIndex"]: 0, zoomOnMouseWheel: "ctrl" }] : [],
    series: parts.map(({ name, values, colour: own }) => ({ name, type: "bar", stack: "all", data: values, itemStyle: own ? { color: own } : {}, emphasis: QUIET })),
  };
}
