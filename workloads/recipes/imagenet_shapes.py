"""Writes the shapes of well-known ImageNet networks as ONNX models without weights, some tens of kilobytes each.

    python imagenet_shapes.py --out ..

ResNet-18 and ResNet-50 (He et al., CVPR 2016; ResNet-50 with stride 2 in the 3x3 convolutions, "v1.5"), AlexNet as
torchvision has it (Krizhevsky, arXiv 1404.5997), MobileNetV2 (Sandler et al., CVPR 2018, width 1.0). Batch normalization
is folded, as in inference. Needs the package `onnx` alone.
"""

import argparse
from pathlib import Path

import onnx
from onnx import TensorProto, helper


class Graph:
    """A graph that grows node by node; weights are inputs of the graph, after the image."""

    def __init__(self, name: str, side: int = 224):
        self.name, self.nodes = name, []
        self.inputs = [helper.make_tensor_value_info("image", TensorProto.FLOAT, ["N", 3, side, side])]
        self.channels = {"image": 3}

    def node(self, kind: str, inputs: list[str], output: str, channels: int, **attributes) -> str:
        self.nodes.append(helper.make_node(kind, inputs, [output], name=output, **attributes))
        self.channels[output] = channels
        return output

    def weight(self, name: str, shape: list[int]) -> str:
        self.inputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, shape))
        return name

    def conv(self, x, name, filters, kernel, stride=1, groups=1, relu="Relu"):
        pad = [(kernel - 1) // 2] * 4
        w = self.weight(f"{name}.weight", [filters, self.channels[x] // groups, kernel, kernel])
        y = self.node("Conv", [x, w], name, filters, kernel_shape=[kernel] * 2, strides=[stride] * 2, pads=pad, group=groups)
        return self.node(relu, [y], f"{name}.relu", filters) if relu else y

    def max_pool(self, x, name, kernel, stride, pad):
        return self.node("MaxPool", [x], name, self.channels[x], kernel_shape=[kernel] * 2, strides=[stride] * 2, pads=[pad] * 4)

    def dense(self, x, name, inputs, outputs, relu=False):
        w = self.weight(f"{name}.weight", [outputs, inputs])
        y = self.node("Gemm", [x, w], "logits" if outputs == 1000 else name, outputs, transB=1)
        return self.node("Relu", [y], f"{name}.relu", outputs) if relu else y

    def classifier(self, x):
        pooled = self.node("GlobalAveragePool", [x], "pool", self.channels[x])
        flat = self.node("Flatten", [pooled], "flat", self.channels[x], axis=1)
        return self.dense(flat, "fc", self.channels[x], 1000)

    def save(self, folder: Path, about: str) -> None:
        logits = helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["N", 1000])
        graph = helper.make_graph(self.nodes, self.name, self.inputs, [logits])
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
        model = onnx.shape_inference.infer_shapes(model)
        del model.graph.value_info[:]
        folder.mkdir(parents=True, exist_ok=True)
        onnx.save(model, folder / "model.onnx")
        (folder / "workload.toml").write_text(f'name = "{self.name}"\nmodel = "model.onnx"   # {about}\n')


def resnet(depth: int) -> Graph:
    g = Graph(f"resnet{depth}-imagenet")
    bottleneck = depth == 50
    blocks = {18: [2, 2, 2, 2], 50: [3, 4, 6, 3]}[depth]
    x = g.conv("image", "conv1", 64, 7, 2)
    x = g.max_pool(x, "maxpool", 3, 2, 1)
    for stage, count in enumerate(blocks):
        width = 64 << stage
        for block in range(count):
            name, stride = f"layer{stage + 1}.{block}", 2 if stage and not block else 1
            out = width * 4 if bottleneck else width
            if bottleneck:
                y = g.conv(x, f"{name}.conv1", width, 1)
                y = g.conv(y, f"{name}.conv2", width, 3, stride)
                y = g.conv(y, f"{name}.conv3", out, 1, relu=None)
            else:
                y = g.conv(x, f"{name}.conv1", width, 3, stride)
                y = g.conv(y, f"{name}.conv2", out, 3, relu=None)
            if stride != 1 or g.channels[x] != out:
                x = g.conv(x, f"{name}.downsample", out, 1, stride, relu=None)
            x = g.node("Relu", [g.node("Add", [y, x], f"{name}.add", out)], f"{name}.relu", out)
    g.classifier(x)
    return g


def alexnet() -> Graph:
    g = Graph("alexnet-imagenet")
    w = g.weight("conv1.weight", [64, 3, 11, 11])
    x = g.node("Conv", ["image", w], "conv1", 64, kernel_shape=[11, 11], strides=[4, 4], pads=[2] * 4)
    x = g.node("Relu", [x], "conv1.relu", 64)
    x = g.max_pool(x, "pool1", 3, 2, 0)
    x = g.max_pool(g.conv(x, "conv2", 192, 5), "pool2", 3, 2, 0)
    x = g.conv(x, "conv3", 384, 3)
    x = g.conv(x, "conv4", 256, 3)
    x = g.max_pool(g.conv(x, "conv5", 256, 3), "pool5", 3, 2, 0)
    x = g.node("Flatten", [x], "flat", 9216, axis=1)
    x = g.dense(g.dense(x, "fc6", 9216, 4096, relu=True), "fc7", 4096, 4096, relu=True)
    g.dense(x, "fc8", 4096, 1000)
    return g


def mobilenet_v2() -> Graph:
    g = Graph("mobilenetv2-imagenet")
    # Clip to 6 is in the clamp of a quantized convolution; a Relu stands for it.
    x = g.conv("image", "stem", 32, 3, 2)
    settings = [(1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1)]
    for stage, (expand, out, count, first) in enumerate(settings):
        for block in range(count):
            name, stride, before = f"block{stage}.{block}", first if not block else 1, g.channels[x]
            y = g.conv(x, f"{name}.expand", before * expand, 1) if expand > 1 else x
            y = g.conv(y, f"{name}.depthwise", before * expand, 3, stride, groups=before * expand)
            y = g.conv(y, f"{name}.project", out, 1, relu=None)
            x = g.node("Add", [y, x], f"{name}.add", out) if stride == 1 and before == out else y
    g.classifier(g.conv(x, "last", 1280, 1))
    return g


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True, help="the folder of workloads")
    out = parser.parse_args().out
    for graph in [resnet(18), resnet(50), alexnet(), mobilenet_v2()]:
        graph.save(out / graph.name, "shapes only: 1 x 3 x 224 x 224")


if __name__ == "__main__":
    main()
