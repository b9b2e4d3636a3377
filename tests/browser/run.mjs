// Opens report.html of several runs and sweeps in headless Chromium and uses it as a reader would.
//
//   node run.mjs [--program PATH] [--shots DIR] [--only WORD]
//
// PATH is the program, target/debug/exclusim if left out. DIR gets screenshots. Without Chromium nothing is tested, and that is said.

import { chromium } from "playwright-core";
import { mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { browserPath, option } from "./setting.mjs";
import { pages } from "./pages.mjs";
import * as runTests from "./run_tests.mjs";
import * as sweepTests from "./sweep_tests.mjs";

const executablePath = browserPath();
if (!executablePath) {
  console.log("no Chromium here: report.html was not opened in a browser (apt-get install chromium, or set CHROMIUM)");
  process.exit(0);
}
const program = option("--program") ?? fileURLToPath(new URL("../../target/debug/exclusim", import.meta.url));
const shots = option("--shots");
const only = option("--only");
if (shots) mkdirSync(shots, { recursive: true });

const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu"] });
const made = pages(program);
let [passed, failed] = [0, 0];

/** A page that was just opened, and what it complained of. */
async function open(file, { width = 1280, height = 900, scheme = "light" } = {}) {
  const context = await browser.newContext({ viewport: { width, height }, colorScheme: scheme, permissions: ["clipboard-read", "clipboard-write"], reducedMotion: "reduce" });
  const page = await context.newPage();
  const complaints = [];
  page.on("console", (message) => { if (["error", "warning"].includes(message.type())) complaints.push(message.text()); });
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("request", (request) => { if (!/^(file|data|blob):/.test(request.url())) complaints.push("asks for " + request.url()); });
  page.on("dialog", (dialog) => { complaints.push("dialog: " + dialog.message()); dialog.dismiss(); });
  await page.goto("file://" + file);
  await page.waitForSelector("#provenance");
  return { page, complaints, context };
}

for (const [name, test] of Object.entries({ ...runTests, ...sweepTests })) {
  if (only && !name.includes(only)) continue;
  const title = name.replaceAll("_", " ");
  try {
    await test({ open, made, program, shot: async (page, file) => shots && page.screenshot({ path: `${shots}/${file}.png`, fullPage: true }) });
    passed += 1;
    console.log(`ok    ${title}`);
  } catch (error) {
    failed += 1;
    console.log(`FAILS ${title}\n      ${String(error.stack ?? error).split("\n").slice(0, 6).join("\n      ")}`);
  }
}
await browser.close();
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed ? 1 : 0);
