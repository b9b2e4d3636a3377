"""Fills a workload's folder from a trained network: model, images or traces, accuracy, workload.toml."""

import argparse
import json
import logging
import tempfile
from pathlib import Path

import numpy as np

from data import DataSet
from quantize import Codes, best_method, codes, export_float, quantize
from train import Run

EXPECTED_SCORES = 700_000  # onnxruntime's codes that are kept as an oracle: of all samples, or of the first
IMAGES = {"evaluation": "test.npz", "calibration": "val.npz"}
LARGEST_MODEL_BYTES = 16 << 20  # a larger model is not for a repository: shapes and traces do without


def workload_toml(name: str, model: str, outputs: list[str], data: DataSet, files: dict[str, str], training: str) -> str:
    """The text of a workload file; a JSON list of strings or numbers is also a TOML one."""
    splits = "".join(f"{key} = {json.dumps(files[key])}\n" for key in ("evaluation", "calibration") if key in files)
    traces = "".join(f"{key} = {json.dumps(files[key])}\n" for key in ("trace", "calibration_trace", "policy") if key in files)
    return f"""name = {json.dumps(name)}
model = {json.dumps(model)}
{traces}classes = {json.dumps(data.classes)}
{"[data]" + chr(10) + splits if splits else ""}[preprocess]
scale = {data.scale!r}
mean = {json.dumps(data.mean)}
std = {json.dumps(data.std)}
[heads]
outputs = {json.dumps(outputs[:-1])}
final = {json.dumps(outputs[-1])}
training = {json.dumps(training)}
"""


def write_accuracy(path: Path, outputs: list[str], float_accuracy: list[float], found: Codes) -> None:
    lines = ["output,float_accuracy_percent,int8_accuracy_percent"]
    lines += [f"{n},{f:.2f},{i:.2f}" for n, f, i in zip(outputs, float_accuracy, found.accuracy())]
    path.write_text("\n".join(lines) + "\n")
    print(path, *lines, sep="\n")


def write_traces(out: Path, evaluation: Codes, calibration: Codes, suffix: str) -> dict[str, str]:
    """Scores of both splits instead of images; returns the workload's keys for them."""
    files = {"trace": f"trace{suffix}.npz", "calibration_trace": f"calibration{suffix}.npz"}
    for key, found in (("trace", evaluation), ("calibration_trace", calibration)):
        np.savez_compressed(out / files[key], **found.trace())
    return files


def write_images(out: Path, data: DataSet, evaluation: Codes) -> dict[str, str]:
    """Images of both splits, and onnxruntime's codes of (the first of) the evaluation split as the replay's oracle."""
    for key, split in (("evaluation", data.test), ("calibration", data.calibration)):
        np.savez_compressed(out / IMAGES[key], images=split.images, labels=split.labels.astype(np.uint8))
    trace = evaluation.trace()
    samples = EXPECTED_SCORES // (trace["scores"][0].size + trace["final"][0].size)
    by_sample = ("labels", "scores", "final", "zero_fractions")
    expected = {key: value[:samples] if key in by_sample else value for key, value in trace.items()}
    np.savez_compressed(out / "expected.npz", **expected)
    return IMAGES


def write_curve(path: Path, outputs: list[str], curve: list[list[float]]) -> None:
    """How training went, epoch by epoch; accuracies are of the split `ranges`, in low precision."""
    lines = [",".join(["epoch", "side", "loss", "core_seconds", *(f"{name}_percent" for name in outputs)])]
    for epoch, side, loss, seconds, *found in curve:
        shown = ["" for _ in outputs[len(found) :]] + [f"{a:.2f}" for a in found]
        lines.append(",".join([str(epoch), str(side), f"{loss:.4f}", f"{seconds:.0f}", *shown]))
    path.write_text("\n".join(lines) + "\n")


def write_workload(
    run: Run, data: DataSet, args: argparse.Namespace, float_accuracy: list[float], work: Path
) -> None:
    """Fills `args.out`; `float_accuracy` is that of the test split, heads then classifier, in percent.

    A network with softmax heads is the conventional twin of the one whose model lies there already, with names that end in
    `-softmax`. Where images may not be shipped, only what it says is kept: it has the same shapes.
    """
    logging.getLogger().setLevel(logging.ERROR)  # the quantizer advises another preparation, which torch has done
    args.out.mkdir(parents=True, exist_ok=True)
    twin, network = args.heads == "softmax", run.network.cpu()
    name, suffix = args.out.resolve().name, "-softmax" if twin else ""
    file = f"model{suffix}.onnx" if data.may_ship else "model.onnx"
    model = args.out / file if data.may_ship or not twin else work / file
    with tempfile.TemporaryDirectory(dir=work) as scratch:
        source = Path(scratch) / "float.onnx"
        outputs = export_float(network, data, source)
        method = best_method(source, outputs, data, Path(scratch)) if args.ranges == "best" else args.ranges
        print(f"ranges by {method}")
        quantize(source, model, method, data, name)
    if model.parent == args.out and model.stat().st_size > LARGEST_MODEL_BYTES:
        print(f"{model} has {model.stat().st_size >> 20} MiB: too large to commit")
    evaluation = codes(model, outputs, data.test, data)
    if not data.may_ship:
        files = write_traces(args.out, evaluation, codes(model, outputs, data.calibration, data), suffix)
    elif twin:
        files = IMAGES
    else:
        files = write_images(args.out, data, evaluation)
    if twin:
        files = files | {"policy": "policy-softmax.toml"}
    target = args.out / ("softmax.toml" if twin else "workload.toml")
    training = "softmax" if twin else "sigmoid"
    target.write_text(workload_toml(name + suffix, file, outputs, data, files, training))
    if args.backbone == "own":  # else the curve is that of the network whose backbone it is
        write_curve(args.out / f"training{suffix}.csv", outputs, run.curve)
    write_accuracy(args.out / f"accuracy{suffix}.csv", outputs, float_accuracy, evaluation)
