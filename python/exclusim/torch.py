"""From a PyTorch model to a workload, and what its exits cost as a term of a loss.

Needs torch, onnx and onnxruntime, which are extras: ``pip install 'exclusim[torch]'``. They are imported here and nowhere else.
"""

from __future__ import annotations

import importlib
import json
import os
import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from . import _exclusim as _library

if TYPE_CHECKING:
    import torch

_Loader = Iterable[Any]
_Exporter = Literal["auto", "torchscript", "dynamo"]

__all__ = ["exit_loss", "leave_probability", "shapes", "workload"]

_IMAGE = "image"
# Sums of float32 in another order differ by about this much, in parts of the largest score.
_FLOAT_NOISE = 1e-3


def _extra(module: str) -> Any:
    """A module of the extras, or what to install."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        line = "pip install 'exclusim[torch]'"
        raise ImportError(f"exclusim.torch needs {module.split('.')[0]}, which is not there ({error}): {line}") from error


def _fault(title: str, help: str) -> Exception:
    return _library._fault(title, help)


def _outputs(model: Any, images: Any) -> tuple[Any, ...]:
    """What ``forward`` gives: heads from shallow to deep, then the classifier, each [samples, classes]."""
    torch = _extra("torch")
    with torch.no_grad():
        found = model(images)
    told = "return a tuple of tensors [samples, classes]: (exit1, exit2, ..., logits); (logits,) for a network without heads"
    if not isinstance(found, (tuple, list)):
        raise _fault(f"forward gives {type(found).__name__}, not a tuple of heads", told)
    for at, tensor in enumerate(found):
        if not isinstance(tensor, torch.Tensor) or tensor.ndim != 2 or len(tensor) != len(images):
            shape = list(tensor.shape) if isinstance(tensor, torch.Tensor) else type(tensor).__name__
            raise _fault(f"output {at + 1} of forward is {shape}, for {len(images)} samples", told)
    classes = {tensor.shape[1] for tensor in found}
    if len(classes) != 1:
        raise _fault(f"outputs of forward have {sorted(classes)} classes", "let every head score every class")
    return tuple(found)


def _samples(loader: _Loader, what: str) -> tuple[npt.NDArray[Any], npt.NDArray[np.int64]]:
    """Everything that a loader gives: images uint8 or float32 [samples, channels, height, width], labels [samples]."""
    images, labels = [], []
    for batch in loader:
        if not isinstance(batch, (tuple, list)) or len(batch) != 2:
            raise _fault(f"a batch of the {what} loader is {type(batch).__name__}", "give pairs (images, labels)")
        images.append(np.asarray(batch[0]))
        labels.append(np.asarray(batch[1]).reshape(-1).astype(np.int64))
    if not images:
        title = f"the {what} loader gives no samples"
        raise _fault(title, "an iterator that was read once is exhausted: give the DataLoader itself, or make another")
    found = np.concatenate(images)
    if found.ndim != 4 or found.dtype not in (np.uint8, np.float32):
        help = "give uint8 or float32 [samples, channels, height, width], such as images.float()"
        raise _fault(f"images of the {what} loader are {found.dtype} {list(found.shape)}", help)
    if found.dtype == np.float32 and not np.isfinite(found).all():
        raise _fault(f"images of the {what} loader are not all finite", "find out what made them so")
    return found, np.concatenate(labels)


class _Preprocess:
    """From pixels to the network's input, in float32 and in the order in which a replay does it."""

    def __init__(self, scale: float, mean: Sequence[float], std: Sequence[float]) -> None:
        self.scale, self.mean, self.std = scale, list(mean), list(std)

    def __call__(self, images: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
        found = images.astype(np.float32) * np.float32(self.scale)
        if self.mean:
            found = found - np.asarray(self.mean, np.float32).reshape(1, -1, 1, 1)
        if self.std:
            found = found / np.asarray(self.std, np.float32).reshape(1, -1, 1, 1)
        return np.ascontiguousarray(found, np.float32)


def _export(model: Any, sample: Any, path: Path, names: list[str], exporter: _Exporter) -> None:
    """Writes the float model with one output per head and a batch of any size."""
    torch = _extra("torch")
    ways: list[tuple[str, dict[str, Any]]] = [
        ("torchscript", {"dynamo": False, "dynamic_axes": {name: {0: "batch"} for name in [_IMAGE, *names]}}),
        ("dynamo", {"dynamo": True, "dynamic_shapes": ({0: "batch"},), "external_data": False, "verbose": False}),
    ]
    refused = []
    for name, options in ways:
        if exporter not in ("auto", name):
            continue
        # A batch of 1 would be taken for a constant by the one that traces shapes.
        batch = sample[:1] if name == "torchscript" else sample[:1].repeat(2, 1, 1, 1)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                torch.onnx.export(
                    model, (batch,), str(path), input_names=[_IMAGE], output_names=names,
                    **({"opset_version": 17} if name == "torchscript" else {}), **options,
                )  # fmt: skip
        except Exception as error:  # noqa: BLE001: whatever an exporter raises, the other one may take the model
            told = str(error).strip().splitlines() or [""]
            refused.append(f"{name}: {type(error).__name__}: {told[0]}")
            continue
        _averages_as_pools(path)
        return
    raise _fault(f"the model cannot be exported ({'; '.join(refused)})", "take out of forward what an ONNX file cannot say")


def _averages_as_pools(path: Path) -> None:
    """Writes averages over a whole map as the pools that they are: the quantizer leaves ReduceMean in real numbers.

    The exporter of ``torch.export`` writes ``AdaptiveAvgPool2d(1)`` so, too.
    """
    onnx = _extra("onnx")
    model = onnx.shape_inference.infer_shapes(onnx.load(str(path)))
    graph = model.graph
    constants = {tensor.name: onnx.numpy_helper.to_array(tensor) for tensor in graph.initializer}
    for node in graph.node:
        if node.op_type == "Constant" and node.attribute[0].name == "value":
            constants[node.output[0]] = onnx.numpy_helper.to_array(node.attribute[0].t)
    ranks = {value.name: len(value.type.tensor_type.shape.dim) for value in [*graph.input, *graph.value_info]}
    changed = []
    for node in graph.node:
        changed.append(node)
        if node.op_type != "ReduceMean" or ranks.get(node.input[0]) != 4:
            continue
        given = {attribute.name: onnx.helper.get_attribute_value(attribute) for attribute in node.attribute}
        axes = constants.get(node.input[1]) if len(node.input) > 1 else given.get("axes")
        if axes is None or sorted(int(axis) % 4 for axis in np.ravel(axes)) != [2, 3]:
            continue
        pool = onnx.helper.make_node("GlobalAveragePool", [node.input[0]], [node.output[0]], node.name)
        changed[-1] = pool
        if not given.get("keepdims", 1):
            pooled, shape = f"{node.output[0]}_pooled", f"{node.output[0]}_shape"
            graph.initializer.append(onnx.numpy_helper.from_array(np.array([0, -1], np.int64), shape))
            pool.output[0] = pooled
            changed.append(onnx.helper.make_node("Reshape", [pooled, shape], [node.output[0]], f"{node.name}_flat"))
    del graph.node[:]
    graph.node.extend(changed)
    onnx.save(model, str(path))


def _session(path: Path) -> Callable[[npt.NDArray[np.float32]], list[npt.NDArray[np.float32]]]:
    """A model as a function."""
    runtime = _extra("onnxruntime")
    options = runtime.SessionOptions()
    options.log_severity_level = 3
    session = runtime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    return lambda images: list(session.run(None, {_IMAGE: images}))


def _batches(images: npt.NDArray[Any], size: int = 256) -> Iterator[npt.NDArray[Any]]:
    return (images[start : start + size] for start in range(0, len(images), size))


def _quantize(source: Path, target: Path, images: npt.NDArray[Any], prepare: _Preprocess, form: str) -> None:
    """Weights in int8 per channel, activations in uint8, ranges from some images."""
    quantization = _extra("onnxruntime.quantization")
    preparation = _extra("onnxruntime.quantization.shape_inference")

    class Reader(quantization.CalibrationDataReader):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            self.batches = iter([{_IMAGE: prepare(part)} for part in _batches(images, 100)])

        def get_next(self) -> dict[str, npt.NDArray[np.float32]] | None:
            return next(self.batches, None)

    folded = source.with_name("folded.onnx")
    preparation.quant_pre_process(str(source), str(folded), skip_symbolic_shape=True)
    forms = {"qdq": quantization.QuantFormat.QDQ, "qoperator": quantization.QuantFormat.QOperator}
    quantization.quantize_static(
        str(folded), str(target), Reader(), quant_format=forms[form], per_channel=True,
        activation_type=quantization.QuantType.QUInt8, weight_type=quantization.QuantType.QInt8,
    )  # fmt: skip


def _manifest(
    name: str, names: list[str], classes: Sequence[str] | None, training: str | None, prepare: _Preprocess
) -> str:
    """``workload.toml``; a JSON list of strings or numbers is also one of TOML."""
    lines = [f"name = {json.dumps(name)}", 'model = "model.onnx"']
    if classes:
        lines.append(f"classes = {json.dumps(list(classes))}")
    lines += ["[data]", 'evaluation = "test.npz"', 'calibration = "val.npz"']
    lines += ["[preprocess]", f"scale = {float(prepare.scale)!r}"]
    lines += [f"{key} = {json.dumps([float(one) for one in some])}" for key, some in (("mean", prepare.mean), ("std", prepare.std)) if some]
    lines += ["[heads]", f"outputs = {json.dumps(names[:-1])}", f"final = {json.dumps(names[-1])}"]
    if training:
        lines.append(f"training = {json.dumps(training)}")
    return "\n".join(lines) + "\n"


def _accuracy(scores: npt.NDArray[Any], labels: npt.NDArray[np.int64]) -> float:
    return float((scores.argmax(1) == labels).mean())


def workload(
    model: torch.nn.Module,
    calibration_loader: _Loader,
    test_loader: _Loader,
    *,
    out: str | PathLike[str],
    classes: Sequence[str] | None = None,
    training: Literal["sigmoid", "softmax"] | None = None,
    scale: float = 1.0,
    mean: Sequence[float] = (),
    std: Sequence[float] = (),
    exporter: _Exporter = "auto",
    form: Literal["qdq", "qoperator"] = "qdq",
    range_samples: int = 500,
    most_lost: float = 0.02,
) -> _library.Workload:
    """Makes a workload of a model: exports it, quantizes it to int8, checks both, and writes the folder.

    Args:
        model: ``forward(images)`` gives ``(exit1, exit2, ..., logits)``: a tuple of scores before sigmoid or softmax,
            [samples, classes], heads from shallow to deep, the classifier last. Its mode, train or eval, is left as it was.
        calibration_loader: gives pairs (images, labels); those that thresholds are found on, and, the first ``range_samples``,
            ranges of the activations. Images are float32 as the model takes them, or uint8 with ``scale``, ``mean``, ``std``;
            [samples, channels, height, width].
        test_loader: as that; those that results are reported on.
        out: folder to write: ``workload.toml``, ``model.onnx``, ``test.npz``, ``val.npz``, ``accuracy.csv``. Files of these names
            in it are replaced once all are made; its name is the workload's.
        classes: names of the classes.
        training: what the heads' scores were trained to be: ``"sigmoid"`` for class exclusion, ``"softmax"`` for exits by
            confidence.
        scale, mean, std: from pixels to the model's input, ``(x * scale - mean[c]) / std[c]`` in float32.
        exporter: ``"torchscript"`` or ``"dynamo"``, PyTorch's two exporters; ``"auto"`` tries the second if the first fails.
        form: how onnxruntime writes the int8 model; a replay computes both bit for bit.
        range_samples: calibration images that ranges of the activations are found on.
        most_lost: accuracy, as a fraction, that quantization may cost at any output before a warning is given.

    Returns:
        The workload, read from the folder.

    Raises:
        Fault: a forward without a tuple, a loader that gives nothing, images of another type, a model that cannot be exported,
            or one that no replay can compute.
        ImportError: torch, onnx or onnxruntime is not installed.
    """
    torch = _extra("torch")
    _extra("onnx")
    _extra("onnxruntime")
    out = Path(out)
    prepare = _Preprocess(scale, mean, std)
    calibration, test = _samples(calibration_loader, "calibration"), _samples(test_loader, "test")
    was_training, device = model.training, next((part.device for part in model.parameters()), torch.device("cpu"))
    model.eval().cpu()
    try:
        sample = torch.from_numpy(prepare(test[0][:2]))
        names = [f"exit{at + 1}" for at in range(len(_outputs(model, sample)) - 1)] + ["logits"]
        out.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=out.parent, prefix=".exclusim-") as scratch:
            staged, work = Path(scratch) / out.name, Path(scratch) / "work"
            staged.mkdir()
            work.mkdir()
            _export(model, sample, work / "float.onnx", names, exporter)
            float_scores = _checked_scores(model, work / "float.onnx", test[0], prepare)
            _quantize(work / "float.onnx", staged / "model.onnx", calibration[0][:range_samples], prepare, form)
            for file, (images, labels) in (("test.npz", test), ("val.npz", calibration)):
                np.savez_compressed(staged / file, images=images, labels=labels)
            (staged / "workload.toml").write_text(_manifest(out.name, names, classes, training, prepare))
            made = _library.workload(staged)
            _report(staged / "accuracy.csv", names, float_scores, _library.replay(made).scores, test[1], most_lost)
            out.mkdir(exist_ok=True)
            for file_path in sorted(staged.iterdir()):
                os.replace(file_path, out / file_path.name)
            shutil.rmtree(work)
    finally:
        model.train(was_training).to(device)
    return _library.workload(out)


def _checked_scores(model: Any, path: Path, images: npt.NDArray[Any], prepare: _Preprocess) -> list[npt.NDArray[np.float32]]:
    """What the exported model says of images; the first of them as PyTorch does, or it is not the same model."""
    torch = _extra("torch")
    session = _session(path)
    parts = [session(prepare(part)) for part in _batches(images)]
    scores = [np.concatenate(column) for column in zip(*parts)]
    few = torch.from_numpy(prepare(images[:8]))
    for at, (ours, theirs) in enumerate(zip(scores, _outputs(model, few))):
        theirs = theirs.numpy()
        apart = float(np.abs(ours[: len(theirs)] - theirs).max())
        if not apart <= _FLOAT_NOISE * max(1.0, float(np.abs(theirs).max())):
            title = f"output {at + 1} of the exported model differs from forward by {apart:.3g}"
            raise _fault(title, "forward must compute the same whatever the batch; try the other exporter")
    return scores


def _report(
    path: Path,
    names: list[str],
    float_scores: list[npt.NDArray[np.float32]],
    codes: npt.NDArray[Any],
    labels: npt.NDArray[np.int64],
    most_lost: float,
) -> None:
    """Writes the accuracy of every output in float and in int8, and warns where quantization costs much."""
    lines, lost = ["output,float_accuracy_percent,int8_accuracy_percent"], []
    for at, (name, scores) in enumerate(zip(names, float_scores)):
        before, after = _accuracy(scores, labels), _accuracy(codes[:, at], labels)
        lines.append(f"{name},{100 * before:.2f},{100 * after:.2f}")
        if before - after > most_lost:
            lost.append(f"{name} from {100 * before:.2f} % to {100 * after:.2f} %")
    path.write_text("\n".join(lines) + "\n")
    if lost:
        warnings.warn(f"quantization costs accuracy: {', '.join(lost)}; give more range_samples", stacklevel=3)


def shapes(model: torch.nn.Module, sample: torch.Tensor, *, exporter: _Exporter = "auto") -> _library.Workload:
    """The network of a model, trained or not, for ``costs`` and ``layers``: shapes alone, without samples.

    Args:
        model: as of ``workload``.
        sample: images float32 [samples, channels, height, width], of which the shape counts.
        exporter: as of ``workload``.

    Raises:
        Fault: a forward without a tuple, or a model that cannot be exported or timed.
        ImportError: torch or onnx is not installed.
    """
    _extra("torch")
    _extra("onnx")
    was_training = model.training
    model.eval()
    try:
        sample = sample[:1].repeat(2, 1, 1, 1)
        names = [f"exit{at + 1}" for at in range(len(_outputs(model, sample)) - 1)] + ["logits"]
        with tempfile.TemporaryDirectory(prefix="exclusim-") as scratch, warnings.catch_warnings():
            path = Path(scratch) / "network.onnx"
            _export(model, sample, path, names, exporter)
            warnings.simplefilter("ignore", UserWarning)  # it has heads and no scores, as was asked for
            return _library.workload(path)
    finally:
        model.train(was_training)


def leave_probability(
    outputs: Sequence[torch.Tensor],
    thresholds: float | Sequence[float],
    *,
    rule: Literal["relative-to-max", "confidence"] = "relative-to-max",
    temperature: float = 0.05,
) -> torch.Tensor:
    """How sure a sample is to leave at each head that it reaches: a rule with a soft edge, so that it has a gradient.

    Under ``"relative-to-max"`` a sample leaves where the second highest sigmoid is at most ``threshold`` of the highest; under
    ``"confidence"`` where the highest softmax is above it. The step becomes a sigmoid whose width is ``temperature``.

    Args:
        outputs: what ``forward`` gives: scores [samples, classes] of the heads, then of the classifier, which is not looked at.
        thresholds: one for all heads, or one per head, 0 to 1.
        temperature: width of the edge, above 0, in units of the threshold.

    Returns:
        Probabilities [samples, heads].

    Raises:
        ValueError: thresholds for another number of heads.
    """
    torch = _extra("torch")
    heads = list(outputs)[:-1]
    limits = [float(thresholds)] * len(heads) if isinstance(thresholds, (int, float)) else [float(one) for one in thresholds]
    if len(limits) != len(heads):
        raise ValueError(f"there are {len(limits)} thresholds for {len(heads)} heads")
    leave = []
    for scores, limit in zip(heads, limits):
        if rule == "relative-to-max":
            highest, second = torch.sigmoid(scores).topk(2, dim=1).values.unbind(1)
            over = limit - second / highest
        elif rule == "confidence":
            over = torch.softmax(scores, 1).max(1).values - limit
        else:
            raise ValueError(f'rule is {rule!r}: write "relative-to-max" or "confidence"')
        leave.append(torch.sigmoid(over / temperature))
    return torch.stack(leave, 1)


def exit_loss(
    costs: _library.Costs,
    leave: torch.Tensor,
    *,
    objective: Literal["energy", "cycles", "macs"] = "energy",
) -> torch.Tensor:
    """What a sample is expected to cost on a machine, as a part of what it costs to run to the end: a term for a loss.

    The machine charges each exit its path, all classes alive; a sample takes a path with the probability that it leaves at its
    head and at none before: sum over exits of ``P(exit) * cost(exit) / cost(end)``, mean over samples.

    Args:
        costs: of ``exclusim.costs(net, arch)``; ``shapes(model, images)`` gives ``net`` before anything is trained.
        leave: probability to leave at each head that is reached, [samples, heads], as ``leave_probability`` or a gate of your own
            gives it.
        objective: ``"energy"`` in pJ, ``"cycles"`` or ``"macs"``.

    Returns:
        A scalar; its gradient lets heads be surer where leaving saves more than the head costs.

    Raises:
        ValueError: probabilities for another number of heads.
    """
    torch = _extra("torch")
    by_exit = {"energy": costs.exit_energy_pj, "cycles": costs.exit_cycles, "macs": costs.exit_macs}[objective]
    if leave.ndim != 2 or leave.shape[1] != len(by_exit) - 1:
        raise ValueError(f"leave is {list(leave.shape)}: expected [samples, {len(by_exit) - 1}]")
    relative = torch.as_tensor(by_exit / by_exit[-1], dtype=leave.dtype, device=leave.device)
    stays = torch.cumprod(1 - leave, 1)
    reached = torch.cat([torch.ones_like(stays[:, :1]), stays], 1)
    exits = torch.cat([reached[:, :-1] * leave, reached[:, -1:]], 1)
    loss: Any = (exits * relative).sum(1).mean()
    return loss
