"""Backbones with heads. Forward returns (final [S, classes], [head logits [S, classes], ...]).

A head is the same network whether it excludes classes (sigmoids) or exits alone (softmax): the difference is its loss.
"""

import torch
from torch import nn


class ConvBlock(nn.Sequential):
    """Convolution, batch normalization and, unless told otherwise, ReLU; stride 1 keeps the map's size."""

    def __init__(self, inputs: int, outputs: int, kernel: int = 3, stride: int = 1, relu: bool = True):
        layers = [
            nn.Conv2d(inputs, outputs, kernel, stride, padding=kernel // 2, bias=False), nn.BatchNorm2d(outputs)
        ]  # fmt: skip
        super().__init__(*layers, *([nn.ReLU(inplace=True)] if relu else []))


class Head(nn.Sequential):
    """Average pooling to e x e, then one linear layer (PAPER.md, "Network"). Sigmoids live in the unit, not here.

    `gradient` is the share of its loss's gradient that reaches the backbone in training.
    """

    def __init__(self, channels: int, map_size: int, expansion: int, classes: int):
        window = map_size // expansion
        if window == 0 or map_size // window != expansion:
            raise SystemExit(f"--expansion {expansion}: a map of {map_size} pixels a side is not pooled to {expansion}")
        pool = nn.AvgPool2d(window) if window > 1 else nn.Identity()
        super().__init__(pool, nn.Flatten(), nn.Linear(channels * expansion * expansion, classes))
        self.map_size, self.expansion, self.gradient = map_size, expansion, 1.0

    def pooled(self, x: torch.Tensor) -> torch.Tensor:
        """What the linear layer reads, also of a map of another size than the head was made for."""
        if x.shape[-1] != self.map_size:
            return nn.functional.adaptive_avg_pool2d(x, self.expansion).flatten(1)
        return self[1](self[0](x))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if not self.training:
            return super().forward(x)
        if self.gradient == 0:
            return self[2](self.pooled(x.detach()))
        pooled = self.pooled(x)
        if self.gradient != 1:
            pooled = self.gradient * pooled + (1 - self.gradient) * pooled.detach()
        return self[2](pooled)


def begin_by_passing_on(network: nn.Module) -> None:
    """Lets the first filters of every convolution that does not narrow pass its input on (arXiv 2404.00498)."""
    for module in network.modules():
        if isinstance(module, nn.Conv2d) and module.out_channels >= module.in_channels > 3 and module.stride == (1, 1):
            nn.init.dirac_(module.weight.data[: module.in_channels])


class WithHeads(nn.Module):
    """Stages in a row; after some of them a head reads the map, after some of them a pooling follows.

    In training, images may be smaller than the network was made for: the last map is then resized to `last_size` for the
    classifier. Without `heads_on`, heads are not computed.
    """

    def __init__(self):
        super().__init__()
        self.blocks, self.pools, self.heads = nn.ModuleList(), nn.ModuleDict(), nn.ModuleDict()
        self.classifier = nn.Identity()
        self.last_size, self.heads_on = 0, True

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, list[torch.Tensor]]:
        scores = []
        for index, block in enumerate(self.blocks):
            x = block(x)
            if str(index) in self.heads and self.heads_on:
                scores.append(self.heads[str(index)](x))
            if str(index) in self.pools:
                x = self.pools[str(index)](x)
        if self.training and x.shape[-1] != self.last_size:
            x = nn.functional.adaptive_avg_pool2d(x, self.last_size)
        return self.classifier(x), scores


def gap_tail(channels: int, size: int, classes: int) -> nn.Module:
    """Global average pooling and one linear layer: a tail of which an array makes little."""
    return nn.Sequential(nn.AvgPool2d(size), nn.Flatten(), nn.Linear(channels, classes))


def fc_tail(features: int, hidden: tuple[int, ...], classes: int) -> nn.Module:
    """Fully connected layers with ReLU between them."""
    layers: list[nn.Module] = [nn.Flatten()]
    for width in hidden:
        layers += [nn.Linear(features, width), nn.ReLU(inplace=True)]
        features = width
    return nn.Sequential(*layers, nn.Linear(features, classes))


class Vgg(WithHeads):
    """3x3 convolutions and 2x2 poolings for 32x32 images, as `plan` lists them; heads before the pools."""

    def __init__(self, plan, headless, tail, channels, classes, expansion):
        super().__init__()
        size = 32
        for step in plan:
            index = len(self.blocks)
            if step == "pool":
                self.pools[str(index - 1)] = nn.MaxPool2d(2)
                size //= 2
                continue
            self.blocks.append(ConvBlock(channels, step))
            channels = step
            if index not in headless:
                self.heads[str(index)] = Head(channels, size, expansion, classes)
        self.last_size = size
        if tail == "gap":
            self.classifier = gap_tail(channels, size, classes)
        else:
            self.classifier = fc_tail(channels * size * size, (1024, 1024), classes)


def vgg_mini(channels: int, classes: int, expansion: int = 2, tail: str = "gap") -> Vgg:
    """14.3 million MACs with the `gap` tail. Heads sit after every convolution but the first and the last.

    The classifier is small on purpose: with a large fully connected tail the hardware result would only say that a
    one-vector GEMM maps badly onto an array.
    """
    plan = [16, "pool", 32, 32, "pool", 64, 64, 64, 64, 64, "pool"]
    return Vgg(plan, (0, 7), tail, channels, classes, expansion)


def vgg_small(channels: int, classes: int, expansion: int = 1, tail: str = "fc", width: float = 1.0) -> Vgg:
    """The paper's VGG-small: six convolutions with a head each, FC 8192-1024-1024-classes; `width` scales channels."""
    plan = [128, 128, "pool", 256, 256, "pool", 512, 512, "pool"]
    plan = [step if step == "pool" else round(step * width) for step in plan]
    return Vgg(plan, (), tail, channels, classes, expansion)


class Residual(nn.Module):
    """Convolutions with a shortcut: itself, or a 1x1 projection where the shape changes. ReLU after the sum."""

    def __init__(self, path: nn.Module, inputs: int, outputs: int, stride: int):
        super().__init__()
        same = stride == 1 and inputs == outputs
        self.path = path
        self.shortcut = nn.Identity() if same else ConvBlock(inputs, outputs, 1, stride, relu=False)
        self.relu = nn.ReLU(inplace=True)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.relu(self.path(x) + self.shortcut(x))


def resnet20(channels: int, classes: int, expansion: int = 2, tail: str = "gap") -> WithHeads:
    """Nine residual blocks of two 3x3 convolutions, 16, 32 and 64 channels; heads after blocks 2, 3, 5, 6, 7 and 8."""
    network, size, width = WithHeads(), 32, 16
    network.blocks.append(ConvBlock(channels, width))
    for block in range(9):
        outputs, stride = (16, 32, 64)[block // 3], 2 if block in (3, 6) else 1
        path = nn.Sequential(ConvBlock(width, outputs, 3, stride), ConvBlock(outputs, outputs, relu=False))
        network.blocks.append(Residual(path, width, outputs, stride))
        width, size = outputs, size // stride
        if block + 1 in (2, 3, 5, 6, 7, 8):
            network.heads[str(block + 1)] = Head(width, size, expansion, classes)
    network.last_size = size
    network.classifier = gap_tail(width, size, classes) if tail == "gap" else fc_tail(width * size * size, (), classes)
    return network


def resnet50(channels: int, classes: int, expansion: int = 1, tail: str = "gap") -> WithHeads:
    """The paper's ResNet-50 for 32x32 images: 3x3 stem, bottlenecks 3-4-6-3, heads after the stem and three stages."""
    network, size, width = WithHeads(), 32, 64
    network.blocks.append(ConvBlock(channels, width))
    network.heads["0"] = Head(width, size, expansion, classes)
    for stage, blocks in enumerate((3, 4, 6, 3)):
        for block in range(blocks):
            inner, stride = 64 << stage, 2 if stage > 0 and block == 0 else 1
            path = nn.Sequential(
                ConvBlock(width, inner, 1), ConvBlock(inner, inner, 3, stride), ConvBlock(inner, 4 * inner, 1, relu=False)
            )
            network.blocks.append(Residual(path, width, 4 * inner, stride))
            width, size = 4 * inner, size // stride
        if stage < 3:
            network.heads[str(len(network.blocks) - 1)] = Head(width, size, expansion, classes)
    network.last_size = size
    network.classifier = gap_tail(width, size, classes) if tail == "gap" else fc_tail(width * size * size, (), classes)
    return network


def alexnet(channels: int, classes: int, expansion: int = 1, tail: str = "fc") -> WithHeads:
    """The paper's AlexNet for 224x224 images: five convolutions, a head after each (after its pool where it has one)."""
    network = WithHeads()
    plan = [(64, 11, 4, 2, 27), (192, 5, 1, 2, 13), (384, 3, 1, 1, 13), (256, 3, 1, 1, 13), (256, 3, 1, 1, 6)]
    for index, (width, kernel, stride, padding, size) in enumerate(plan):
        stage = [nn.Conv2d(channels, width, kernel, stride, padding), nn.ReLU(inplace=True)]
        if index in (0, 1, 4):
            stage.append(nn.MaxPool2d(3, 2))
        network.blocks.append(nn.Sequential(*stage))
        network.heads[str(index)] = Head(width, size, expansion, classes)
        channels = width
    network.last_size = 6
    network.classifier = gap_tail(256, 6, classes) if tail == "gap" else fc_tail(256 * 36, (4096, 1024), classes)
    return network


NETWORKS = {
    "vgg-mini": vgg_mini, "vgg-small": vgg_small, "resnet20": resnet20, "alexnet": alexnet, "resnet50": resnet50
}  # fmt: skip
INPUT_SIZE = {"alexnet": 224}  # all others read 32x32
