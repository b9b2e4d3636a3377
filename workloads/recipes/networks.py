"""Backbones with exclusion heads. Forward returns (final [S, classes], [head logits [S, classes], ...])."""

import torch
from torch import nn


class ConvBlock(nn.Sequential):
    """3x3 convolution, batch normalization, ReLU; the map keeps its size."""

    def __init__(self, inputs: int, outputs: int):
        super().__init__(
            nn.Conv2d(inputs, outputs, 3, padding=1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU(inplace=True)
        )


class ExclusionHead(nn.Sequential):
    """Average pooling to e x e, then one linear layer (PAPER.md, "Network"). Sigmoids live in the unit, not here."""

    def __init__(self, channels: int, map_size: int, expansion: int, classes: int):
        window = map_size // expansion
        super().__init__(
            nn.AvgPool2d(window), nn.Flatten(), nn.Linear(channels * expansion * expansion, classes)
        )


class VggMini(nn.Module):
    """A VGG-like network of 14.3 million MACs for 32x32 images, with a global-average-pooling classifier.

    The classifier is small on purpose: with a large fully connected tail the hardware result would only say that a
    one-vector GEMM maps badly onto an array. Heads sit after every convolution but the first and the last.
    """

    plan = [16, "pool", 32, 32, "pool", 64, 64, 64, 64, 64, "pool"]

    def __init__(self, channels: int, classes: int, expansion: int = 2):
        super().__init__()
        self.blocks, self.pools, self.heads = nn.ModuleList(), nn.ModuleDict(), nn.ModuleDict()
        size, last = 32, sum(isinstance(step, int) for step in self.plan) - 1
        for step in self.plan:
            index = len(self.blocks)
            if step == "pool":
                self.pools[str(index - 1)] = nn.MaxPool2d(2)
                size //= 2
                continue
            self.blocks.append(ConvBlock(channels, step))
            channels = step
            if 0 < index < last:
                self.heads[str(index)] = ExclusionHead(channels, size, expansion, classes)
        self.classifier = nn.Sequential(nn.AvgPool2d(size), nn.Flatten(), nn.Linear(channels, classes))

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, list[torch.Tensor]]:
        scores = []
        for index, block in enumerate(self.blocks):
            x = block(x)
            if str(index) in self.heads:
                scores.append(self.heads[str(index)](x))
            if str(index) in self.pools:
                x = self.pools[str(index)](x)
        return self.classifier(x), scores


NETWORKS = {"vgg-mini": VggMini}
