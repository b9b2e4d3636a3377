"""What training minimizes, and how well a network does."""

import numpy as np
import torch
from torch import nn

from augment import preprocess
from data import DataSet, Split


def head_loss(scores: torch.Tensor, labels: torch.Tensor, kind: str) -> torch.Tensor:
    """Exclusion: BCE with the one-hot label, positives weighing 4 * (classes - 1). Softmax: cross-entropy."""
    if kind == "softmax":
        return nn.functional.cross_entropy(scores, labels)
    classes = scores.shape[1]
    one_hot = nn.functional.one_hot(labels, classes).float()
    positive = torch.full((classes,), 4.0 * (classes - 1), device=scores.device)
    return nn.functional.binary_cross_entropy_with_logits(scores, one_hot, pos_weight=positive)


def loss_of(
    final: torch.Tensor, heads: list[torch.Tensor], labels: torch.Tensor, kind: str, smoothing: float = 0.0
) -> torch.Tensor:
    """CrossEntropy(final) + sum over k of the loss of head k / (n - k + 1) (PAPER.md, "Training")."""
    loss = nn.functional.cross_entropy(final, labels, label_smoothing=smoothing)
    for k, scores in enumerate(heads):
        loss = loss + head_loss(scores, labels, kind) / (len(heads) - k + 1)
    return loss


def on_device(images: np.ndarray, labels: np.ndarray, data: DataSet, device: str) -> tuple[torch.Tensor, torch.Tensor]:
    """A batch as the network reads it, without augmentation."""
    x = preprocess(images, data).to(device, memory_format=torch.channels_last)
    return x, torch.from_numpy(labels).long().to(device)


@torch.no_grad()
def accuracies(network: nn.Module, split: Split, data: DataSet, low: torch.dtype | None = None) -> list[float]:
    """Share of right arg maxima, in percent: every head in order, then the final classifier. In f32, or in `low`."""
    network.eval()
    device = next(network.parameters()).device.type
    right = 0
    for start in range(0, len(split.images), 500):
        part = slice(start, start + 500)
        x, labels = on_device(split.images[part], split.labels[part], data, device)
        with torch.autocast(device, low or torch.bfloat16, enabled=low is not None):
            final, heads = network(x)
        right = right + torch.stack([(s.argmax(1) == labels).sum() for s in [*heads, final]])
    return (100.0 * right.cpu() / len(split.images)).tolist()
