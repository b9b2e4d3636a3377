// The page of a run.

function showRun() {
  const { summary } = DATA;
  const layers = rowsOf(DATA.tables.layers);
  byId("subtitle").textContent = `${summary.workload} on ${summary.arch}: ${num(summary.samples)} samples, ${num(summary.clock_hz / 1e6)} MHz, ${summary.technology}, rule ${summary.policy.rule}`;
  showSummary(summary);
  const figures = runFigures(summary, layers);
  section("figures", "Figures", el("div", { class: "figures" }, figures.map(({ root }) => root)));
  if (DATA.network.backbone.length) section("network", "Network", showNetwork(layers, summary));
  section("layers", "Layers", layersTable(layers));
  if (summary.heads.length) section("heads", "Heads", headsTable(summary), classesTable(summary));
  showSamples(summary);
  showTimeline();
  section("machine", "Machine and policy", machineList(summary));
}

/** Whether answers are right or wrong: not where exits are made up to an assumption, or there is nothing to decide on. */
const tellsAnswers = ({ scores }) => scores === "replayed" || scores === "recorded";

function showSummary(summary) {
  const { cycles, energy_pj: energy, latency_s: latency, macs } = summary;
  const knows = tellsAnswers(summary);
  const tile = (value, title, more) => el("li", {}, el("small", { text: title }), el("b", { text: value }), el("small", { text: more }));
  const saved = (of) => `${percent(1 - of.mean / of.no_heads)}`;
  const tiles = summary.heads.length === 0 ? [
    tile(num(cycles.mean), "cycles", "per inference"),
    tile(quantity(latency.mean, "s"), "latency", `${num(1 / latency.mean)} inferences per second, one after the other`),
    tile(quantity(energy.mean, "pJ"), "energy", "per inference"),
    tile(num(macs.mean / 1e6), "MACs, million", "per inference"),
  ] : [
    tile(saved(cycles), "cycles saved, net", `${num(cycles.mean)} of ${num(cycles.no_heads)} per inference`),
    tile(saved(energy), "energy saved, net", `${quantity(energy.mean, "pJ")} of ${quantity(energy.no_heads, "pJ")} per inference`),
    tile(quantity(latency.mean, "s"), "latency, mean", `p95 ${quantity(latency.p95, "s")}, plain ${quantity(latency.no_heads, "s")}`),
    tile(saved(macs), "MACs saved", `${num(macs.mean / 1e6)} of ${num(macs.no_heads / 1e6)} million`),
  ];
  if (knows) tiles.splice(2, 0, tile(percent(summary.accuracy, 2), "accuracy", `plain network ${percent(summary.accuracy_baseline, 2)}`));
  // The printed summary is a title, sentences, then tables.
  const [title, words, ...rest] = DATA.printed.split("\n\n");
  const sentences = words && !words.startsWith(" ") ? words.replace(/\s*\n\s*/g, " ") : "";
  section("summary", "Summary", el("ul", { class: "tiles" }, tiles), sentences ? el("p", { class: "words", text: sentences }) : null,
    el("details", { open: true }, el("summary", { text: "all of it, as the run prints it" }),
      el("pre", { tabindex: 0, "aria-label": "The summary as the run prints it", text: sentences ? [title, ...rest].join("\n\n") : DATA.printed })));
}

const zero = (value) => value ?? 0;

function runFigures(summary, layers) {
  const figures = [];
  // What takes nothing is no bar.
  const takes = (row) => DATA.tables.breakdown.columns.some((name) => /_(cycles|pj)$/.test(name) && row[name] > 0);
  const breakdown = rowsOf(DATA.tables.breakdown).filter((row) => row.part !== "wasted" && takes(row));
  const breakdownColumns = DATA.tables.breakdown?.columns ?? [];
  const partsOf = (ending) => breakdownColumns.filter((name) => name.endsWith(ending) && breakdown.some((row) => row[name] > 0));
  const many = breakdown.length > 40;
  const height = Math.min(1400, Math.max(330, 80 + 17 * breakdown.length));
  const stack = (id, title, ending, unit, factor, colours, about) => {
    const parts = partsOf(ending);
    if (!parts.length) return;
    figures.push(figure({
      id, title, about, wide: true, height,
      option: (now) => stacked(now, breakdown.map(({ layer }) => layer), parts.map((part) => ({ name: part.slice(0, -ending.length), values: breakdown.map((row) => row[part] * factor), colour: colours[part.slice(0, -ending.length)] })), unit, { sideways: true, zoom: many }),
      table: () => ({ caption: title, columns: [{ key: "layer", title: "layer", text: true }, ...parts.map((part) => ({ key: part, title: part.slice(0, -ending.length) }))], rows: breakdown }),
    }));
  };
  stack("f-cycles", "Cycles of each layer by cause", "_cycles", "cycles", 1, CAUSES, "Of one inference that runs every layer, all classes alive.");
  stack("f-energy", "Energy of each layer by component", "_pj", "nJ", 1e-3, {}, "Of the same inference; what zeros gate is not in it.");
  exitFigure(figures, summary);
  headFigure(figures, summary);
  sampleFigure(figures, "f-samples-cycles", "Cycles per sample", { column: "cycles", across: summary.cycles, unit: "cycles", factor: 1, show: num });
  sampleFigure(figures, "f-samples-energy", "Energy per sample", { column: "energy_pj", across: summary.energy_pj, unit: "nJ", factor: 1e-3, show: (value) => quantity(value * 1e3, "pJ") });
  classFigure(figures, summary);
  rooflineFigure(figures, layers);
  return figures;
}

function exitFigure(figures, summary) {
  const exits = rowsOf(DATA.tables.exits);
  const count = summary.exits.length;
  if (count < 2 || !exits.length) return;
  const by = Array.from({ length: count }, (_, at) => {
    const own = exits.filter(({ exit }) => exit === at + 1);
    const right = own.reduce((sum, { correct }) => sum + zero(correct), 0);
    const samples = own.reduce((sum, { samples }) => sum + zero(samples), 0);
    return { exit: at + 1 === count ? "end" : `head ${at + 1}`, right, wrong: samples - right };
  });
  figures.push(figure({
    id: "f-exits", title: "Where samples leave", about: "Samples by exit, and whether their answer is right.",
    option: (now) => stacked(now, by.map(({ exit }) => exit), [{ name: "right", values: by.map(({ right }) => right), colour: "#009e73" }, { name: "wrong", values: by.map(({ wrong }) => wrong), colour: "#d55e00" }], "samples"),
    table: () => ({ caption: "Samples by exit", columns: [{ key: "exit", title: "exit", text: true }, { key: "right", title: "right" }, { key: "wrong", title: "wrong" }], rows: by, filter: false }),
  }));
}

function headFigure(figures, summary) {
  if (!summary.heads.length) return;
  const rows = summary.heads.map((head, at) => ({ head: `head ${at + 1}`, cost: head.cost_cycles, skipped: head.skipped_cycles, net: head.net_cycles }));
  figures.push(figure({
    id: "f-heads", title: "What each head costs and skips", about: "Cycles per sample, mean over all samples.",
    option: (now) => ({
      ...stacked(now, rows.map(({ head }) => head), [], "cycles per sample"),
      series: [["cost", "#d55e00"], ["skipped", "#009e73"], ["net", "#0072b2"]].map(([name, color]) => ({ name, type: "bar", data: rows.map((row) => row[name]), itemStyle: { color } })),
      tooltip: { trigger: "axis", axisPointer: { type: "shadow" }, confine: true, backgroundColor: now.paper, borderColor: now.line, textStyle: { color: now.ink, fontSize: 13 }, transitionDuration: 0, valueFormatter: (value) => num(value) },
    }),
    table: () => ({ caption: "Cost and balance of heads, cycles per sample", columns: [{ key: "head", title: "head", text: true }, { key: "cost", title: "cost" }, { key: "skipped", title: "skipped" }, { key: "net", title: "net" }], rows, filter: false }),
  }));
}

/** How many samples take how much, with the plain network's as a line. */
function sampleFigure(figures, id, title, { column, across: given, unit, factor, show }) {
  const rows = rowsOf(DATA.tables.samples);
  const across = Object.fromEntries(Object.entries(given).map(([name, value]) => [name, value * factor]));
  const values = rows.map((row) => row[column]).filter((value) => typeof value === "number").map((value) => value * factor);
  if (values.length < 2) return;
  const least = Math.min(...extremes(values), across.no_heads);
  const most = Math.max(...extremes(values), across.no_heads);
  const bins = 48;
  const size = (most - least) / bins || 1;
  const counts = new Array(bins).fill(0);
  for (const value of values) counts[Math.min(bins - 1, Math.floor((value - least) / size))] += 1;
  const table = counts.map((samples, at) => ({ from: least + at * size, to: least + (at + 1) * size, samples })).filter(({ samples }) => samples);
  figures.push(figure({
    id, title, about: `Mean ${show(across.mean)}, p50 ${show(across.p50)}, p95 ${show(across.p95)}; line: the plain network, ${show(across.no_heads)}.`,
    option: (now) => ({
      xAxis: numbers(now, unit, { min: least, max: most, splitLine: { show: false }, axisLabel: { showMinLabel: false, showMaxLabel: false } }),
      yAxis: numbers(now, "samples", { nameGap: 44 }),
      legend: { show: false },
      tooltip: { trigger: "item", confine: true, backgroundColor: now.paper, borderColor: now.line, textStyle: { color: now.ink, fontSize: 13 }, transitionDuration: 0, formatter: ({ data }) => `${safe(show(data[0] - size / 2))} to ${safe(show(data[0] + size / 2))}<br>${safe(num(data[1]))} samples` },
      series: [
        { type: "bar", barWidth: "92%", data: counts.map((count, at) => [least + (at + 0.5) * size, count]), itemStyle: { color: PALETTE[0] } },
        { type: "line", symbol: "none", silent: true, data: [[across.no_heads, 0], [across.no_heads, Math.max(...counts)]], lineStyle: { color: PALETTE[5], type: "dashed", width: 2 } },
      ],
    }),
    table: () => ({ caption: title, columns: [{ key: "from", title: "from" }, { key: "to", title: "to" }, { key: "samples", title: "samples" }], rows: table, filter: false }),
  }));
}

function extremes(values) {
  let [least, most] = [Infinity, -Infinity];
  for (const value of values) { if (value < least) least = value; if (value > most) most = value; }
  return [least, most];
}

/** Which class leaves where. */
function classFigure(figures, summary) {
  const exits = rowsOf(DATA.tables.exits);
  const names = summary.classes;
  const count = summary.exits.length;
  if (count < 2 || !exits.length || names.length < 2) return;
  const shown = Math.min(names.length, 100);
  const totals = new Array(names.length).fill(0);
  for (const { class: of, samples } of exits) totals[of] += zero(samples);
  const cells = exits.filter(({ class: of, samples }) => of < shown && totals[of] && samples !== null).map((row) => [row.exit - 1, row.class, row.samples / totals[row.class], row.samples, row.correct]);
  const titles = Array.from({ length: count }, (_, at) => (at + 1 === count ? "end" : `head ${at + 1}`));
  figures.push(figure({
    id: "f-classes", title: "Which class leaves where", about: "Share of the samples of each class" + (shown < names.length ? `; the first ${shown} of ${names.length} classes, all are in the table.` : "."),
    height: Math.min(1800, Math.max(330, 90 + 18 * shown)), wide: names.length > 30,
    option: (now) => ({
      xAxis: categories(now, titles), yAxis: categories(now, names.slice(0, shown), { inverse: true }),
      legend: { show: false },
      visualMap: { show: false, min: 0, max: 1, dimension: 2, inRange: { color: [now.paper, "#56b4e9", "#0072b2"] } },
      tooltip: { trigger: "item", confine: true, backgroundColor: now.paper, borderColor: now.line, textStyle: { color: now.ink, fontSize: 13 }, transitionDuration: 0, formatter: ({ data }) => `<b>${safe(names[data[1]])}</b>, ${titles[data[0]]}<br>${percent(data[2])} of its samples (${num(data[3])})<br>${num(data[4])} of them right` },
      series: [{ type: "heatmap", data: cells, itemStyle: { borderColor: now.line, borderWidth: 0.5 } }],
    }),
    table: () => ({ caption: "Samples by class and exit", columns: [{ title: "class", text: true, value: (row) => names[row.class] ?? String(row.class) }, { key: "exit", title: "exit" }, { key: "samples", title: "samples" }, { key: "correct", title: "right" }], rows: exits.filter(({ samples }) => samples) }),
  }));
}

/** Layers by what they compute per byte and per cycle. */
function rooflineFigure(figures, layers) {
  const rows = layers.filter(({ macs, cycles }) => macs > 0 && cycles > 0).map((row) => {
    const bytes = zero(row.dram_ifmap_bytes) + zero(row.dram_filter_bytes) + zero(row.dram_ofmap_bytes);
    return { layer: row.layer, intensity: bytes ? row.macs / bytes : null, rate: row.macs / row.cycles, bytes, macs: row.macs };
  });
  const moving = rows.filter(({ intensity }) => intensity !== null);
  if (moving.length < 2) return;
  figures.push(figure({
    id: "f-roofline", title: "MACs per byte and per cycle", about: "One dot per layer that moves bytes from or to DRAM. Low on the left: it waits for memory.",
    option: (now) => ({
      xAxis: { ...numbers(now, "MACs per byte of DRAM"), type: "log" }, yAxis: { ...numbers(now, "MACs per cycle", { nameGap: 40 }), type: "log" },
      legend: { show: false },
      tooltip: { trigger: "item", confine: true, backgroundColor: now.paper, borderColor: now.line, textStyle: { color: now.ink, fontSize: 13 }, transitionDuration: 0, formatter: ({ data }) => `<b>${safe(data[2])}</b><br>${num(data[0])} MACs per byte<br>${num(data[1])} MACs per cycle` },
      series: [{ type: "scatter", symbolSize: 11, data: moving.map(({ intensity, rate, layer }) => [intensity, rate, layer]), itemStyle: { color: PALETTE[0], opacity: 0.8 } }],
    }),
    table: () => ({ caption: "MACs per byte and per cycle", columns: [{ key: "layer", title: "layer", text: true }, { key: "intensity", title: "MACs per byte" }, { key: "rate", title: "MACs per cycle" }, { key: "bytes", title: "bytes" }], rows }),
  }));
}

function layersTable(layers) {
  const has = (key) => layers.some((row) => row[key] !== null && row[key] !== undefined && row[key] !== "");
  const columns = [
    { key: "layer", title: "layer", text: true }, { key: "kind", title: "kind", text: true },
    { key: "m", title: "M" }, { key: "n", title: "N" }, { key: "k", title: "K" }, { key: "folds", title: "folds" },
    { key: "cycles", title: "cycles" }, { key: "compute_cycles", title: "compute", unit: "cycles" }, { key: "stall_cycles", title: "stall", unit: "cycles" },
    { key: "vector_cycles", title: "vector", unit: "cycles" }, { key: "setup_cycles", title: "setup", unit: "cycles" },
    { title: "used", unit: "% of the array", value: (row) => (row.utilization === null ? null : 100 * row.utilization) },
    { title: "energy", unit: "nJ", value: (row) => (row.energy_pj === null ? null : row.energy_pj / 1000) },
    { title: "DRAM", unit: "bytes", value: (row) => (row.dram_ifmap_bytes === null ? null : row.dram_ifmap_bytes + zero(row.dram_filter_bytes) + zero(row.dram_ofmap_bytes)) },
    { title: "reached", unit: "% of samples", value: (row) => (row.reached === null || row.reached === undefined ? null : 100 * row.reached) },
    { key: "dataflow", title: "dataflow", text: true }, { key: "loop_order", title: "loops", text: true }, { key: "kept", title: "kept", text: true }, { key: "results", title: "results", text: true },
  ].filter(({ key }) => !key || has(key));
  return makeTable({ caption: "Layers, all classes alive", columns, rows: layers }).root;
}

function headsTable(summary) {
  const rows = summary.heads.map((head, at) => ({ number: at + 1, threshold: (summary.policy.beta ?? summary.policy.threshold)?.[at] ?? null, ...head }));
  return makeTable({
    caption: "Heads; means over all samples, also those that do not reach the head", filter: false, rows,
    columns: [
      { key: "number", title: "head" }, { title: "on", text: true, value: ({ on }) => (on ? "yes" : "no") }, { key: "threshold", title: "threshold" },
      { title: "reached", unit: "% of samples", value: ({ reached }) => 100 * reached }, { title: "left", unit: "% of samples", value: ({ left }) => 100 * left },
      { title: "accuracy", unit: "% of leavers", value: ({ accuracy }) => (accuracy === null ? null : 100 * accuracy) }, { key: "survivors", title: "survivors", unit: "classes" },
      { key: "cost_cycles", title: "cost", unit: "cycles" }, { key: "skipped_cycles", title: "skipped", unit: "cycles" }, { key: "net_cycles", title: "net", unit: "cycles" },
      { title: "net", unit: "nJ", value: ({ net_energy_pj: energy }) => energy / 1000 },
    ],
  }).root;
}

function classesTable(summary) {
  const exits = rowsOf(DATA.tables.exits);
  const excluded = rowsOf(DATA.tables.excluded);
  const count = summary.exits.length;
  const rows = summary.classes.map((name, at) => ({ class: at, name, samples: 0, correct: 0, sum: 0, excluded: 0 }));
  for (const { class: of, exit, samples, correct } of exits) {
    if (!rows[of]) continue;
    rows[of].samples += zero(samples);
    rows[of].correct += zero(correct);
    rows[of].sum += exit * zero(samples);
  }
  for (const { class: of, excluded: times } of excluded) if (rows[of]) rows[of].excluded += zero(times);
  return makeTable({
    caption: "Classes", rows,
    columns: [
      { key: "class", title: "number" }, { key: "name", title: "class", text: true }, { key: "samples", title: "samples" },
      { title: "accuracy", unit: "%", value: (row) => (row.samples ? (100 * row.correct) / row.samples : null) },
      { title: "mean exit", unit: `${count} is the end`, value: (row) => (row.samples ? row.sum / row.samples : null) },
      { key: "excluded", title: "excluded", unit: "times, at all heads" },
    ],
  }).root;
}

function machineList(summary) {
  const flat = [];
  const walk = (value, path) => {
    if (value === null || value === undefined) return;
    if (Array.isArray(value)) flat.push([path, value.map((item) => (typeof item === "number" ? num(item) : String(item))).join(", ")]);
    else if (typeof value === "object") Object.entries(value).forEach(([key, inner]) => walk(inner, path ? `${path}.${key}` : key));
    else flat.push([path, typeof value === "number" ? num(value, 6) : String(value)]);
  };
  for (const key of ["arch", "overrides", "technology", "clock_hz", "machine", "clock", "area_mm2", "area_by_component_mm2", "resting", "policy", "flips"]) walk(summary[key], key);
  return list(flat);
}
