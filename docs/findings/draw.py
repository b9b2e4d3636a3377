"""The figures of docs/findings.md from its CSVs; needs matplotlib."""

import matplotlib

matplotlib.use("svg")
import matplotlib.pyplot as plot  # noqa: E402

# Okabe and Ito's colours: one per rule; the dash tells what heads were trained for.
COLOUR = {"relative-to-max": "#0072B2", "distance": "#D55E00", "confidence": "#009E73"}
NETWORKS = {"vgg-mini-fashion": "vgg-mini, Fashion-MNIST", "resnet20-glyph94": "ResNet-20, 94 glyphs",
            "vgg-small-cifar10": "VGG-small, CIFAR-10"}
POLICY = {"exclusion": ("relative-to-max", "-", "class exclusion, sigmoid heads"),
          "distance-twin": ("distance", "--", "distance, softmax heads"),
          "confidence-twin": ("confidence", "--", "confidence, softmax heads")}
STYLE = {"font.family": "DejaVu Sans", "font.size": 7, "axes.linewidth": 0.6, "svg.hashsalt": "exclusim", "svg.fonttype": "path",
         "axes.spines.top": False, "axes.spines.right": False, "legend.frameon": False, "lines.linewidth": 1.2,
         "lines.markersize": 3}


def draw(rows, folder):
    with plot.rc_context(STYLE):
        for name, figure in [("equal-loss", equal_loss(rows)), ("size", size(rows)), ("machine", machine(rows))]:
            for ending in ("svg", "png"):
                # PNGs are for looking at, and not committed.
                metadata = {"Date": None, "Creator": None} if ending == "svg" else {}
                figure.savefig(folder / f"{name}.{ending}", metadata=metadata, dpi=150)
            plot.close(figure)


def panels(height=2.2, share=False):
    return plot.subplots(1, 3, figsize=(7.1, height), sharey=share, layout="constrained")


def percents(found, *names):
    return [[100 * float(row[name]) for row in found] for name in names]


def equal_loss(rows):
    """Cycles saved against points lost, on edge-16x16."""
    figure, axes = panels(2.5)
    everything = [row for row in rows("equal-loss") if row["preset"] == "edge-16x16" and row["quantity"] == "cycles"]
    for axis, (network, title) in zip(axes, NETWORKS.items()):
        for rule, colour in COLOUR.items():
            for trained, dash in [("sigmoid", "-"), ("softmax", "--")]:
                mine = sorted((row for row in everything if (row["workload"], row["rule"], row["trained_for"]) == (network, rule, trained)),
                              key=lambda row: float(row["loss_points"]))
                losses = [float(row["loss_points"]) for row in mine]
                saved, low, high = percents(mine, "saved", "saved_together_low", "saved_together_high")
                axis.plot(losses, saved, dash, color=colour, label=f"{rule}, {trained} heads")
                if (rule, trained) in [("relative-to-max", "sigmoid"), ("distance", "softmax")]:
                    axis.fill_between(losses, low, high, color=colour, alpha=0.15, linewidth=0)
        axis.set_title(title, fontsize=7)
        axis.set_xlabel("accuracy lost, points")
        axis.set_ylim(bottom=min(0, axis.get_ylim()[0]))
        axis.set_xlim(left=0)
    axes[0].set_ylabel("cycles saved, %")
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=3)
    return figure


def size(rows):
    """What is saved by the side of a square array, nothing else changed."""
    figure, axes = panels(2.5)
    for axis, (network, title) in zip(axes, NETWORKS.items()):
        for which, (rule, dash, label) in POLICY.items():
            if which == "confidence-twin":
                continue
            mine = [row for row in rows("machine") if (row["factor"], row["workload"], row["policy"]) == ("array size", network, which)]
            sides = [int(row["value"]) for row in mine]
            cycles, low, high, macs = percents(mine, "cycles_saved", "cycles_low", "cycles_high", "macs_saved")
            axis.plot(sides, cycles, dash, marker="o", color=COLOUR[rule], label=f"cycles: {label}, all heads on")
            axis.fill_between(sides, low, high, color=COLOUR[rule], alpha=0.2, linewidth=0)
            axis.plot(sides, macs, ":", color=COLOUR[rule], linewidth=0.9, label=f"MACs: {label}")
        own = [row for row in rows("searched") if (row["workload"], row["policy"]) == (network, "distance-twin")]
        axis.plot([int(row["side"]) for row in own], percents(own, "cycles_saved")[0], marker="s", markerfacecolor="white",
                  color="#555555", linewidth=0.9, label="cycles: distance, heads searched for each array")
        axis.set_xscale("log", base=2)
        axis.set_xticks([8, 16, 32, 64, 128, 256], ["8", "16", "32", "64", "128", "256"])
        axis.set_title(title, fontsize=7)
        axis.set_xlabel("rows and columns of the array")
        axis.set_ylim(bottom=min(0, axis.get_ylim()[0]))
    axes[0].set_ylabel("saved, %")
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=2)
    return figure


def machine(rows):
    """Cycles saved by class exclusion by bandwidth, by set-up and by batch."""
    figure, axes = panels(2.4)
    marks = dict(zip(NETWORKS, ["o", "s", "^"]))
    greys = dict(zip(NETWORKS, ["#0072B2", "#D55E00", "#000000"]))
    for network, title in NETWORKS.items():
        for axis, factor in zip(axes, ["bandwidth", "layer set-up"]):
            mine = [row for row in rows("machine") if (row["factor"], row["workload"], row["policy"]) == (factor, network, "exclusion")]
            values = [float(row["value"].split()[0]) for row in mine]
            cycles, low, high = percents(mine, "cycles_saved", "cycles_low", "cycles_high")
            axis.plot(values, cycles, "-", marker=marks[network], color=greys[network], label=title)
            axis.fill_between(values, low, high, color=greys[network], alpha=0.2, linewidth=0)
        for preset, dash in [("edge-16x16", "-"), ("tpu-v1", ":")]:
            mine = {row["value"]: row for row in rows("machine")
                    if (row["factor"], row["workload"], row["policy"], row["preset"]) == ("batch", network, "exclusion", preset)}
            found = [mine[value] for value in ("1", "4, wait", "16, wait")]
            cycles, low, high = percents(found, "cycles_saved", "cycles_low", "cycles_high")
            axes[2].errorbar([0, 1, 2], cycles, [[a - b for a, b in zip(cycles, low)], [b - a for a, b in zip(cycles, high)]], fmt=dash,
                             marker=marks[network], color=greys[network], elinewidth=0.7)
    axes[0].set_xscale("log", base=2)
    axes[0].set_xticks([0.4, 0.8, 1.6, 3.2, 6.4, 12.8, 25.6], ["0.4", "0.8", "1.6", "3.2", "6.4", "12.8", "25.6"])
    axes[0].set_xlabel("DRAM bandwidth, GB/s (edge-16x16)")
    axes[1].set_xscale("symlog", linthresh=32, base=2)
    axes[1].set_xticks([0, 32, 100, 320, 1000], ["0", "32", "100", "320", "1000"])
    axes[1].set_xlabel("set-up of a layer, cycles (edge-16x16)")
    axes[2].set_xticks([0, 1, 2], ["1", "4", "16"])
    axes[2].set_xlabel("batch that waits; dotted: tpu-v1")
    axes[2].axhline(0, color="#888888", linewidth=0.5)
    for axis in axes:
        axis.minorticks_off()
        axis.set_ylim(bottom=min(0, axis.get_ylim()[0]))
    axes[0].set_ylabel("cycles saved by class exclusion, %")
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=3)
    return figure
