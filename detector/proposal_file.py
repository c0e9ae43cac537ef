"""Proposals on disk, for a second stage that learns without an RPN: of every image, and of every mirrored image.

Shapes: n images, P proposals at most of each, R proposals of one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from detector.durable import replacing
from detector.types import DetectorError

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable
    from pathlib import Path

    from detector.types import FloatArray


class ProposalFile:
    """A file of (n, 2, P, 4) float32 in numpy's format: of each image, upright and mirrored, its best proposals.

    They are in pixels of the image, or of the mirrored image, best first; where there are fewer, zeros follow. The file
    is opened for every reading: it may be larger than the memory, and loader processes read it too.
    """

    def __init__(self, path: Path, images: int, most: int) -> None:
        self.path, self.shape = path, (images, 2, most, 4)

    def write(self, proposed: Iterable[tuple[FloatArray, FloatArray]]) -> Generator[int, None, None]:
        """Write the proposals of all images, (R, 4) upright and mirrored, in their order; yield after each its number.

        Until the last one an older file stays what it is. Raises DetectorError where the disk is full.
        """
        try:
            # Written in order, not through a memory map: there a full disk would be the end of the process.
            with replacing(self.path) as beside, beside.open("xb") as file:
                about = {"descr": "<f4", "fortran_order": False, "shape": self.shape}
                np.lib.format.write_array_header_1_0(file, about)
                for number, views in enumerate(proposed):
                    rows = np.zeros(self.shape[1:], dtype="<f4")
                    for row, boxes in zip(rows, views, strict=True):
                        row[: len(boxes)] = boxes[: self.shape[2]]
                    file.write(rows.tobytes())
                    yield number
        except OSError as error:
            raise DetectorError(
                f"The proposals could not be written to {self.path}: {error.strerror or error}."
            ) from error

    def read(self, index: int, *, mirrored: bool) -> FloatArray:
        """Return the proposals (R, 4) of an image, best first. Raises DetectorError if the file is not what it was."""
        rows = self._open()[index, int(mirrored)]
        return np.array(rows[rows[:, 2] > rows[:, 0]])

    def require(self) -> None:
        """Raise DetectorError unless the file is there and whole."""
        self._open()

    def _open(self) -> FloatArray:
        try:
            rows: FloatArray = np.load(self.path, mmap_mode="r", allow_pickle=False)
        except (OSError, ValueError, EOFError) as error:
            raise DetectorError(f"{self.path} is gone or damaged, and with it the proposals: start anew.") from error
        if rows.shape != self.shape or rows.dtype != np.float32:
            raise DetectorError(f"{self.path} has the proposals of other images: start anew.")
        return rows
