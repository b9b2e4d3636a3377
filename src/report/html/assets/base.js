// What everything here is made of: the data, elements, numbers as people read them, colours, the box beside the pointer.

const DATA = JSON.parse(document.getElementById("data").textContent);

/** An element: its attributes (listeners as functions, `text` as its text), then its children. Text is never markup. */
function el(name, attributes = {}, ...children) {
  const of = name.startsWith("svg:")
    ? document.createElementNS("http://www.w3.org/2000/svg", name.slice(4))
    : document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (typeof value === "function") of.addEventListener(key, value);
    else if (key === "text") of.textContent = value;
    else of.setAttribute(key, value === true ? "" : value);
  }
  of.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return of;
}

const byId = (id) => document.getElementById(id);

/** A section with a heading and a link to it. */
function section(id, title, ...children) {
  byId("nav").append(el("a", { href: "#" + id, text: title }));
  const part = el("section", { id, "aria-labelledby": id + "-title" }, el("h2", { id: id + "-title", text: title }), ...children);
  byId("content").append(part);
  return part;
}

/** Tells those who do not see the page. */
function say(text) {
  byId("said").textContent = text;
}

/** A table of the data: its rows as objects. */
function rowsOf(table) {
  if (!table) return [];
  const { columns, data, rows } = table;
  return Array.from({ length: rows }, (_, at) => Object.fromEntries(columns.map((name, c) => [name, data[c][at]])));
}

/** A number in at most so many significant digits, thousands apart. */
function num(value, digits = 4) {
  if (value === null || value === undefined || value === "") return "";
  if (typeof value !== "number") return String(value);
  if (Number.isInteger(value)) return value.toLocaleString("en-US");
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-3 || size >= 1e15)) return value.toExponential(digits - 1);
  return value.toLocaleString("en-US", { maximumSignificantDigits: Math.max(digits, Math.ceil(Math.log10(size + 1))) });
}

const percent = (share, digits = 1) => (share === null || share === undefined ? "" : (100 * share).toFixed(digits) + " %");

/** A physical quantity with a fitting prefix. */
function quantity(value, unit) {
  if (value === null || value === undefined) return "";
  if (unit === "pJ") return scaled(value * 1e-12, "J");
  return scaled(value, unit);
}

/** A value of a column in the unit that the column's name ends with. */
function inUnit(name, value) {
  if (typeof value !== "number") return value === null || value === undefined ? "" : String(value);
  if (/(^|[._])(accuracy|left_early)$|saved_net$/.test(name)) return percent(value, 2);
  const [, unit] = [["_pj", "pJ"], ["_bytes_per_s", "B/s"], ["_js", "J·s"], ["_hz", "Hz"], ["_s", "s"], ["_mw", "mW"]].find(([ending]) => name.endsWith(ending)) ?? [];
  if (unit === "mW") return scaled(value * 1e-3, "W");
  if (unit) return quantity(value, unit);
  if (name.endsWith("_mm2")) return num(value) + " mm²";
  if (name.endsWith("_bytes")) return num(value) + " bytes";
  return num(value);
}

function scaled(value, unit) {
  const prefixes = [[1e9, "G"], [1e6, "M"], [1e3, "k"], [1, ""], [1e-3, "m"], [1e-6, "µ"], [1e-9, "n"], [1e-12, "p"]];
  const size = Math.abs(value);
  const [factor, prefix] = prefixes.find(([factor]) => size >= factor) ?? [1, ""];
  return num(value / factor) + " " + prefix + unit;
}

/** A colour of the style sheet, as it is now: light or dark. */
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue("--" + name).trim();

/** Colours that differ for all eyes, of Okabe and Ito; grey for the last. */
const PALETTE = ["#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#f0e442", "#8c6bb1", "#7f7f7f", "#a6761d"];

const onTheme = [];
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => onTheme.forEach((draw) => draw()));

/** Shows a text beside the pointer, or beside an element that has the focus. */
function tip(text, x, y) {
  const box = byId("tip");
  box.textContent = text;
  box.hidden = false;
  const { width, height } = box.getBoundingClientRect();
  box.style.left = Math.max(4, Math.min(x + 14, innerWidth - width - 6)) + "px";
  box.style.top = Math.max(4, y + 16 + height > innerHeight ? y - height - 8 : y + 16) + "px";
}

const hideTip = () => (byId("tip").hidden = true);

/** Makes an element tell its text to pointer and keyboard. */
function tells(of, text) {
  of.addEventListener("pointermove", (event) => tip(text(), event.clientX, event.clientY));
  of.addEventListener("pointerleave", hideTip);
  of.addEventListener("focus", () => {
    const { left, bottom } = of.getBoundingClientRect();
    tip(text(), left, bottom - 12);
  });
  of.addEventListener("blur", hideTip);
}

/** Copies a text; says so, or selects it where the browser does not let us. */
async function copy(text, button) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const area = el("textarea", { style: "position:fixed;top:0;left:-99rem" });
    area.value = text;
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
  const before = button.dataset.label ?? button.textContent;
  button.dataset.label = before;
  button.textContent = "copied";
  say("copied");
  setTimeout(() => (button.textContent = before), 1500);
}

/** Names and values. */
function list(pairs) {
  return el("dl", {}, pairs.filter(([, value]) => value !== "" && value !== null && value !== undefined && value !== false).flatMap(([name, value]) => [
    el("dt", { text: name }),
    el("dd", typeof value === "string" ? { text: value } : {}, typeof value === "string" ? null : value),
  ]));
}

function main() {
  byId("content").replaceChildren();
  for (const note of DATA.notes) byId("content").append(el("p", { class: "note", text: note }));
  if (DATA.kind === "run") showRun();
  else showSweep();
  const { tool, command, origin, inputs } = DATA.made;
  const files = DATA.inputs
    ? { columns: DATA.inputs.columns.map((name) => ({ key: name, title: name, text: true })), rows: rowsOf(DATA.inputs) }
    : { columns: ["role", "file", "SHA-256"].map((title, key) => ({ key, title, text: true })), rows: inputs };
  section("provenance", "Provenance", list([["made by", tool], ["command", command && el("code", { text: command })], ["origin", el("code", { text: origin })]]),
    makeTable({ caption: "Files that the results are made of", ...files, filter: false }).root);
  byId("foot").append(el("p", { text: "Everything on this page stands in this file; it loads nothing. Charts: Apache ECharts, © The Apache Software Foundation, Apache License 2.0." }));
}
