"""Image sets as u8 arrays: images [S, C, H, W], labels [S].

Five splits, cut once with a fixed seed or by position, so that no decision rests on images that made another: `train`;
`ranges` sets the quantizer's ranges and chooses its method; `thresholds` is searched on; `bound` tests what a search
found; `test` is reported.
"""

import gzip
import struct
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from glyph94 import glyph94

FASHION_MNIST = Path("/usr/share/datasets/fashion-mnist")  # Debian package dataset-fashion-mnist
CALIBRATION_IMAGES = 5_000  # thresholds and bound, cut off the training images; of fewer than 25,000 a fifth
RANGES_IMAGES = 2_000  # cut off what is left; of fewer than 20,000 a tenth
MOST_CLASSES = 256  # labels are bytes
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
    border: str = "wrap"  # what comes in at the opposite side: `wrap` what went out, `zero`, or `reflect` a mirror image
    turn_degrees: float = 0.0
    zoom: float = 0.0  # up to this fraction larger or smaller


@dataclass(frozen=True)
class DataSet:
    """Disjoint splits and the preprocessing (x * scale - mean) / std, in f32 and in this order.

    `calibration` holds thresholds and bound in turns, as `calibrate --method search` divides it: thresholds are searched
    on its even samples, the bound is tested on its odd ones.
    """

    train: Split
    ranges: Split
    calibration: Split
    test: Split
    classes: list[str]
    scale: float
    mean: list[float]
    std: list[float]
    augmentation: Augmentation = field(default_factory=Augmentation)
    may_ship: bool = False  # whether a licence lets the images go into the workload's folder

    @property
    def thresholds(self) -> Split:
        """The half of the calibration split that thresholds are searched on."""
        return Split(self.calibration.images[::2], self.calibration.labels[::2])

    @property
    def bound(self) -> Split:
        """The half of the calibration split that tests what a search found."""
        return Split(self.calibration.images[1::2], self.calibration.labels[1::2])


def cut(full: Split, calibration: bool = True, seed: int | None = None) -> tuple[Split, ...]:
    """The splits train, ranges and, if wanted, calibration, the last cut off the end, after a shuffle if there is a seed."""
    samples = len(full.images)
    last = min(CALIBRATION_IMAGES, samples // 5) if calibration else 0
    before = min(RANGES_IMAGES, (samples - last) // 10)
    order = np.arange(samples) if seed is None else np.random.default_rng(seed).permutation(samples)
    ends = [samples - last - before, samples - last] if calibration else [samples - before]
    return tuple(Split(full.images[part], full.labels[part]) for part in np.split(order, ends))


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
        raise SystemExit(f"{folder} is missing: install the Debian package dataset-fashion-mnist, or give --data-dir")

    def load(prefix: str) -> Split:
        images = _idx(folder / f"{prefix}-images-idx3-ubyte.gz")
        labels = _idx(folder / f"{prefix}-labels-idx1-ubyte.gz")
        return Split(np.pad(images, ((0, 0), (2, 2), (2, 2)))[:, None], labels.copy())

    return DataSet(
        *cut(load("train")), load("t10k"),
        classes=["t-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot"],
        scale=1 / 128, mean=[1.0], std=[1.0], may_ship=True,
    )  # fmt: skip


def class_folders(folder: Path) -> tuple[list[str], dict[str, list[tuple[int, Path]]]]:
    """The names of the classes, and of both parts the files with their labels; hidden files are none."""
    classes = sorted(path.name for path in (folder / "train").iterdir() if path.is_dir())
    found = sorted(path.name for path in (folder / "test").iterdir() if path.is_dir())
    if classes != found:
        odd = sorted(set(classes) ^ set(found))
        raise SystemExit(f"{folder}: train/ and test/ need the same classes, only one has {', '.join(odd)}")
    if not 2 <= len(classes) <= MOST_CLASSES:
        raise SystemExit(f"{folder}: {len(classes)} classes; a folder each, 2 to {MOST_CLASSES}, go below train/ and test/")
    files = {}
    for part in ("train", "test"):
        files[part] = []
        for label, name in enumerate(classes):
            paths = sorted(path for path in (folder / part / name).iterdir() if not path.name.startswith("."))
            if not paths:
                raise SystemExit(f"{folder / part / name} is empty: give images of every class")
            files[part] += [(label, path) for path in paths]
    return classes, files


def read_images(paths: list[Path]) -> np.ndarray:
    """Images of one size as u8 [S, C, H, W]: greyscale if all of them are, else colour."""
    from PIL import Image, UnidentifiedImageError

    images = []
    for path in paths:
        try:
            with Image.open(path) as image:
                images.append(image.convert("L" if image.mode in ("1", "L") else "RGB"))
        except (OSError, UnidentifiedImageError) as error:
            raise SystemExit(f"{path} is no image that can be read ({error}): mend or remove it") from None
        if images[-1].size != images[0].size:
            raise SystemExit(f"{path} has {images[-1].size} pixels, {paths[0]} has {images[0].size}: give one size")
    if any(image.mode == "RGB" for image in images):
        return np.stack([np.asarray(image.convert("RGB")) for image in images]).transpose(0, 3, 1, 2).copy()
    return np.stack([np.asarray(image) for image in images])[:, None]


def photographs(parts: tuple[Split, ...], test: Split, classes: list[str]) -> DataSet:
    """Images of things, in the training images' own mean and standard deviation."""
    mean = (parts[0].images.mean((0, 2, 3)) / 255).round(4).tolist()
    std = (parts[0].images.std((0, 2, 3)) / 255).round(4).tolist()
    return DataSet(*parts, test, classes, 1 / 255, mean, std, Augmentation(shift=4, border="zero"))


def folder(folder: Path | None) -> DataSet:
    """A folder with `train/CLASS/*` and `test/CLASS/*` of images of one size, greyscale or colour."""
    if folder is None or not (folder / "train").is_dir() or not (folder / "test").is_dir():
        raise SystemExit("--data folder needs --data-dir with train/CLASS/* and test/CLASS/* below it")
    classes, files = class_folders(folder)
    pixels = read_images([path for part in ("train", "test") for _, path in files[part]])
    trained_on = len(files["train"])

    def load(part: str) -> Split:
        images = pixels[:trained_on] if part == "train" else pixels[trained_on:]
        return Split(images, np.array([label for label, _ in files[part]], np.uint8))

    return photographs(cut(load("train"), seed=0), load("test"), classes)


def cifar(folder_of_files: Path, parts: tuple[list[str], str], label_bytes: int, classes: list[str]) -> DataSet:
    """CIFAR's binary version: `label_bytes` labels, the last of which counts, then 3 x 32 x 32 bytes an image."""

    missing = [name for name in [*parts[0], parts[1]] if not (folder_of_files / name).is_file()]
    if missing:
        raise SystemExit(f"{folder_of_files} has no {', '.join(missing)}: give the folder of CIFAR's binary version")

    def load(names: list[str]) -> Split:
        rows = [np.fromfile(folder_of_files / name, np.uint8).reshape(-1, label_bytes + 3072) for name in names]
        rows = np.concatenate(rows)
        return Split(rows[:, label_bytes:].reshape(-1, 3, 32, 32), rows[:, label_bytes - 1].copy())

    return photographs(cut(load(parts[0]), seed=0), load([parts[1]]), classes)


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
    names = given / "fine_label_names.txt"
    if not names.is_file():
        raise SystemExit(f"{names} is missing: give the folder of CIFAR-100's binary version")
    return cifar(given, (["train.bin"], "test.bin"), 2, names.read_text().split())


DATA_SETS = {
    "fashion-mnist": fashion_mnist, "glyph94": glyph94, "cifar10": cifar10, "cifar100": cifar100, "folder": folder
}  # fmt: skip
