"""Image sets as u8 arrays: images [S, C, H, W], labels [S].

Splits are cut once, with a fixed seed or by position, so that the calibration images are never trained on.
"""

import gzip
import struct
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from glyph94 import glyph94

FASHION_MNIST = Path("/usr/share/datasets/fashion-mnist")  # Debian package dataset-fashion-mnist
CALIBRATION_IMAGES = 5_000
CIFAR10 = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]


@dataclass(frozen=True)
class Split:
    """Images u8 [S, C, H, W] with labels u8 [S]."""

    images: np.ndarray
    labels: np.ndarray


@dataclass(frozen=True)
class Augmentation:
    """What a training image may undergo: a mirror image, a shift of so many pixels, a turn, a change of size."""

    flip: bool = True
    shift: int = 2
    wrap: bool = True  # what is shifted out comes back opposite; else zeros come in
    turn_degrees: float = 0.0
    zoom: float = 0.0  # up to this fraction larger or smaller


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
    augmentation: Augmentation = field(default_factory=Augmentation)
    may_ship: bool = False  # whether a licence lets the images go into the workload's folder


def cut(full: Split, seed: int | None = None) -> tuple[Split, Split]:
    """The training split and the last `CALIBRATION_IMAGES`, after a shuffle if there is a seed."""
    samples = len(full.images)
    if samples <= CALIBRATION_IMAGES:
        raise SystemExit(f"{samples} training images, of which {CALIBRATION_IMAGES} are cut off: give more")
    order = np.arange(samples) if seed is None else np.random.default_rng(seed).permutation(samples)
    parts = order[: samples - CALIBRATION_IMAGES], order[samples - CALIBRATION_IMAGES :]
    return tuple(Split(full.images[part], full.labels[part]) for part in parts)


def _idx(path: Path) -> np.ndarray:
    """Reads one gzipped IDX file of unsigned bytes."""
    raw = gzip.decompress(path.read_bytes())
    zero, kind, dimensions = struct.unpack(">HBB", raw[:4])
    if zero != 0 or kind != 8:
        raise SystemExit(f"{path}: not an IDX file of unsigned bytes")
    shape = struct.unpack(f">{dimensions}I", raw[4 : 4 + 4 * dimensions])
    return np.frombuffer(raw, np.uint8, offset=4 + 4 * dimensions).reshape(shape)


def fashion_mnist(folder: Path | None) -> DataSet:
    """Fashion-MNIST (MIT licence), padded from 28x28 to 32x32 with zeros."""
    folder = folder or FASHION_MNIST
    if not folder.is_dir():
        raise SystemExit(f"{folder} is missing: install the Debian package dataset-fashion-mnist")

    def load(prefix: str) -> Split:
        images = _idx(folder / f"{prefix}-images-idx3-ubyte.gz")
        labels = _idx(folder / f"{prefix}-labels-idx1-ubyte.gz")
        return Split(np.pad(images, ((0, 0), (2, 2), (2, 2)))[:, None], labels.copy())

    train, calibration = cut(load("train"))
    return DataSet(
        train, calibration, load("t10k"),
        classes=["t-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot"],
        scale=1 / 128, mean=[1.0], std=[1.0], may_ship=True,
    )  # fmt: skip


def folder(folder: Path | None) -> DataSet:
    """A folder with `train/CLASS/*` and `test/CLASS/*` of images of one size, greyscale or colour."""
    from PIL import Image

    if folder is None or not (folder / "train").is_dir() or not (folder / "test").is_dir():
        raise SystemExit("--data folder needs --data-dir with train/CLASS/* and test/CLASS/* below it")
    classes = sorted(path.name for path in (folder / "train").iterdir() if path.is_dir())

    def load(part: str) -> Split:
        files = [(label, path) for label, name in enumerate(classes) for path in sorted((folder / part / name).iterdir())]
        images = np.stack([np.asarray(Image.open(path)) for _, path in files])
        images = images[:, None] if images.ndim == 3 else images.transpose(0, 3, 1, 2)
        return Split(np.ascontiguousarray(images), np.array([label for label, _ in files], np.uint8))

    train, calibration = cut(load("train"), seed=0)
    mean = (train.images.mean((0, 2, 3)) / 255).round(4).tolist()
    std = (train.images.std((0, 2, 3)) / 255).round(4).tolist()
    return DataSet(train, calibration, load("test"), classes, 1 / 255, mean, std, Augmentation(shift=4, wrap=False))


def cifar(folder_of_files: Path, parts: tuple[list[str], str], label_bytes: int, classes: list[str]) -> DataSet:
    """CIFAR's binary version: `label_bytes` labels, the last of which counts, then 3 x 32 x 32 bytes an image."""

    def load(names: list[str]) -> Split:
        rows = [np.fromfile(folder_of_files / name, np.uint8).reshape(-1, label_bytes + 3072) for name in names]
        rows = np.concatenate(rows)
        return Split(rows[:, label_bytes:].reshape(-1, 3, 32, 32), rows[:, label_bytes - 1].copy())

    train, calibration = cut(load(parts[0]), seed=0)
    mean = (train.images.mean((0, 2, 3)) / 255).round(4).tolist()
    std = (train.images.std((0, 2, 3)) / 255).round(4).tolist()
    test = load([parts[1]])
    return DataSet(train, calibration, test, classes, 1 / 255, mean, std, Augmentation(shift=4, wrap=False))


def cifar10(given: Path | None) -> DataSet:
    """CIFAR-10, its binary version or images in class folders. It has no licence: no image leaves for the workload."""
    if given is None:
        raise SystemExit("--data cifar10 needs --data-dir with data_batch_1.bin .. 5, test_batch.bin, or train/, test/")
    if (given / "train").is_dir():
        return folder(given)
    return cifar(given, ([f"data_batch_{n}.bin" for n in range(1, 6)], "test_batch.bin"), 1, CIFAR10)


def cifar100(given: Path | None) -> DataSet:
    """CIFAR-100, its binary version or images in class folders; fine labels. No image leaves for the workload."""
    if given is None:
        raise SystemExit("--data cifar100 needs --data-dir with train.bin, test.bin, fine_label_names.txt, or train/, test/")
    if (given / "train").is_dir():
        return folder(given)
    return cifar(given, (["train.bin"], "test.bin"), 2, (given / "fine_label_names.txt").read_text().split())


DATA_SETS = {
    "fashion-mnist": fashion_mnist, "glyph94": glyph94, "cifar10": cifar10, "cifar100": cifar100, "folder": folder
}  # fmt: skip
