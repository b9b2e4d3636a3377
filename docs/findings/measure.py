"""What docs/findings.py measures, part by part: each gives the rows of one CSV beside this file, all by the command line."""

import csv
import json
import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
WORKLOADS = ["vgg-mini-fashion", "resnet20-glyph94", "vgg-small-cifar10"]
PRESETS = ["edge-16x16", "gemmini-16x16", "tpu-v1", "datacenter-128x128"]
RULES = ["relative-to-max", "distance", "confidence"]
# Other conventional rules, on the twin only and on one machine.
OTHERS = ["entropy", "margin", "patience"]
SPLITS = 20
LOSSES = ["0.1", "0.2", "0.3", "0.5", "0.8", "1"]
# The class exclusion of the paper, and the pair that saves most, at one tolerance by the paper's search, which knows no machine: the
# same decisions on every machine.
TOLERANCE = "0.5"
POLICIES = {"exclusion": ("workload.toml", "relative-to-max"), "distance-twin": ("softmax.toml", "distance"),
            "confidence-twin": ("softmax.toml", "confidence")}


class Tool:
    """exclusim, and a folder in which every workload's scores are replayed once."""

    def __init__(self, binary, scratch):
        self.binary, self.scratch = str(Path(binary).resolve()), Path(scratch)
        self.known = {}

    def __call__(self, *arguments):
        done = subprocess.run([self.binary, *map(str, arguments)], cwd=ROOT, capture_output=True, text=True)
        if done.returncode:
            sys.exit(f"{' '.join(map(str, done.args))}\n{done.stdout}{done.stderr}")
        return done.stdout

    def workload(self, name, file="workload.toml"):
        """The workload's file in a copy whose networks have recorded scores."""
        folder = self.scratch / name
        if not folder.exists():
            shutil.copytree(ROOT / "workloads" / name, folder)
            for manifest in ("workload.toml", "softmax.toml"):
                self.record(folder, manifest)
        return folder / file

    def record(self, folder, manifest):
        text = (folder / manifest).read_text()
        keys = tomllib.loads(text)
        for key, split in [("trace", "evaluation"), ("calibration_trace", "calibration")]:
            if key not in keys:
                trace = f"{manifest.removesuffix('.toml')}-{split}.npz"
                self("replay", folder / manifest, "--split", split, "--out", folder / trace)
                text = f'{key} = "{trace}"\n{text}'
        (folder / manifest).write_text(text)

    def policy(self, name, which):
        """The policy of POLICIES on a workload."""
        manifest, rule = POLICIES[which]
        file = self.scratch / f"{name}-{which}.toml"
        if not file.exists():
            self("calibrate", self.workload(name, manifest), "--method", "paper", "--rule", rule, "--tolerance", f"{TOLERANCE}%",
                 "--out", file)
        return self.workload(name, manifest), file

    def run(self, preset, workload, policy, settings=()):
        """A run's summary; the same run once."""
        key = (preset, str(workload), Path(policy).read_text(), tuple(settings))
        if key not in self.known:
            changed = [word for setting in settings for word in ("--set", setting)]
            self.known[key] = json.loads(self("run", preset, workload, "--policy", policy, "--no-files", "--format", "json", *changed))
        return self.known[key]


def fraction(value):
    """Four digits are a hundredth of a percent."""
    return f"{value + 0.0:.4f}".replace("-0.0000", "0.0000")


def copied(path, numbers, preset, name):
    """Rows of a file of `fronts`, with where they are of, and to four digits."""
    with open(path, newline="") as file:
        for row in csv.DictReader(file):
            short = {key: fraction(float(value)) for key, value in row.items() if key.startswith(numbers)}
            yield {"preset": preset, "workload": name} | row | short


def equal_loss(tool):
    """Rule x training at equal loss, on every workload and preset; and the differences of every two."""
    differences = []
    for preset in PRESETS:
        for name in WORKLOADS:
            twins = [tool.workload(name), tool.workload(name, "softmax.toml")]
            calls = [(twins, RULES)] + ([(twins[1:], OTHERS)] if preset == PRESETS[0] else [])
            for workloads, rules in calls:
                out = tool.scratch / "fronts"
                tool("fronts", preset, *workloads, "--rules", ",".join(rules), "--repeats", SPLITS if preset == PRESETS[0] else SPLITS // 2,
                     "--out", out,
                     "--loss", ",".join(f"{loss}%" for loss in LOSSES + also(tool, name)))
                yield from copied(out / "equal-loss.csv", "saved", preset, name)
                if rules == RULES:
                    differences += copied(out / "differences.csv", "more", preset, name)
    write("differences", [row for row in differences if row["quantity"] == "cycles"])


def plain(tool, name, manifest):
    return tool.run(PRESETS[0], *tool.policy(name, "exclusion" if manifest == "workload.toml" else "confidence-twin"))["accuracy_baseline"]


def also(tool, name):
    """What the twin may lose to be as accurate as the other network after a loss of 0.5 and 0.8 points."""
    behind = 100 * (plain(tool, name, "workload.toml") - plain(tool, name, "softmax.toml"))
    found = [round(loss - behind, 4) for loss in (0.5, 0.8)]
    return [f"{loss:g}" for loss in found if f"{loss:g}" not in LOSSES]


def equal_tolerance(tool):
    """The same by a search that promises its tolerance with 95 % confidence, as a user would."""
    for name in WORKLOADS:
        for manifest, trained in [("workload.toml", "sigmoid"), ("softmax.toml", "softmax")]:
            for rule in RULES:
                for tolerance in ("0.5", "0.8"):
                    file = tool.scratch / "tolerance.toml"
                    tool("calibrate", tool.workload(name, manifest), "--rule", rule, "--tolerance", f"{tolerance}%", "--arch",
                         PRESETS[0], "--out", file)
                    found = tool.run(PRESETS[0], tool.workload(name, manifest), file)
                    yield ({"preset": PRESETS[0], "workload": name, "trained_for": trained, "rule": rule, "tolerance_points": tolerance}
                           | measured(found))


def measured(found):
    """What a run says, with its intervals over samples."""
    between = found["intervals"]
    row = {"lost_points": f"{100 * (found['accuracy_baseline'] - found['accuracy']):.3f}"}
    for end, value in zip(("low", "high"), between["accuracy_lost"]):
        row[f"lost_{end}"] = f"{100 * value:.3f}"
    for name, quantity in [("macs", "macs"), ("cycles", "cycles"), ("energy", "energy_pj")]:
        saved = (found["batch"][f"{name}_saved_net"] if "batch" in found and name != "macs" else found[quantity]["saved_net"])
        ends = (found["batch"][f"{name}_saved_net_interval"] if "batch" in found and name != "macs"
                else between[f"{name}_saved_net"])
        row |= {f"{name}_saved": fraction(saved), f"{name}_low": fraction(ends[0]), f"{name}_high": fraction(ends[1])}
    cycles = found["batch"] if "batch" in found else found["cycles"]
    plainly = cycles["no_heads"]["cycles"] if "batch" in found else cycles["no_heads"]
    never = cycles["never"]["cycles"] if "batch" in found else cycles["never"]
    return row | {"cycles_plain": f"{plainly:.1f}", "heads_add": fraction(never / plainly - 1), "waiting_plain": fraction(waiting(found))}


def waiting(found):
    """The part of the plain network's cycles in which the array waits for memory, one inference at a time."""
    alone = found["ablation"]["no_heads"]
    return sum(causes.get("stall", 0) for causes in alone["cycles_by_cause"].values()) / alone["cycles_all_samples"]


def square(side, bandwidth):
    """A square array and nothing else changed: buffers that do not limit it, lanes and bandwidth per column kept."""
    return [f"array.rows={side}", f"array.cols={side}", "array.fold_overlap=double-buffered", f"vector.lanes={side}",
            "memory.ifmap=8 MiB", "memory.filter=8 MiB", "memory.ofmap=8 MiB", f"dram.bandwidth={bandwidth:g} GB/s"]


def factors():
    """What is changed, alone: factor, value as it is told, preset, settings."""
    for side in (8, 16, 32, 64, 128, 256):
        yield "array size", side, "edge-16x16", square(side, 0.2 * side)
    for side in (8, 16, 32, 64, 128, 256):
        yield "array size, one bandwidth", side, "edge-16x16", square(side, 25.6)
    for bandwidth in (0.4, 0.8, 1.6, 3.2, 6.4, 12.8, 25.6):
        yield "bandwidth", f"{bandwidth:g} GB/s", "edge-16x16", [f"dram.bandwidth={bandwidth:g} GB/s"]
    for cycles in (0, 32, 100, 320, 1000):
        yield "layer set-up", f"{cycles} cycles", "edge-16x16", [f"control.layer_setup={cycles}"]
    for cycles in (0, 16, 50, 160, 500):
        yield "decision", f"{cycles} cycles", "edge-16x16", [f"control.decision={cycles}"]
    for preset in ("edge-16x16", "tpu-v1"):
        yield "batch", "1", preset, []
        for size in (4, 16):
            for exits in ("wait", "pack"):
                yield "batch", f"{size}, {exits}", preset, [f"batch.size={size}", f"batch.exits={exits}"]
    for preset in ("edge-16x16", "tpu-v1", "datacenter-128x128"):
        yield "prefetch", "bet", preset, []
        yield "prefetch", "heads wait", preset, ["exclusion.prefetch=wait"]
        yield "prefetch", "none", preset, ["memory.prefetch=none"]
        yield "schedule", "best", preset, []
        yield "schedule", "fixed", preset, ["memory.schedule=fixed"]
    for overlap in ("none", "double-buffered"):
        yield "fold overlap", overlap, "edge-16x16", [f"array.fold_overlap={overlap}"]


def placements(tool):
    """Where heads run, as far as the program knows such places; engines have as many MACs as the array columns, or 16."""
    known = json.loads(tool("schema", "arch"))["properties"]["exclusion"]["properties"]["placement"]
    for preset, engines in (("edge-16x16", (16,)), ("tpu-v1", (16, 256))):
        yield "placement", "array", preset, []
        for macs in engines:
            yield "placement", f"dedicated, {macs} MACs", preset, ["exclusion.placement=dedicated", f"exclusion.macs={macs}"]
        if "vector" in json.dumps(known):
            yield "placement", "vector", preset, ["exclusion.placement=vector"]


def machine(tool):
    """One thing of the machine changed at a time, with the same decisions."""
    yield from changed(tool, factors())


def placement(tool):
    """Where heads run, with the same decisions."""
    yield from changed(tool, placements(tool))


def changed(tool, all_factors):
    for factor, value, preset, settings in all_factors:
        for name in WORKLOADS:
            for which in POLICIES:
                if which == "confidence-twin" and factor not in ("array size", "batch", "fold overlap"):
                    continue
                found = tool.run(preset, *tool.policy(name, which), settings)
                yield ({"factor": factor, "value": value, "preset": preset, "settings": " ".join(f'--set "{key}"' for key in settings),
                        "workload": name, "policy": which} | measured(found))


def searched(tool):
    """Heads and thresholds searched for each size of the array, with a promise."""
    for side in (8, 16, 32, 64, 128, 256):
        for name in WORKLOADS:
            for which, (manifest, rule) in POLICIES.items():
                file, settings = tool.scratch / "searched.toml", square(side, 0.2 * side)
                changed = [word for setting in settings for word in ("--set", setting)]
                tool("calibrate", tool.workload(name, manifest), "--rule", rule, "--tolerance", "0.8%", "--arch", PRESETS[0], *changed,
                     "--out", file)
                found = tool.run(PRESETS[0], tool.workload(name, manifest), file, settings)
                heads = sum(found["policy"].get("heads") or [False])
                yield {"side": side, "workload": name, "policy": which, "heads_on": heads} | measured(found)


# The thresholds that the authors published for this network and data set.
PUBLISHED = [0.01, 0.01, 0.12, 0.01, 0.04, 0.01]


def published(tool):
    """The paper's thresholds on our VGG-small, and its search there, with what a run measures of them."""
    name, file = "vgg-small-cifar10", tool.scratch / "published.toml"
    text = f'rule = "relative-to-max"\nmemory = "readmit-top"\nfinal = "all"\narithmetic = "float"\nbeta = {PUBLISHED}\n'
    file.write_text(text)
    yield {"thresholds": "published", "order": "", "beta": numbers(PUBLISHED)} | measured(tool.run(PRESETS[0], tool.workload(name), file))
    for method, order in [("reference", "1,2,3,4,5,0"), ("paper", "1,2,3,4,5,0")]:
        for tolerance in ("0.1", "0.5", "0.8"):
            found = tool.scratch / "searched-again.toml"
            tool("calibrate", tool.workload(name), "--method", method, "--order", order, "--tolerance", f"{tolerance}%", "--out", found)
            row = tool.run(PRESETS[0], tool.workload(name), found)
            yield {"thresholds": f"{method} search, {tolerance} points", "order": order, "beta": numbers(row["policy"]["beta"])} | measured(row)


def numbers(values):
    return " ".join(f"{value:g}" for value in values)


PARTS = {"equal-loss": equal_loss, "equal-tolerance": equal_tolerance, "machine": machine, "placement": placement, "searched": searched, "published": published}


def measure(binary, parts, again):
    """Writes the CSV of every part that is not there yet, whole or not at all."""
    with tempfile.TemporaryDirectory() as scratch:
        tool = Tool(binary, scratch)
        for part in parts:
            file = Path(__file__).parent / f"{part}.csv"
            if file.exists() and not again:
                continue
            write(part, list(PARTS[part](tool)))


def write(part, rows):
    file = Path(__file__).parent / f"{part}.csv"
    staged = file.with_suffix(".part")
    with open(staged, "w", newline="") as out:
        writer = csv.DictWriter(out, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    staged.replace(file)
    print(f"{file.name}: {len(rows)} rows", file=sys.stderr)
