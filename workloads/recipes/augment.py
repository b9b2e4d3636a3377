"""What a training image may undergo, and preprocessing: u8 [S, C, H, W] to f32."""

import numpy as np
import torch
from torch import nn

from data import Augmentation, DataSet


def preprocess(images: np.ndarray, data: DataSet) -> torch.Tensor:
    """u8 [S, C, H, W] to f32, (x * scale - mean) / std in this order."""
    return normalize(torch.from_numpy(np.ascontiguousarray(images)).float(), data)


def normalize(x: torch.Tensor, data: DataSet) -> torch.Tensor:
    mean, std = (torch.tensor(v).view(1, -1, 1, 1) for v in (data.mean, data.std))
    return (x * np.float32(data.scale) - mean) / std


def mirrored(chosen: np.ndarray, epoch: int, seed: int, rng: np.random.Generator, alternate: bool) -> np.ndarray:
    """Which of the chosen images to mirror: by chance, or in turns from one epoch to the next (arXiv 2404.00498)."""
    if not alternate:
        return rng.random(len(chosen)) < 0.5
    first = np.random.default_rng([seed, 77]).random(int(chosen.max()) + 1) < 0.5
    return first[chosen] ^ (epoch % 2 == 1)


def augment(images: np.ndarray, how: Augmentation, flip: np.ndarray, rng: np.random.Generator) -> torch.Tensor:
    """Random changes image by image, mirroring where `flip` says so; u8 [S, C, H, W] to f32, 0 to 255, of that shape."""
    samples, _, height, width = images.shape
    if how.flip:
        images = np.where(flip[:, None, None, None], images[..., ::-1], images)
    down, right = rng.integers(-how.shift, how.shift + 1, (2, samples, 1, 1))
    if how.border != "wrap":
        border = how.shift
        mode = "reflect" if how.border == "reflect" else "constant"
        images = np.pad(images, ((0, 0), (0, 0), (border, border), (border, border)), mode)
        down, right, height, width = down - border, right - border, height + 2 * border, width + 2 * border
    inner = 0 if how.border == "wrap" else 2 * how.shift
    rows = (np.arange(height - inner)[None, :, None] - down) % height
    columns = (np.arange(width - inner)[None, None, :] - right) % width
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


def resized(x: torch.Tensor, side: int) -> torch.Tensor:
    """Images of `side` x `side` pixels, smoothed before they shrink."""
    if x.shape[-1] == side:
        return x
    return nn.functional.interpolate(x, size=(side, side), mode="bilinear", antialias=True, align_corners=False)
