#!/usr/bin/env python3
"""FLOPs of vgg-small-cifar10 as the paper's authors count them, beside dense ones: docs/findings/flops.csv.

    python3 docs/findings/count_flops.py target/release/exclusim CIFAR/test --images 300

A convolution is 2 x kernel^2 x output pixels x channels in x channels out, and only channels whose sum over the map is not zero are counted; a
dense layer is 2 x inputs x outputs; a ReLU 1 per element; a pooling kernel^2 per element that it gives. Heads are left out, as there. Maps are
onnxruntime's, of CIFAR-10's test images (a folder per class), which are not shipped; where samples leave is exclusim's. Needs numpy, onnx,
onnxruntime, pillow.
"""

import argparse
import csv
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from PIL import Image

import measure

NAME = "vgg-small-cifar10"
FOLDER = measure.ROOT / "workloads" / NAME
# Output pixels, whether a 2 x 2 pool follows, of every convolution; dense layers.
CONVOLUTIONS = [(1024, False), (1024, True), (256, False), (256, True), (64, False), (64, True)]
DENSE = [(8192, 1024), (1024, 1024), (1024, 10)]


def counted(channels):
    """FLOPs up to each head, and to the end, of the channels that count: `[images][inputs and outputs]`."""
    upto, sum_ = [], np.zeros(len(channels))
    for index, (pixels, pooled) in enumerate(CONVOLUTIONS):
        into, out = channels[:, index], channels[:, index + 1]
        width = WIDTHS[index + 1]
        sum_ = sum_ + 2 * 9 * pixels * into * out + pixels * width
        upto.append(sum_)
        if pooled:
            sum_ = sum_ + 4 * (pixels // 4) * width
    return np.stack(upto + [sum_ + sum(2 * a * b for a, b in DENSE) + 2 * 1024], 1)


WIDTHS = [3, 128, 128, 256, 256, 512, 512]


def alive(folder, images):
    """Channels that are not all zero, per image, the input's first; and which images these are."""
    model = onnx.load(FOLDER / "model.onnx")
    values = {value.name: onnx.numpy_helper.to_array(value) for value in model.graph.initializer}
    convolutions = [node for node in model.graph.node if node.op_type == "QLinearConv"]
    for node in convolutions:
        model.graph.output.append(onnx.helper.make_tensor_value_info(node.output[0], onnx.TensorProto.UINT8, None))
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    files = [file for kind in sorted(folder.iterdir()) for file in sorted(kind.iterdir())]
    step = max(1, len(files) // images)
    chosen = range(0, len(files), step)
    mean, std = (np.array(values, np.float32)[:, None, None] for values in ([0.4919, 0.4826, 0.4469], [0.2455, 0.2431, 0.2611]))
    found = []
    for index in chosen:
        image = np.asarray(Image.open(files[index]).convert("RGB"), np.float32).transpose(2, 0, 1) * np.float32(1 / 255)
        maps = dict(zip(names, session.run(None, {session.get_inputs()[0].name: ((image - mean) / std)[None]})))
        channels = [(maps[node.output[0]][0].astype(np.int64) - int(values[node.input[7]])).sum((1, 2)) for node in convolutions]
        found.append([3] + [int((sums != 0).sum()) for sums in channels])
    return np.array(found), np.array(chosen)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary")
    parser.add_argument("images_folder", type=Path)
    parser.add_argument("--images", type=int, default=300)
    args = parser.parse_args()
    channels, chosen = alive(args.images_folder, args.images)
    dense = counted(np.tile(WIDTHS, (len(channels), 1)))
    theirs = counted(channels)
    rows = []
    with tempfile.TemporaryDirectory() as scratch, open(Path(__file__).parent / "published.csv", newline="") as file:
        for row in csv.DictReader(file):
            policy, answer = Path(scratch) / "policy.toml", '"survivors"' if row["thresholds"].startswith("paper") else '"all"'
            policy.write_text(f'rule = "relative-to-max"\nfinal = {answer}\nbeta = [{row["beta"].replace(" ", ", ")}]\n')
            subprocess.run([args.binary, "run", "edge-16x16", FOLDER, "--policy", policy, "--out", f"{scratch}/run"], check=True,
                           capture_output=True, cwd=measure.ROOT)
            with open(f"{scratch}/run/samples.csv", newline="") as samples:
                exits = np.array([int(sample["exit"]) - 1 for sample in csv.DictReader(samples)])[chosen]
            at = np.arange(len(exits))
            random = np.random.default_rng(1)
            line = {"thresholds": row["thresholds"], "images": len(exits)}
            for name, flops in (("dense", dense), ("counted", theirs)):
                spent, plain = flops[at, exits], flops[:, -1]
                drawn = [1 - spent[pick].sum() / plain[pick].sum() for pick in random.integers(0, len(exits), (1000, len(exits)))]
                low, high = np.percentile(drawn, [2.5, 97.5])
                line |= {f"{name}_saved": measure.fraction(1 - spent.sum() / plain.sum()), f"{name}_low": measure.fraction(low),
                         f"{name}_high": measure.fraction(high)}
            rows.append(line | {"channels_counted": measure.fraction(theirs[:, -1].mean() / dense[:, -1].mean())})
    measure.write("flops", rows)


if __name__ == "__main__":
    main()
