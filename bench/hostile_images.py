"""Image files that nobody would make but to harm, or that were damaged on their way."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from bench.hostile_animations import gifs, webps
from bench.hostile_case import Case, flipped, shortened, written
from bench.hostile_jpegs import jpegs
from bench.hostile_odd_formats import odd_formats
from bench.hostile_parts import sample
from bench.hostile_pngs import pngs
from bench.hostile_tiffs import tiffs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from random import Random

SUFFIXES = {
    "PNG": "png",
    "JPEG": "jpg",
    "GIF": "gif",
    "WEBP": "webp",
    "TIFF": "tif",
    "BMP": "bmp",
    "ICO": "ico",
    "PPM": "ppm",
    "TGA": "tga",
    "JPEG2000": "jp2",
    "AVIF": "avif",
    "MPO": "mpo",
}
DAMAGED = 6
"""How often the sample of each format is cut off, and how often bits of it are flipped."""


def cases() -> Iterator[Case]:
    """Yield all of them."""
    for name, make in (*pngs(), *jpegs(), *gifs(), *webps(), *tiffs(), *odd_formats()):
        yield Case(name, "image", partial(_made, name, make))
    for kind, suffix in SUFFIXES.items():
        for damage, word in ((shortened, "cut off"), (flipped, "bits flipped")):
            for number in range(DAMAGED):
                name = f"{word} {number}.{suffix}"
                yield Case(name, "image", partial(_damaged, name, kind, damage))


def _made(name: str, make: Callable[[], bytes], folder: Path, _: Random) -> Path:
    return written(folder, name, make())


def _damaged(name: str, kind: str, damage: Callable[[bytes, Random], bytes], folder: Path, pick: Random) -> Path:
    return written(folder, name, damage(sample(kind), pick))
