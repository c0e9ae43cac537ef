"""Real images that models are measured on, each set in two parts: beside the checkout, or where `--data` says."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

from detector.coco import read_dataset
from detector.types import DetectorError

if TYPE_CHECKING:
    from detector.coco import CocoDataset

REAL_SETS = ("bccd", "dice", "sketch")
NO_SET = "There is no folder {}: resources/guide/speed.md says where the sets come from."
DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


def read_part(name: str, part: Literal["train", "test"], data: Path = DATA) -> CocoDataset:
    """Return one part of one of `REAL_SETS`, whose folder is in `data`. Raises DetectorError where it is not there."""
    folder = data / name
    if not folder.is_dir():
        raise DetectorError(NO_SET.format(folder))
    return read_dataset(folder / f"annotations_{part}.json", folder / "images")
