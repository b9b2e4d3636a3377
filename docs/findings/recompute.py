#!/usr/bin/env python3
"""Three rows of docs/findings/equal-loss.csv anew, by NumPy from the recorded scores: decisions, losses, the walk along the front, the
interpolation and the interval share no code with exclusim, and decisions are made in real numbers. Taken from exclusim are the thresholds of
the fronts and what a path costs (the columns `exit` and `cycles` of samples.csv).

    python3 docs/findings/recompute.py target/release/exclusim
"""

import csv
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent.parent
NAME, PRESET, LOSS, SPLITS = "vgg-small-cifar10", "edge-16x16", 0.8, 20
# How far decisions in real numbers and in integers may move a value.
NEAR = 0.003
# (manifest, trace, trained for, rule)
ROWS = [("workload.toml", "trace.npz", "sigmoid", "relative-to-max"), ("softmax.toml", "trace-softmax.npz", "softmax", "distance"),
        ("softmax.toml", "trace-softmax.npz", "softmax", "confidence")]


def table(path):
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


def decided(scores, final, rule, thresholds):
    """Exit (heads for the end) and answer of every sample."""
    samples, heads, classes = scores.shape
    alive = np.ones((samples, classes), bool)
    exits, answers = np.full(samples, heads), np.full(samples, -1)
    for head, threshold in enumerate(thresholds):
        if threshold is None:
            continue
        score = scores[:, head]
        top = score.argmax(1)
        if rule == "distance":
            passes = score.max(1, keepdims=True) - score <= threshold
        elif rule == "relative-to-max":
            probability = 1 / (1 + np.exp(-score))
            passes = probability > threshold * probability.max(1, keepdims=True)
        else:
            power = np.exp(score - score.max(1, keepdims=True))
            passes = (power / power.sum(1, keepdims=True)).max(1) > threshold
        if rule == "confidence":
            leaves = passes & (exits == heads)
        else:
            alive = alive & passes
            alive[np.arange(samples), top] = True
            leaves = (alive.sum(1) == 1) & (exits == heads)
        answers[leaves], exits[leaves] = top[leaves], head
    left = exits == heads
    answers[left] = np.where(alive, final, -np.inf).argmax(1)[left]
    return exits, answers


def policy_text(rule, words):
    key = "beta" if rule == "relative-to-max" else "threshold"
    values = ", ".join("0.5" if word == "off" else word for word in words)
    return f'rule = "{rule}"\n{key} = [{values}]\nheads = [{", ".join(str(word != "off").lower() for word in words)}]\n'


def main():
    binary = str(Path(sys.argv[1]).resolve())
    folder = ROOT / "workloads" / NAME
    failed = False
    with tempfile.TemporaryDirectory() as scratch:
        scratch = Path(scratch)
        costs = {}

        def tool(*arguments):
            subprocess.run([binary, *map(str, arguments)], cwd=ROOT, check=True, capture_output=True)

        def cycles(manifest, rule, words, needed):
            """Cycles by exit with these heads on."""
            key = (manifest, rule, tuple(word != "off" for word in words))
            if not needed <= costs.get(key, {}).keys():
                (scratch / "policy.toml").write_text(policy_text(rule, words))
                tool("run", PRESET, folder / manifest, "--policy", scratch / "policy.toml", "--out", scratch / "run")
                found = {int(row["exit"]) - 1: int(row["cycles"]) for row in table(scratch / "run" / "samples.csv")}
                costs[key] = costs.get(key, {}) | found
            return costs[key]

        for manifest, trace, trained, rule in ROWS:
            tool("fronts", PRESET, folder / manifest, "--rules", rule, "--loss", f"{LOSS}%", "--repeats", SPLITS, "--out", scratch / "fronts")
            data = np.load(folder / trace)
            scale, zero = data["scores_scale"][None, :, None], data["scores_zero_point"][None, :, None]
            scores = (data["scores"].astype(np.float64) - zero) * scale
            final, labels = data["final"].astype(np.float64), data["labels"]
            right = final.argmax(1) == labels
            fronts = {}
            for row in table(scratch / "fronts" / "fronts.csv"):
                fronts.setdefault(int(row["seed"]), []).append(row["thresholds"].split())
            known = {}

            def judged(words):
                """What each sample loses and costs."""
                if tuple(words) not in known:
                    exits, answers = decided(scores, final, rule, [None if word == "off" else float(word) for word in words])
                    by_exit = cycles(manifest, rule, words, set(exits.tolist()))
                    known[tuple(words)] = (right.astype(int) - (answers == labels).astype(int),
                                           np.array([by_exit.get(int(exit), np.nan) for exit in exits]))
                return known[tuple(words)]

            plain = judged(["off"] * scores.shape[1])[1]

            def saved(front, weights):
                before = None
                for words in front:
                    lost, spent = judged(words)
                    now = (100 * (weights @ lost) / weights.sum(), 1 - (weights @ spent) / (weights @ plain))
                    if now[0] > LOSS + 1e-9:
                        return before[1] + (LOSS - before[0]) / (now[0] - before[0]) * (now[1] - before[1])
                    before = now
                return before[1]

            once = np.ones(len(labels))
            mean = np.mean([saved(front, once) for front in fronts.values()])
            random = np.random.default_rng(1)
            drawn = []
            for _ in range(100):
                weights = random.multinomial(len(labels), once / len(labels)).astype(float)
                drawn.append(np.mean([saved(front, weights) for front in fronts.values()]))
            low, high = np.percentile(drawn, [2.5, 97.5])
            row, = [row for row in table(ROOT / "docs/findings/equal-loss.csv")
                    if (row["preset"], row["workload"], row["trained_for"], row["rule"], row["loss_points"], row["quantity"])
                    == (PRESET, NAME, trained, rule, f"{LOSS:g}", "cycles")]
            theirs = [float(row[key]) for key in ("saved", "saved_samples_low", "saved_samples_high")]
            failed |= abs(mean - theirs[0]) > NEAR
            print(f"{rule}, {trained} heads: {100 * mean:.2f} % ({100 * low:.2f} to {100 * high:.2f}) here, "
                  f"{100 * theirs[0]:.2f} % ({100 * theirs[1]:.2f} to {100 * theirs[2]:.2f}) in the table")
    sys.exit(int(failed))


if __name__ == "__main__":
    main()
