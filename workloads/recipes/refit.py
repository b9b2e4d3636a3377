"""The heads alone, trained to the end on the finished backbone, whose outputs are computed once for 10,000 images."""

from pathlib import Path

import numpy as np
import torch
from torch import nn
from tqdm import tqdm

from augment import augment, normalize
from data import DataSet
from objective import head_loss

IMAGES = 10_000  # at most, of the training images: a linear layer needs no more
EPOCHS = 60
BATCH = 512
RATE = 2e-3
DECAY = 1e-3


@torch.no_grad()
def pooled_inputs(network: nn.Module, data: DataSet, seed: int, dtype: torch.dtype) -> list[torch.Tensor]:
    """What every head's linear layer reads of the training images, mirrored and shifted once."""
    network.eval()
    device = next(network.parameters()).device.type
    rng = np.random.default_rng([seed, 4])
    found: list[list[torch.Tensor]] = [[] for _ in network.heads]
    hooks = [
        head[2].register_forward_pre_hook(lambda _, inputs, k=k: found[k].append(inputs[0].float().cpu()))
        for k, head in enumerate(network.heads.values())
    ]
    images = data.train.images[:IMAGES]
    for start in tqdm(range(0, len(images), 500), desc="inputs of heads", unit="batch", disable=None):
        part = images[start : start + 500]
        x = normalize(augment(part, data.augmentation, rng.random(len(part)) < 0.5, rng), data)
        with torch.autocast(device, dtype):
            network(x.to(device, memory_format=torch.channels_last))
    for hook in hooks:
        hook.remove()
    return [torch.cat(parts) for parts in found]


def fit(linear: nn.Linear, x: torch.Tensor, labels: torch.Tensor, kind: str, seed: int) -> None:
    """Trains one linear layer by Adam with a rate that falls to zero, its inputs scaled to a deviation of about one.

    Inputs get the noise that 8 bits will add, so that no weight comes to rest on less than a step of their codes.
    """
    noise = x.max() / 255
    mean, scale = x.mean(0), x.std(0) + 4 * noise
    x = (x - mean) / scale
    random = torch.Generator().manual_seed(seed)
    head = nn.Linear(x.shape[1], linear.out_features)
    nn.init.zeros_(head.weight)
    nn.init.zeros_(head.bias)
    optimizer = torch.optim.AdamW(head.parameters(), RATE, weight_decay=DECAY)
    batches = -(-len(x) // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=EPOCHS * batches, pct_start=0.05)
    rng = np.random.default_rng([seed, 5])
    for _ in range(EPOCHS):
        order = torch.from_numpy(rng.permutation(len(x)))
        for part in order.split(BATCH):
            optimizer.zero_grad(set_to_none=True)
            noisy = x[part] + (torch.rand(x[part].shape, generator=random) - 0.5) * (2 * noise / scale)
            head_loss(head(noisy), labels[part], kind).backward()
            optimizer.step()
            schedule.step()
    with torch.no_grad():
        weight = head.weight / scale
        linear.weight.copy_(weight)
        linear.bias.copy_(head.bias - weight @ mean)


def refit_heads(network: nn.Module, data: DataSet, kind: str, seed: int, work: Path) -> None:
    """Trains every head again; keeps their inputs and the result under `work`, so that either is computed once."""
    kept, inputs_kept = work / f"refitted-{kind}.pt", work / "head-inputs.pt"
    device = next(network.parameters()).device
    if not kept.exists():
        if not inputs_kept.exists():
            torch.save([x.half() for x in pooled_inputs(network, data, seed, torch.bfloat16)], inputs_kept)
        labels = torch.from_numpy(data.train.labels[:IMAGES]).long()
        for head, x in zip(network.heads.values(), torch.load(inputs_kept)):
            fit(head[2].cpu(), x.float(), labels, kind, seed)
            head.to(device)
        torch.save(network.heads.state_dict(), kept)
    network.heads.load_state_dict(torch.load(kept, map_location=device))
