"""A term of the loss that moves exits to where a machine wants them.

A network of three exits is trained twice on the same data, from the same weights: on its classes alone, and with the expected
energy of its exits on a machine added to the loss. Both are quantized and run on that machine at the same thresholds.

Run: python exit_loss.py
"""

import tempfile
import warnings
from pathlib import Path

import exclusim as ex
import torch
from torch import nn

CLASSES = 4
THRESHOLD = 0.1


class Net(nn.Module):
    """Four blocks, a head after each; the first head is cheap, the blocks behind it are not."""

    def __init__(self) -> None:
        super().__init__()
        widths = [1, 8, 32, 32, 32]
        self.blocks = nn.ModuleList(
            nn.Sequential(nn.Conv2d(before, after, 3, padding=1), nn.ReLU()) for before, after in zip(widths, widths[1:])
        )
        self.heads = nn.ModuleList(
            nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(width, CLASSES)) for width in widths[1:]
        )

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, ...]:
        outputs = []
        for block, head in zip(self.blocks, self.heads):
            x = block(x)
            outputs.append(head(x))
        return tuple(outputs)


def data(samples: int, seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Stripes in noise: their direction is the class, their phase and strength are anything."""
    generator = torch.Generator().manual_seed(seed)
    labels = torch.randint(CLASSES, (samples,), generator=generator)
    row, column = torch.meshgrid(torch.arange(12.0), torch.arange(12.0), indexing="ij")
    along = torch.stack([row, column, (row + column) * 0.7071, (row - column) * 0.7071])[labels]
    phase, strength = (torch.rand(2, samples, 1, 1, generator=generator) * torch.tensor([6.2832, 1.5]).view(2, 1, 1, 1)).unbind(0)
    noise = torch.randn(samples, 12, 12, generator=generator)
    return ((0.4 + strength) * torch.sin(1.8 * along + phase) + 0.7 * noise).unsqueeze(1), labels


def train(weight: float, costs: ex.Costs, samples: int, epochs: int) -> Net:
    """Trains on the classes, one sigmoid each, and on ``weight`` times the expected energy."""
    torch.manual_seed(1)
    net = Net()
    optimizer = torch.optim.Adam(net.parameters(), 3e-3)
    images, labels = data(samples, 1)
    targets = nn.functional.one_hot(labels, CLASSES).float()
    for _ in range(epochs):
        for part in torch.randperm(len(images)).split(64):
            outputs = net(images[part])
            loss = sum(nn.functional.binary_cross_entropy_with_logits(scores, targets[part]) for scores in outputs)
            leave = ex.torch.leave_probability(outputs, THRESHOLD)
            loss = loss + weight * ex.torch.exit_loss(costs, leave, objective="energy")
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    return net


def main(samples: int = 1024, epochs: int = 12) -> dict[float, ex.Run]:
    """Runs by weight of the term."""
    torch.set_num_threads(1)
    arch = ex.arch("edge-16x16")
    costs = ex.costs(ex.torch.shapes(Net(), data(1, 0)[0]), arch)
    runs = {}
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for weight in (0.0, 1.0):
            net = ex.torch.workload(
                train(weight, costs, samples, epochs), [data(512, 2)], [data(1000, 3)], out=Path(folder) / f"net-{weight}"
            )
            runs[weight] = ex.run(net, arch, {"beta": [THRESHOLD] * net.heads})
    return runs


if __name__ == "__main__":
    print("weight  left at each exit, then at the end, %   energy nJ  saved net %  accuracy %")
    for weight, run in main().items():
        shares = "  ".join(f"{100 * share:5.1f}" for share in run.exits)
        energy, saved = run.energy_pj.mean * 1e-3, 100 * run.energy_pj.saved_net
        print(f"{weight:6}  {shares:40}  {energy:9.1f}  {saved:11.1f}  {100 * run.accuracy:10.2f}")
