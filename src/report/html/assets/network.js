// The network as a graph: the backbone from top to bottom, heads as branches, maps that skip steps as arcs.

const QUANTITIES = [
  { key: "cycles", title: "cycles", show: (value) => num(value) + " cycles" },
  { key: "stall_cycles", title: "stalls", show: (value) => num(value) + " cycles of waiting for memory" },
  { key: "energy_pj", title: "energy", show: (value) => quantity(value, "pJ") },
];

/** Every layer with what it takes, and the layers of each head. */
function showNetwork(layers, summary) {
  const { backbone, heads, shortcuts } = DATA.network;
  const byName = new Map(layers.map((layer) => [layer.layer, layer]));
  const state = { quantity: QUANTITIES[0], mean: true };
  const box = el("div", { class: "net", tabindex: 0, role: "region", "aria-label": "The network's layers from the image to the final classifier" });
  const buttons = QUANTITIES.map((quantity) => el("button", {
    type: "button", "aria-pressed": quantity === state.quantity, text: quantity.title,
    click: () => { state.quantity = quantity; draw(); },
  }));
  const mean = el("input", { type: "checkbox", checked: true, change: () => { state.mean = mean.checked; draw(); } });
  const of = (name) => {
    const row = byName.get(name);
    if (!row) return 0;
    const value = row[state.quantity.key] ?? 0;
    return state.mean && row.reached !== null && row.reached !== undefined ? value * row.reached : value;
  };
  const exits = summary.heads;
  const left = summary.exits;

  function draw() {
    buttons.forEach((button, at) => button.setAttribute("aria-pressed", QUANTITIES[at] === state.quantity));
    const headSum = exits.map((head, h) => heads.filter(([, of]) => of === h).reduce((sum, [name]) => sum + of_(name), of_(`exit${h + 1}/decision`) + of_(`exit${h + 1}/wait`)));
    function of_(name) { return of(name); }
    const most = Math.max(...backbone.map(([name]) => of(name)), ...headSum, Number.MIN_VALUE);
    const wide = box.clientWidth || 700;
    const narrow = wide < 560;
    const [x, step] = [shortcuts.length ? 74 : 16, 30];
    const width = Math.max(130, Math.min(300, wide * (narrow ? 0.42 : 0.34)));
    const branch = x + width + (narrow ? 16 : 60);
    // As wide as the backbone's, so that lengths compare.
    const rest = narrow ? Math.max(110, wide - branch - 20) : width;
    const parts = [];
    const place = (at) => 16 + at * step;
    const reach = (segment) => {
      let share = 1;
      for (let s = 0; s < segment; s += 1) share -= left[s] ?? 0;
      return Math.max(0, share);
    };
    for (const [from, to] of shortcuts) {
      const [a, b] = [place(from) + 11, place(to) + 11];
      const bend = Math.min(58, 14 + 5 * (to - from));
      parts.push(el("svg:path", { class: "link", d: `M${x} ${a}C${x - bend} ${a} ${x - bend} ${b} ${x} ${b}`, "stroke-dasharray": "3 3" }));
    }
    backbone.forEach(([name, segment], at) => {
      const y = place(at);
      const share = reach(segment);
      if (at > 0) parts.push(el("svg:path", { class: "link", d: `M${x + 20} ${y - step + 22}V${y}`, "stroke-width": 1 + 6 * share }));
      parts.push(node(name, x, y, width, of(name), most, () => describe(name, `${percent(share)} of the samples get here`)));
    });
    exits.forEach((head, h) => {
      const last = backbone.reduce((found, [, segment], at) => (segment === h ? at : found), -1);
      if (last < 0) return;
      const y = place(last);
      const share = left[h] ?? 0;
      parts.push(el("svg:path", { class: "link", d: `M${x + width} ${y + 11}H${branch}`, "stroke-width": head.on ? 1 + 6 * share : 1, "stroke-dasharray": head.on ? null : "2 4" }));
      const text = `head ${h + 1}` + (head.on ? `: ${percent(share)}${narrow ? "" : " leave"}` : ": off");
      parts.push(node(text, branch, y, rest, head.on ? headSum[h] : 0, most, () =>
        `head ${h + 1}${head.on ? "" : ", off"}\n${state.quantity.show(headSum[h])}${state.mean ? ", mean over all samples" : ""}\n` +
        `${percent(head.reached)} of the samples reach it, ${percent(head.left)} leave` +
        (head.accuracy === null ? "" : `, ${percent(head.accuracy)} of them right`) +
        `\nnet: ${num(head.net_cycles)} cycles saved per sample`));
    });
    const end = place(backbone.length);
    parts.push(el("svg:text", { class: "soft", x: x + 4, y: end + 8 }));
    parts.at(-1).textContent = `${percent(left[left.length - 1] ?? 1)} run to the end`;
    const svg = el("svg:svg", { width: Math.max(wide - 18, branch + rest), height: end + 24, role: "group" }, parts);
    box.replaceChildren(svg);
  }

  function describe(name, more) {
    const row = byName.get(name);
    if (!row) return name;
    const lines = [`${name} (${row.kind})`];
    if (row.m !== null && row.m !== undefined) lines.push(`M ${num(row.m)}, N ${num(row.n)}, K ${num(row.k)}`);
    lines.push(`${num(row.cycles)} cycles: ${num(row.compute_cycles)} of the array, ${num(row.stall_cycles)} waiting, ${num(row.vector_cycles)} of the vector unit`);
    lines.push(`energy ${quantity(row.energy_pj, "pJ")}`);
    if (row.utilization !== null && row.utilization !== undefined) lines.push(`${percent(row.utilization)} of the array used`);
    lines.push(more);
    return lines.join("\n");
  }

  function node(name, x, y, width, value, most, text) {
    const share = value / most;
    const label = el("svg:text", { x: x + 8, y: y + 15 });
    const fits = Math.floor((width - 16) / 7);
    label.textContent = name.length > fits ? name.slice(0, Math.max(1, fits - 1)) + "…" : name;
    const of = el("svg:g", { tabindex: 0, role: "img", "aria-label": `${name}: ${state.quantity.show(value)}` },
      el("svg:rect", { x, y, width, height: 22, rx: 4, fill: colour("paper"), stroke: colour("line") }),
      el("svg:rect", { x, y, width: Math.max(0, width * share), height: 22, rx: 4, fill: "#e69f00", "fill-opacity": 0.25 + 0.45 * share, stroke: "none" }),
      label);
    tells(of, text);
    return of;
  }

  new ResizeObserver(draw).observe(box);
  onTheme.push(draw);
  return el("div", {}, el("p", { class: "soft", text: "A bar's length is what a layer takes, beside the largest. Lines are as thick as the share of the samples that go there; dashed arcs are maps that wait for a later step." }),
    el("div", { class: "row", role: "group", "aria-label": "What is shown" }, buttons, el("label", {}, mean, "mean over all samples, also those that left before")), box);
}
