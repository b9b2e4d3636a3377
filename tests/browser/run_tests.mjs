// The page of a run.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { dataOf } from "./pages.mjs";

const cells = (page, section, column) => page.locator(`#${section} tbody`).first().locator(`tr td:nth-child(${column})`).allTextContents();
const number = (text) => Number(text.replaceAll(",", ""));

/** Makes every chart, as reading to the end does. */
async function readAll(page) {
  await page.evaluate(async () => {
    for (const place of document.querySelectorAll(".chart, canvas")) {
      place.scrollIntoView();
      await new Promise((done) => setTimeout(done, 30));
    }
    scrollTo(0, 0);
  });
}

export async function a_run_opens_without_complaint({ open, made, shot }) {
  for (const scheme of ["light", "dark"]) {
    for (const width of [360, 1600]) {
      const { page, complaints, context } = await open(made.run(), { width, scheme });
      await readAll(page);
      const { wide, inside } = await page.evaluate(() => ({ wide: document.documentElement.scrollWidth, inside: innerWidth }));
      assert.ok(wide <= inside, `${wide} pixels in a window of ${inside}`);
      assert.deepEqual(complaints, []);
      await shot(page, `run-${width}-${scheme}`);
      await context.close();
    }
  }
}

export async function dark_is_dark_and_light_is_light({ open, made }) {
  for (const [scheme, test] of [["light", (sum) => sum > 600], ["dark", (sum) => sum < 200]]) {
    const { page, context } = await open(made.run(), { scheme });
    const sum = await page.evaluate(() => getComputedStyle(document.body).backgroundColor.match(/\d+/g).slice(0, 3).reduce((all, one) => all + Number(one), 0));
    assert.ok(test(sum), `${scheme}: ${sum}`);
    await context.close();
  }
}

export async function the_numbers_are_those_of_the_files({ open, made }) {
  const file = made.run();
  const { page, context } = await open(file);
  const data = await dataOf(page);
  assert.deepEqual(data.summary, JSON.parse(readFileSync(join(dirname(file), "summary.json"), "utf8")));
  const lines = readFileSync(join(dirname(file), "layers.csv"), "utf8").trim().split("\n");
  const header = lines[0].split(",");
  const at = header.indexOf("cycles");
  assert.deepEqual(data.tables.layers.data[data.tables.layers.columns.indexOf("cycles")], lines.slice(1).map((line) => Number(line.split(",")[at])));
  const told = await page.locator("#summary .tiles b").first().textContent();
  assert.equal(told, (100 * data.summary.cycles.saved_net).toFixed(1) + " %");
  await context.close();
}

export async function sorting_sorts({ open, made }) {
  const { page, context } = await open(made.run());
  const head = page.locator("#layers thead th", { hasText: /^cycles/ }).first();
  const column = await head.evaluate((of) => [...of.parentElement.children].indexOf(of) + 1);
  await head.locator("button").click();
  const down = (await cells(page, "layers", column)).map(number);
  assert.ok(down.length > 5);
  assert.deepEqual(down, [...down].sort((a, b) => b - a));
  assert.equal(await head.getAttribute("aria-sort"), "descending");
  // The same by keyboard, the other way.
  await head.locator("button").focus();
  await page.keyboard.press("Enter");
  const up = (await cells(page, "layers", column)).map(number);
  assert.deepEqual(up, [...up].sort((a, b) => a - b));
  assert.equal(await head.getAttribute("aria-sort"), "ascending");
  await context.close();
}

export async function filtering_filters({ open, made }) {
  const { page, context } = await open(made.run());
  const data = await dataOf(page);
  const { columns, data: of } = data.tables.layers;
  const [names, cycles] = ["layer", "cycles"].map((name) => of[columns.indexOf(name)]);
  const search = page.locator("#layers input[type=search]");
  await search.fill("cycles > 5000");
  assert.deepEqual(await cells(page, "layers", 1), names.filter((name, at) => cycles[at] > 5000));
  await search.fill("conv cycles <= 5000");
  assert.deepEqual(await cells(page, "layers", 1), names.filter((name, at) => cycles[at] <= 5000 && /conv/.test(name)));
  await search.fill("no such layer");
  assert.equal(await page.locator("#layers tbody tr").count(), 0);
  await context.close();
}

export async function hovering_a_bar_tells_its_numbers({ open, made }) {
  const { page, context } = await open(made.run());
  const data = await dataOf(page);
  await page.locator("#f-exits").scrollIntoViewIfNeeded();
  await page.waitForFunction(() => document.getElementById("f-exits").chart);
  for (const exit of [1, 3]) {
    const { columns, data: of } = data.tables.exits;
    const column = (name) => of[columns.indexOf(name)];
    const sum = (name) => column(name).reduce((all, value, at) => all + (column("exit")[at] === exit ? value : 0), 0);
    const [x, y] = await page.evaluate((at) => {
      const place = document.getElementById("f-exits");
      const box = place.getBoundingClientRect();
      const [x] = place.chart.convertToPixel({ xAxisIndex: 0, yAxisIndex: 0 }, [at, 0]);
      return [box.left + x, box.top + box.height / 2];
    }, exit - 1);
    await page.mouse.move(x - 3, y);
    await page.mouse.move(x, y);
    await page.waitForFunction((title) => document.querySelector("#f-exits > div + div")?.textContent.includes(title), `head ${exit}`);
    const text = await page.locator("#f-exits > div + div").textContent();
    assert.ok(text.includes(`head ${exit}`), text);
    assert.ok(sum("correct") === 0 || text.includes("right: " + sum("correct").toLocaleString("en-US")), text);
    assert.ok(text.includes("together: " + sum("samples").toLocaleString("en-US")), text);
  }
  await context.close();
}

export async function a_sample_is_found_and_told({ open, made }) {
  const { page, complaints, context } = await open(made.run());
  const data = await dataOf(page);
  const { columns, data: of } = data.tables.samples;
  const exits = of[columns.indexOf("exit")];
  await page.locator("#samples select").nth(0).selectOption("2");
  await page.locator("#samples select").nth(3).selectOption("told");
  const row = page.locator("#samples tbody").first().locator("tr").first();
  const sample = number(await row.locator("td").first().textContent());
  assert.equal(exits[sample], 2);
  await row.click();
  const card = await page.locator("#samples .card").textContent();
  assert.ok(card.includes(`Sample ${sample}`) && card.includes("at head 2 of 6"), card);
  const told = data.explained.find((one) => one.sample === sample);
  assert.ok(card.includes(told.heads[1].text), card);
  // The image is drawn: not all of one colour.
  await page.waitForFunction(() => {
    const canvas = document.querySelector("#samples canvas.image");
    const pixels = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
    return new Set(pixels.filter((value, at) => at % 4 === 0)).size > 10;
  });
  assert.deepEqual(complaints, []);
  await context.close();
}

export async function the_network_tells_its_layers({ open, made }) {
  const { page, context } = await open(made.run());
  const data = await dataOf(page);
  const nodes = page.locator("#network g[role=img]");
  assert.equal(await nodes.count(), data.network.backbone.length + data.summary.heads.length);
  await nodes.first().focus();
  const text = await page.locator("#tip").textContent();
  const { columns, data: of } = data.tables.layers;
  const cycles = of[columns.indexOf("cycles")][of[columns.indexOf("layer")].indexOf(data.network.backbone[0][0])];
  assert.ok(text.includes(cycles.toLocaleString("en-US") + " cycles"), text);
  await page.locator("#network").getByRole("button", { name: "energy", exact: true }).click();
  assert.ok((await nodes.first().getAttribute("aria-label")).includes("J"));
  await context.close();
}

export async function a_timeline_sums_and_zooms({ open, made }) {
  const { page, context } = await open(made.run());
  const data = await dataOf(page);
  const cycles = data.tables.samples.data[data.tables.samples.columns.indexOf("cycles")];
  for (const line of data.timelines) {
    const sum = line.slices.filter(([track]) => track === "array").reduce((all, [, , , cycles]) => all + cycles, 0);
    assert.equal(sum, line.cycles);
    assert.ok(cycles.includes(line.cycles), `${line.name} takes what no sample takes`);
  }
  const canvas = page.locator("canvas.time");
  await canvas.scrollIntoViewIfNeeded();
  const box = await canvas.boundingBox();
  await page.mouse.move(box.x + box.width / 2, box.y + 60);
  const before = await page.locator("#tip").textContent();
  assert.match(before, /array: .*\n?.*cycles from/s);
  await canvas.focus();
  for (let times = 0; times < 4; times += 1) await page.keyboard.press("+");
  await page.mouse.move(box.x + box.width / 2 + 2, box.y + 34);
  assert.match(await page.locator("#tip").textContent(), /layers: all of it/);
  await context.close();
}

export async function everything_has_a_name_and_charts_have_tables({ open, made }) {
  const { page, context } = await open(made.run());
  const nameless = await page.evaluate(() => [...document.querySelectorAll("button, input, select, canvas.time, .chart, [tabindex='0']:not(tr)")]
    .filter((of) => !(of.getAttribute("aria-label") || of.textContent.trim() || of.closest("label")?.textContent.trim())).map((of) => of.outerHTML.slice(0, 80)));
  assert.deepEqual(nameless, []);
  assert.equal(await page.locator("figure").count(), await page.locator("figure details").count());
  await page.locator("figure details summary").first().click();
  assert.ok(await page.locator("figure details table tbody tr").count() > 5);
  assert.equal(await page.locator("html").getAttribute("lang"), "en");
  await context.close();
}

export async function names_are_text({ open, made, shot }) {
  const { page, complaints, context } = await open(made.hostile());
  await readAll(page);
  await page.locator("#f-classes").scrollIntoViewIfNeeded();
  const box = await page.locator("#f-classes").boundingBox();
  for (let share = 0.3; share < 0.9; share += 0.2) await page.mouse.move(box.x + box.width * share, box.y + box.height * 0.2);
  assert.deepEqual(complaints, []);
  assert.equal(await page.locator("main img, main script, main b b").count(), 0);
  const names = await page.locator("#heads table").nth(1).locator("tbody td:nth-child(2)").allTextContents();
  assert.ok(names.some((name) => name.includes("onerror=alert(1)")), names.join("\n"));
  assert.ok((await page.locator("#provenance").textContent()).includes("<b>&"));
  await shot(page, "hostile");
  await context.close();
}

export async function runs_without_images_or_heads_open_too({ open, made, shot }) {
  for (const name of ["thousand", "alone"]) {
    const { page, complaints, context } = await open(made[name]());
    await readAll(page);
    assert.deepEqual(complaints, []);
    assert.equal(await page.locator("#samples canvas").count(), 0);
    assert.ok(await page.locator("#layers tbody tr").count() > 0);
    await shot(page, name);
    await context.close();
  }
}

export async function it_prints({ open, made }) {
  const { page, complaints, context } = await open(made.run());
  await page.emulateMedia({ media: "print" });
  const pdf = await page.pdf({ format: "A4" });
  assert.ok(pdf.length > 20_000);
  assert.ok(await page.locator("nav").isHidden());
  assert.deepEqual(complaints, []);
  await context.close();
}
