// Samples: a table that one can search, and one sample told in full.

function showSamples(summary) {
  const table = DATA.tables.samples;
  const rows = rowsOf(table);
  if (rows.length === 0) return;
  const names = summary.classes;
  const name = (at) => names[at] ?? String(at);
  const heads = summary.heads.length;
  const told = new Map(DATA.explained.map((one) => [one.sample, one]));
  const pictured = new Map((DATA.pictures?.samples ?? []).map((sample, at) => [sample, at]));
  const plain = summary.cycles.no_heads;
  // Where scores are made up to an assumption, no answer is right or wrong.
  const knows = tellsAnswers(summary);
  const columns = [
    { key: "sample", title: "sample" },
    knows && { title: "class", text: true, value: (row) => name(row.label) },
    knows && { title: "answer", text: true, value: (row) => name(row.answer), show: (text, row) => el("span", { class: row.answer === row.label ? "good" : "bad", text: text + (row.answer === row.label ? " ✓" : " ✗") }) },
    heads > 0 && { key: "exit", title: "exit", show: (exit) => (exit > heads ? "end" : String(exit)) },
    heads > 0 && { title: "survivors", text: true, value: (row) => survivors(row).map((count) => count ?? "·").join(" ") },
    { key: "cycles", title: "cycles" },
    { title: "saved", unit: "% of plain cycles", value: (row) => 100 * (1 - row.cycles / plain), show: (value) => value.toFixed(1) },
    { key: "energy_pj", title: "energy", unit: "nJ", value: (row) => row.energy_pj / 1000 },
    told.size > 0 && { title: "told", text: true, value: (row) => (told.has(row.sample) ? (pictured.has(row.sample) ? "image, heads" : "heads") : "") },
  ].filter(Boolean);
  function survivors(row) {
    return Array.from({ length: heads }, (_, h) => row[`survivors_${h + 1}`]);
  }
  const card = el("div", { class: "card", "aria-live": "polite" }, el("p", { class: "soft", text: "Choose a sample." }));
  const made = makeTable({ caption: "Samples", columns, rows, pick: (row) => card.replaceChildren(...one(row)) });
  const choice = (label, options) => {
    const select = el("select", { change: apply }, options.map(([value, text]) => el("option", { value, text })));
    return [el("label", {}, label, select), select];
  };
  const [exitLabel, exit] = choice("exit", [["", "any"], ...Array.from({ length: heads }, (_, h) => [h + 1, `head ${h + 1}`]), [heads + 1, "end"]]);
  const [classLabel, of] = choice("class", [["", "any"], ...names.map((text, at) => [at, text])]);
  const [rightLabel, right] = choice("answer", [["", "any"], ["right", "right"], ["wrong", "wrong"], ["changed", "not the plain network's"]]);
  const [toldLabel, full] = choice("told", [["", "all"], ["told", "with heads"]]);
  function apply() {
    made.only((row) =>
      (exit.value === "" || row.exit === Number(exit.value)) &&
      (of.value === "" || row.label === Number(of.value)) &&
      (right.value === "" || (right.value === "changed" ? row.answer !== row.plain_answer : (row.answer === row.label) === (right.value === "right"))) &&
      (full.value === "" || told.has(row.sample)));
  }

  function one(row) {
    const found = told.get(row.sample);
    const cost = (quantityOf, unit) => quantity(quantityOf, unit);
    const parts = [el("h3", { text: `Sample ${row.sample}` })];
    const facts = list([
      ["class", knows && name(row.label)],
      ["answer", knows && el("span", { class: row.answer === row.label ? "good" : "bad", text: name(row.answer) + (row.answer === row.label ? ", right" : ", wrong") })],
      ["plain network", knows && name(row.plain_answer)],
      ["leaves", row.exit > heads ? "at the end" : `at head ${row.exit} of ${heads}`],
      ["earliest exit with the plain answer", knows && row.oracle_exit > heads ? "the end" : `head ${row.oracle_exit}`],
      ["cycles", `${num(row.cycles)}; plain ${num(plain)}, all heads ${num(summary.cycles.never)}: saves ${percent(1 - row.cycles / plain)} of plain`],
      ["energy", `${cost(row.energy_pj, "pJ")}; plain ${cost(summary.energy_pj.no_heads, "pJ")}: saves ${percent(1 - row.energy_pj / summary.energy_pj.no_heads)}`],
    ]);
    parts.push(el("div", { class: "pair" }, pictured.has(row.sample) ? picture(pictured.get(row.sample), row.sample) : null, facts));
    if (!found) {
      parts.push(el("p", { class: "soft", text: `What its heads said is not in this page: exclusim explain DIR --sample ${row.sample} tells it.` }));
      return parts;
    }
    found.heads.forEach((head, h) => {
      parts.push(el("h3", { text: `Head ${h + 1}` }), el("p", { text: head.text }));
      if (head.classes.length) parts.push(scores(head.classes));
    });
    if (row.exit > heads) parts.push(el("h3", { text: "Final classifier" }), scores(found.final.map(([of, score]) => [of, null, score, null, 1, 1])));
    return parts;
  }

  function scores(classes) {
    const most = Math.max(...classes.map(([, , score, compared]) => compared ?? score), 1e-9);
    const least = Math.min(0, ...classes.map(([, , score, compared]) => compared ?? score));
    const width = (value) => Math.max(1, (90 * (value - least)) / (most - least || 1));
    const codes = classes.some(([, code]) => code !== null);
    return el("div", { class: "scroll" }, el("table", {},
      el("thead", {}, el("tr", {}, ["class", ...(codes ? ["code"] : []), "score", "compared", "alive"].map((title, at) => el("th", { scope: "col", class: at === 0 ? "text" : null, text: title })))),
      el("tbody", {}, classes.map(([of, code, score, compared, before, after]) => el("tr", {},
        el("td", { class: "text", text: name(of) }),
        codes ? el("td", { text: code === null ? "" : String(code) }) : null,
        el("td", { text: num(score) }),
        el("td", {}, el("span", { class: "bar" + (after ? "" : " gone"), style: `width:${width(compared ?? score).toFixed(0)}px`, "aria-hidden": "true" }), " " + (compared === null ? "" : num(compared))),
        el("td", { text: after ? "yes" : before ? "excluded" : "no" }))))));
  }

  function picture(at, sample) {
    const { png, width, height, columns: wide } = DATA.pictures;
    const canvas = el("canvas", { class: "image", width, height, role: "img", "aria-label": `image of sample ${sample}` });
    const sheet = new Image();
    sheet.onload = () => canvas.getContext("2d").drawImage(sheet, (at % wide) * width, Math.floor(at / wide) * height, width, height, 0, 0, width, height);
    sheet.src = png;
    return canvas;
  }

  const many = DATA.explained.length;
  const about = many === 0
    ? "No scores are told of single samples."
    : `Of ${num(many)} samples of every exit, right and wrong, this page tells what each head said${pictured.size ? ", with the image" : ""}; exclusim explain tells it of any.`;
  section("samples", "Samples", el("p", { class: "soft", text: about }),
    el("div", { class: "row" }, heads > 0 ? exitLabel : null, knows ? [classLabel, rightLabel] : null, told.size > 0 ? toldLabel : null), el("div", { class: "split" }, made.root, card));
  const first = rows.find((row) => told.has(row.sample));
  if (first) { made.choose(first); card.replaceChildren(...one(first)); }
}
