#!/usr/bin/env python3
"""Writes docs/results.md and docs/results.csv: class exclusion against conventional exits, on every trained workload.

    cargo build --release
    python3 docs/results.py target/release/exclusim [--workload NAME]... [--tolerance POINTS]...

Every folder of workloads/ with data of its own is taken, with every preset of arch/ that is a chip (an FPGA's energies are
ranges: docs/fpga.md) but NVDLA's, which anchor docs/validation.md. For each tolerance the paper's search finds thresholds on the calibration split (`exclusim calibrate
--method paper`), for class exclusion and for exits by confidence, and so does the search for the fewest cycles on that preset
(`--method search`); confidence on the conventional twin (softmax.toml in the folder) where there is one, else on the same
heads, which is marked. Everything is measured on the test split by `exclusim run`. Needs Python 3.11 and nothing else.
"""

import argparse
import csv
import json
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TOLERANCES = ["0.1", "0.2", "0.5", "0.8"]
EXCLUSION, CONVENTIONAL = "class exclusion", "confidence"
PAPER, SEARCH = "paper", "search"
# What the schedule alone does, at one tolerance.
SCHEDULED = "0.5"
SCHEDULES = [("fixed", ["memory.schedule=fixed"]), ("best, nothing fetched ahead", ["memory.prefetch=none"]),
             ("best, heads wait", ["exclusion.prefetch=wait"]), ("best", [])]
COLUMNS = ["workload", "preset", "tolerance_points", "exits", "calibration", "heads_trained_for", "accuracy", "accuracy_plain", "macs_saved",
           "cycles_saved", "energy_saved", "cycles_plain", "cycles", "energy_plain_pj", "energy_pj", "left_early",
           "macs_added_by_heads", "cycles_added_by_heads", "waiting_plain"]
# Ends of the 95 % intervals over samples that `run` finds: exact of accuracies, by bootstrap of what is saved.
INTERVALS = {"accuracy": "accuracy", "lost": "accuracy_lost", "macs_saved": "macs_saved_net", "cycles_saved": "cycles_saved_net",
             "energy_saved": "energy_saved_net"}
COLUMNS += [f"{name}_{end}" for name in INTERVALS for end in ("low", "high")]
# What is saved on the samples held out over so many splits of the calibration samples, and splits without exits.
SPLITS = 10
COLUMNS += ["splits", "splits_without_exits", "held_out_saved_median", "held_out_saved_least", "held_out_saved_most"]


def tool(binary, *arguments):
    done = subprocess.run([binary, *map(str, arguments)], cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, done.args))}\n{done.stdout}{done.stderr}")
    return done.stdout


def trained(folder):
    """Whether a workload has data to calibrate and to measure on."""
    manifest = folder / "workload.toml"
    if not manifest.exists():
        return False
    keys = tomllib.loads(manifest.read_text())
    data = keys.get("data", {})
    return ("evaluation" in data or "trace" in keys) and ("calibration" in data or "calibration_trace" in keys)


def recorded(binary, folder, into):
    """A copy of a workload whose scores are replayed once for all runs."""
    copy = Path(into) / folder.name
    shutil.copytree(folder, copy)
    manifest = copy / "workload.toml"
    lines = manifest.read_text().splitlines()
    keys = tomllib.loads(manifest.read_text())
    for key, split in [("trace", "evaluation"), ("calibration_trace", "calibration")]:
        if key not in keys:
            tool(binary, "replay", folder, "--split", split, "--out", copy / f"replayed-{split}.npz")
            lines.insert(0, f'{key} = "replayed-{split}.npz"')
    manifest.write_text("\n".join(lines) + "\n")
    return copy


def variants(copy):
    """What is compared: name, workload, rule, what its heads were trained for."""
    twin = copy / "softmax.toml"
    yield EXCLUSION, copy / "workload.toml", "relative-to-max", "exclusion"
    if twin.exists():
        yield CONVENTIONAL, twin, "confidence", "softmax"
    else:
        yield CONVENTIONAL, copy / "workload.toml", "confidence", "exclusion"


def measure(binary, workload, preset, policy, out, settings=()):
    changed = [word for setting in settings for word in ("--set", setting)]
    tool(binary, "run", preset, workload, "--policy", policy, "--out", out, *changed)
    return json.loads((out / "summary.json").read_text())


def survey(binary, folder, presets, tolerances):
    """One row per preset, tolerance and kind of exits; one summary with its classes per tolerance and kind; and what other
    schedules make of class exclusion with the paper's thresholds."""
    rows, decided, scheduled = [], [], []
    with tempfile.TemporaryDirectory() as scratch:
        copy = recorded(binary, folder, scratch)
        for kind, workload, rule, heads in variants(copy):
            for tolerance in tolerances:
                policy, out = Path(scratch) / "policy.toml", Path(scratch) / "out"
                ask = ["calibrate", workload, "--rule", rule, "--tolerance", f"{tolerance}%", "--out", policy]
                for method, preset in [(method, preset) for method in (SEARCH, PAPER) for preset in presets]:
                    spread = [None] * 5
                    if method == SEARCH:
                        told = tool(binary, *ask, "--method", method, "--objective", "cycles", "--arch", preset, "--repeats", SPLITS)
                        spread = over_splits(told)
                    elif preset == presets[0]:
                        tool(binary, *ask, "--method", method)
                    found = measure(binary, workload, preset, policy, out)
                    rows.append(dict(zip(COLUMNS, [
                        folder.name, preset.stem, tolerance, kind, method, heads, found["accuracy"], found["accuracy_baseline"],
                        *(exact(found[quantity]["saved_net"]) for quantity in ("macs", "cycles", "energy_pj")),
                        found["cycles"]["no_heads"], found["cycles"]["mean"], found["energy_pj"]["no_heads"],
                        found["energy_pj"]["mean"], 1 - found["exits"][-1], added(found["macs"]), added(found["cycles"]),
                        waiting(found), *(end for name in INTERVALS.values() for end in found["intervals"][name]), *spread])))
                if kind == EXCLUSION and tolerance == SCHEDULED:
                    scheduled += [(preset, [measure(binary, workload, preset, policy, Path(scratch) / "other", settings)
                                            for _, settings in SCHEDULES]) for preset in presets]
                # The paper's thresholds do not depend on the preset: the last one's decisions stand for all.
                with open(out / "exits.csv", newline="") as file:
                    classes = list(csv.DictReader(file))
                decided.append((kind, tolerance, found, classes))
                print(f"{folder.name}, {kind}, {tolerance} points: done", file=sys.stderr)
    return rows, decided, scheduled


def over_splits(told):
    """What `calibrate --repeats` tells of its splits."""
    splits, none = re.search(r"Over (\d+) splits .*?, (\d+) of which", told).groups()
    saved = re.search(r"saved net: median (\S+) %, .*all (\S+) to (\S+)", told).groups()
    return [int(splits), int(none), *(float(percent) / 100 for percent in saved)]


def exact(fraction):
    """A saving without the noise of sums of doubles, which would make a cost of nothing."""
    return round(fraction, 12) + 0.0


def loss(row):
    """Points of accuracy lost on the test split."""
    return 100 * (row["accuracy_plain"] - row["accuracy"])


def lost(row):
    return f"{loss(row):+.2f} ({between(row, 'lost', 2)})"


def added(across):
    """What all heads running add to the plain network, a fraction of it."""
    return across["never"] / across["no_heads"] - 1


def waiting(found):
    """The part of the plain network's cycles in which the array waits for memory."""
    plain = found["ablation"]["no_heads"]
    return sum(causes.get("stall", 0) for causes in plain["cycles_by_cause"].values()) / plain["cycles_all_samples"]


def percent(fraction, digits=1):
    return f"{100 * fraction:.{digits}f} %"


def between(row, name, digits=1):
    """A quantity's interval, in percent or points."""
    low, high = (f"{100 * row[f'{name}_{end}'] + 0.0:.{digits}f}" for end in ("low", "high"))
    return f"{low} to {high}"


def with_interval(row, column, name=None, digits=1):
    return f"{percent(row[column], digits)} ({between(row, name or column, digits)})"


def widest(samples):
    """Half the 95 % interval of a share of so many samples, in points, where it is widest."""
    return 100 * (1.96 * 0.5 / samples**0.5 + 0.5 / samples)


def table(header, rows):
    escaped = [[cell.replace("\\", "\\\\").replace("|", "\\|") for cell in cells] for cells in rows]
    lines = [f"| {' | '.join(cells)} |" for cells in [header, ["---"] * len(header), *escaped]]
    return "\n".join(lines) + "\n"


def savings(rows, presets, column):
    header = ["tolerance", "exits", "accuracy", "loss", "MACs"] + [f"`{preset.stem}`" for preset in presets]
    lines = []
    for tolerance, kind in dict.fromkeys((row["tolerance_points"], row["exits"]) for row in sorted(
            rows, key=lambda row: float(row["tolerance_points"]))):
        these = [row for row in rows if (row["tolerance_points"], row["exits"]) == (tolerance, kind)]
        first = these[0]
        lines.append([tolerance, kind, with_interval(first, "accuracy", digits=2), lost(first), with_interval(first, "macs_saved")]
                     + [with_interval(row, column) for row in these])
    return table(header, lines)


def searched(rows, presets):
    """Cycles saved with each preset's own thresholds, the loss of accuracy behind each."""
    return by_case(rows, presets, lambda row: f"{with_interval(row, 'cycles_saved')}; {lost(row)}" if row["left_early"] else "no exits")


def resplit(rows, presets):
    """How far splits differ: the median and the range of the cycles saved on the samples held out."""
    def cell(row):
        span = f"{100 * row['held_out_saved_least']:.1f} to {100 * row['held_out_saved_most']:.1f}"
        without = f"; {row['splits_without_exits']} without" if row["splits_without_exits"] else ""
        return f"{percent(row['held_out_saved_median'])} ({span}){without}"
    return by_case(rows, presets, cell)


def by_case(rows, presets, cell):
    """A row per tolerance and kind of exits, a column per preset."""
    header = ["tolerance", "exits"] + [f"`{preset.stem}`" for preset in presets]
    lines = []
    for tolerance, kind in dict.fromkeys((row["tolerance_points"], row["exits"]) for row in sorted(
            rows, key=lambda row: float(row["tolerance_points"]))):
        these = [row for row in rows if (row["tolerance_points"], row["exits"]) == (tolerance, kind)]
        lines.append([tolerance, kind] + [cell(row) for row in these])
    return table(header, lines)


def pairs(rows):
    """Class exclusion and conventional exits with the same preset, tolerance and search."""
    key = ("workload", "preset", "tolerance_points", "calibration")
    beside = {tuple(row[k] for k in key): row for row in rows if row["exits"] == CONVENTIONAL}
    return [(row, beside[tuple(row[k] for k in key)]) for row in rows if row["exits"] == EXCLUSION]


def search_finding(rows):
    """What a search that knows the machine changes."""
    exits = [row for row in rows if row["calibration"] == SEARCH and row["left_early"]]
    by_paper = {tuple(row[k] for k in ("preset", "tolerance_points", "exits")): row
                for row in rows if row["calibration"] == PAPER}
    beside = [(row, by_paper[tuple(row[k] for k in ("preset", "tolerance_points", "exits"))]) for row in exits]
    losses = [loss(row) for row, _ in beside]
    both = [(a, b) for a, b in pairs([row for row in rows if row["calibration"] == SEARCH]) if a["left_early"] or b["left_early"]]
    wins = sum(a["cycles_saved"] > b["cycles_saved"] for a, b in both)
    count = sum(row["calibration"] == SEARCH for row in rows)
    if not exits:
        return "At none of the tolerances does this search find exits that keep it with 95 % confidence.\n"
    more = sum(a["cycles_saved"] > b["cycles_saved"] for a, b in beside)
    cost = sum(row["cycles_saved"] < 0 for row in exits)
    return (f"The search finds exits in {len(exits)} of {count} cases. On the test split they lose {min(losses):+.2f} to {max(losses):+.2f} points. "
            f"They cost cycles in {cost} cases, and save more cycles than the paper's thresholds in {more}. In {len(both)} pairs of class "
            f"exclusion and confidence at least one leaves early; class exclusion saves more cycles in {wins} of these.\n")


def by_schedule(scheduled):
    """Plain cycles and savings per preset and schedule."""
    lines = []
    for preset, found in scheduled:
        for (name, _), one in zip(SCHEDULES, found):
            saved = [f"{percent(one[quantity]['saved_net'])} ({100 * low:.1f} to {100 * high:.1f})"
                     for quantity, (low, high) in ((quantity, one["intervals"][f"{quantity.removesuffix('_pj')}_saved_net"])
                                                   for quantity in ("macs", "cycles", "energy_pj"))]
            lines.append([f"`{preset.stem}`", name, f"{one['cycles']['no_heads']:,.0f}", percent(waiting(one)), *saved])
    return table(["array", "schedule", "cycles, plain", "waiting, plain", "MACs saved", "cycles saved", "energy saved"], lines)


def by_head(decided):
    heads = len(decided[0][2]["heads"])
    header = ["tolerance", "exits"] + [f"head {head}" for head in range(1, heads + 1)] + ["end"]
    lines = []
    for kind, tolerance, found, _ in sorted(decided, key=lambda entry: float(entry[1])):
        cells = []
        for head, left in zip(found["heads"], found["exits"]):
            alive = head["survivors"]
            cells.append(percent(left) + (f" ({alive:.1f})" if alive is not None and kind == EXCLUSION else ""))
        lines.append([tolerance, kind] + cells + [percent(found["exits"][-1])])
    return table(header, lines)


def by_class(decided, tolerance, most=10):
    """Of each kind the classes that leave earliest and latest; all where they are few."""
    lines = []
    for kind, found_tolerance, found, rows in decided:
        if found_tolerance != tolerance:
            continue
        depths = []
        for index, name in enumerate(found["classes"]):
            mine = [row for row in rows if int(row["class"]) == index]
            samples = sum(int(row["samples"]) for row in mine)
            if not samples:
                continue
            depth = sum(int(row["samples"]) * int(row["exit"]) for row in mine) / samples
            right = sum(int(row["correct"]) for row in mine) / samples
            depths.append((depth, name, right, int(mine[-1]["samples"]) / samples))
        depths.sort()
        shown = depths if len(depths) <= most else depths[: most // 2] + depths[-(most // 2):]
        lines += [[kind, name, f"{depth:.2f}", percent(end), percent(right)] for depth, name, right, end in shown]
    return table(["exits", "class", "mean exit (from 1)", "run to the end", "answered rightly"], lines)


def finding(rows, presets):
    """What the numbers say: the range of what is saved, where exits cost, and by how much MACs are wrong."""
    lines = []
    for kind in (EXCLUSION, CONVENTIONAL):
        these = [row for row in rows if row["exits"] == kind]
        costs = [row for row in these if row["cycles_saved"] < 0]
        lines.append(f"- **{kind.capitalize()}** saves {percent(min(row['cycles_saved'] for row in these))} to "
                     f"{percent(max(row['cycles_saved'] for row in these))} of cycles and "
                     f"{percent(min(row['energy_saved'] for row in these))} to "
                     f"{percent(max(row['energy_saved'] for row in these))} of energy. It costs cycles in "
                     f"{len(costs)} of {len(these)} cases"
                     + (": " + ", ".join(f"`{row['preset']}` at {row['tolerance_points']}" for row in costs) if costs else "")
                     + ".")
    lines.append("- **MACs saved minus cycles saved**, over all tolerances and both kinds of exits: " + "; ".join(
        f"`{preset.stem}` {span(gap(row) for row in rows if row['preset'] == preset.stem)} points" for preset in presets) + ".")
    one = {row["preset"]: row for row in rows if row["exits"] == EXCLUSION}
    lines.append(f"- **Why:** all heads together add {percent(rows[0]['macs_added_by_heads'], 2)} to the plain network's MACs. To its "
                 "cycles they add " + ", ".join(f"{percent(one[preset.stem]['cycles_added_by_heads'])} (`{preset.stem}`)"
                                                for preset in presets)
                 + ". A head is a product with one vector, which leaves most of a large array idle.")
    waits = [one[preset.stem] for preset in presets if one[preset.stem]["waiting_plain"] > 0.1]
    if waits:
        lines.append("- **Memory:** the plain network waits for memory during " + ", ".join(
            f"{percent(row['waiting_plain'], 0)} (`{row['preset']}`)" for row in waits)
            + " of its cycles. There, layers that wait cost more than their MACs say.")
    both = pairs(rows)
    wins = sum(a["energy_saved"] > b["energy_saved"] for a, b in both)
    lines.append(f"- **At equal tolerance** class exclusion saves more energy than confidence in {wins} of {len(both)} cases. Equal "
                 "tolerance is not equal accuracy: compare the losses on the test split, too.")
    policies = {(row["exits"], row["tolerance_points"]): row for row in rows}.values()
    missed = [row for row in policies if loss(row) > float(row["tolerance_points"])]
    lines.append(f"- **The tolerance** is one of the calibration split: on the test split {len(missed)} of {len(policies)} policies lose more than "
                 "theirs. This search promises nothing there.")
    return "\n".join(lines) + "\n"


def gap(row):
    return 100 * (row["macs_saved"] - row["cycles_saved"])


def span(values):
    values = list(values)
    # Adding zero takes the sign off what rounds to nothing.
    low, high = (f"{round(value, 1) + 0.0:.1f}" for value in (min(values), max(values)))
    return low if low == high else f"{low} to {high}"


def sizes(decided):
    """Samples of the test split, and of its smallest class."""
    classes = {}
    for row in decided[0][3]:
        classes[row["class"]] = classes.get(row["class"], 0) + int(row["samples"])
    return sum(classes.values()), min(count for count in classes.values() if count)


def section(folder, rows, decided, scheduled, presets):
    heads = next(row["heads_trained_for"] for row in rows if row["exits"] == CONVENTIONAL)
    note = ("Exits by confidence run on the conventional twin (`softmax.toml`), whose heads were trained with softmax."
            if heads == "softmax" else
            "There is no conventional twin: exits by confidence run on heads that were **trained for exclusion**, which "
            "is unfair to them.")
    samples, of_class = sizes(decided)
    plain = {row["exits"]: row["accuracy_plain"] for row in rows}
    accuracies = ", ".join(f"{percent(value, 2)} ({kind})" for kind, value in plain.items())
    by_paper, by_search = ([row for row in rows if row["calibration"] == method] for method in (PAPER, SEARCH))
    middle = "0.5" if any(entry[1] == "0.5" for entry in decided) else decided[0][1]
    return f"""## {folder.name}

{note} Accuracy of the plain networks: {accuracies}. Loss is in points of accuracy, on the test split.

### The paper's thresholds

{finding(by_paper, presets)}
Cycles saved, net:

{savings(by_paper, presets, "cycles_saved")}
Energy saved, net:

{savings(by_paper, presets, "energy_saved")}
### Thresholds searched for each array

{search_finding(rows)}
Cycles saved, net, with each array's own thresholds; behind the semicolon the loss in points, on the test split:

{searched(by_search, presets)}
The same search on {SPLITS} splits of the calibration samples: cycles saved on the samples held out, the median and, in brackets, the least and
the most; "without": splits in which no exits are certified:

{resplit(by_search, presets)}
### What the schedule alone does

Class exclusion with the paper's thresholds at {SCHEDULED} points, the same decisions in all rows. `fixed` is one order of folds for all layers,
which no compiler would choose; `best` is what every other table of this page uses
([schedules](model/schedules.md)):

{by_schedule(scheduled)}
### Where samples leave

With the paper's thresholds: the share of samples that leaves at each head (in brackets: mean number of classes alive after it, over the
samples that reach it). A share of these {samples:,} samples is known to {widest(samples):.1f} points or better:

{by_head(decided)}
The classes that leave earliest and latest, at a tolerance of {middle} points. A share of the {of_class:,} samples of a class is known only
to {widest(of_class):.1f} points or better:

{by_class(decided, middle)}"""


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary", help="exclusim, built with --release")
    parser.add_argument("--workload", action="append", help="only this folder of workloads/; may be repeated")
    parser.add_argument("--tolerance", action="append", help=f"points; default {', '.join(TOLERANCES)}")
    parser.add_argument("--out", default=ROOT / "docs", type=Path, help="folder for results.md and results.csv")
    args = parser.parse_args()
    binary = str(Path(args.binary).resolve())
    presets = sorted(filter(is_chip, (ROOT / "arch").glob("*.toml")), key=array_size)
    folders = [folder for folder in sorted((ROOT / "workloads").iterdir()) if trained(folder)]
    if args.workload:
        folders = [folder for folder in folders if folder.name in args.workload]
    if not folders:
        sys.exit("no trained workload: a folder of workloads/ whose workload.toml names evaluation and calibration data")
    all_rows, sections = [], []
    for folder in folders:
        rows, decided, scheduled = survey(binary, folder, presets, args.tolerance or TOLERANCES)
        all_rows += rows
        sections.append(section(folder, rows, decided, scheduled, presets))
    version = tool(binary, "--version").strip()
    with open(args.out / "results.csv", "w", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(all_rows)
    head = HEAD.format(version=version, short=in_short(all_rows))
    (args.out / "results.md").write_text(head + "\n" + "\n".join(sections))


def in_short(rows):
    """The finding over all workloads in four lines; README.md quotes them."""
    by_paper = [row for row in rows if row["calibration"] == PAPER]
    both = pairs(by_paper)
    pays = sum(ours["cycles_saved"] > 0 for ours, _ in both)
    wins = sum(ours["cycles_saved"] > theirs["cycles_saved"] for ours, theirs in both)
    # Policies of one network share its training and its samples, and one policy runs on every machine: only networks are independent.
    networks, arrays, tolerances = (len({row[key] for row, _ in both}) for key in ("workload", "preset", "tolerance_points"))
    most, least = max(gap(row) for row in rows), min(gap(row) for row in rows)
    tried = pairs([row for row in rows if row["calibration"] == SEARCH])
    found = [pair for pair in tried if any(row["left_early"] for row in pair)]
    more = [pair for pair in found if pair[0]["cycles_saved"] > pair[1]["cycles_saved"]]
    dearer = sum(loss(ours) > loss(theirs) for ours, theirs in more)
    less = (f". Elsewhere it is up to {-least:.0f} points smaller, because the skipped layers wait for memory" if least < 0 else "")
    return "\n".join([
        f"There are {len(both)} cases: {networks} networks (one training seed each) on {arrays} arrays at {tolerances} tolerances (the accuracy that "
        f"may be lost). Only the {networks} networks are independent of each other.",
        f"- **Class exclusion saves cycles** in {pays} of {len(both)} cases, and more than conventional exits in {wins}.",
        f"- **With thresholds searched for each array:** in {len(tried) - len(found)} of the {len(tried)} cases the search finds no useful exit for either rule. "
        f"In {len(more)} of the other {len(found)} class exclusion saves more than conventional exits; in {dearer} of these {len(more)} it also "
        "loses more accuracy.",
        f"- **MACs mislead:** the saving in MACs is up to {most:.0f} points larger than the saving in cycles{less}."])


def is_chip(path):
    # The seven NVDLA presets are anchors of docs/validation.md, for another kind of network.
    return "fpga" not in tomllib.loads(path.read_text()) and not path.name.startswith("nvdla-")


def array_size(path):
    array = tomllib.loads(path.read_text())["array"]
    return array["rows"] * array["cols"], path.name


HEAD = """# Results

What class exclusion and conventional exits save on hardware, net of what they cost, at equal tolerance.

## In short

{short}

## How it was measured

`python3 docs/results.py target/release/exclusim` wrote this page ({version}); the numbers are in [results.csv](results.csv).

| word | meaning here |
| --- | --- |
| tolerance | points of accuracy that the search for thresholds may lose on the calibration split |
| the paper's thresholds | from the paper's search, which knows no hardware; every head is on; the tolerance holds on the calibration split only |
| searched thresholds | from the search for the fewest cycles on each array; heads may be off; the tolerance holds with 95 % confidence on data like the calibration split |
| class exclusion | the rule `relative-to-max` |
| confidence | conventional exits with the rule `confidence` |
| saved | 1 - mean with exits / plain network on the same machine; heads, decisions and control are included; negative where exits cost |

All numbers are measured on the test split. **Intervals** stand in brackets, 95 %, over samples: exact ones (Clopper-Pearson, on paired outcomes
for the loss) of accuracies, a bootstrap of 1,000 draws of what is saved. They do not cover other splits of the calibration samples (a table of its own for
the searched thresholds), nor prices, nor training: **every network is one seed**. Ranges over cases ("saves 8 to 38 %") are of the values in the tables. What
heads add to the plain network, and how long it waits, is counted without samples and needs no interval. Energies depend on the prices of [energy.md](energy.md). The decision units of
conventional exits are estimates ([conventional-exits.md](model/conventional-exits.md)). Equal tolerance is not equal
accuracy: rules at equal loss, and one thing of the machine changed at a time, are in [findings.md](findings.md). The shipped policies:
[policies.md](policies.md).
"""

if __name__ == "__main__":
    main()
