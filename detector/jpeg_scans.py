"""How often a decoder has to go through the pixels of a JPEG file: some bytes can ask for one time more.

A progressive file has some ten scans, and the decoder holds all its coefficients until the last of them.
"""

from __future__ import annotations

import mmap
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_MARKER = re.compile(rb"\xff[^\x00\x01\xff\xd0-\xd8]")  # not of data, of restarts, of the beginning or without meaning
_END, _SCAN = 0xD9, 0xDA
_FRAMES = {0xC0, 0xC1, 0xC2, 0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF}
_ONE_BY_ONE = {0xC0, 0xC1, 0xC3, 0xC9, 0xCB}  # frames whose first scan may be all there is


def count_scans(path: Path, enough: int) -> int:
    """Return the number of scans of a JPEG file, `enough` at most; 1 where the first one has all components.

    Where it has, nothing behind its header is read. A file that is cut off has the scans that are there.
    """
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        place, scans, frame, components = 0, 0, 0, 0
        while scans < enough and (found := _MARKER.search(content, place)):
            marker, start = content[found.start() + 1], found.end()
            if marker == _END or start + 8 > len(content):
                break
            if marker in _FRAMES:
                frame, components = marker, content[start + 7]
            elif marker == _SCAN:
                scans += 1
                if scans == 1 and frame in _ONE_BY_ONE and content[start + 2] >= components:
                    break
            place = start + max(2, int.from_bytes(content[start : start + 2], "big"))
        return scans
