// How fast a page opens and answers the pointer, on one core:
//
//   taskset -c 0 node measure.mjs PAGE
//
// Told are the time until the page is laid out and all its charts are drawn, and, while the pointer moves over the first large chart, the time
// between frames: 16.7 ms are 60 Hz.

import { chromium } from "playwright-core";
import { browserPath } from "./setting.mjs";

const browser = await chromium.launch({ executablePath: browserPath(), args: ["--no-sandbox", "--disable-gpu"] });
const page = await (await browser.newContext({ viewport: { width: 1400, height: 900 }, reducedMotion: "reduce" })).newPage();
const before = performance.now();
await page.goto("file://" + process.argv[2]);
await page.waitForSelector("#provenance");
const opened = performance.now() - before;
const chart = page.locator("#f-plane, #f-cycles").first();
await chart.scrollIntoViewIfNeeded();
await page.waitForFunction(() => document.querySelector("#f-plane, #f-cycles").chart);
await page.waitForTimeout(1500);
const box = await chart.boundingBox();
await page.evaluate(() => {
  window.frames_ = [];
  let last = performance.now();
  const next = (now) => {
    window.frames_.push(now - last);
    last = now;
    requestAnimationFrame(next);
  };
  requestAnimationFrame(next);
});
for (let step = 0; step < 240; step += 1) {
  const share = step / 240;
  await page.mouse.move(box.x + box.width * (0.1 + 0.8 * share), box.y + box.height * (0.5 + 0.3 * Math.sin(12 * share)));
}
const frames = (await page.evaluate(() => window.frames_)).slice(2).sort((a, b) => a - b);
const at = (share) => frames[Math.floor(share * (frames.length - 1))].toFixed(1);
const memory = await page.evaluate(() => performance.memory?.usedJSHeapSize / 1e6);
console.log(`opened in ${opened.toFixed(0)} ms; ${frames.length} frames while the pointer moved: median ${at(0.5)} ms, p95 ${at(0.95)} ms, longest ${at(1)} ms; heap ${memory?.toFixed(0)} MB`);
await browser.close();
