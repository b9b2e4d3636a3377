"""Chooses the fonts of the set glyph94 and writes `glyph94_fonts.csv`; run only to choose anew.

    apt-get install --no-install-recommends texlive-fonts-extra fonts-...   (the packages of glyph94_licences.csv)
    pip install fonttools==4.68.0
    python glyph94_select.py

A font is taken if its licence lets pictures of it be redistributed, all 94 characters are in it, drawn and told apart,
and its lower case is not its capitals. Families of one design, whatever their names, form a group: families whose
names begin with one word, known relatives (RELATIVES), and families with two fonts whose letters and digits, scaled to
one height of 'H', overlap as clones do (SAME_DESIGN) or are in part the same drawings (SHARED_DRAWINGS). A group lies
in one split, whole. At most two styles a family are kept, the second the most different one. The order of groups is
that of their hashes: nobody picks the test fonts.
"""

import csv
import fnmatch
import gzip
import hashlib
import re
import subprocess
from collections import Counter, defaultdict
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import numpy as np
from fontTools.ttLib import TTFont
from PIL import Image, ImageFilter

from glyph94 import CHARACTERS, DEBIAN, FONTS, SIDE, Font, Unfit, at_one_height, draw, placement

LICENCES = Path(__file__).with_name("glyph94_licences.csv")  # package, licence: read from /usr/share/doc/*/copyright
TEXLIVE = "texlive-fonts-extra"
CATALOGUE = DEBIAN / "doc" / TEXLIVE / "Licenses.gz"  # the licences of its parts, by path
# Words of that catalogue that name a licence of the fonts themselves, best first; lppl is mostly the macros'.
FREE = {"ofl": "OFL", "gfl": "GUST-Font-License", "gfsl": "GUST-Font-License", "apache2": "Apache-2.0"}
# Parts whose fonts carry a licence text of their own that differs from the catalogue's or adds a copyleft one.
EXCLUDED_PARTS = {"aesupp", "cascadia-code", "xits", "step"}
# Text of a font's own licence record that the set must not rest on.
UNFREE = re.compile(r"non-?commercial|personal use|all rights reserved\.? *$|may not be (copied|distributed)", re.I)

SAME_DESIGN = 0.96  # mean cosine of the letters' and digits' pictures; unrelated text fonts of one kind reach 0.95
SAME_DRAWING = 0.99  # cosine of two fonts' pictures of one character
SHARED_DRAWINGS = 8  # letters and digits drawn the same make two families relatives; 'I', 'l', 'o' may be so by chance
SAME_STYLE = 0.98  # styles of one family closer than this are kept once
SAME_CASE = 0.90  # cosine of 'g' and 'G' in one box; eight of the nine pairs unlike in most fonts: small capitals
FAINT = 64  # grey level of ink
READABLE = 0.40  # share of glyphs whose nearest neighbour is the same character; below: ciphers, ornaments, scrawls
READERS = 200  # fonts among which that neighbour is sought
FONTS_OF_SPLIT = {"test": 100, "calibration": 54}
STYLES = {"test": 2, "calibration": 2, "train": 2}  # of a family, at most
HELD_OUT_GROUP = 6  # fonts; a larger group trains, so that no design rules a held-out split

# Families redrawn from one another, by the first word of their names (in lower case, trailing digits cut).
RELATIVES = [
    {"cmu", "latin", "newcomputermodern", "newcomputermodernsans", "newcomputermodernmono", "newcomputermodernmath",
     "concrete", "alm", "um"},
    {"dejavu", "hack", "veranda", "sans", "aerial", "tymes"},
    {"noto", "open", "droid"},
    {"libertinus", "linux"},
    {"cochineal", "crimson"},
    {"erewhon", "heuristica", "linguistics"},
    {"fbb", "cardo", "etbb"},
    {"xcharter", "charis", "courier"},
    {"doulos", "galatia", "dai", "tai", "sophia", "gentium", "gentiumalt"},
    {"domitian", "asana", "kproman", "kpsans", "kpmono", "qtpalatine"},
    {"eb", "garamond", "cormorant", "qtgaromand"},
    {"baskervaldx", "baskervald", "baskervillef", "qtbasker", "libre"},
    {"lato", "carlito"},
    {"iwona", "kurier"},
    {"inconsolata", "inconsolatan", "inconsolatazi", "ricty"},
    {"karla", "karmilla"},
    {"monoid", "monoisome"},
    {"baloo", "mukta", "modak", "gotu"},
    {"stix", "stixgeneral", "tempora", "tinos", "liberation", "arimo", "cousine", "freeserif", "freesans", "freemono",
     "nimbus", "tex", "c", "p", "urw", "z", "ztm"},
    {"gfs", "theano"},
    {"acathist", "fedorovsk", "indiction", "menaion", "mezenets", "monomakh", "pomorsky", "ponomar", "shafarik",
     "triodion", "vilnius"},
]


@dataclass
class Candidate:
    """A font with its pictures at one height of 'H', f32 [94, 1024], each of length 1."""

    font: Font
    pictures: np.ndarray

    def signature(self) -> np.ndarray:
        """Letters and digits as one vector of length 1."""
        chosen = self.pictures[[character.isalnum() for character in CHARACTERS]]
        return chosen.ravel() / np.sqrt(len(chosen))


def _texlive_licences() -> list[tuple[str, str]]:
    """(pattern of paths, licence) of the parts whose fonts are free; a font under the OFL or another is OFL here."""
    found, part, words = [], "", []
    with gzip.open(CATALOGUE, "rt", errors="replace") as lines:
        for line in lines:
            line = line.strip()
            if not line.startswith("texmf-dist/"):
                part, _, rest = line.partition(":")
                words = rest.split()
                continue
            licence = next((FREE[word] for word in FREE if word in words), None)
            if "/fonts/" in line and licence and "other-free" not in words and part not in EXCLUDED_PARTS:
                found.append((f"texlive/{line}", licence))
    return found


def _installed(package: str) -> tuple[str, list[Path]]:
    """Version and font files of a package."""

    def query(*words: str) -> str:
        answer = subprocess.run(["dpkg-query", *words, package], capture_output=True, text=True)
        if answer.returncode:
            raise SystemExit(f"the Debian package {package} of {LICENCES.name} is not installed")
        return answer.stdout

    files = [Path(line) for line in query("-L").splitlines()]
    fonts = sorted(f for f in files if f.suffix.lower() in (".otf", ".ttf") and not f.is_symlink())
    return query("-W", "-f=${Version}"), fonts


def _fonts(rejected: Counter) -> list[Font]:
    """Every font of the packages whose licence will do and that maps all 94 characters."""
    texlive = _texlive_licences()
    with LICENCES.open(newline="", encoding="utf-8") as lines:
        packages = {row["package"]: row["licence"] for row in csv.DictReader(lines)}
    fonts = []
    for package, licence in packages.items():
        version, files = _installed(package)
        for path in files:
            file = str(path.relative_to(DEBIAN))
            if package == TEXLIVE:
                licence = next((free for pattern, free in texlive if fnmatch.fnmatch(file, pattern)), None)
                if licence is None:
                    rejected["licence"] += 1
                    continue
            try:
                tables = TTFont(path, lazy=True)
                names, mapped = tables["name"], tables.getBestCmap() or {}
                family = names.getDebugName(16) or names.getDebugName(1) or path.stem
            except Exception:  # a file that fontTools cannot read is no loss
                rejected["unreadable file"] += 1
                continue
            if UNFREE.search(names.getDebugName(13) or ""):
                rejected["licence"] += 1
            elif any(ord(character) not in mapped for character in CHARACTERS):
                rejected["not all 94 characters"] += 1
            elif len({mapped[ord(character)] for character in CHARACTERS}) < len(CHARACTERS):
                rejected["two characters share a glyph"] += 1
            else:
                fonts.append(Font(" ".join(family.split()), file, package, version, licence, ""))
    return fonts


def _boxed(glyph: np.ndarray) -> np.ndarray:
    """The glyph's ink stretched to 16 x 16 and blurred, so that a difference of weight counts little; length 1."""
    rows, columns = np.nonzero(glyph > FAINT)
    box = Image.fromarray(glyph[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1])
    box = np.asarray(box.resize((16, 16), Image.BILINEAR).filter(ImageFilter.GaussianBlur(1.2)), np.float32)
    return box / np.linalg.norm(box)


def _candidate(font: Font) -> Candidate:
    """Draws the font; raises Unfit where it is no font with two cases and 94 visible, distinct glyphs."""
    size, baseline = placement(font.path, font.file)
    final = draw(font.path, size, baseline)
    if (final.max(axis=(1, 2)) < 96).any():
        raise Unfit("a glyph too faint to see")
    # 'l' and 'I', or 'O' and '0', are the same drawing in some fonts of everyday use: two such pairs are let pass.
    if len(np.unique(final.reshape(len(final), -1), axis=0)) < len(CHARACTERS) - 2:
        raise Unfit("more than two characters look the same")
    pictures = at_one_height(font.path)
    pairs = [(pictures[CHARACTERS.index(c)], pictures[CHARACTERS.index(c.upper())]) for c in "abdeghnqr"]
    if any(picture.max() <= FAINT for pair in pairs for picture in pair):
        raise Unfit("a glyph too faint to see")
    if sum(float((_boxed(lower) * _boxed(upper)).sum()) > SAME_CASE for lower, upper in pairs) >= 8:
        raise Unfit("lower case is capitals")
    flat = pictures.reshape(len(pictures), -1).astype(np.float32)
    length = np.linalg.norm(flat, axis=1, keepdims=True)
    if (length == 0).any():
        raise Unfit("a glyph out of reach at one height of 'H'")
    return Candidate(font, flat / length)


def _readable(candidates: list[Candidate], rejected: Counter) -> list[Candidate]:
    """Without the fonts whose glyphs' nearest neighbours, in some 200 fonts of other names, are other characters."""
    coarse = np.stack([c.pictures.reshape(-1, SIDE // 2, 2, SIDE // 2, 2).mean(axis=(2, 4)) for c in candidates])
    coarse = coarse.reshape(len(candidates), len(CHARACTERS), -1)
    coarse /= np.linalg.norm(coarse, axis=2, keepdims=True)
    words = np.array([_first_word(candidate.font.family) for candidate in candidates])
    chosen = np.random.default_rng(94).permutation(len(candidates))[:READERS]
    readers, kept = coarse[chosen].reshape(-1, coarse.shape[2]), []
    for candidate, word, pictures in zip(candidates, words, coarse):
        likeness = (pictures @ readers.T).reshape(len(CHARACTERS), len(chosen), len(CHARACTERS))
        best = likeness[:, words[chosen] != word].max(axis=1).argmax(axis=1)
        right = (best == np.arange(len(CHARACTERS))).mean()
        if right >= READABLE:
            kept.append(candidate)
        else:
            rejected["not readable as Latin"] += 1
            print(f"not readable, {right:.2f}: {candidate.font.family} ({candidate.font.file})")
    return kept


def _first_word(family: str) -> str:
    """What relatives share of a family's name; QualiType's names are one word with a prefix."""
    word = re.split(r"[ _-]", family)[0]
    if word.startswith("QT"):
        word = re.match(r"QT(?:[A-Z]+(?![a-z])|[A-Z][a-z]+)", word)[0]
    return word.rstrip("0123456789").lower()


def _same_design(candidates: list[Candidate]) -> np.ndarray:
    """bool [fonts, fonts]: letters and digits alike on average, or several of them the same drawing."""
    alike = np.zeros((len(candidates), len(candidates)), np.float32)
    shared = np.zeros(alike.shape, np.int16)
    chosen = [i for i, character in enumerate(CHARACTERS) if character.isalnum()]
    for character in chosen:
        pictures = np.stack([candidate.pictures[character] for candidate in candidates])
        cosines = pictures @ pictures.T
        alike += cosines / len(chosen)
        shared += cosines > SAME_DRAWING
    return (alike > SAME_DESIGN) | (shared >= SHARED_DRAWINGS)


def _groups(candidates: list[Candidate]) -> list[list[Candidate]]:
    """Sets of fonts that must share a split: transitive closure of name, RELATIVES and design."""
    parent = list(range(len(candidates)))

    def root(i: int) -> int:
        while parent[i] != i:
            parent[i] = i = parent[parent[i]]
        return i

    words = [_first_word(candidate.font.family) for candidate in candidates]
    clan = {word: f"clan {n}" for n, kin in enumerate(RELATIVES) for word in kin}
    first: dict[str, int] = {}
    for i, word in enumerate(words):
        parent[root(i)] = root(first.setdefault(word, i))
        parent[root(i)] = root(first.setdefault(clan.get(word, word), i))
    for word in list(first):  # 'OCRA' and 'OCRABold', 'Open Sans' and 'OpenSans'
        for other in list(first):
            if len(word) >= 4 and other.startswith(word):
                parent[root(first[other])] = root(first[word])
    for i, j in np.argwhere(_same_design(candidates)):
        parent[root(int(i))] = root(int(j))
    groups = defaultdict(list)
    for i, candidate in enumerate(candidates):
        groups[root(i)].append(candidate)
    return list(groups.values())


def _styles(group: list[Candidate], most: int) -> list[Candidate]:
    """At most `most` fonts of each family: its first, then each time the one least like those taken in its group."""
    signatures = np.stack([candidate.signature() for candidate in group])
    likeness = signatures @ signatures.T
    nearness = np.zeros(len(group))  # to the nearest font taken
    taken: list[Candidate] = []
    families = defaultdict(list)
    for i, candidate in enumerate(group):
        families[candidate.font.family].append(i)
    for family in sorted(families):
        rest = sorted(families[family], key=lambda i: ("regular" not in group[i].font.file.lower(), group[i].font.file))
        for number in range(most):
            rest = [i for i in rest if nearness[i] < SAME_STYLE]
            if not rest:
                break
            chosen = rest[0] if number == 0 else min(rest, key=lambda i: nearness[i])
            taken.append(group[chosen])
            nearness = np.maximum(nearness, likeness[chosen])
    return taken


def _order(group: list[Candidate]) -> bytes:
    return hashlib.sha256(min(candidate.font.family for candidate in group).encode()).digest()


def main() -> None:
    rejected: Counter = Counter()
    candidates = []
    for font in _fonts(rejected):
        try:
            candidates.append(_candidate(font))
        except (Unfit, OSError) as fault:
            rejected[re.sub(r"[\d.]+ px", "too few px", str(fault))] += 1
    candidates = _readable(candidates, rejected)
    groups = sorted(_groups(candidates), key=_order)
    table, left = [], dict(FONTS_OF_SPLIT)
    for group in groups:
        split = next((s for s in left if left[s] > 0), "train")
        taken = _styles(group, STYLES[split])
        if split != "train" and len(taken) > min(HELD_OUT_GROUP, left[split]):
            split, taken = "train", _styles(group, STYLES["train"])
        if split != "train":
            left[split] -= len(taken)
        table += [Font(**{**asdict(candidate.font), "split": split}) for candidate in taken]
    table.sort(key=lambda font: (font.split, font.family, font.file))
    with FONTS.open("w", newline="", encoding="utf-8") as lines:
        writer = csv.writer(lines, lineterminator="\n")
        writer.writerow(field.name for field in fields(Font))
        writer.writerows(tuple(asdict(font).values()) for font in table)
    print(f"{len(candidates)} fonts in {len(groups)} groups will do; rejected:", dict(rejected.most_common()))
    print("groups by size:", sorted((len(group) for group in groups), reverse=True)[:12])
    for split in ("train", "calibration", "test"):
        rows = [font for font in table if font.split == split]
        print(split, len(rows), "fonts of", len({font.family for font in rows}), "families")


if __name__ == "__main__":
    main()
