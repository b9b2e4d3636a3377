"""Joint training of backbone and heads (PAPER.md, "Training"), resumable after every few minutes."""

import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import nn
from tqdm import tqdm

from augment import augment, mirrored, normalize, resized
from data import DataSet
from objective import accuracies, loss_of

MILESTONES = (0.3, 0.6, 0.8)  # the paper's 60/120/160 of 200 epochs
CHECKPOINT_SECONDS = 240
PRECISIONS = {"f32": None, "bf16": torch.bfloat16, "f16": torch.float16}


@dataclass(frozen=True)
class Method:
    """How a network is trained; recipe.py says what each option means."""

    heads: str
    schedule: str
    sizes: tuple[int, ...]  # the images' side, epoch by epoch
    rate: float
    batch: int
    nesterov: bool
    decay: float
    bias_rate: float  # of biases of batch normalization, in rates
    smoothing: float
    alternate: bool
    average: float
    heads_from: int  # epochs before the heads are trained
    head_gradient: float
    precision: str
    seed: int
    stop_after: float | None = None  # epochs, before the schedule ends
    before: int = 0  # epochs of the cycles that this one goes on from

    @property
    def epochs(self) -> int:
        return len(self.sizes)

    def last_step(self, batches: int) -> int:
        """How many steps are taken in all."""
        return round(min(self.epochs, self.stop_after or self.epochs) * batches)

    def rate_at(self, step: int, batches: int) -> float:
        """The rate of a step, as a share of the highest."""
        steps = self.epochs * batches
        if self.schedule == "milestones":
            return 0.1 ** sum(step >= round(m * self.epochs) * batches for m in MILESTONES)
        peak = 0.23 if self.schedule == "triangle" else 0.25
        if step < peak * steps:
            low = 0.2 if self.schedule == "triangle" else 0.1
            rise = step / (peak * steps)
            if self.schedule == "one-cycle":
                rise = (1 - np.cos(np.pi * rise)) / 2
            return low + (1 - low) * rise
        left = (steps - step) / (steps - peak * steps)
        return left if self.schedule == "triangle" else (1 - np.cos(np.pi * left)) / 2


def parameter_groups(network: nn.Module, method: Method) -> list[dict]:
    """Weights; then biases of batch normalization, if they have a rate of their own, without decay."""
    if method.bias_rate == 1:
        return [{"params": list(network.parameters()), "share": 1.0}]
    norms = [m for m in network.modules() if isinstance(m, nn.BatchNorm2d)]
    fast = [m.bias for m in norms]
    known = {id(p) for p in fast}
    rest = [p for p in network.parameters() if id(p) not in known]
    return [{"params": rest, "share": 1.0}, {"params": fast, "share": method.bias_rate, "weight_decay": 0.0}]


class Average:
    """The weights' moving average: what the schedule's end would have found with smaller rates."""

    def __init__(self, network: nn.Module, decay: float):
        self.decay, self.steps = decay, 0
        self.state = {key: value.clone() for key, value in network.state_dict().items()}

    def update(self, network: nn.Module) -> None:
        self.steps += 1
        share = 1 - min(self.decay, self.steps / (self.steps + 10))
        for key, value in network.state_dict().items():
            if value.is_floating_point():
                self.state[key].lerp_(value, share)
            else:
                self.state[key].copy_(value)


class Run:
    """A training on its way: network, optimizer, average, and how many epochs and batches are done."""

    def __init__(self, network: nn.Module, data: DataSet, method: Method, work: Path, device: str = "cpu"):
        self.network = network.to(device, memory_format=torch.channels_last)
        self.data, self.method, self.work, self.device = data, method, work, device
        self.batches = len(data.train.images) // method.batch
        if self.batches == 0:
            raise SystemExit(f"{len(data.train.images)} training images, but a batch has {method.batch}: give more")
        self.optimizer = torch.optim.SGD(
            parameter_groups(network, method), method.rate, momentum=0.9, weight_decay=method.decay, nesterov=method.nesterov
        )
        self.scaler = torch.amp.GradScaler(device, enabled=method.precision == "f16")
        self.average = Average(network, method.average) if method.average else None
        self.epoch, self.batch, self.seconds, self.cpu_seconds = 0, 0, 0.0, 0.0
        self.curve: list[list[float]] = []  # by epoch: side, mean loss, seconds of cores, accuracies on held-out images
        self.started, self.cpu_started, self.saved = time.monotonic(), time.process_time(), time.monotonic()

    def go_on_from(self, last: "Run") -> None:
        """Counts what the cycles before took; their weights are in the network already."""
        self.seconds, self.cpu_seconds, self.curve = last.seconds, last.cpu_seconds, list(last.curve)

    def load(self, path: Path) -> bool:
        """Goes on from the checkpoint, if there is one."""
        if not path.exists():
            return False
        state = torch.load(path, map_location=self.device)
        self.network.load_state_dict(state["network"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.scaler.load_state_dict(state["scaler"])
        if self.average:
            self.average.state, self.average.steps = state["average"], state["average_steps"]
        self.epoch, self.batch, self.seconds = state["epoch"], state["batch"], state["seconds"]
        self.cpu_seconds, self.curve = state["cpu_seconds"], state.get("curve", [])
        print(f"going on after epoch {self.epoch}, batch {self.batch}", flush=True)
        return True

    def save(self, name: str = "checkpoint.pt") -> None:
        """Writes the checkpoint whole or not at all."""
        now, cpu = time.monotonic(), time.process_time()
        self.seconds, self.cpu_seconds = self.seconds + now - self.started, self.cpu_seconds + cpu - self.cpu_started
        self.started, self.cpu_started, self.saved = now, cpu, now
        state = {
            "network": self.network.state_dict(), "optimizer": self.optimizer.state_dict(),
            "scaler": self.scaler.state_dict(), "average": self.average and self.average.state,
            "average_steps": self.average and self.average.steps, "epoch": self.epoch, "batch": self.batch,
            "seconds": self.seconds, "cpu_seconds": self.cpu_seconds, "curve": self.curve,
        }  # fmt: skip
        torch.save(state, self.work / "checkpoint.new")
        (self.work / "checkpoint.new").replace(self.work / name)

    def batch_of(self, order: np.ndarray) -> tuple[torch.Tensor, torch.Tensor]:
        """The images and labels of the next step."""
        method, train = self.method, self.data.train
        chosen = order[self.batch * method.batch : (self.batch + 1) * method.batch]
        # Seeded by epoch and batch, so that a resumed run draws what an undisturbed one would.
        epoch = method.before + self.epoch
        rng = np.random.default_rng([method.seed, epoch, self.batch])
        flip = mirrored(chosen, epoch, method.seed, rng, method.alternate)
        x = augment(train.images[chosen], self.data.augmentation, flip, rng)
        x = normalize(resized(x, method.sizes[self.epoch]), self.data)
        labels = torch.from_numpy(train.labels[chosen]).long()
        return x.to(self.device, memory_format=torch.channels_last), labels.to(self.device)

    def step(self, order: np.ndarray) -> float:
        """One batch, by default in bf16 with f32 master weights; returns its loss."""
        method = self.method
        share = method.rate_at(self.epoch * self.batches + self.batch, self.batches)
        for group in self.optimizer.param_groups:
            group["lr"] = method.rate * share * group["share"]
        x, labels = self.batch_of(order)
        low = PRECISIONS[method.precision]
        with torch.autocast(self.device, low or torch.bfloat16, enabled=low is not None):
            final, heads = self.network(x)
        loss = loss_of(final.float(), [h.float() for h in heads], labels, method.heads, method.smoothing)
        self.optimizer.zero_grad(set_to_none=True)
        self.scaler.scale(loss).backward()
        self.scaler.step(self.optimizer)
        self.scaler.update()
        if self.average:
            self.average.update(self.network)
        self.batch += 1
        return loss.item()

    def run_epoch(self) -> None:
        """The rest of this epoch."""
        method = self.method
        self.network.train()
        self.network.heads_on = self.epoch >= method.heads_from
        epoch = method.before + self.epoch
        order = np.random.default_rng([method.seed, epoch]).permutation(len(self.data.train.images))
        name, mean = f"epoch {epoch + 1}/{method.before + method.epochs}, {method.sizes[self.epoch]} pixels", float("nan")
        bar = tqdm(total=self.batches, initial=self.batch, desc=name, unit="batch", disable=None)
        last = min(self.batches, method.last_step(self.batches) - self.epoch * self.batches)
        while self.batch < last:
            loss = self.step(order)
            mean = loss if np.isnan(mean) else 0.98 * mean + 0.02 * loss
            bar.update()
            bar.set_postfix_str(f"loss {mean:.3f}", refresh=False)
            if time.monotonic() - self.saved > CHECKPOINT_SECONDS:
                self.save()
        bar.close()
        self.epoch, self.batch = self.epoch + 1, 0
        found = accuracies(self.network, self.data.ranges, self.data, PRECISIONS[method.precision])
        shown = ", ".join(f"{a:.2f}" for a in found)
        spent = f"{self.seconds / 60:.1f} min, {self.cpu_seconds / 60:.1f} min of cores"
        print(f"{name}: loss {mean:.3f}; held-out accuracy, heads then final [%]: {shown}; {spent}", flush=True)
        self.curve.append([epoch + 1, method.sizes[self.epoch - 1], mean, self.cpu_seconds, *found])
        self.save()

    def finish(self) -> None:
        """Takes the averaged weights."""
        if self.average:
            self.network.load_state_dict(self.average.state)
        self.network.heads_on = True


def train(
    network: nn.Module, data: DataSet, method: Method, work: Path, shared: Path, device: str, last: Run | None = None
) -> Run:
    """Trains to the schedule's end, going on from the checkpoint under `work` when there is one.

    The epochs before the heads are trained are the same for both kinds of heads: `shared` keeps where they ended.
    `last` is the finished cycle that this one goes on from.
    """
    torch.manual_seed(method.seed)
    for folder in (work, shared) if method.heads_from else (work,):
        folder.mkdir(parents=True, exist_ok=True)
    for head in network.heads.values():
        head.gradient = method.head_gradient
    run = Run(network, data, method, work, device)
    if last is not None:
        run.go_on_from(last)
    before = shared / "before-heads.pt"
    if not run.load(work / "checkpoint.pt") and method.heads_from:
        run.load(before)
    while run.epoch * run.batches < method.last_step(run.batches):
        run.run_epoch()
        if run.epoch == method.heads_from:
            (work / "checkpoint.pt").replace(before)
            run.save()
    run.finish()
    return run
