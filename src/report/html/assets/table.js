// Tables that sort, filter and page.

const PAGE_ROWS = 50;

const names = ({ title, key }) => [title, key].map((name) => String(name).toLowerCase());

/** What a filter asks of a row: words that it has, and comparisons such as `cycles > 1000`. */
function asks(text, columns) {
  const tests = [];
  const words = text.replace(/([\w. %()]+?)\s*(<=|>=|<|>|=)\s*(-?[\d.]+(?:e-?\d+)?)/gi, (whole, name, sign, number) => {
    // Words may stand before the column's title, which may have several itself: the longest title counts.
    const said = name.trim().split(/\s+/);
    const called = (at) => said.slice(at).join(" ").toLowerCase();
    const at = said.findIndex((word, at) => columns.some((column) => names(column).includes(called(at))));
    if (at < 0) return whole;
    const column = columns.find((column) => names(column).includes(called(at)));
    const limit = Number(number);
    const compare = { "<": (a) => a < limit, ">": (a) => a > limit, "<=": (a) => a <= limit, ">=": (a) => a >= limit, "=": (a) => a === limit }[sign];
    tests.push((row) => {
      const value = valueOf(column, row);
      return typeof value === "number" && compare(value);
    });
    return said.slice(0, at).join(" ") + " ";
  });
  for (const word of words.toLowerCase().split(/\s+/).filter(Boolean)) {
    tests.push((row) => columns.some((column) => String(shownOf(column, row)).toLowerCase().includes(word)));
  }
  return (row) => tests.every((test) => test(row));
}

const valueOf = ({ key, value }, row) => (value ? value(row) : row[key]);

function shownOf(column, row) {
  const value = valueOf(column, row);
  if (column.show) return column.show(value, row);
  return column.text ? (value ?? "") : num(value);
}

/**
 * A table of `rows`. A column has `key` or `value(row)`, `title`, `unit`, `text` (aligned left), `show(value, row)`. `pick(row)` is
 * called when a row is chosen. Gives the element and `only(test)`, which shows the rows that pass a test.
 */
function makeTable({ caption, columns, rows, filter = true, pick, sort }) {
  const state = { test: () => true, only: () => true, column: sort?.column ?? null, down: sort?.down ?? false, page: 0, chosen: null };
  const body = el("tbody");
  const count = el("span", { class: "soft", "aria-live": "polite" });
  const heads = columns.map((column, at) => el("th", { scope: "col", class: column.text ? "text" : null },
    el("button", { type: "button", click: () => turn(at), title: column.about, text: column.title }),
    column.unit ? el("small", { text: column.unit }) : null));
  const search = el("input", {
    type: "search", "aria-label": "Filter: " + caption, placeholder: "filter: words, or " + example(columns),
    input: () => { state.test = asks(search.value, columns); state.page = 0; draw(); },
  });
  const back = el("button", { type: "button", text: "‹ back", click: () => { state.page -= 1; draw(); } });
  const on = el("button", { type: "button", text: "more ›", click: () => { state.page += 1; draw(); } });
  const table = el("table", {}, el("caption", { text: caption }), el("thead", {}, el("tr", {}, heads)), body);
  const root = el("div", {}, el("div", { class: "row" }, filter ? search : null, back, on, count), el("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": caption }, table));

  function turn(at) {
    const first = columns[at].text ? false : true;
    state.down = state.column === at ? !state.down : first;
    state.column = at;
    state.page = 0;
    draw();
  }

  function sorted() {
    const found = rows.filter((row) => state.only(row) && state.test(row));
    if (state.column === null) return found;
    const column = columns[state.column];
    const sign = state.down ? -1 : 1;
    const keyed = found.map((row, at) => [valueOf(column, row), at, row]);
    // What has no value stands last, whichever way.
    const none = (value) => value === null || value === undefined || value === "";
    keyed.sort(([a, i], [b, j]) => {
      if (none(a) || none(b)) return none(a) - none(b) || i - j;
      const order = typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b), "en", { numeric: true });
      return sign * order || i - j;
    });
    return keyed.map(([, , row]) => row);
  }

  function draw() {
    const found = sorted();
    const pages = Math.max(1, Math.ceil(found.length / PAGE_ROWS));
    state.page = Math.min(Math.max(0, state.page), pages - 1);
    const shown = found.slice(state.page * PAGE_ROWS, (state.page + 1) * PAGE_ROWS);
    body.replaceChildren(...shown.map(line));
    const all = found.length === rows.length ? `${num(rows.length)} rows` : `${num(found.length)} of ${num(rows.length)} rows`;
    count.textContent = pages > 1 ? `${all}, page ${state.page + 1} of ${pages}` : all;
    back.hidden = on.hidden = pages === 1;
    back.disabled = state.page === 0;
    on.disabled = state.page === pages - 1;
    heads.forEach((head, at) => head.setAttribute("aria-sort", state.column !== at ? "none" : state.down ? "descending" : "ascending"));
    heads.forEach((head, at) => {
      head.firstChild.textContent = columns[at].title + (state.column === at ? (state.down ? " ▾" : " ▴") : "");
    });
  }

  function line(row) {
    const cells = columns.map((column) => {
      const shown = shownOf(column, row);
      const cell = el("td", { class: column.text ? "text" : null, title: column.text && String(shown).length > 40 ? shown : null });
      if (shown instanceof Node) cell.append(shown);
      else cell.textContent = shown;
      return cell;
    });
    const choose = () => {
      state.chosen = row;
      for (const other of body.children) other.classList.toggle("chosen", other === of);
      pick(row);
    };
    const of = el("tr", pick ? {
      class: "pick" + (row === state.chosen ? " chosen" : ""), tabindex: 0, click: choose,
      keydown: (event) => { if (event.key === "Enter" || event.key === " ") { event.preventDefault(); choose(); } },
    } : {}, cells);
    return of;
  }

  draw();
  return {
    root,
    only(test) { state.only = test; state.page = 0; draw(); },
    choose(row) { state.chosen = row; draw(); },
    rows: sorted,
  };
}

function example(columns) {
  const column = columns.find(({ text, title }) => !text && title);
  return column ? `${column.title} > 100` : "a name";
}
