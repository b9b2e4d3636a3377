"""How near the held-out pictures of glyph94 are to training pictures; prints what a workload's README quotes.

Sizes differ from font to font, so pictures are compared twice: as the set has them, byte for byte, and with every font
drawn at one height of 'H', by cosine. Bars and dots ('|', '_', '.', 'I', 'l') are alike in unrelated fonts; a shared
drawing shows in the others. The same measure between training fonts, which may be relatives, is the yardstick.
"""

from collections import Counter

import numpy as np

from glyph94 import CHARACTERS, at_one_height, font_table, glyph94

SAME_DRAWING = 0.99
PLAIN = set("!\"'+,-./:;<=>ILTHYXVZOlio0x\\^_`|~")  # characters made of a few straight strokes, dots or one ring
YARDSTICK = 100  # training fonts


def nearest(held_out: np.ndarray, training: np.ndarray, itself: np.ndarray | None = None) -> tuple:
    """Cosine of each held-out picture [fonts, 94] to its nearest, and each font's mean cosine to its nearest font."""
    best, mean = np.empty(held_out.shape[:2]), np.zeros((len(held_out), len(training)))
    for label, character in enumerate(CHARACTERS):
        cosines = held_out[:, label] @ training[:, label].T
        if itself is not None:
            cosines[np.arange(len(itself)), itself] = 0
        best[:, label] = cosines.max(axis=1)
        if character.isalnum():
            mean += cosines / 62
    return best, mean.max(axis=1)


def report(name: str, best: np.ndarray, font: np.ndarray) -> None:
    same = best > SAME_DRAWING
    telling = [character not in PLAIN for character in CHARACTERS]
    common = Counter(dict(zip(CHARACTERS, same.sum(axis=0).tolist()))).most_common(8)
    print(
        f"{name}: cosine above {SAME_DRAWING}: {100 * same.mean():.2f} % of all pictures,"
        f" {100 * same[:, telling].mean():.2f} % of the {sum(telling)} telling characters;"
        f" mean of letters and digits to the nearest font: median {np.median(font):.3f}, most {font.max():.3f}"
    )
    print("   most often:", ", ".join(f"{character} {count}" for character, count in common))


def main() -> None:
    data = glyph94()
    known = {image.tobytes() for image in data.train.images}
    for name, split in (("calibration", data.calibration), ("test", data.test)):
        same = sum(image.tobytes() in known for image in split.images)
        print(f"{name}: {same} of {len(split.images)} pictures are a training picture byte for byte")
    fonts = font_table()
    pictures = np.stack([at_one_height(font.path) for font in fonts]).reshape(len(fonts), len(CHARACTERS), -1)
    pictures = pictures / np.linalg.norm(pictures.astype(np.float32), axis=2, keepdims=True)
    of = {split: pictures[[font.split == split for font in fonts]] for split in ("train", "calibration", "test")}
    report("test to train", *nearest(of["test"], of["train"]))
    report("calibration to train", *nearest(of["calibration"], of["train"]))
    report("test to calibration", *nearest(of["test"], of["calibration"]))
    some = np.random.default_rng(0).permutation(len(of["train"]))[:YARDSTICK]
    report(f"{YARDSTICK} training fonts to the others", *nearest(of["train"][some], of["train"], some))


if __name__ == "__main__":
    main()
