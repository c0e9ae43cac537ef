"""How good the embedded detector becomes on real images with each correction, and how long the labeler waits for it.

The first images of the training part of bccd, dice and sketch, in file order, are reviewed; the whole test part says
AP50 and AR@100. Rows: the head stage of a fine-tune, the whole detector after it, and a network of random weights that
sees as many views with the same schedule, all layers and live batch norm. A fine-tune holds some of its images back
to measure itself; the random network learns from all. The feature cache is warm, as it is when a labeler clicks.

`python -m bench.learning_curve --out cells.jsonl` computes what the file does not have yet, so it can be stopped at any
time; `python -m bench.learning_curve --out cells.jsonl --report curve.png` prints the tables and draws the plot.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from contextlib import closing
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import torch

from bench.learning_report import draw, promises, tables
from bench.real_sets import DATA, REAL_SETS
from bench.scoring import score
from detector import checkpoints, coco, learner, whole_stage
from detector.corrections import from_dataset
from detector.fine_tune_values import Plan, SecondStage, Wishes
from detector.fine_tuning import fine_tune
from detector.model import FasterRCNN, build
from detector.predictor import Predictor
from detector.roi_features import FeatureCache, pooled
from detector.systems import SYSTEMS
from detector.tuned_model import TunedModel

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from detector.checkpoints import Checkpoint
    from detector.coco import CocoDataset
    from detector.corrections import Corrections

IMAGES = (0, 5, 10, 25, 50, 100)
ROWS = ("head", "whole", "random")
CPU = torch.device("cpu")

Cell = dict[str, Any]
Key = tuple[str, str, int, int]


def key_of(cell: Cell) -> Key:
    """Return what a cell is of: set, row, number of images, seed."""
    return cell["set"], cell["row"], cell["images"], cell["seed"]


def read_cells(path: Path) -> list[Cell]:
    """Return the cells of the file `path`, which need not exist; the half line of a killed program is left out."""
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n")[:-1] if line.endswith("}")]


def add_cell(path: Path, cell: Cell) -> None:
    """Append one cell; a half line before it is ended first."""
    is_half = path.exists() and path.stat().st_size and not path.read_bytes().endswith(b"\n")
    with path.open("a", encoding="utf-8") as file:
        file.write("\n" * bool(is_half) + json.dumps(cell) + "\n")


class Course:
    """One set: what there is to learn, what examines it, and a folder for the feature cache and the models.

    `views` is how many augmented images the whole stage sees, 1300 by default.
    """

    def __init__(self, name: str, data: Path, folder: Path, head_steps: int | None, views: int | None) -> None:
        self.lessons, self.test = (
            coco.read_dataset(data / name / f"annotations_{part}.json", data / name / "images")
            for part in ("train", "test")
        )
        self.base = checkpoints.load(checkpoints.EMBEDDED_WEIGHTS)
        self._folder, self._head_steps, self._views = folder, head_steps, views
        self._cache = FeatureCache(folder / "features", 8 * 2**30)

    def cells(self, wanted: Sequence[str], images: int, seed: int) -> Iterator[Cell]:
        """Yield a cell for each row of `wanted`, without its key but for the row."""
        lessons = replace(self.lessons, images=self.lessons.images[:images])
        if "random" in wanted:
            yield self._from_random(lessons, seed)
        stages = [row for row in wanted if row != "random"]
        if stages and not images:
            yield from ({"row": row, "seconds": 0.0, **self._tested(self.base)} for row in stages)
        elif stages:
            for cell in self._fine_tuned(from_dataset(lessons), seed, whole="whole" in stages):
                if cell["row"] in stages:
                    yield cell

    def _fine_tuned(self, corrections: Corrections, seed: int, *, whole: bool) -> Iterator[Cell]:
        """Yield a cell a stage; `seconds` are those from the click to the model in its file."""
        predictor = Predictor(self.base.model, self.base.categories, "bench", device=CPU)
        for image in corrections.images:
            pooled(predictor, image, self._cache)
        plan = Plan(
            SecondStage.ALWAYS if whole else SecondStage.NEVER,
            seed=seed,
            head_steps=self._head_steps,
            whole_views=self._views,
        )
        made: list[tuple[Cell, Path]] = []
        start = time.perf_counter()
        for tuned in fine_tune(self.base, corrections, plan, cache=self._cache, wishes=Wishes(), device=CPU):
            if isinstance(tuned, TunedModel):
                result = tuned.result
                path = self._folder / f"{result.stage}.safetensors"
                tuned.save(path)
                cell = {"row": str(result.stage), "seconds": time.perf_counter() - start, "better": result.is_better}
                made.append((cell | {"trained": result.counts.images, "recall": result.proposal_recall}, path))
        for cell, path in made:  # only now: scoring in between would count as waiting
            yield cell | self._tested(checkpoints.load(path))

    def _from_random(self, lessons: CocoDataset, seed: int) -> Cell:
        """Train a network of random weights as the whole stage does, but with live batch norm."""
        torch.manual_seed(seed)
        names = lessons.category_names
        model = build(SYSTEMS["embedded"], len(names))
        assert isinstance(model, FasterRCNN)
        images = from_dataset(lessons).images
        start = time.perf_counter()
        if images:
            views = self._views or whole_stage.VIEWS
            steps = whole_stage.train_whole(model, images, (), views=views, seed=seed, device=CPU)
            with patch.object(learner, "freeze_norms"), closing(steps):
                for _ in steps:
                    pass
        path = self._folder / "random.safetensors"
        checkpoints.save(path, model, names)
        seconds = time.perf_counter() - start
        about = {"row": "random", "seconds": seconds, "trained": len(images)}
        return about | self._tested(checkpoints.load(path))

    def _tested(self, checkpoint: Checkpoint) -> Cell:
        """Return the figures of a model as it is saved, on the test part."""
        predictor = Predictor(
            checkpoint.model,
            checkpoint.categories,
            checkpoint.version,
            device=CPU,
            calibrations=checkpoint.calibrations,
        )
        pixels = (coco.load_sample(image).image for image in self.test.images)
        figures = score(predictor, pixels, self.test.images, self.test.category_names)
        return {"AP50": figures.ap50, "AP": figures.ap, "AR100": figures.ar100}


def compute(options: argparse.Namespace) -> None:
    """Compute the cells that are asked for and not there yet, seed by seed, and append each as soon as it is known."""
    done = {key_of(cell) for cell in read_cells(options.out)}
    with tempfile.TemporaryDirectory() as folder:
        courses: dict[str, Course] = {}
        for seed, name, images in product(options.seeds, options.sets, options.images):
            wanted = [row for row in options.rows if (name, row, images, seed) not in done]
            if not wanted:
                continue
            if name not in courses:
                room = Path(folder) / name
                room.mkdir()
                courses[name] = Course(name, options.data, room, options.head_steps, options.views)
            about = {"set": name, "images": images, "seed": seed, "threads": torch.get_num_threads()}
            for cell in courses[name].cells(wanted, images, seed):
                add_cell(options.out, about | cell)
                print(json.dumps(about | cell), flush=True)


def main() -> None:
    """Compute cells, or report on those that there are."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--out", type=Path, required=True, help="JSON lines, one cell each; cells in it are kept")
    parser.add_argument("--sets", nargs="+", choices=REAL_SETS, default=REAL_SETS)
    parser.add_argument("--images", nargs="+", type=int, default=IMAGES)
    parser.add_argument("--seeds", nargs="+", type=int, default=(0, 1, 2))
    parser.add_argument("--rows", nargs="+", choices=ROWS, default=ROWS)
    parser.add_argument("--threads", type=int, help="of torch")
    parser.add_argument("--head-steps", type=int, help="by default what the number of images asks for")
    parser.add_argument("--views", type=int, help="by default 1300")
    parser.add_argument("--data", type=Path, default=DATA, help="the folder of the sets")
    parser.add_argument("--report", type=Path, help="compute nothing; print the tables and draw this PNG")
    options = parser.parse_args()
    if options.threads:
        torch.set_num_threads(options.threads)
    if options.report is None:
        compute(options)
        return
    cells = read_cells(options.out)
    if not cells:
        parser.error(f"there are no cells in {options.out} yet: compute some without --report")
    print("\n".join([*tables(cells), *promises(cells)]))
    draw(cells, options.report)


if __name__ == "__main__":
    main()
