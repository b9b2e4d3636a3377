"""Post-training quantization of a trained network to a QOperator ONNX model, and the codes that onnxruntime makes.

Weights are per-channel i8, activations u8 (onnxruntime's static quantizer).
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
import torch
from onnxruntime.quantization import CalibrationDataReader, CalibrationMethod, QuantFormat, QuantType, quantize_static
from torch import nn
from tqdm import tqdm

from augment import preprocess
from data import DataSet, Split
from exact import IMAGES, refuse_saturation, session_of

QUANTIZATION_IMAGES = 1_000  # of the split `ranges`, at most half of it; the rest chooses between the methods
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


def export(network: nn.Module, sample: torch.Tensor, path: Path, weights: bool) -> list[str]:
    """Writes the float model; returns its output names, heads then classifier. Without `weights` they are inputs."""
    network = network.eval().to(memory_format=torch.contiguous_format)
    with torch.no_grad():
        outputs = [f"exit{i + 1}" for i in range(len(network(sample)[1]))] + ["logits"]
    torch.onnx.export(
        Flat(network), (sample,), path, dynamo=False, opset_version=OPSET, do_constant_folding=weights,
        input_names=["image"], output_names=outputs, dynamic_axes={n: {0: "batch"} for n in ["image", *outputs]},
        export_params=weights,
    )  # fmt: skip
    return outputs


def export_float(network: nn.Module, data: DataSet, path: Path) -> list[str]:
    """Writes the float model with batch normalization folded; returns its output names, heads then classifier."""
    outputs = export(network, preprocess(data.test.images[:1], data), path, weights=True)
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
    """Names nodes as reports show them: conv1, maxpool1, exit1/avgpool, exit1/fc, logits/fc1, logits/fc2."""
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
    kinds = [(owner.get(id(node)), SHORT.get(node.op_type, node.op_type.lower())) for node in model.graph.node]
    for node, (of, kind) in zip(model.graph.node, kinds):
        if of is not None:
            counts[of, kind] = counts.get((of, kind), 0) + 1
            number = counts[of, kind] if kinds.count((of, kind)) > 1 else ""
            node.name = f"{of}/{kind}{number}"
        else:
            counts[kind] = counts.get(kind, 0) + 1
            node.name = f"{kind}{counts[kind]}"


def halves(split: Split) -> tuple[Split, Split]:
    """The images that activation ranges are found on, and those that choose between the methods."""
    first = min(QUANTIZATION_IMAGES, len(split.images) // 2)
    return Split(split.images[:first], split.labels[:first]), Split(split.images[first:], split.labels[first:])


def quantize(source: Path, target: Path, method: str, data: DataSet, name: str) -> None:
    """Quantizes `source` with activation ranges found by `method`; `name` becomes the graph's."""
    calibrate, options = METHODS[method]
    quantize_static(
        source, target, Batches(halves(data.ranges)[0].images, data),
        quant_format=QuantFormat.QOperator, activation_type=QuantType.QUInt8, weight_type=QuantType.QInt8,
        per_channel=True, reduce_range=False, calibrate_method=calibrate, extra_options=options,
    )  # fmt: skip
    model = onnx.load(target)
    strip(model)
    for node in model.graph.node:
        node.name = node.name.removesuffix("_quant")
    model.graph.name = name
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


def initializer(model: onnx.ModelProto, name: str) -> np.ndarray:
    return next(onnx.numpy_helper.to_array(t) for t in model.graph.initializer if t.name == name)


@dataclass(frozen=True)
class Codes:
    """What a quantized network says of a split."""

    outputs: list[np.ndarray]  # u8 [S, C] of every head, then of the classifier
    scales: np.ndarray  # f32 [heads + 1]
    zero_points: np.ndarray  # u8 [heads + 1]
    zero_fractions: np.ndarray  # f32 [S, layers with weights]: zero operands in the layer's ifmap, in run order
    labels: np.ndarray  # u8 [S]

    def accuracy(self) -> list[float]:
        """Share of right arg maxima in percent, output by output; a tie goes to the lowest class."""
        return [float(100 * (scores.argmax(1) == self.labels).mean()) for scores in self.outputs]

    def trace(self) -> dict[str, np.ndarray]:
        """The arrays of a trace file."""
        return {
            "scores": np.stack(self.outputs[:-1], axis=1), "final": self.outputs[-1], "labels": self.labels,
            "scores_scale": self.scales[:-1], "scores_zero_point": self.zero_points[:-1],
            "final_scale": self.scales[-1], "final_zero_point": self.zero_points[-1],
            "zero_fractions": self.zero_fractions,
        }  # fmt: skip


def in_run_order(model: onnx.ModelProto, names: list[str]) -> list[onnx.NodeProto]:
    """Nodes as a machine with exits runs them and traces number them: up to the first head, that head, on to the second."""
    makers = {output: node for node in model.graph.node for output in node.output}
    order: dict[str, onnx.NodeProto] = {}
    for name in names:
        wanted, open_names = set(), [name]
        while open_names:
            node = makers.get(open_names.pop())
            if node is not None and node.output[0] not in wanted:
                wanted.add(node.output[0])
                open_names.extend(node.input)
        for node in model.graph.node:
            if node.output[0] in wanted:
                order.setdefault(node.output[0], node)
    return list(order.values())


def codes(path: Path, outputs: list[str], split: Split, data: DataSet) -> Codes:
    """The codes that onnxruntime makes of a split."""
    model = onnx.load(path)
    last = dequantizers(model, outputs)
    names = [node.input[0] for node in last]
    weighted = [node for node in in_run_order(model, names) if node.op_type in ("QLinearConv", "QGemm")]
    ifmaps = list(dict.fromkeys(node.input[0] for node in weighted))
    zero = {node.input[0]: initializer(model, node.input[2]) for node in weighted}
    wanted = list(dict.fromkeys([*names, *ifmaps]))
    model.graph.output.extend(onnx.helper.make_tensor_value_info(n, onnx.TensorProto.UINT8, None) for n in wanted)
    refuse_saturation(model, preprocess(split.images[:IMAGES], data).numpy())
    session = session_of(model)
    scores, zeros = [], []
    for start in tqdm(range(0, len(split.images), BATCH), desc="int8", unit="batch", disable=None):
        images = preprocess(split.images[start : start + BATCH], data).numpy()
        found = dict(zip(wanted, session.run(wanted, {"image": images})))
        scores.append([found[name] for name in names])
        share = {name: (found[name].reshape(len(images), -1) == zero[name]).mean(1) for name in ifmaps}
        zeros.append(np.stack([share[node.input[0]] for node in weighted], 1))
    return Codes(
        [np.concatenate(column) for column in zip(*scores)],
        np.array([initializer(model, node.input[1]) for node in last], np.float32),
        np.array([initializer(model, node.input[2]) for node in last], np.uint8),
        np.concatenate(zeros).astype(np.float32),
        split.labels.astype(np.uint8),
    )


def best_method(source: Path, outputs: list[str], data: DataSet, work: Path) -> str:
    """The method whose codes are right most often, over all outputs, on images of the split `ranges` it did not see."""
    _, held_out = halves(data.ranges)
    mean = {}
    for method in METHODS:
        target = work / "candidate.onnx"
        quantize(source, target, method, data, "candidate")
        found = codes(target, outputs, held_out, data).accuracy()
        mean[method] = sum(found) / len(found)
        print(f"int8, ranges by {method}, held-out images [%]:", shown(found), flush=True)
    return max(mean, key=mean.get)


def shown(values: list[float]) -> str:
    return ", ".join(f"{v:.2f}" for v in values)
