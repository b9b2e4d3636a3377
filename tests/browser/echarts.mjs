// Builds the part of Apache ECharts that report.html embeds, from the version in package-lock.json, and puts its licences beside it.
// `node echarts.mjs` writes both, `node echarts.mjs --check` compares with what is there. A new version: change package.json.

import { build } from "esbuild";
import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

const assets = new URL("../../src/report/html/assets/", import.meta.url);
const read = (file) => readFile(new URL("node_modules/" + file, import.meta.url), "utf8");
const { version } = JSON.parse(await read("echarts/package.json"));
const { version: zrender } = JSON.parse(await read("zrender/package.json"));

const charts = ["BarChart", "HeatmapChart", "LineChart", "ParallelChart", "ScatterChart"];
const components = [
  "AriaComponent", "DataZoomComponent", "GridComponent", "LegendComponent", "ParallelComponent", "TooltipComponent", "VisualMapComponent",
];
const entry = `
import { init, use } from "echarts/core";
import { ${charts.join(", ")} } from "echarts/charts";
import { ${components.join(", ")} } from "echarts/components";
import { CanvasRenderer } from "echarts/renderers";
use([${[...charts, ...components].join(", ")}, CanvasRenderer]);
export { init };
`;
const bundled = await build({
  stdin: { contents: entry, resolveDir: fileURLToPath(new URL(".", import.meta.url)) },
  bundle: true, minify: true, write: false, format: "iife", globalName: "echarts", target: "es2020", legalComments: "none", charset: "ascii",
});
const library = `/*! Apache ECharts ${version} with zrender ${zrender}, in part. Copyright The Apache Software Foundation and others; Apache License 2.0, `
  + `zrender BSD 3-Clause: https://echarts.apache.org, src/report/html/assets/echarts-LICENSE.txt */\n` + bundled.outputFiles[0].text;
const rule = "\n" + "=".repeat(80) + "\n";
const licences = (await Promise.all(["echarts/LICENSE", "echarts/NOTICE", "echarts/licenses/LICENSE-d3", "zrender/LICENSE", "tslib/LICENSE.txt"].map(
  async (file) => `${rule}${file}${rule}\n${await read(file)}`))).join("\n").replace(/\r/g, "").replace(/[ \t]+$/gm, "").trimStart() + "\n";

if (library.includes("</script")) throw new Error("the library would end the element that it stands in");
for (const [file, text] of [["echarts.js", library], ["echarts-LICENSE.txt", licences]]) {
  const place = new URL(file, assets);
  if (process.argv.includes("--check")) {
    if (await readFile(place, "utf8") !== text) throw new Error(`${file} is not what version ${version} builds: npm run echarts`);
  } else {
    await writeFile(place, text);
    console.log(`${file}: ${text.length} bytes`);
  }
}
