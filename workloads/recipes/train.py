"""Joint training of backbone and heads (PAPER.md, "Training"), resumable after every few minutes."""

import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import nn
from tqdm import tqdm

from data import Augmentation, DataSet, Split

BATCH = 128
WEIGHT_DECAY = 5e-4
MILESTONES = (0.3, 0.6, 0.8)  # the paper's 60/120/160 of 200 epochs
CHECKPOINT_SECONDS = 300


@dataclass(frozen=True)
class Schedule:
    """`milestones` divides the rate by ten three times, as the paper does; `one-cycle` serves few epochs."""

    kind: str
    epochs: int
    rate: float

    def over(self, optimizer: torch.optim.Optimizer, batches: int) -> torch.optim.lr_scheduler.LRScheduler:
        """The schedule, to be stepped after every batch."""
        steps = self.epochs * batches
        if self.kind == "one-cycle":
            return torch.optim.lr_scheduler.OneCycleLR(
                optimizer, self.rate, total_steps=steps + 1, pct_start=0.25, div_factor=10, cycle_momentum=False
            )
        return torch.optim.lr_scheduler.MultiStepLR(optimizer, [round(m * self.epochs) * batches for m in MILESTONES])


def preprocess(images: np.ndarray, data: DataSet) -> torch.Tensor:
    """u8 [S, C, H, W] to f32, (x * scale - mean) / std in this order."""
    return normalize(torch.from_numpy(np.ascontiguousarray(images)).float(), data)


def normalize(x: torch.Tensor, data: DataSet) -> torch.Tensor:
    mean, std = (torch.tensor(v).view(1, -1, 1, 1) for v in (data.mean, data.std))
    return (x * np.float32(data.scale) - mean) / std


def augment(images: np.ndarray, how: Augmentation, rng: np.random.Generator) -> torch.Tensor:
    """Random changes image by image; u8 [S, C, H, W] to f32 of the same shape, 0 to 255."""
    samples, _, height, width = images.shape
    if how.flip:
        flip = rng.random(samples) < 0.5
        images = np.where(flip[:, None, None, None], images[..., ::-1], images)
    down, right = rng.integers(-how.shift, how.shift + 1, (2, samples, 1, 1))
    if not how.wrap:
        border = how.shift
        images = np.pad(images, ((0, 0), (0, 0), (border, border), (border, border)))
        down, right, height, width = down - border, right - border, height + 2 * border, width + 2 * border
    rows = (np.arange(images.shape[2] if how.wrap else height - 2 * how.shift)[None, :, None] - down) % height
    columns = (np.arange(images.shape[3] if how.wrap else width - 2 * how.shift)[None, None, :] - right) % width
    x = images.transpose(0, 2, 3, 1)[np.arange(samples)[:, None, None], rows, columns].transpose(0, 3, 1, 2)
    x = torch.from_numpy(np.ascontiguousarray(x)).float()
    return warp(x, how, rng) if how.turn_degrees or how.zoom else x


def warp(x: torch.Tensor, how: Augmentation, rng: np.random.Generator) -> torch.Tensor:
    """Turns and resizes every image about its centre, bilinear, zeros from outside."""
    angle = torch.from_numpy(np.radians(rng.uniform(-how.turn_degrees, how.turn_degrees, len(x))))
    size = torch.from_numpy(1 + rng.uniform(-how.zoom, how.zoom, len(x)))
    cos, sin, zero = torch.cos(angle) / size, torch.sin(angle) / size, torch.zeros(len(x), dtype=torch.float64)
    matrix = torch.stack([torch.stack([cos, -sin, zero], 1), torch.stack([sin, cos, zero], 1)], 1).float()
    grid = nn.functional.affine_grid(matrix, list(x.shape), align_corners=False)
    return nn.functional.grid_sample(x, grid, align_corners=False)


def loss_of(final, heads, labels, classes, kind):
    """CrossEntropy(final) + sum over k of the loss of head k / (n - k + 1).

    Exclusion heads: BCE with the one-hot label, positives weighing 4 * (classes - 1). Softmax heads: cross-entropy.
    """
    loss = nn.functional.cross_entropy(final, labels)
    one_hot = nn.functional.one_hot(labels, classes).float()
    positive = torch.full((classes,), 4.0 * (classes - 1))
    for k, scores in enumerate(heads):
        if kind == "exclusion":
            of_head = nn.functional.binary_cross_entropy_with_logits(scores, one_hot, pos_weight=positive)
        else:
            of_head = nn.functional.cross_entropy(scores, labels)
        loss = loss + of_head / (len(heads) - k + 1)
    return loss


@torch.no_grad()
def accuracies(network: nn.Module, split: Split, data: DataSet, fast: bool = False) -> list[float]:
    """Share of right arg maxima, in percent: every head in order, then the final classifier. In f32, or `fast` bf16."""
    network.eval()
    right = 0
    for start in range(0, len(split.images), 500):
        x = preprocess(split.images[start : start + 500], data).to(memory_format=torch.channels_last)
        labels = torch.from_numpy(split.labels[start : start + 500]).long()
        with torch.autocast("cpu", torch.bfloat16, enabled=fast):
            final, heads = network(x)
        right = right + torch.stack([(s.argmax(1) == labels).sum() for s in [*heads, final]])
    return (100.0 * right / len(split.images)).tolist()


class Run:
    """A training on its way: network, optimizer, schedule, and how many epochs and batches are done."""

    def __init__(self, network: nn.Module, data: DataSet, schedule: Schedule, heads: str, seed: int, work: Path):
        self.network = network.to(memory_format=torch.channels_last)
        self.data, self.schedule, self.heads, self.seed, self.work = data, schedule, heads, seed, work
        self.batches = len(data.train.images) // BATCH
        if self.batches == 0:
            raise SystemExit(f"{len(data.train.images)} training images, but a batch has {BATCH}: give more")
        self.optimizer = torch.optim.SGD(network.parameters(), schedule.rate, momentum=0.9, weight_decay=WEIGHT_DECAY)
        self.rates = schedule.over(self.optimizer, self.batches)
        self.epoch, self.batch, self.seconds = 0, 0, 0.0
        self.started = self.saved = time.monotonic()

    def load(self) -> None:
        """Goes on from the checkpoint, if there is one."""
        path = self.work / "checkpoint.pt"
        if path.exists():
            state = torch.load(path)
            self.network.load_state_dict(state["network"])
            self.optimizer.load_state_dict(state["optimizer"])
            self.rates.load_state_dict(state["schedule"])
            self.epoch, self.batch, self.seconds = state["epoch"], state.get("batch", 0), state.get("seconds", 0.0)
            print(f"going on after epoch {self.epoch}, batch {self.batch}", flush=True)

    def save(self) -> None:
        """Writes the checkpoint whole or not at all."""
        now = time.monotonic()
        self.seconds += now - self.started
        self.started = self.saved = now
        state = {
            "network": self.network.state_dict(), "optimizer": self.optimizer.state_dict(),
            "schedule": self.rates.state_dict(), "epoch": self.epoch, "batch": self.batch, "seconds": self.seconds,
        }  # fmt: skip
        torch.save(state, self.work / "checkpoint.new")
        (self.work / "checkpoint.new").replace(self.work / "checkpoint.pt")

    def step(self, order: np.ndarray) -> float:
        """One batch in bf16 with f32 master weights; returns its loss."""
        chosen = order[self.batch * BATCH : (self.batch + 1) * BATCH]
        # Seeded by epoch and batch, so that a resumed run draws what an undisturbed one would.
        rng = np.random.default_rng([self.seed, self.epoch, self.batch])
        x = normalize(augment(self.data.train.images[chosen], self.data.augmentation, rng), self.data)
        labels = torch.from_numpy(self.data.train.labels[chosen]).long()
        with torch.autocast("cpu", torch.bfloat16):
            final, heads = self.network(x.to(memory_format=torch.channels_last))
        loss = loss_of(final.float(), [h.float() for h in heads], labels, len(self.data.classes), self.heads)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self.optimizer.step()
        self.rates.step()
        self.batch += 1
        return loss.item()

    def run_epoch(self) -> None:
        """The rest of this epoch."""
        self.network.train()
        order = np.random.default_rng([self.seed, self.epoch]).permutation(len(self.data.train.images))
        name, mean = f"epoch {self.epoch + 1}/{self.schedule.epochs}", None
        bar = tqdm(total=self.batches, initial=self.batch, desc=name, unit="batch", disable=None)
        while self.batch < self.batches:
            loss = self.step(order)
            mean = loss if mean is None else 0.98 * mean + 0.02 * loss
            bar.update()
            bar.set_postfix_str(f"loss {mean:.3f}", refresh=False)
            if time.monotonic() - self.saved > CHECKPOINT_SECONDS:
                self.save()
        bar.close()
        self.epoch, self.batch = self.epoch + 1, 0
        self.save()
        shown = ", ".join(f"{a:.2f}" for a in accuracies(self.network, self.data.calibration, self.data, fast=True))
        print(f"{name}: loss {mean:.3f}; calibration accuracy, heads then final [%]: {shown}", flush=True)


def train(network: nn.Module, data: DataSet, schedule: Schedule, heads: str, seed: int, work: Path) -> Run:
    """Trains to the schedule's end, going on from the checkpoint under `work` when there is one."""
    torch.manual_seed(seed)
    work.mkdir(parents=True, exist_ok=True)
    run = Run(network, data, schedule, heads, seed, work)
    run.load()
    while run.epoch < schedule.epochs:
        run.run_epoch()
    return run
