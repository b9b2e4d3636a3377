"""Post-training quantization to a QOperator ONNX model, and everything else in a workload's folder.

Weights are per-channel i8, activations u8 (onnxruntime's static quantizer). The codes in expected.npz are
onnxruntime's own: they are the oracle of the simulator's integer replay.
"""

import argparse
import json
import logging
import tempfile
from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
import torch
from onnxruntime.quantization import CalibrationDataReader, CalibrationMethod, QuantFormat, QuantType, quantize_static
from torch import nn

from data import DataSet, Split
from train import preprocess

QUANTIZATION_IMAGES = 1_000  # of the calibration split; the rest of it chooses between the methods
BATCH = 100
OPSET = 17
METHODS = {
    "min-max": (CalibrationMethod.MinMax, {}),
    "percentile 99.99": (CalibrationMethod.Percentile, {"CalibPercentile": 99.99}),
    "percentile 99.999": (CalibrationMethod.Percentile, {"CalibPercentile": 99.999}),
}


class Flat(nn.Module):
    """The network with a tuple of tensors as its result: heads in order, then the classifier."""

    def __init__(self, network: nn.Module):
        super().__init__()
        self.network = network

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, ...]:
        final, heads = self.network(x)
        return (*heads, final)


class Batches(CalibrationDataReader):
    """Hands preprocessed images to the quantizer."""

    def __init__(self, images: np.ndarray, data: DataSet):
        self.batches = iter(
            {"image": preprocess(images[start : start + BATCH], data).numpy()} for start in range(0, len(images), BATCH)
        )

    def get_next(self):
        return next(self.batches, None)


def export_float(network: nn.Module, data: DataSet, path: Path) -> list[str]:
    """Writes the float model with batch normalization folded; returns its output names, heads then classifier."""
    network = network.eval().to(memory_format=torch.contiguous_format)
    sample = preprocess(data.test.images[:1], data)
    with torch.no_grad():
        outputs = [f"exit{i + 1}" for i in range(len(network(sample)[1]))] + ["logits"]
    torch.onnx.export(
        Flat(network), (sample,), path, dynamo=False, opset_version=OPSET, do_constant_folding=True,
        input_names=["image"], output_names=outputs, dynamic_axes={n: {0: "batch"} for n in ["image", *outputs]},
    )  # fmt: skip
    model = onnx.load(path)
    flatten_to_reshape(model)
    strip(model)
    name_layers(model, outputs)
    onnx.save(onnx.shape_inference.infer_shapes(model), path)
    return outputs


def flatten_to_reshape(model: onnx.ModelProto) -> None:
    """Writes Flatten as Reshape to [batch, rest]: the quantizer lets codes through Reshape only."""
    shape = onnx.numpy_helper.from_array(np.array([0, -1], np.int64), "flat")
    for node in model.graph.node:
        if node.op_type == "Flatten":
            del node.attribute[:]
            node.op_type = "Reshape"
            node.input.append(shape.name)
    model.graph.initializer.append(shape)


def strip(model: onnx.ModelProto) -> None:
    """Removes what differs from one machine to the next: exporter remarks and source lines."""
    model.doc_string = model.graph.doc_string = ""
    del model.metadata_props[:]
    for node in model.graph.node:
        node.doc_string = ""
        del node.metadata_props[:]


SHORT = {"Conv": "conv", "MaxPool": "maxpool", "AveragePool": "avgpool", "GlobalAveragePool": "avgpool", "Gemm": "fc"}


def name_layers(model: onnx.ModelProto, outputs: list[str]) -> None:
    """Names nodes as reports show them: conv1, maxpool1, exit1/avgpool, exit1/fc, logits/fc."""
    producer = {name: node for node in model.graph.node for name in node.output}
    owner, counts = {}, {}

    def behind(name: str) -> list[onnx.NodeProto]:
        node = producer.get(name)
        return [] if node is None else [node, *(n for i in node.input for n in behind(i))]

    backbone = {id(node) for node in behind(outputs[-1])}
    for output in outputs[:-1]:
        owner |= {id(node): output for node in behind(output) if id(node) not in backbone}
    convolved = False
    for node in reversed(model.graph.node):  # what follows the last convolution is the classifier's
        convolved |= node.op_type == "Conv"
        if id(node) in backbone and not convolved and node.op_type != "MaxPool":
            owner[id(node)] = outputs[-1]
    for node in model.graph.node:
        kind = SHORT.get(node.op_type, node.op_type.lower())
        if id(node) in owner:
            node.name = f"{owner[id(node)]}/{kind}"
        else:
            counts[kind] = counts.get(kind, 0) + 1
            node.name = f"{kind}{counts[kind]}"


def quantize(source: Path, target: Path, method: str, data: DataSet) -> None:
    """Quantizes `source` with activation ranges found by `method`."""
    calibrate, options = METHODS[method]
    quantize_static(
        source, target, Batches(data.calibration.images[:QUANTIZATION_IMAGES], data),
        quant_format=QuantFormat.QOperator, activation_type=QuantType.QUInt8, weight_type=QuantType.QInt8,
        per_channel=True, reduce_range=False, calibrate_method=calibrate, extra_options=options,
    )  # fmt: skip
    model = onnx.load(target)
    strip(model)
    for node in model.graph.node:
        node.name = node.name.removesuffix("_quant")
    model.graph.name = target.resolve().parent.name
    del model.graph.value_info[:]
    onnx.checker.check_model(model)
    onnx.save(model, target)


def dequantizers(model: onnx.ModelProto, outputs: list[str]) -> list[onnx.NodeProto]:
    """The DequantizeLinear node directly before every output, in the order of `outputs`."""
    producer = {name: node for node in model.graph.node for name in node.output}
    nodes = [producer[name] for name in outputs]
    for name, node in zip(outputs, nodes):
        if node.op_type != "DequantizeLinear":
            raise SystemExit(f"output {name} comes from {node.op_type} {node.name}, not from DequantizeLinear")
    return nodes


def codes(path: Path, outputs: list[str], split: Split, data: DataSet) -> list[np.ndarray]:
    """The u8 codes [S, C] that onnxruntime makes for every output."""
    model = onnx.load(path)
    names = [node.input[0] for node in dequantizers(model, outputs)]
    model.graph.output.extend(onnx.helper.make_tensor_value_info(n, onnx.TensorProto.UINT8, None) for n in names)
    options = ort.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    session = ort.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    parts = [
        session.run(names, {"image": preprocess(split.images[start : start + BATCH], data).numpy()})
        for start in range(0, len(split.images), BATCH)
    ]
    return [np.concatenate(column) for column in zip(*parts)]


def accuracy(scores: list[np.ndarray], labels: np.ndarray) -> list[float]:
    """Share of right arg maxima in percent; a tie goes to the lowest class."""
    return [float(100 * (s.argmax(1) == labels).mean()) for s in scores]


def best_method(source: Path, outputs: list[str], data: DataSet, work: Path) -> str:
    """The method whose codes are right most often, over all outputs, on calibration images it did not see."""
    held_out = Split(data.calibration.images[QUANTIZATION_IMAGES:], data.calibration.labels[QUANTIZATION_IMAGES:])
    mean = {}
    for method in METHODS:
        target = work / "candidate.onnx"
        quantize(source, target, method, data)
        found = accuracy(codes(target, outputs, held_out, data), held_out.labels)
        mean[method] = sum(found) / len(found)
        print(f"int8, ranges by {method}, held-out calibration images [%]:", shown(found), flush=True)
    return max(mean, key=mean.get)


def shown(values: list[float]) -> str:
    return ", ".join(f"{v:.2f}" for v in values)


def initializer(model: onnx.ModelProto, name: str) -> np.ndarray:
    return next(onnx.numpy_helper.to_array(t) for t in model.graph.initializer if t.name == name)


def expected(path: Path, outputs: list[str], found: list[np.ndarray], labels: np.ndarray) -> dict[str, np.ndarray]:
    """The arrays of expected.npz, which is a trace."""
    model = onnx.load(path)
    nodes = dequantizers(model, outputs)
    scale = np.array([initializer(model, node.input[1]) for node in nodes], np.float32)
    zero_point = np.array([initializer(model, node.input[2]) for node in nodes], np.uint8)
    return {
        "scores": np.stack(found[:-1], axis=1), "final": found[-1], "labels": labels.astype(np.uint8),
        "scores_scale": scale[:-1], "scores_zero_point": zero_point[:-1],
        "final_scale": scale[-1], "final_zero_point": zero_point[-1],
    }  # fmt: skip


def workload_toml(name: str, outputs: list[str], data: DataSet) -> str:
    """The text of workload.toml; a JSON list of strings or numbers is also a TOML one."""
    return f"""name = {json.dumps(name)}
model = "model.onnx"
classes = {json.dumps(data.classes)}
[data]
evaluation = "test.npz"
calibration = "val.npz"
[preprocess]
scale = {data.scale!r}
mean = {json.dumps(data.mean)}
std = {json.dumps(data.std)}
[heads]
outputs = {json.dumps(outputs[:-1])}
final = {json.dumps(outputs[-1])}
"""


def write_workload(
    network: nn.Module, data: DataSet, args: argparse.Namespace, float_accuracy: list[float], work: Path
) -> None:
    """Fills `args.out`; `float_accuracy` is that of the test split, heads then classifier, in percent."""
    logging.getLogger().setLevel(logging.ERROR)  # the quantizer advises another preparation, which torch has done
    args.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=work) as scratch:
        source = Path(scratch) / "float.onnx"
        outputs = export_float(network, data, source)
        method = best_method(source, outputs, data, Path(scratch))
        target = args.out / "model.onnx"
        quantize(source, target, method, data)
    found = codes(target, outputs, data.test, data)
    np.savez_compressed(args.out / "expected.npz", **expected(target, outputs, found, data.test.labels))
    for name, split in {"test.npz": data.test, "val.npz": data.calibration}.items():
        np.savez_compressed(args.out / name, images=split.images, labels=split.labels.astype(np.uint8))
    (args.out / "workload.toml").write_text(workload_toml(args.out.resolve().name, outputs, data))
    int8_accuracy = accuracy(found, data.test.labels)
    lines = ["output,float_accuracy_percent,int8_accuracy_percent"]
    lines += [f"{n},{f:.2f},{i:.2f}" for n, f, i in zip(outputs, float_accuracy, int8_accuracy)]
    (args.out / "accuracy.csv").write_text("\n".join(lines) + "\n")
    print(f"{args.out}: ranges by {method}", *lines, sep="\n")
