#!/usr/bin/env python3
"""Recomputes the totals of `exclusim run` from its tables, with nothing but Python's standard library.

    python3 tests/check_results.py RESULTS...

Each RESULTS is a folder that `exclusim run` wrote. Accuracy, exits and distributions are recomputed from samples.csv, the
table of classes from the same, totals of the stages from layers.csv: what exclusim sums over a histogram of paths is here
a sum over samples, and over layers times the samples that reach them. Exit code 0 if all agree, else 1, with every
difference. It shares no code with exclusim, and is run by `cargo test --test suite results::`.
"""

import csv
import json
import math
import sys
from pathlib import Path

RELATIVE = 1e-9


class Checker:
    def __init__(self, folder):
        self.folder = Path(folder)
        self.summary = json.loads((self.folder / "summary.json").read_text())
        self.wrong = []
        self.compared = 0

    def table(self, name):
        with open(self.folder / name, newline="") as file:
            return list(csv.DictReader(file))

    def same(self, what, found, expected):
        """Integers exactly, reals to RELATIVE."""
        self.compared += 1
        exact = isinstance(found, int) and isinstance(expected, int)
        if (found == expected) if exact else math.isclose(found, expected, rel_tol=RELATIVE, abs_tol=1e-12):
            return
        self.wrong.append(f"{self.folder}: {what}: the tables give {found}, summary.json says {expected}")


def nearest_rank(values, percent):
    """The least value that at least so many percent do not exceed; values are sorted."""
    return values[max(0, -(-len(values) * percent // 100) - 1)]


def check_samples(checker, samples):
    summary, count = checker.summary, len(samples)
    checker.same("samples", count, summary["samples"])
    right = sum(row["label"] == row["answer"] for row in samples)
    checker.same("accuracy", right / count, summary["accuracy"])
    plain = sum(row["label"] == row["plain_answer"] for row in samples)
    checker.same("accuracy_baseline", plain / count, summary["accuracy_baseline"])
    for exit, fraction in enumerate(summary["exits"], 1):
        leavers = [row for row in samples if int(row["exit"]) == exit]
        checker.same(f"exits[{exit}]", len(leavers) / count, fraction)
        if exit > len(summary["heads"]):
            continue
        head = summary["heads"][exit - 1]
        if leavers:
            accuracy = sum(row["label"] == row["answer"] for row in leavers) / len(leavers)
            checker.same(f"heads[{exit}].accuracy", accuracy, head["accuracy"])
        alive = [int(row[f"survivors_{exit}"]) for row in samples if row[f"survivors_{exit}"]]
        if head["on"] and alive:
            checker.same(f"heads[{exit}].survivors", sum(alive) / len(alive), head["survivors"])
    clock = summary["clock_hz"]
    columns = [("cycles", "cycles", 1), ("macs", "macs", 1), ("energy_pj", "energy_pj", 1), ("latency_s", "cycles", clock)]
    for quantity, column, per in columns:
        values = sorted(float(row[column]) / per for row in samples)
        stated = summary[quantity]
        checker.same(f"{quantity}.mean", math.fsum(values) / count, stated["mean"])
        for percent in (50, 95, 99):
            checker.same(f"{quantity}.p{percent}", nearest_rank(values, percent), stated[f"p{percent}"])
        checker.same(f"{quantity}.max", values[-1], stated["max"])
        checker.same(f"{quantity}.saved_net", 1 - stated["mean"] / stated["no_heads"], stated["saved_net"])
    total = sum(int(row["cycles"]) for row in samples)
    checker.same("ablation.speculation.cycles_all_samples", total, summary["ablation"]["speculation"]["cycles_all_samples"])


def check_exits(checker, samples, exits):
    counted = {}
    for row in samples:
        entry = counted.setdefault((row["label"], row["exit"]), [0, 0])
        entry[0] += 1
        entry[1] += row["label"] == row["answer"]
    for row in exits:
        found = counted.pop((row["class"], row["exit"]), [0, 0])
        for column, value in zip(("samples", "correct"), found):
            checker.same(f"exits.csv, class {row['class']}, exit {row['exit']}, {column}", value, int(row[column]))
    checker.same("samples of classes or exits that exits.csv leaves out", len(counted), 0)


def check_layers(checker, samples, layers, breakdown):
    summary, count = checker.summary, len(samples)
    stages, pes = summary["ablation"], summary["machine"]["macs_per_cycle"]
    passed = 0
    cycles = {"no_heads": 0, "never": 0, "exit": 0}
    energy, macs = [], []
    for row, parts in zip(layers, breakdown, strict=True):
        name, taken = row["layer"], int(row["cycles"])
        checker.same(f"breakdown.csv names {name}", int(parts["layer"] == name), 1)
        sums = [sum(int(value) for key, value in parts.items() if key.endswith("_cycles")),
                sum(int(row[f"{kind}_cycles"]) for kind in ("compute", "stall", "vector", "setup"))]
        for found in sums:
            checker.same(f"cycles of {name}", found, taken)
        by_component = math.fsum(float(value) for key, value in parts.items() if key.endswith("_pj"))
        checker.same(f"energy of {name}", by_component, float(row["energy_pj"]))
        # A layer belongs to the segment that ends at the next head; samples that left before do not reach it.
        reach = sum(int(sample["exit"]) > passed for sample in samples)
        if row["kind"] == "prefetch":
            # Behind a decision: samples that go on wait for weights, those that leave there had them fetched in vain.
            leaving = sum(int(sample["exit"]) == passed for sample in samples)
            reach = leaving if parts["part"] == "wasted" else reach
        checker.same(f"reached of {name}", reach / count, float(row["reached"]))
        if row["kind"] == "decision":
            passed = int(parts["head"])
        if row["utilization"] and parts["part"] not in ("head", "wasted"):
            checker.same(f"utilization of {name}", int(row["macs"]) / (taken * pes), float(row["utilization"]))
        cycles["never"] += 0 if parts["part"] == "wasted" else taken * count
        cycles["no_heads"] += 0 if parts["part"] in ("head", "wasted") else taken * count
        cycles["exit"] += taken * reach
        energy.append(float(row["energy_pj"]) * reach)
        macs.append(int(row["macs"]) * reach)
    for stage, total in cycles.items():
        checker.same(f"ablation.{stage}.cycles_all_samples", total, stages[stage]["cycles_all_samples"])
    # A machine that leaves excluded classes out spends energy on their addresses, which the stage before it does not.
    if stages["compaction"]["actions"]["gather"] == 0:
        checker.same("ablation.exit.energy_pj", math.fsum(energy) / count, stages["exit"]["energy_pj"])
    checker.same("ablation.exit.macs", sum(macs) / count, stages["exit"]["macs"])


def main(folders):
    if not folders:
        sys.exit(__doc__)
    wrong, compared = [], 0
    for folder in folders:
        checker = Checker(folder)
        samples = checker.table("samples.csv")
        check_samples(checker, samples)
        check_exits(checker, samples, checker.table("exits.csv"))
        check_layers(checker, samples, checker.table("layers.csv"), checker.table("breakdown.csv"))
        wrong += checker.wrong
        compared += checker.compared
    print("\n".join(wrong + [f"{compared} numbers recomputed, {len(wrong)} differ"]))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
