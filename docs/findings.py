#!/usr/bin/env python3
"""Measures what docs/findings.md says, draws its figures and writes its tables.

    cargo build --release
    python3 docs/findings.py target/release/exclusim            # what is not in docs/findings/*.csv yet; about ten minutes of two cores
    python3 docs/findings.py target/release/exclusim --again    # everything anew
    python3 docs/findings.py --page                             # tables and figures from the CSVs, no simulation
    python3 docs/findings.py --check                            # exit code 1 if a table of the page is not that of the CSVs

docs/findings/measure.py says what is measured, by which commands. Interrupted, it goes on with the part that was not finished. Needs Python
3.11; figures need matplotlib (`--no-figures` leaves them as they are).
"""

import argparse
import csv
import re
import sys
from pathlib import Path

FOLDER = Path(__file__).resolve().parent / "findings"
PAGES = [FOLDER.with_suffix(".md"), FOLDER / "tables.md"]
sys.path.insert(0, str(FOLDER))
import measure  # noqa: E402

SHORT = {"vgg-mini-fashion": "vgg-mini", "resnet20-glyph94": "glyph94", "vgg-small-cifar10": "VGG-small"}
POLICY = {"exclusion": "class exclusion", "distance-twin": "`distance`, softmax heads", "confidence-twin": "`confidence`, softmax heads"}


def rows(part):
    with open(FOLDER / f"{part}.csv", newline="") as file:
        return list(csv.DictReader(file))


def percent(text, digits=1):
    value = round(100 * float(text), digits) + 0.0
    return f"{value:.{digits}f}"


def interval(row, name, low, high, digits=1):
    return f"{percent(row[name], digits)} ({percent(row[low], digits)} to {percent(row[high], digits)})"


def saved(row, quantity):
    return interval(row, f"{quantity}_saved", f"{quantity}_low", f"{quantity}_high")


def together(row, name="saved"):
    return interval(row, name, f"{name}_together_low", f"{name}_together_high")


def table(header, lines):
    return "\n".join(f"| {' | '.join(cells)} |" for cells in [header, ["---"] * len(header), *lines])


def one(part, **keys):
    found = [row for row in rows(part) if all(row[key] == value for key, value in keys.items())]
    if len(found) != 1:
        sys.exit(f"{part}.csv has {len(found)} rows with {keys}")
    return found[0]


def at(preset, name, trained, rule, loss, quantity):
    return one("equal-loss", preset=preset, workload=name, trained_for=trained, rule=rule, loss_points=loss, quantity=quantity)


def more(preset, name, trained, rule, than_trained, than_rule, loss):
    """Points of cycles saved more, whichever of the two the file has first."""
    keys = {"preset": preset, "workload": name, "loss_points": loss, "quantity": "cycles"}
    ways = [(row, sign) for row in rows("differences") for sign, (a, b) in
            ((1, ("", "than_")), (-1, ("than_", "")))
            if all(row[key] == value for key, value in keys.items())
            and (row[f"{a}trained_for"], row[f"{a}rule"], row[f"{b}trained_for"], row[f"{b}rule"])
            == (trained, rule, than_trained, than_rule)]
    (row, sign), = ways
    low, high = sorted(sign * float(row[f"more_together_{end}"]) for end in ("low", "high"))
    return f"{100 * sign * float(row['more']):+.1f} ({100 * low:+.1f} to {100 * high:+.1f})"


def rule_by_training(quantity, loss="0.8", preset="edge-16x16"):
    header = ["network"] + [f"{rule}, {trained}" for trained in ("sigmoid", "softmax") for rule in ("`relative-to-max`", "`distance`",
                                                                                                    "`confidence`")]
    return table(header, [[SHORT[name]] + [together(at(preset, name, trained, rule, loss, quantity))
                                           for trained in ("sigmoid", "softmax") for rule in measure.RULES]
                          for name in measure.WORKLOADS])


def others():
    """Conventional rules on the twin at three losses."""
    rules = ["confidence", *measure.OTHERS]
    lines = [[SHORT[name], loss, *(together(at("edge-16x16", name, "softmax", rule, loss, "cycles")) for rule in rules)]
             for name in measure.WORKLOADS for loss in ("0.2", "0.5", "0.8")]
    return table(["network", "points lost", *(f"`{rule}`" for rule in rules)], lines)


def contrasts(presets=measure.PRESETS):
    """Differences of pairs, cycles, at 0.8 points."""
    header = ["cycles saved, points more", *(f"`{preset}`" for preset in presets)]
    lines = []
    for name in measure.WORKLOADS:
        for what, pair in [
                ("`distance` instead of `relative-to-max`, sigmoid heads", ("sigmoid", "distance", "sigmoid", "relative-to-max")),
                ("the same, softmax heads", ("softmax", "distance", "softmax", "relative-to-max")),
                ("softmax heads instead of sigmoid heads, `distance`", ("softmax", "distance", "sigmoid", "distance")),
                ("`distance` instead of `confidence`, sigmoid heads", ("sigmoid", "distance", "sigmoid", "confidence")),
                ("the same, softmax heads", ("softmax", "distance", "softmax", "confidence"))]:
            cells = [more(preset, name, *pair, "0.8") for preset in presets]
            lines.append([f"{SHORT[name]}: {what}", *cells])
    return table(header, lines)


def equal_accuracy():
    """At one absolute accuracy: the twin may lose less where its plain network is worse."""
    lines = []
    for name in measure.WORKLOADS:
        losses = sorted({row["loss_points"] for row in rows("equal-loss") if row["workload"] == name} - set(measure.LOSSES), key=float)
        for allowed, twin in zip(("0.5", "0.8"), losses or ("0.5", "0.8")):
            cells = [together(at("edge-16x16", name, trained, rule, loss, "cycles")) for trained, rule, loss in
                     [("sigmoid", "relative-to-max", allowed), ("sigmoid", "distance", allowed), ("softmax", "distance", twin),
                      ("softmax", "confidence", twin)]]
            lines.append([SHORT[name], allowed, f"{float(twin):.2f}", *cells])
    return table(["network", "sigmoid network may lose", "its twin", "`relative-to-max`, sigmoid", "`distance`, sigmoid",
                  "`distance`, softmax", "`confidence`, softmax"], lines)


def equal_tolerance():
    lines = []
    for name in measure.WORKLOADS:
        for trained in ("sigmoid", "softmax"):
            for rule in measure.RULES:
                row = one("equal-tolerance", workload=name, trained_for=trained, rule=rule, tolerance_points="0.8")
                loss = f"{float(row['lost_points']):.2f} ({float(row['lost_low']):.2f} to {float(row['lost_high']):.2f})"
                lines.append([SHORT[name], trained, f"`{rule}`", loss, *(saved(row, quantity) for quantity in ("macs", "cycles", "energy"))])
    return table(["network", "heads", "rule", "points lost, test", "MACs", "cycles", "energy"], lines)


def factor(name, policies=("exclusion", "distance-twin"), presets=("edge-16x16",), part="machine"):
    """Cycles saved by value of a factor."""
    found = [row for row in rows(part) if row["factor"] == name and row["preset"] in presets]
    header = [name] + [f"{SHORT[workload]}, {POLICY[policy]}" for workload in measure.WORKLOADS for policy in policies]
    keys = dict.fromkeys((row["preset"], row["value"]) for row in found)
    lines = []
    for preset, value in keys:
        mine = {(row["workload"], row["policy"]): row for row in found if (row["preset"], row["value"]) == (preset, value)}
        label = value if len(presets) == 1 else f"`{preset}`, {value}"
        lines.append([label] + [saved(mine[workload, policy], "cycles") for workload in measure.WORKLOADS for policy in policies])
    return table(header, lines)


def size():
    lines = []
    for side in (8, 16, 32, 64, 128, 256):
        cells = []
        for name in measure.WORKLOADS:
            row = one("machine", factor="array size", value=str(side), workload=name, policy="exclusion")
            own = one("searched", side=str(side), workload=name, policy="distance-twin")
            cells += [saved(row, "cycles"), percent(row["heads_add"]), f"{saved(own, 'cycles')}; {own['heads_on']}"]
        lines.append([f"{side}x{side}", *cells])
    header = ["array"] + [f"{SHORT[name]}: {what}" for name in measure.WORKLOADS
                          for what in ("class exclusion", "heads add", "`distance`, searched; heads")]
    return table(header, lines)


def published():
    lines = [[row["thresholds"], row["beta"],
              f"{float(row['lost_points']):+.2f} ({float(row['lost_low']):.2f} to {float(row['lost_high']):.2f})",
              *(saved(row, quantity) for quantity in ("macs", "cycles"))] for row in rows("published")]
    return table(["thresholds", "beta", "points lost", "MACs saved, dense", "cycles saved"], lines)


TABLES = {
    "macs": lambda: rule_by_training("macs"), "cycles": lambda: rule_by_training("cycles"), "energy": lambda: rule_by_training("energy"),
    "contrasts": contrasts, "contrasts-two": lambda: contrasts(("edge-16x16", "tpu-v1")), "others": others, "equal-accuracy": equal_accuracy, "equal-tolerance": equal_tolerance, "size": size,
    "batch": lambda: factor("batch", presets=("edge-16x16", "tpu-v1")),
    "bandwidth": lambda: factor("bandwidth"),
    "placement": lambda: factor("placement", presets=("edge-16x16", "tpu-v1"), part="placement"),
    "schedule": lambda: factor("schedule", presets=("edge-16x16", "tpu-v1")),
    "prefetch": lambda: factor("prefetch", presets=("edge-16x16", "tpu-v1")),
    "overlap": lambda: factor("fold overlap"),
    "set-up": lambda: factor("layer set-up"), "decision": lambda: factor("decision"),
    "published": published,
}


def machine_value(factor_name, value, preset, workload, policy, quantity="cycles"):
    return saved(one("machine", factor=factor_name, value=value, preset=preset, workload=workload, policy=policy), quantity)


def placement_value(value, preset, workload, policy, quantity="cycles"):
    return saved(one("placement", value=value, preset=preset, workload=workload, policy=policy), quantity)


def flops_value(thresholds, name):
    return interval(one("flops", thresholds=thresholds), f"{name}_saved", f"{name}_low", f"{name}_high")


def lost_value(thresholds):
    row = one("published", thresholds=thresholds)
    return f"{float(row['lost_points']):.2f} ({float(row['lost_low']):.2f} to {float(row['lost_high']):.2f})"


VALUES = {"machine": machine_value, "placement": placement_value, "flops": flops_value, "lost": lost_value, "more": more,
          "loss": lambda *keys: together(at(*keys))}


def written(page):
    """A page with its tables, and the numbers in its sentences, as the CSVs have them."""
    def value(found):
        kind, *keys = found.group(1).split("|")
        return f"<!-- v: {found.group(1)} -->{VALUES[kind](*keys)}<!-- . -->"
    page = re.sub(r"<!-- v: (.*?) -->.*?<!-- \. -->", value, page)

    def replace(found):
        name = found.group(1)
        if name not in TABLES:
            sys.exit(f"no table is called `{name}`: there are {', '.join(TABLES)}")
        return f"<!-- table: {name} -->\n\n{TABLES[name]()}\n\n<!-- end -->"
    return re.sub(r"<!-- table: (\S+) -->.*?<!-- end -->", replace, page, flags=re.DOTALL)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary", nargs="?", help="exclusim, built with --release")
    parser.add_argument("--part", action="append", choices=measure.PARTS, help="only this part; may be repeated")
    parser.add_argument("--again", action="store_true", help="measure also what is there")
    parser.add_argument("--page", action="store_true", help="only tables and figures")
    parser.add_argument("--check", action="store_true", help="only compare")
    parser.add_argument("--no-figures", action="store_true")
    args = parser.parse_args()
    if args.check:
        stale = [page.name for page in PAGES if page.read_text() != written(page.read_text())]
        print(f"stale: {', '.join(stale)}; python3 docs/findings.py --page" if stale else "the tables are those of the CSVs")
        sys.exit(bool(stale))
    if not args.page:
        if not args.binary:
            parser.error("give the program, or --page, or --check")
        measure.measure(args.binary, args.part or list(measure.PARTS), args.again)
    if not args.no_figures:
        import draw
        draw.draw(rows, FOLDER)
    for page in PAGES:
        page.write_text(written(page.read_text()))


if __name__ == "__main__":
    main()
