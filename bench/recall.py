"""How much of real images the best proposals cover, whatever the category, beside Selective Search in the same run.

The test parts of bccd, dice and sketch: `recall@N` is the share of the boxes that one of the N best proposals covers at
IoU 0.5, each proposal covering one box, and `AR@N` its mean over IoU 0.50 to 0.95. The embedded detector has seen none
of these images; `--model` puts further checkpoints beside it, such as one of before a change or after a fine-tune.
Selective Search is OpenCV's in its fast mode, and `ms` the median of an image, on as many threads as torch has.

    python -m bench.recall [--sets NAME...] [--model FILE...] [--images N]
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch

from bench.proposing import WITHOUT_OPENCV, recalls, region_proposals, selective_search
from bench.real_sets import DATA, REAL_SETS, read_part
from detector import checkpoints
from detector.coco import load_sample
from detector.devices import choose_device

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bench.proposing import Proposing
    from detector.types import Sample

LIMITS = (100, 300)
COLUMNS = [f"{figure}@{limit}" for figure in ("recall", "AR") for limit in LIMITS]


def table(names: Sequence[str], models: Sequence[Path], data: Path = DATA, most: int | None = None) -> Iterator[str]:
    """Yield the lines of a Markdown table: a row for each set and whoever proposes there."""
    device = choose_device(None)
    known = {path.stem: checkpoints.load(path).two_stage for path in (checkpoints.EMBEDDED_WEIGHTS, *models)}
    yield f"| set | proposals of | {' | '.join(COLUMNS)} | ms |"
    yield "| --- " * (len(COLUMNS) + 3) + "|"
    for name in names:
        samples = [load_sample(image) for image in read_part(name, "test", data).images[:most]]
        pixels = [sample.image for sample in samples]
        searched = selective_search(pixels, torch.get_num_threads())
        if searched is None:
            yield WITHOUT_OPENCV
        else:
            yield _row(name, "Selective Search", samples, searched)
        for title, model in known.items():
            yield _row(name, title, samples, region_proposals(model, pixels, device)[0])


def _row(name: str, title: str, samples: Sequence[Sample], found: Proposing) -> str:
    figures = recalls(samples, found.proposals)
    columns = " | ".join(f"{figures[column]:.3f}" for column in COLUMNS)
    return f"| {name} | {title} | {columns} | {1e3 * np.median(found.seconds):.0f} |"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--sets", nargs="+", choices=REAL_SETS, default=REAL_SETS)
    parser.add_argument("--model", nargs="+", type=Path, default=[], help="checkpoints beside the embedded one")
    parser.add_argument("--images", type=int, help="of each set, at most")
    parser.add_argument("--data", type=Path, default=DATA, help="the folder of the sets")
    options = parser.parse_args()
    for line in table(options.sets, options.model, options.data, options.images):
        print(line, flush=True)


if __name__ == "__main__":
    main()
