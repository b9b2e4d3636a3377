// The pages that are opened, each made when it is first asked for.

import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { fileURLToPath } from "node:url";
import { join } from "node:path";

export const root = fileURLToPath(new URL("../../", import.meta.url));
/** What wants to be more than a name. */
export const hostile = `</script><img src=x onerror=alert(1)>&"'\u2028`;

export function pages(program) {
  const folder = mkdtempSync(join(tmpdir(), "exclusim-report-"));
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  const call = (words, cwd = root) => execFileSync(program, words, { cwd, stdio: ["ignore", "pipe", "pipe"], encoding: "utf8", maxBuffer: 1 << 28 });
  const made = new Map();
  const make = (name, by) => {
    if (!made.has(name)) made.set(name, by(join(folder, name)));
    return made.get(name);
  };
  const run = (name, ...words) => make(name, (out) => {
    call(["run", ...words, "--out", out]);
    return join(out, "report.html");
  });
  const sweep = (name, text) => make(name, (out) => {
    const file = out + ".toml";
    writeFileSync(file, text);
    call(["sweep", file, "--out", out, "--quiet"]);
    return join(out, "report.html");
  });
  return {
    call,
    run: () => run("run", "--samples", "1500"),
    /** Scores made up to an assumption, no images, a thousand classes. */
    thousand: () => run("thousand", "arch/edge-16x16.toml", "workloads/resnet18-imagenet"),
    /** A network alone: one sample, nothing decided. */
    alone: () => make("alone", (out) => {
      const file = out + ".csv";
      writeFileSync(file, "Layer, M, N, K,\nfirst, 64, 32, 27,\nsecond, 64, 10, 32,\n");
      call(["run", "arch/edge-16x16.toml", file, "--out", out]);
      return join(out, "report.html");
    }),
    /** Names of classes and of the folder that want to be markup. */
    hostile: () => make("hostile", (out) => {
      const place = out + " <b>&";
      cpSync(join(root, "workloads/vgg-mini-fashion"), place, { recursive: true });
      const manifest = join(place, "workload.toml");
      const text = readFileSync(manifest, "utf8").replace(/classes\s*=\s*\[[^\]]*\]/, "classes = " + JSON.stringify([hostile, ...Array.from({ length: 9 }, (_, at) => `<script>alert(${at})</script>`)]));
      if (!text.includes("onerror")) throw new Error("the manifest names its classes otherwise");
      writeFileSync(manifest, text);
      call(["run", "arch/edge-16x16.toml", place, "--samples", "200", "--out", out]);
      return join(out, "report.html");
    }),
    sweep: () => sweep("sweep", `name = "browser"
arch = "${root}arch/edge-16x16.toml"
workloads = ["${root}workloads/vgg-mini-fashion"]
objectives = ["energy", "latency", "area"]

[axes]
array.rows = { powers_of_two = [4, 32] }
array.cols = { powers_of_two = [4, 32] }
array.dataflow = ["weight-stationary", "output-stationary"]
dram.bandwidth = ["400 MB/s", "1.6 GB/s"]
policy.rule = ["relative-to-max", "no-heads"]
`),
    /** The same over the machine alone, so that a command says all of a point. */
    machines: () => sweep("machines", `name = "machines"
arch = "${root}arch/edge-16x16.toml"
workloads = ["${root}workloads/vgg-mini-fashion"]

[axes]
array.rows = [8, 16]
array.dataflow = ["weight-stationary", "output-stationary"]
dram.bandwidth = ["400 MB/s", "1.6 GB/s"]
`),
  };
}

/** The data in a page, as the page has them. */
export const dataOf = (page) => page.evaluate(() => JSON.parse(document.getElementById("data").textContent));
