// The page of a sweep: a plane of two columns, all axes side by side, the front and the points as tables.

/** Columns whose values differ by more than this have a logarithmic axis, as the shading of all points has it. */
const WIDE = 50;
const SETTINGS = DATA.kind === "sweep" ? rowsOf(DATA.settings) : [];

/** Keys that vary, each with its values as TOML by the cells that points have; a cell is compared as the number that it is. */
const KEYS = (() => {
  const keys = new Map();
  for (const { target, key, column, cell, value } of SETTINGS) {
    if (!["arch", "policy", "arch file", "policy file"].includes(target)) continue;
    if (!keys.has(key)) keys.set(key, { target, key, column, values: new Map() });
    keys.get(key).values.set(cell !== null && cell.trim() !== "" && Number.isFinite(Number(cell)) ? String(Number(cell)) : String(cell ?? ""), value ?? "\"\"");
  }
  return [...keys.values()];
})();
const baseOf = (what) => SETTINGS.filter(({ target }) => target === "base " + what).map(({ value }) => value);

function showSweep() {
  const { points: table, front: frontTable } = DATA;
  const objectives = SETTINGS.filter(({ target }) => target === "objective");
  const points = rowsOf(table);
  const onFront = new Set(rowsOf(frontTable).map(({ point }) => point));
  const known = new Set(points.map(({ point }) => point));
  // The front is whole, whatever of the points is here.
  const rows = points.concat(rowsOf(frontTable).filter(({ point }) => !known.has(point)).map(({ version, inputs, ...row }) => row));
  const names = table.columns.filter((name) => name !== "point");
  const results = names.indexOf("accuracy") >= 0 ? names.slice(names.indexOf("accuracy")) : names;
  const axes = names.filter((name) => !results.includes(name));
  const isNumber = (name) => rows.some((row) => typeof row[name] === "number") && rows.every((row) => row[name] === null || row[name] === undefined || typeof row[name] === "number");
  const numeric = names.filter(isNumber);
  byId("subtitle").textContent = `a sweep of ${num(table.of)} design points, ${num(frontTable.of)} on the front of ${objectives.map(({ key }) => key).join(", ")}`;
  if (!rows.length) return;
  const best = ({ key, column, cell: which }) => {
    const value = (row) => (typeof row[column] === "number" ? row[column] : null);
    const found = rows.filter((row) => value(row) !== null).reduce((best, row) => (best === null || (which === "least" ? value(row) < value(best) : value(row) > value(best)) ? row : best), null);
    return found && el("li", {}, el("small", { text: `${which} ${column}` }), el("b", { text: inUnit(column, value(found)) }),
      el("small", { text: `point ${found.point}: ${axes.filter((name) => found[name] !== null).slice(0, 6).map((name) => `${name} ${inUnit(name, found[name])}`).join(", ")}` }));
  };
  section("summary", "Summary", el("p", { text: `${DATA.title} has ${num(table.of)} design points with results. No other point beats the ${num(frontTable.of)} on the front: none is at least as good in ${objectives.map(({ key }) => key).join(", ")} and better in one.` }),
    el("ul", { class: "tiles" }, objectives.map(best)));

  const state = { x: numeric.includes("energy_pj") ? "energy_pj" : numeric[0], y: numeric.includes("accuracy") && rows.some(({ accuracy }) => typeof accuracy === "number") ? "accuracy" : numeric.find((name) => name !== "energy_pj") ?? numeric[0], chosen: null, ranges: new Map() };
  const passes = (row) => [...state.ranges].every(([name, ranges]) => ranges.some(([from, to]) => { const value = place(name, row[name]); return value !== null && value >= from && value <= to; }));

  const card = el("div", { class: "card", "aria-live": "polite" }, el("p", { class: "soft", text: "Choose a point, in a chart or in a table." }));
  const choose = (row) => { state.chosen = row; card.replaceChildren(...pointCard(row, axes, results, onFront.has(row.point))); };

  const select = (which) => el("select", { "aria-label": which === "x" ? "across" : "up", change: (event) => { state[which] = event.target.value; plane.draw(); } },
    numeric.map((name) => el("option", { value: name, text: name, selected: name === state[which] })));
  const [onlyFront, labels] = [el("input", { type: "checkbox", change: () => { plane.draw(); parallel.draw(); list_(); } }), {}];
  const wanted = (row) => (!onlyFront.checked || onFront.has(row.point)) && passes(row);

  const wide = (name) => {
    const values = rows.map((row) => row[name]).filter((value) => typeof value === "number");
    const [least, most] = extremes(values);
    return least > 0 && most / least > WIDE;
  };
  const plane = figure({
    id: "f-plane", title: "Design points", about: "Hover shows the configuration, a click chooses it.", wide: true, height: 460,
    controls: el("div", { class: "row" }, el("label", {}, "across", select("x")), el("label", {}, "up", select("y")), el("label", {}, onlyFront, "only the front")),
    option: (now, width) => {
      const dots = rows.filter((row) => wanted(row) && typeof row[state.x] === "number" && typeof row[state.y] === "number");
      const back = dots.filter(({ point }) => !onFront.has(point));
      const best = dots.filter(({ point }) => onFront.has(point));
      const axis = (name, gap) => ({ ...numbers(now, name, { nameGap: gap, scale: true }), type: wide(name) ? "log" : "value" });
      const dot = (row) => ({ value: [row[state.x], row[state.y]], row });
      const cells = state.ranges.size || onlyFront.checked ? null : DATA.density.find(({ x, y }) => x === state.x && y === state.y);
      return {
        xAxis: axis(state.x, 28), yAxis: axis(state.y, 52),
        tooltip: { trigger: "item", confine: true, backgroundColor: now.paper, borderColor: now.line, textStyle: { color: now.ink, fontSize: 13 }, transitionDuration: 0, formatter: ({ data }) => (data.row ? pointText(data.row, axes, [state.x, state.y]) : `${num(data.count)} points`) },
        dataZoom: [{ type: "inside", xAxisIndex: 0, zoomOnMouseWheel: "ctrl", moveOnMouseMove: false, filterMode: "none" }, { type: "inside", yAxisIndex: 0, zoomOnMouseWheel: "ctrl", moveOnMouseMove: false, filterMode: "none" }],
        series: [
          ...(cells ? [densitySeries(cells, width)] : []),
          { name: "not on the front", type: "scatter", data: back.map(dot), symbolSize: back.length > 3000 ? 4 : 6, itemStyle: { color: now.soft, opacity: back.length > 3000 ? 0.45 : 0.6 }, emphasis: QUIET },
          { name: "on the front", type: "scatter", data: best.map(dot), symbolSize: 9, itemStyle: { color: PALETTE[5], borderColor: now.paper, borderWidth: 0.5 }, z: 4, emphasis: QUIET },
        ],
      };
    },
    table: () => pointsTable(),
  });
  plane.onMake = (chart) => chart.on("click", ({ data }) => data?.row && choose(data.row));

  // Axes with one value say nothing, and of results people look at few.
  const varied = axes.filter((name) => new Set(rows.map((row) => row[name])).size > 1);
  const shown = [...varied.slice(0, 10), ...["accuracy", "cycles", "energy_pj", "latency_s", "area_mm2"].filter((name) => results.includes(name) && rows.some((row) => row[name] !== null))];
  const levels = new Map(shown.filter((name) => !isNumber(name)).map((name) => [name, [...new Set(rows.map((row) => String(row[name] ?? "")))].sort((a, b) => a.localeCompare(b, "en", { numeric: true }))]));
  function place(name, value) {
    if (value === null || value === undefined) return null;
    return levels.has(name) ? levels.get(name).indexOf(String(value)) : value;
  }
  const MOST_LINES = 1500;

  const parallel = figure({
    id: "f-parallel", title: "All axes side by side", wide: true, height: 400,
    about: `Each line is a design point. Drag along an axis to keep a range, click the axis to clear it; the plane and the table follow.` + (rows.length > MOST_LINES ? ` Drawn are the front and every n-th point, ${num(MOST_LINES)} at most.` : ""),
    controls: el("div", { class: "row" }, el("button", { type: "button", text: "clear all ranges", click: () => { state.ranges.clear(); parallel.draw(); follow(); } })),
    option: (now, width) => {
      // On a phone the axes lie one below the other.
      const upright = width >= NARROW;
      const fit = rows.filter((row) => !onlyFront.checked || onFront.has(row.point));
      const every = Math.max(1, Math.ceil(fit.length / MOST_LINES));
      const lines = fit.filter((row, at) => at % every === 0 || onFront.has(row.point)).slice(0, 2 * MOST_LINES);
      const line = (row) => ({ value: shown.map((name) => place(name, row[name])), row });
      const style = (front) => ({ type: "parallel", name: front ? "on the front" : "not on the front", lineStyle: { width: front ? 1.6 : 0.7, opacity: front ? 0.8 : 0.25, color: front ? PALETTE[5] : now.soft }, inactiveOpacity: 0.02, activeOpacity: front ? 0.9 : 0.5, progressive: 400, emphasis: QUIET, data: lines.filter((row) => onFront.has(row.point) === front).map(line) });
      return {
        legend: { show: false },
        height: upright ? 400 : 60 + 62 * shown.length,
        parallel: { layout: upright ? "horizontal" : "vertical", left: upright ? 50 : 16, right: upright ? 70 : 26, top: upright ? 64 : 34, bottom: 24, parallelAxisDefault: { axisLine: { lineStyle: { color: now.soft } }, axisLabel: { color: now.ink, hideOverlap: true, showMinLabel: true }, axisTick: { show: false }, areaSelectStyle: { width: 18, color: PALETTE[0], opacity: 0.3, borderColor: PALETTE[0] } } },
        parallelAxis: shown.map((name, dim) => ({
          dim, name: name.length > 22 ? name.slice(0, 21) + "…" : name, nameLocation: upright ? "end" : "start", nameRotate: upright ? 20 : 0, nameGap: 12,
          nameTextStyle: { color: now.ink, align: "left", fontSize: 11, verticalAlign: upright ? "middle" : "bottom", padding: upright ? 0 : [0, 0, 7, 14] },
          ...(levels.has(name) ? { type: "category", data: levels.get(name) } : { type: wide(name) ? "log" : "value", scale: true, axisLabel: { formatter: tickText } }),
        })),
        tooltip: { trigger: "item", confine: true, backgroundColor: now.paper, borderColor: now.line, textStyle: { color: now.ink, fontSize: 13 }, transitionDuration: 0, formatter: ({ data }) => (data?.row ? pointText(data.row, axes, results.slice(0, 6)) : "") },
        series: [style(false), style(true)],
      };
    },
  });
  parallel.onMake = (chart) => {
    chart.on("click", ({ data }) => data?.row && choose(data.row));
    chart.on("axisareaselected", () => {
      const model = chart.getModel();
      state.ranges.clear();
      model.eachComponent("parallelAxis", (axis) => {
        const ranges = axis.activeIntervals ?? [];
        if (ranges.length) state.ranges.set(shown[axis.get("dim")], ranges.map((range) => [Math.min(...range), Math.max(...range)]));
      });
      follow();
    });
  };
  const follow = () => { plane.draw(); list_(); };
  function list_() { made.only(wanted); }

  function pointsTable() {
    return { caption: "Design points", columns: [{ key: "point", title: "point" }, ...names.map((name) => ({ key: name, title: name, text: !numeric.includes(name) })), { title: "front", text: true, value: ({ point }) => (onFront.has(point) ? "front" : "") }], rows, pick: choose };
  }
  const made = makeTable(pointsTable());
  section("plane", "Plane", el("div", { class: "figures" }, plane.root, parallel.root), card);
  section("points", "Design points", el("p", { class: "soft", text: "Choose a row to see it above and to copy it." }), made.root);
  const first = rows.find(({ point }) => onFront.has(point)) ?? rows[0];
  choose(first);
}

function densitySeries({ x, log, from, to, cells, counts }, width) {
  const most = Math.max(...counts.map(([, , count]) => count));
  const scale = (v) => (log ? Math.log(v) : v);
  const back = (v) => (log ? Math.exp(v) : v);
  const [a, b] = [scale(from[0]), scale(to[0])];
  const data = counts.map(([i, j, count]) => ({
    value: [back(a + ((i + 0.5) / cells[0]) * (b - a)), from[1] + ((j + 0.5) / cells[1]) * (to[1] - from[1])], count,
    itemStyle: { opacity: 0.12 + 0.5 * (Math.log1p(count) / Math.log1p(most)) },
  }));
  return { name: `all points, by ${x}`, type: "scatter", symbol: "rect", symbolSize: [Math.max(2, (0.85 * width) / cells[0]), 6], data, itemStyle: { color: PALETTE[4] }, z: 1, emphasis: QUIET };
}

/** How a value of an axis is written in a file. */
function written(key, row) {
  const cell = row[key.column];
  const known = key.values.get(String(cell));
  return known ?? (typeof cell === "number" ? String(cell) : JSON.stringify(cell ?? ""));
}

const pointText = (row, axes, results) =>
  `<b>point ${safe(row.point)}</b><br>` + axes.map((name) => `${safe(name)}: ${safe(inUnit(name, row[name]))}`).join("<br>") + "<br>" + [...new Set(results)].map((name) => `${safe(name)}: <b>${safe(inUnit(name, row[name]))}</b>`).join("<br>");

const shellWord = (text) => (/^[\w./=+:,@%-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);
const bare = (toml) => (toml.startsWith("\"") ? JSON.parse(toml) : toml);

/** The command that runs a point, from where the space's file lies. */
function commandOf(row) {
  const [arch, workload, policy] = ["arch", "workload", "policy"].map((what) => baseOf(what)[0]);
  const of = (target) => KEYS.filter((key) => key.target === target);
  const file = of("arch file").map((key) => bare(written(key, row)))[0] ?? arch;
  const words = ["exclusim", "run", file, workload, ...of("arch").flatMap((key) => ["--set", `${key.key}=${bare(written(key, row))}`])];
  const named = of("policy file").map((key) => bare(written(key, row)))[0] ?? policy;
  const own = of("policy").length ? "policy.toml" : named;
  if (own) words.push("--policy", own);
  return words.map(shellWord).join(" ");
}

/** What a point sets, in TOML: keys of the architecture, and of the policy. */
function tomlOf(row) {
  const lines = [`# point ${row.point} of ${DATA.title} (${DATA.made.tool})`];
  const of = (target) => KEYS.filter((key) => key.target === target);
  if (of("arch").length) lines.push(`# architecture: ${baseOf("arch")[0] ?? ""} with`, ...of("arch").map((key) => `${key.key} = ${written(key, row)}`));
  if (of("policy").length) lines.push("# policy.toml", ...of("policy").map((key) => `${key.key.replace(/^policy\./, "")} = ${written(key, row)}`));
  for (const key of [...of("arch file"), ...of("policy file")]) lines.push(`# ${key.key} = ${written(key, row)}`);
  return lines.join("\n") + "\n";
}

function pointCard(row, axes, results, front) {
  const parts = [el("h3", { text: `Point ${num(row.point)}${front ? ", on the front" : ""}` })];
  parts.push(el("div", { class: "row" },
    el("button", { type: "button", id: "copy-command", text: "copy command", click: (event) => copy(commandOf(row), event.target) }),
    el("button", { type: "button", id: "copy-toml", text: "copy TOML", click: (event) => copy(tomlOf(row), event.target) })));
  parts.push(el("code", { id: "command", tabindex: 0, "aria-label": "command", text: commandOf(row) }));
  const notes = ["Files are named from the folder of the space's file."];
  if (KEYS.some(({ target }) => target === "policy")) notes.push("What the policy has of this point stands in the TOML: save it as policy.toml.");
  if (baseOf("workload").length > 1) notes.push(`The sweep combines ${baseOf("workload").length} workloads; the command runs the first.`);
  parts.push(el("p", { class: "soft", text: notes.join(" ") }));
  const pair = (name) => [name, inUnit(name, row[name])];
  parts.push(list([...axes.map(pair), ...results.slice(0, 24).map(pair)]));
  return parts;
}
