"""Whether onnxruntime computes a quantized model in exact integers here.

On x86 processors without VNNI its 8-bit products are added in pairs that saturate at 16 bits, unless told otherwise; codes
recorded so would be wrong everywhere else.
"""

import numpy as np
import onnx
import onnxruntime as ort
import torch
from onnx import numpy_helper
from torch import nn

IMAGES = 4  # the check is exact, so a few are enough


def session_of(model: onnx.ModelProto) -> ort.InferenceSession:
    """A session that is told not to saturate."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    options.add_session_config_entry("session.x64quantprecision", "1")
    return ort.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])


def attributes(node: onnx.NodeProto) -> dict:
    return {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}


def sums(node: onnx.NodeProto, x: np.ndarray, values: dict[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Exact sums of a QLinearConv or QGemm, and the scale from them to output codes, per channel.

    In f64, which is exact: no sum of products of bytes here reaches 2^53.
    """
    conv = node.op_type == "QLinearConv"
    weight, bias = values[node.input[3]], values[node.input[8 if conv else 6]]
    scales = [np.atleast_1d(values[node.input[i]]).astype(np.float32) for i in (1, 4, 6 if conv else 7)]
    zero = np.atleast_1d(values[node.input[5]]).astype(np.float64)
    x = torch.from_numpy(x.astype(np.float64) - float(values[node.input[2]]))
    given = attributes(node)
    if conv:
        w = torch.from_numpy(weight.astype(np.float64) - zero.reshape(-1, 1, 1, 1))
        pads = given.get("pads", [0, 0, 0, 0])
        x = nn.functional.pad(x, (pads[1], pads[3], pads[0], pads[2]))
        found = nn.functional.conv2d(x, w, stride=given.get("strides", [1, 1]), groups=given.get("group", 1)).numpy()
        shape = (1, -1, 1, 1)
    else:
        w = weight.T if given.get("transB", 0) else weight
        found, shape = x.numpy() @ (w.astype(np.float64) - zero.reshape(1, -1)), (1, -1)
    return found + bias.astype(np.float64).reshape(shape), (scales[0] * scales[1] / scales[2]).reshape(shape)


def refuse_saturation(model: onnx.ModelProto, images: np.ndarray) -> None:
    """Stops the recipe if a code of any layer with weights is further than rounding from what exact integers give."""
    weighted = [node for node in model.graph.node if node.op_type in ("QLinearConv", "QGemm")]
    values = {t.name: numpy_helper.to_array(t) for t in model.graph.initializer}
    shown = onnx.ModelProto()
    shown.CopyFrom(model)
    wanted = list(dict.fromkeys(name for node in weighted for name in (node.input[0], node.output[0])))
    known = {output.name for output in shown.graph.output}
    shown.graph.output.extend(
        onnx.helper.make_tensor_value_info(n, onnx.TensorProto.UINT8, None) for n in wanted if n not in known
    )
    found = dict(zip(wanted, session_of(shown).run(wanted, {"image": images[:IMAGES]})))
    for node in weighted:
        total, scale = sums(node, found[node.input[0]], values)
        zero = float(values[node.input[7 if node.op_type == "QLinearConv" else 8]])
        exact = np.clip(np.rint(total * scale) + zero, 0, 255)
        off = np.abs(exact - found[node.output[0]])
        if off.max() > 1 or (off > 0).mean() > 1e-3:
            raise SystemExit(
                f"{node.name}: onnxruntime's codes differ from exact integers by up to {off.max():.0f} on this processor: "
                "record them on one with VNNI"
            )
