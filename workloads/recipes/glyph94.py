"""The 94 printable ASCII characters, drawn from free fonts of Debian packages, split by design.

`glyph94_fonts.csv` names the fonts, their packages, versions, licences and split; `glyph94_select.py` wrote it. A font
is drawn once: its size is jittered and its baseline shifted, both by a generator seeded with the file's name, so that
another font in the table changes no picture of this one. Size and baseline are the font's, not the glyph's, so that a
comma stays apart from an apostrophe and 'c' from 'C'; every glyph is centred on its ink, white on black.

Training shifts by up to 2 px, turns by up to 8 degrees and resizes by up to a tenth. It mirrors nothing: '(' would
become ')' and 'b' 'd'.
"""

import csv
import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

FONTS = Path(__file__).with_name("glyph94_fonts.csv")
CACHE = Path(__file__).with_name(".work")
DEBIAN = Path("/usr/share")  # the table's files are below it
SPLITS = ("train", "calibration", "test")
CHARACTERS = [chr(code) for code in range(33, 127)]  # label 0 is '!', label 93 is '~'
SIDE = 32
OVERSAMPLING = 4  # drawn 4 times as large and averaged: no hinting, positions to a quarter pixel
MARGIN = 1  # pixels kept black at each edge, at the least
SIZES = (18.0, 28.0)  # pixels an em, where every glyph fits
BASELINE = 23.5  # pixels from the top, before the shift


@dataclass(frozen=True)
class Font:
    """One font file below /usr/share and where it comes from; `split` is one of SPLITS."""

    family: str
    file: str
    package: str
    version: str
    licence: str
    split: str

    @property
    def path(self) -> Path:
        return DEBIAN / self.file


class Unfit(Exception):
    """The font has a glyph without ink, or needs to be smaller than the canvas is worth."""


def font_table() -> list[Font]:
    """The committed table, in its order."""
    with FONTS.open(newline="", encoding="utf-8") as lines:
        return [Font(**row) for row in csv.DictReader(lines)]


def ink(path: Path, size: float) -> np.ndarray:
    """Ink boxes [94, 4] (left, top, right, bottom) at `size` pixels an em, the origin on the baseline."""
    font = ImageFont.truetype(path, size, layout_engine=ImageFont.Layout.BASIC)
    return np.array([font.getbbox(character, anchor="ls") for character in CHARACTERS], np.float64)


def draw(path: Path, size: float, baseline: float) -> np.ndarray:
    """Glyphs u8 [94, 32, 32] at `size` pixels an em, the baseline `baseline` pixels from the top."""
    font = ImageFont.truetype(path, size * OVERSAMPLING, layout_engine=ImageFont.Layout.BASIC)
    side = SIDE * OVERSAMPLING
    glyphs = []
    for character in CHARACTERS:
        left, _, right, _ = font.getbbox(character, anchor="ls")
        canvas = Image.new("L", (side, side))
        origin = ((side - left - right) / 2, round(baseline * OVERSAMPLING))
        ImageDraw.Draw(canvas).text(origin, character, fill=255, font=font, anchor="ls")
        glyphs.append(np.asarray(canvas.reduce(OVERSAMPLING)))
    return np.stack(glyphs)


def placement(path: Path, name: str) -> tuple[float, float]:
    """Size [px/em] and baseline [px from the top] of a font, seeded with `name`; raises Unfit below 14 px/em."""
    generator = np.random.default_rng(list(hashlib.sha256(name.encode()).digest()))
    em = 256.0
    boxes = ink(path, em) / em
    if (boxes[:, 2] <= boxes[:, 0]).any() or (boxes[:, 3] <= boxes[:, 1]).any():
        raise Unfit("a glyph without ink")
    room = SIDE - 2 * MARGIN
    ascent, descent = -boxes[:, 1].min(), boxes[:, 3].max()
    largest = room / max(ascent + descent, (boxes[:, 2] - boxes[:, 0]).max())
    size = min(generator.uniform(*SIZES), largest)
    if size < 14:
        raise Unfit(f"fits the canvas at {size:.1f} px/em at most")
    wanted = BASELINE + generator.uniform(-1.5, 1.5)
    return size, float(np.clip(wanted, MARGIN + ascent * size, SIDE - MARGIN - descent * size))


def at_one_height(path: Path) -> np.ndarray:
    """Glyphs u8 [94, 32, 32] with an 'H' 18 px high, so that two fonts compare glyph by glyph."""
    height = -ink(path, 256.0)[CHARACTERS.index("H"), 1] / 256
    if height < 0.25:
        raise Unfit("capitals below a quarter em")
    return draw(path, 18 / height, BASELINE)


def rendered(font: Font) -> np.ndarray:
    """Glyphs u8 [94, 32, 32] of one font, as the set has them."""
    return draw(font.path, *placement(font.path, font.file))


def _require(fonts: list[Font]) -> None:
    missing = [font for font in fonts if not font.path.is_file()]
    if missing:
        packages = " ".join(sorted({font.package for font in missing}))
        raise SystemExit(
            f"{len(missing)} of the {len(fonts)} fonts of {FONTS.name} are missing, the first is {missing[0].path};"
            f" install the Debian packages: apt-get install --no-install-recommends {packages}"
        )


def _arrays() -> dict[str, np.ndarray]:
    """Images u8 [S, 1, 32, 32] and labels u8 [S] of every split, from the cache or drawn; font by font, '!' to '~'."""
    inputs = FONTS.read_bytes() + Path(__file__).read_bytes()
    cache = CACHE / f"glyph94-{hashlib.sha256(inputs).hexdigest()[:16]}.npz"
    if cache.is_file():
        with np.load(cache) as arrays:
            return dict(arrays)
    fonts = font_table()
    _require(fonts)
    arrays = {}
    for split in SPLITS:
        images = np.stack([rendered(font) for font in fonts if font.split == split])
        arrays[f"{split}_images"] = images.reshape(-1, 1, SIDE, SIDE)
        arrays[f"{split}_labels"] = np.tile(np.arange(len(CHARACTERS), dtype=np.uint8), len(images))
    CACHE.mkdir(exist_ok=True)
    np.savez_compressed(cache, **arrays)
    return arrays


def glyph94(_: Path | None) -> "DataSet":
    """The set, balanced by construction: each font gives each of the 94 characters once."""
    from data import Augmentation, DataSet, Split, cut  # data.py registers this function, so it cannot be imported before

    arrays = _arrays()
    train, calibration, test = (Split(arrays[f"{split}_images"], arrays[f"{split}_labels"]) for split in SPLITS)
    return DataSet(
        *cut(train, calibration=False, seed=0), calibration, test, classes=CHARACTERS, scale=1 / 128, mean=[1.0], std=[1.0], may_ship=True,
        augmentation=Augmentation(flip=False, shift=2, border="zero", turn_degrees=8.0, zoom=0.1),
    )  # fmt: skip
