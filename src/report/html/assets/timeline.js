// The timeline of a path: tracks of slices that one can zoom into.

const CAUSES = { stream: "#0072b2", preload: "#56b4e9", drain: "#8c6bb1", skew: "#a6761d", stall: "#d55e00", vector: "#009e73", setup: "#7f7f7f", engine: "#cc79a7", unit: "#e69f00", squash: "#b3261e" };
const MOVES = { "load ifmap": "#0072b2", "load weights": "#56b4e9", "load sums": "#8c6bb1", "load added map": "#009e73", "store results": "#e69f00", "store sums": "#a6761d", "prefetch weights": "#cc79a7", "bet on weights": "#f0e442", "bet, lost": "#b3261e" };

function showTimeline() {
  const lines = DATA.timelines;
  if (!lines.length) return;
  const state = { line: lines[0], from: 0, to: lines[0].cycles, at: null };
  const tracks = ["layers", "array", "DRAM bus", "vector unit", "exclusion unit", "control"];
  const gauges = ["ifmap bytes on chip", "weight bytes on chip", "sum bytes on chip", "survivors"];
  const canvas = el("canvas", { class: "time", tabindex: 0, role: "img", "aria-label": "Timeline of a path; plus and minus zoom, arrows move, 0 shows all" });
  const choose = el("select", { "aria-label": "Path", change: () => { state.line = lines[choose.selectedIndex]; whole(); } },
    lines.map(({ name }) => el("option", { text: name })));
  const [row, left, gaugeRow] = [26, 118, 34];
  const height = 22 + tracks.length * row + gauges.length * gaugeRow;
  const button = (text, label, click) => el("button", { type: "button", text, "aria-label": label, click });
  let slices = [];

  function whole() { state.from = 0; state.to = state.line.cycles; slices = byTrack(); draw(); }
  function byTrack() {
    return tracks.map((track) => state.line.slices.filter(([on]) => on === track));
  }
  const start = () => (canvas.clientWidth < 500 ? 84 : left);
  const xOf = (cycle) => start() + ((cycle - state.from) / (state.to - state.from)) * (canvas.clientWidth - start() - 6);
  const cycleOf = (x) => state.from + ((x - start()) / (canvas.clientWidth - start() - 6)) * (state.to - state.from);
  function zoom(factor, around = (state.from + state.to) / 2) {
    const span = Math.min(state.line.cycles, Math.max(20, (state.to - state.from) * factor));
    const share = (around - state.from) / (state.to - state.from);
    move(around - share * span, span);
  }
  function move(from, span = state.to - state.from) {
    state.from = Math.max(0, Math.min(from, state.line.cycles - span));
    state.to = state.from + span;
    draw();
  }

  const tone = (track, what, layer) => (track === "layers" ? PALETTE[layer % 2 === 0 ? 0 : 4] : track === "DRAM bus" ? MOVES[what] : CAUSES[what]) ?? "#7f7f7f";

  function draw() {
    const ratio = devicePixelRatio || 1;
    const width = canvas.clientWidth;
    if (!width) return;
    canvas.width = width * ratio;
    canvas.height = height * ratio;
    canvas.style.height = height + "px";
    const pen = canvas.getContext("2d");
    pen.scale(ratio, ratio);
    pen.clearRect(0, 0, width, height);
    pen.font = "12px system-ui, sans-serif";
    pen.textBaseline = "middle";
    const [ink, soft, line] = [colour("ink"), colour("soft"), colour("line")];
    pen.fillStyle = soft;
    const marks = Math.max(2, Math.floor(width / 160));
    for (let m = 0; m <= marks; m += 1) {
      const cycle = state.from + ((state.to - state.from) * m) / marks;
      const x = xOf(cycle);
      pen.textAlign = m === 0 ? "left" : m === marks ? "right" : "center";
      pen.fillText(num(Math.round(cycle)), x, 9);
      pen.fillStyle = line; pen.fillRect(x, 18, 1, height); pen.fillStyle = soft;
    }
    pen.textAlign = "left";
    tracks.forEach((track, at) => {
      const y = 20 + at * row;
      pen.fillStyle = ink;
      pen.fillText(start() < left ? track.replace(" unit", "") : track, 2, y + row / 2);
      for (const [, what, from, cycles, layer] of slices[at]) {
        if (from + cycles < state.from || from > state.to) continue;
        const [a, b] = [Math.max(start(), xOf(from)), Math.min(width - 6, xOf(from + cycles))];
        pen.fillStyle = tone(track, what, layer);
        pen.fillRect(a, y + 3, Math.max(0.6, b - a - (b - a > 4 ? 1 : 0)), row - 6);
        const text = track === "layers" ? state.line.layers[layer] : what;
        if (b - a > 8 + 6.4 * text.length) { pen.fillStyle = "#ffffff"; pen.fillText(text, a + 4, y + row / 2 + 0.5); }
      }
    });
    gauges.forEach((gauge, at) => {
      const y = 22 + tracks.length * row + at * gaugeRow;
      const levels = state.line.levels.filter(([of]) => of === gauge);
      const most = Math.max(1, ...levels.map(([, , value]) => value));
      pen.fillStyle = ink;
      pen.fillText(start() < left ? gauge.replace(" on chip", "").replace(" bytes", "") : gauge.replace(" bytes on chip", ", on chip"), 2, y + gaugeRow / 2);
      pen.fillStyle = PALETTE[at]; pen.globalAlpha = 0.55;
      levels.forEach(([, cycle, value], i) => {
        const end = levels[i + 1]?.[1] ?? state.line.cycles;
        if (end < state.from || cycle > state.to) return;
        const [a, b] = [Math.max(start(), xOf(cycle)), Math.min(width - 6, xOf(end))];
        const tall = ((gaugeRow - 8) * value) / most;
        pen.fillRect(a, y + gaugeRow - 4 - tall, b - a, tall);
      });
      pen.globalAlpha = 1;
    });
  }

  /** What is below the pointer. */
  function under(x, y) {
    const cycle = cycleOf(x);
    const at = Math.floor((y - 20) / row);
    if (cycle < 0 || cycle > state.line.cycles) return null;
    if (at >= 0 && at < tracks.length) {
      const near = 2 / ((canvas.clientWidth - start()) / (state.to - state.from));
      const found = slices[at].find(([, , from, cycles]) => cycle >= from && cycle < from + cycles)
        ?? slices[at].find(([, , from, cycles]) => cycle >= from - near && cycle < from + cycles + near);
      if (!found) return null;
      const [track, what, from, cycles, layer, bytes] = found;
      return `${state.line.layers[layer]}\n${track}: ${what === "layer" ? "all of it" : what}\n${num(cycles)} cycles from ${num(from)} on` + (bytes ? `\n${num(bytes)} bytes` : "");
    }
    const gauge = gauges[Math.floor((y - 22 - tracks.length * row) / gaugeRow)];
    const level = state.line.levels.findLast(([of, from]) => of === gauge && from <= cycle);
    return level ? `${gauge}: ${num(level[2])}` : null;
  }

  canvas.addEventListener("pointermove", (event) => {
    const { left: x, top: y } = canvas.getBoundingClientRect();
    if (state.drag && event.buttons) {
      const [from, cycle] = state.drag;
      move(from - (event.clientX - cycle) * ((state.to - state.from) / (canvas.clientWidth - start())));
      return;
    }
    const text = under(event.clientX - x, event.clientY - y);
    if (text) tip(text, event.clientX, event.clientY);
    else hideTip();
  });
  canvas.addEventListener("pointerdown", (event) => { state.drag = [state.from, event.clientX]; });
  canvas.addEventListener("pointerup", () => { state.drag = null; });
  canvas.addEventListener("pointerleave", () => { state.drag = null; hideTip(); });
  canvas.addEventListener("wheel", (event) => {
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    zoom(event.deltaY > 0 ? 1.25 : 0.8, cycleOf(event.clientX - canvas.getBoundingClientRect().left));
  }, { passive: false });
  canvas.addEventListener("keydown", (event) => {
    const span = state.to - state.from;
    const done = { "+": () => zoom(0.5), "=": () => zoom(0.5), "-": () => zoom(2), "0": whole, ArrowLeft: () => move(state.from - span / 5), ArrowRight: () => move(state.from + span / 5) }[event.key];
    if (done) { event.preventDefault(); done(); }
  });
  const seen = (track) => new Set(lines.flatMap(({ slices }) => slices.filter(([on]) => on === track).map(([, what]) => what)));
  const key = (title, colours, of) => el("p", { class: "soft" }, title + ": ", Object.entries(colours).filter(([name]) => of.has(name)).flatMap(([name, tone]) => [el("span", { class: "bar", style: `background:${tone};width:.8rem` }), ` ${name}   `]));
  const legend = el("div", {}, key("array", CAUSES, seen("array")), key("DRAM bus", MOVES, seen("DRAM bus")));
  section("timeline", "Timeline", el("p", { class: "soft", text: "One inference, cycle by cycle. On the track array every cycle has one cause, and their lengths sum to the cycles of the path. Ctrl and the wheel, plus and minus zoom; exclusim export perfetto writes it tile by tile for any sample." }),
    el("div", { class: "row" }, choose, button("+", "zoom in", () => zoom(0.5)), button("−", "zoom out", () => zoom(2)), button("‹", "earlier", () => move(state.from - (state.to - state.from) / 4)), button("›", "later", () => move(state.from + (state.to - state.from) / 4)), button("all", "show all", whole)),
    canvas, legend, el("details", {}, el("summary", { text: "as a table" }), slicesTable()));

  function slicesTable() {
    const sums = lines.map((line) => {
      const sum = {};
      for (const [track, what, , cycles] of line.slices) if (track === "array") sum[what] = (sum[what] ?? 0) + cycles;
      return { path: line.name, cycles: line.cycles, ...sum };
    });
    const causes = Object.keys(CAUSES).filter((cause) => sums.some((sum) => sum[cause]));
    return makeTable({ caption: "Cycles of each path by cause", columns: [{ key: "path", title: "path", text: true }, { key: "cycles", title: "cycles" }, ...causes.map((cause) => ({ key: cause, title: cause }))], rows: sums, filter: false }).root;
  }
  new ResizeObserver(draw).observe(canvas);
  onTheme.push(draw);
  whole();
}
