// The page of a sweep.

import assert from "node:assert/strict";
import { dataOf, root } from "./pages.mjs";

const rowsOf = ({ columns, data, rows }) => Array.from({ length: rows }, (_, at) => Object.fromEntries(columns.map((name, c) => [name, data[c][at]])));

/** Where a point of the plane is in the window. */
const placeOf = (page, point) => page.evaluate((value) => {
  const place = document.getElementById("f-plane");
  const box = place.getBoundingClientRect();
  const [x, y] = place.chart.convertToPixel({ xAxisIndex: 0, yAxisIndex: 0 }, value);
  return [box.left + x, box.top + y];
}, point);

async function toPlane(page) {
  await page.locator("#f-plane").scrollIntoViewIfNeeded();
  await page.waitForFunction(() => document.getElementById("f-plane").chart);
}

export async function a_sweep_opens_without_complaint({ open, made, shot }) {
  for (const scheme of ["light", "dark"]) {
    for (const width of [360, 1600]) {
      const { page, complaints, context } = await open(made.sweep(), { width, scheme });
      await toPlane(page);
      await page.locator("#f-parallel").scrollIntoViewIfNeeded();
      await page.waitForFunction(() => document.getElementById("f-parallel").chart);
      const { wide, inside } = await page.evaluate(() => ({ wide: document.documentElement.scrollWidth, inside: innerWidth }));
      assert.ok(wide <= inside, `${wide} pixels in a window of ${inside}`);
      assert.deepEqual(complaints, []);
      await page.evaluate(() => scrollTo(0, 0));
      await shot(page, `sweep-${width}-${scheme}`);
      await context.close();
    }
  }
}

export async function hovering_a_point_tells_its_configuration({ open, made }) {
  const { page, context } = await open(made.sweep());
  const data = await dataOf(page);
  await toPlane(page);
  const rows = rowsOf(data.points);
  // A point that lies apart from all others.
  const places = await Promise.all(rows.map(async (row) => [row, await placeOf(page, [row.energy_pj, row.accuracy])]));
  const alone = places.filter(([row, [x, y]]) => places.every(([other, [a, b]]) => other === row || Math.hypot(a - x, b - y) > 14));
  assert.ok(alone.length > 0, "no point lies apart");
  for (const [row, [x, y]] of alone.slice(0, 4)) {
    await page.mouse.move(x - 5, y - 5);
    await page.mouse.move(x, y);
    await page.waitForFunction((text) => document.querySelector("#f-plane > div + div")?.textContent.includes(text), `point ${row.point}`);
    const text = await page.locator("#f-plane > div + div").textContent();
    assert.ok(text.includes(`array.rows: ${row["array.rows"]}`) && text.includes(row["array.dataflow"]), text);
  }
  await context.close();
}

export async function a_click_chooses_and_copying_copies_what_runs_the_same({ open, made }) {
  const { page, complaints, context } = await open(made.machines());
  const data = await dataOf(page);
  await toPlane(page);
  const rows = rowsOf(data.points);
  for (const row of [rows[1], rows[6]]) {
    await page.locator("#points input[type=search]").fill(`point = ${row.point}`);
    await page.locator("#points tbody tr").first().click();
    await page.locator("#copy-command").click();
    const command = await page.evaluate(() => navigator.clipboard.readText());
    assert.match(command, /^exclusim run /);
    const words = command.match(/'(?:[^']|'\\'')*'|\S+/g).slice(1).map((word) => word.replace(/^'|'$/g, ""));
    const found = JSON.parse(made.call([...words, "--no-files", "--format", "json"], root));
    assert.equal(found.cycles.mean, row.cycles, command);
    // A sweep sums in another order.
    assert.ok(Math.abs(found.energy_pj.mean / row.energy_pj - 1) < 1e-9, command);
    await page.locator("#copy-toml").click();
    const toml = await page.evaluate(() => navigator.clipboard.readText());
    assert.ok(toml.includes(`array.rows = ${row["array.rows"]}`), toml);
    assert.ok(toml.includes(`array.dataflow = "${row["array.dataflow"]}"`), toml);
  }
  assert.deepEqual(complaints, []);
  await context.close();
}

export async function a_click_on_the_plane_shows_the_point({ open, made }) {
  const { page, context } = await open(made.sweep());
  const data = await dataOf(page);
  await toPlane(page);
  const best = rowsOf(data.front).reduce((best, row) => (row.accuracy > best.accuracy ? row : best));
  const [x, y] = await placeOf(page, [best.energy_pj, best.accuracy]);
  await page.mouse.move(x - 2, y);
  await page.mouse.move(x, y);
  await page.mouse.click(x, y);
  const text = await page.locator("#plane .card h3").textContent();
  const shown = Number(text.match(/Point ([\d,]+)/)[1].replaceAll(",", ""));
  const of = rowsOf(data.points).find(({ point }) => point === shown);
  const [a, b] = await placeOf(page, [of.energy_pj, of.accuracy]);
  assert.ok(Math.hypot(a - x, b - y) < 8, `point ${shown} lies ${Math.hypot(a - x, b - y)} pixels away`);
  await context.close();
}

export async function a_range_of_an_axis_filters_the_plane_and_the_table({ open, made }) {
  const { page, context } = await open(made.sweep());
  const data = await dataOf(page);
  const all = data.points.rows;
  await page.locator("#f-parallel").scrollIntoViewIfNeeded();
  await page.waitForFunction(() => document.getElementById("f-parallel").chart);
  const [x, low, high] = await page.evaluate(() => {
    const place = document.getElementById("f-parallel");
    const box = place.getBoundingClientRect();
    const model = place.chart.getModel();
    const { y, height } = model.getComponent("parallel").coordinateSystem.getRect();
    const axis = model.getComponent("parallel").coordinateSystem.dimensions[0];
    const [x] = model.getComponent("parallel").coordinateSystem.getAxisLayout(axis).position;
    return [box.left + x, box.top + y + height - 2, box.top + y + height * 0.55];
  });
  await page.mouse.move(x, low);
  await page.mouse.down();
  await page.mouse.move(x, (low + high) / 2, { steps: 4 });
  await page.mouse.move(x, high, { steps: 4 });
  await page.mouse.up();
  await page.waitForFunction((all) => !document.querySelector("#points .row .soft").textContent.startsWith(`${all} rows`), all);
  const text = await page.locator("#points .row .soft").textContent();
  const left = Number(text.split(" of ")[0].replaceAll(",", ""));
  assert.ok(left > 0 && left < all, text);
  const drawn = await page.evaluate(() => document.getElementById("f-plane").chart?.getOption().series.reduce((sum, { data }) => sum + data.length, 0));
  assert.equal(drawn, left);
  await page.getByRole("button", { name: "clear all ranges" }).click();
  assert.ok((await page.locator("#points .row .soft").textContent()).startsWith(`${all} rows`));
  await context.close();
}
