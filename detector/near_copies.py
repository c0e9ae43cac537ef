"""Which images show the same moment: copies by name, and neighbours in a series that look alike. No torch.

Shapes: N images.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain, pairwise
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from detector.corrections import CorrectedImage
    from detector.types import ByteArray

NEAR = 8  # of the 64 bits of a difference hash; independent photographs of one subject differ in 18 and more
LONG_SERIES = 24  # images of one series, one like the other, that may be cut ...
LARGE_SHARE = 0.4  # ... if they are more than this share of all, since nothing could be held out otherwise
PIECE = 12  # images in a piece of such a series, on average

_COPY_WORDS = re.compile(r"[ _-]+(?:copy|kopie|copie|copia|cópia)(?: ?\(?[1-9][0-9]?\)?)?$", re.IGNORECASE)
_COPY_OF = re.compile(r"^copy (?:\([0-9]+\) )?of (?=.)", re.IGNORECASE)
_ROBOFLOW = re.compile(r"_[a-z]{3,4}\.rf\.[0-9a-z]+$", re.IGNORECASE)
_COPY_NUMBER = re.compile(r"(?:[ _]?\([0-9]+\)|[ _-][0-9]{1,2})$")
_NUMBER = re.compile(r"[0-9]+")


def difference_hash(image: ByteArray) -> int:
    """Return 64 bits that say where `image` (H, W, 3) becomes brighter from left to right, seen 9 x 8 pixels large."""
    small = Image.fromarray(image).convert("L").resize((9, 8), Image.Resampling.BILINEAR)
    grey = np.asarray(small)
    return int.from_bytes(np.packbits(grey[:, 1:] > grey[:, :-1]).tobytes(), "big")


def groups(images: Sequence[CorrectedImage], fingerprints: Sequence[int] | None) -> list[int]:
    """Return (N,) group numbers from 0, in the order of first appearance: near-copies share one.

    `fingerprints` (N,) are difference hashes. Near-copies are files of one folder with the same name but for its ending
    and the words that mark a copy, neighbours in a numbered series of one folder that look alike, and files anywhere
    that look the same and have the same size. A number after a name marks a copy where the file without it is there and
    looks alike. Without `fingerprints` names alone decide. A series so long that nothing could be held out is cut into
    pieces.
    """
    names = [_Name.of(image.name) for image in images]
    links = _copies(names, fingerprints)
    if fingerprints is not None:
        links = chain(links, _series(names, fingerprints), _same_files(images, fingerprints))
    leaders = list(range(len(images)))
    for left, right in links:
        leaders[_leader(leaders, right)] = _leader(leaders, left)
    numbers: dict[int, int] = {}
    return [numbers.setdefault(_leader(leaders, index), len(numbers)) for index in range(len(images))]


@dataclass(frozen=True, slots=True)
class _Name:
    """A file name taken apart: its folder, and its stem without the words that mark a copy."""

    text: str
    folder: str
    stem: str

    @classmethod
    def of(cls, text: str) -> _Name:
        path = PurePosixPath(text)
        stem = _ROBOFLOW.sub("", path.stem)
        while (shorter := _COPY_OF.sub("", _COPY_WORDS.sub("", stem))) not in (stem, ""):
            stem = shorter
        return cls(text, str(path.parent), stem)

    @property
    def series(self) -> tuple[str, str]:
        """Equal for the images of one numbered series."""
        return self.folder, _NUMBER.sub("#", self.stem)

    @property
    def place(self) -> tuple[int, ...]:
        """Where it stands in its series."""
        return tuple(map(int, _NUMBER.findall(self.stem)))


def _leader(leaders: list[int], index: int) -> int:
    """Return the first of the group of `index` (union-find), and shorten the way there."""
    while leaders[index] != index:
        leaders[index] = leaders[leaders[index]]
        index = leaders[index]
    return index


def _copies(names: Sequence[_Name], fingerprints: Sequence[int] | None) -> Iterator[tuple[int, int]]:
    """Yield the pairs (index, index) that the names give away as copies."""
    originals: dict[tuple[str, str], int] = {}
    for index, name in enumerate(names):
        yield originals.setdefault((name.folder, name.stem), index), index
    for index, name in enumerate(names):
        original = originals.get((name.folder, _COPY_NUMBER.sub("", name.stem)))
        # Renaming a whole folder at once also numbers its files "(1)", "(2)": look before believing it.
        if original is not None and (fingerprints is None or _near(fingerprints[original], fingerprints[index])):
            yield original, index


def _series(names: Sequence[_Name], fingerprints: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Yield the neighbours (index, index) in numbered series that look alike."""
    order = sorted(range(len(names)), key=lambda index: (names[index].series, names[index].place, names[index].text))
    runs: list[list[int]] = []
    for before, index in zip([None, *order], order, strict=False):
        if (
            before is not None
            and names[before].series == names[index].series
            and _near(fingerprints[before], fingerprints[index])
        ):
            runs[-1].append(index)
        else:
            runs.append([index])
    for run in runs:
        large = len(run) > max(LONG_SERIES, LARGE_SHARE * len(names))
        for left, right in pairwise(run):
            # A fixed camera would leave nothing to hold out. Cuts that hang on names stay where they are as it grows.
            if not (large and chance("cut " + names[right].stem) < 1 / PIECE):
                yield left, right


def _same_files(images: Sequence[CorrectedImage], fingerprints: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Yield the pairs (index, index) of files that are copies whatever they are called; those not there are none."""
    first: dict[tuple[int, int], int] = {}
    alike = Counter(fingerprints)
    for index, (image, fingerprint) in enumerate(zip(images, fingerprints, strict=True)):
        is_plain = not NEAR < fingerprint.bit_count() < 64 - NEAR  # a wall looks like any other
        if alike[fingerprint] > 1 and not is_plain:
            with suppress(OSError):
                yield first.setdefault((fingerprint, image.path.stat().st_size), index), index


def _near(left: int, right: int) -> bool:
    return (left ^ right).bit_count() <= NEAR


def chance(text: str) -> float:
    """Return a number in [0, 1) that depends on `text` alone."""
    return int.from_bytes(hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:6], "big") / 2**48
