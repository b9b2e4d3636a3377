"""Joint training of backbone and heads (PAPER.md, "Training"), resumable after every epoch."""

import time
from pathlib import Path

import numpy as np
import torch
from torch import nn

from data import DataSet, Split

BATCH = 128
LEARNING_RATE = 0.02
MILESTONES = (0.3, 0.6, 0.8)  # the paper's 60/120/160 of 200 epochs
WEIGHT_DECAY = 5e-4


def preprocess(images: np.ndarray, data: DataSet) -> torch.Tensor:
    """u8 [S, C, H, W] to f32, (x * scale - mean) / std in this order."""
    x = torch.from_numpy(np.ascontiguousarray(images)).float()
    mean, std = (torch.tensor(v).view(1, -1, 1, 1) for v in (data.mean, data.std))
    return (x * np.float32(data.scale) - mean) / std


def augment(images: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Random horizontal flip and random shift of up to two pixels, image by image; what leaves comes back opposite."""
    samples, _, height, width = images.shape
    flip = rng.random(samples) < 0.5
    images = np.where(flip[:, None, None, None], images[..., ::-1], images)
    down, right = rng.integers(-2, 3, (2, samples, 1, 1))
    rows = (np.arange(height)[None, :, None] - down) % height
    columns = (np.arange(width)[None, None, :] - right) % width
    return images.transpose(0, 2, 3, 1)[np.arange(samples)[:, None, None], rows, columns].transpose(0, 3, 1, 2)


def head_loss(final, heads, labels, classes):
    """CrossEntropy(final) + sum over k of BCE(head k, one-hot) / (n - k + 1), positives weighing 4 * (classes - 1)."""
    loss = nn.functional.cross_entropy(final, labels)
    one_hot = nn.functional.one_hot(labels, classes).float()
    positive = torch.full((classes,), 4.0 * (classes - 1))
    for k, scores in enumerate(heads):
        bce = nn.functional.binary_cross_entropy_with_logits(scores, one_hot, pos_weight=positive)
        loss = loss + bce / (len(heads) - k + 1)
    return loss


@torch.no_grad()
def accuracies(network: nn.Module, split: Split, data: DataSet) -> list[float]:
    """Share of right arg maxima, in percent: every head in order, then the final classifier."""
    network.eval()
    right = None
    for start in range(0, len(split.images), 500):
        x = preprocess(split.images[start : start + 500], data)
        labels = torch.from_numpy(split.labels[start : start + 500]).long()
        final, heads = network(x)
        hits = torch.stack([(s.argmax(1) == labels).sum() for s in [*heads, final]])
        right = hits if right is None else right + hits
    return (100.0 * right / len(split.images)).tolist()


def train(network: nn.Module, data: DataSet, epochs: int, seed: int, work: Path) -> nn.Module:
    """Trains to `epochs`, going on from the checkpoint under `work` when there is one."""
    torch.manual_seed(seed)
    work.mkdir(parents=True, exist_ok=True)
    checkpoint, first = work / "checkpoint.pt", 0
    network = network.to(memory_format=torch.channels_last)
    optimizer = torch.optim.SGD(network.parameters(), LEARNING_RATE, momentum=0.9, weight_decay=WEIGHT_DECAY)
    schedule = torch.optim.lr_scheduler.MultiStepLR(optimizer, [round(m * epochs) for m in MILESTONES])
    if checkpoint.exists():
        state = torch.load(checkpoint)
        network.load_state_dict(state["network"])
        optimizer.load_state_dict(state["optimizer"])
        schedule.load_state_dict(state["schedule"])
        first = state["epoch"]
        print(f"going on after epoch {first}", flush=True)
    for epoch in range(first, epochs):
        # Seeded by epoch, so that a resumed run draws what an undisturbed one would.
        run_epoch(network, data, optimizer, np.random.default_rng([seed, epoch]), f"epoch {epoch + 1}/{epochs}")
        schedule.step()
        state = {
            "network": network.state_dict(),
            "optimizer": optimizer.state_dict(),
            "schedule": schedule.state_dict(),
            "epoch": epoch + 1,
        }
        torch.save(state, work / "checkpoint.new")
        (work / "checkpoint.new").replace(checkpoint)
    return network


def run_epoch(network, data, optimizer, rng, name):
    """One pass over the training split in bf16 with f32 master weights, with a line of progress every 50 batches."""
    network.train()
    started, order, total = time.time(), rng.permutation(len(data.train.images)), 0.0
    batches = len(order) // BATCH
    for batch in range(batches):
        chosen = order[batch * BATCH : (batch + 1) * BATCH]
        x = preprocess(augment(data.train.images[chosen], rng), data).to(memory_format=torch.channels_last)
        labels = torch.from_numpy(data.train.labels[chosen]).long()
        with torch.autocast("cpu", torch.bfloat16):
            final, heads = network(x)
        loss = head_loss(final.float(), [h.float() for h in heads], labels, len(data.classes))
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        total += loss.item()
        if (batch + 1) % 50 == 0 or batch + 1 == batches:
            rate = (batch + 1) * BATCH / (time.time() - started)
            print(f"\r{name}: {batch + 1}/{batches} batches, loss {total / (batch + 1):.3f}, {rate:.0f} images/s", end="")
    shown = ", ".join(f"{a:.2f}" for a in accuracies(network, data.calibration, data))
    print(f"\n  calibration accuracy, heads then final [%]: {shown}", flush=True)
