"""Image sets as u8 arrays: images [S, C, H, W], labels [S].

Splits are cut once, by position, so that the calibration images are never trained on.
"""

import gzip
import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from glyph94 import glyph94

FASHION_MNIST = Path("/usr/share/datasets/fashion-mnist")  # Debian package dataset-fashion-mnist
CALIBRATION_IMAGES = 5_000


@dataclass(frozen=True)
class Split:
    """Images u8 [S, C, H, W] with labels u8 [S]."""

    images: np.ndarray
    labels: np.ndarray


@dataclass(frozen=True)
class DataSet:
    """Three disjoint splits and the preprocessing (x * scale - mean) / std, in f32 and in this order."""

    train: Split
    calibration: Split
    test: Split
    classes: list[str]
    scale: float
    mean: list[float]
    std: list[float]


def _idx(path: Path) -> np.ndarray:
    """Reads one gzipped IDX file of unsigned bytes."""
    raw = gzip.decompress(path.read_bytes())
    zero, kind, dimensions = struct.unpack(">HBB", raw[:4])
    if zero != 0 or kind != 8:
        raise SystemExit(f"{path}: not an IDX file of unsigned bytes")
    shape = struct.unpack(f">{dimensions}I", raw[4 : 4 + 4 * dimensions])
    return np.frombuffer(raw, np.uint8, offset=4 + 4 * dimensions).reshape(shape)


def fashion_mnist() -> DataSet:
    """Fashion-MNIST (MIT licence), padded from 28x28 to 32x32 with zeros."""
    if not FASHION_MNIST.is_dir():
        raise SystemExit(f"{FASHION_MNIST} is missing: install the Debian package dataset-fashion-mnist")

    def load(prefix: str) -> Split:
        images = _idx(FASHION_MNIST / f"{prefix}-images-idx3-ubyte.gz")
        labels = _idx(FASHION_MNIST / f"{prefix}-labels-idx1-ubyte.gz")
        return Split(np.pad(images, ((0, 0), (2, 2), (2, 2)))[:, None], labels.copy())

    full, test = load("train"), load("t10k")
    cut = len(full.images) - CALIBRATION_IMAGES
    return DataSet(
        train=Split(full.images[:cut], full.labels[:cut]),
        calibration=Split(full.images[cut:], full.labels[cut:]),
        test=test,
        classes=["t-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot"],
        scale=1 / 128,
        mean=[1.0],
        std=[1.0],
    )


DATA_SETS = {"fashion-mnist": fashion_mnist, "glyph94": glyph94}
