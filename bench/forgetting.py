"""What the embedded detector forgets while it learns two new categories: at most three points of AP.

It is fine-tuned on 50 scenes that show, besides the 14 categories it knows, the two of `TAUGHT_CATEGORIES`; all 16 are
categories of the project. AP of the 14 on held-out scenes is measured before, after the head and after both stages.
`mixed`: the scenes show old and new categories, each with its boxes. `new only`: the scenes show nothing but the two
new ones, so no correction says anything about the other 14. `python -m bench.forgetting`
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path
from typing import Any
from unittest.mock import patch

import torch
from PIL import Image

from bench.scoring import Score, score
from detector import checkpoints, scenes
from detector.corrections import CorrectedImage, Corrections
from detector.embedded import SCENE_SIZE, held_out_scenes
from detector.fine_tune_values import Plan, SecondStage, Wishes
from detector.fine_tuning import fine_tune
from detector.predictor import Predictor
from detector.roi_features import FeatureCache
from detector.scenes import CATEGORIES, TAUGHT_CATEGORIES, draw_scene
from detector.tuned_model import TunedModel
from detector.types import Sample

ALL_CATEGORIES = (*CATEGORIES, *TAUGHT_CATEGORIES)
VARIANTS = ("mixed", "new only")
# Far from the seeds of training, of rehearsal and of the held-out scenes.
LESSON_SEED, TEST_SEED = 700_000_000, 800_000_000
MOST_LOST = 3.0  # points of AP
CPU = torch.device("cpu")


def taught_scene(seed: int, variant: str) -> Sample:
    """Draw a scene that shows the two new categories, in the labels of `ALL_CATEGORIES`."""
    if variant == "mixed":
        return draw_scene(seed, SCENE_SIZE, taught=True)
    with patch.object(scenes, "DRAWINGS", ()):  # what is left to draw are the taught ones, from label 1 on
        scene = draw_scene(seed, SCENE_SIZE, taught=True)
    return Sample(scene.image, scene.gt_boxes, scene.labels + len(CATEGORIES), scene.name)


def written(folder: Path, variant: str, count: int, seed: int) -> Corrections:
    """Return `count` scenes, saved in `folder`, as reviewed images."""
    images = []
    for number in range(count):
        scene = taught_scene(LESSON_SEED + 1_000_000 * seed + number, variant)
        path = folder / f"{number:03}.png"
        Image.fromarray(scene.image).save(path)
        images.append(CorrectedImage(path, path.name, scene.gt_boxes, scene.labels))
    return Corrections(tuple(images), ALL_CATEGORIES)


class Exam:
    """The held-out scenes: `old` show the categories that the base knows, `new` those that it is taught as well."""

    def __init__(self, count: int, variant: str) -> None:
        self.old = held_out_scenes(count)
        self.new = [taught_scene(TEST_SEED + number, variant) for number in range(count)]

    def take(self, checkpoint: checkpoints.Checkpoint) -> tuple[Score, float]:
        """Return how good a model is at the old categories, and its AP for the two new ones."""
        predictor = Predictor(
            checkpoint.model,
            checkpoint.categories,
            checkpoint.version,
            device=CPU,
            score_floor=0.005,
            calibrations=checkpoint.calibrations,
        )
        old = score(predictor, (scene.image for scene in self.old), self.old, CATEGORIES)
        return old, self._new(predictor)

    def _new(self, predictor: Predictor) -> float:
        """Only what is of the new categories counts, under labels 1 and 2."""
        truths = []
        for scene in self.new:
            mine = scene.labels > len(CATEGORIES)
            labels = scene.labels[mine] - len(CATEGORIES)
            truths.append(Sample(scene.image, scene.gt_boxes[mine], labels, scene.name))
        return score(predictor, (scene.image for scene in truths), truths, TAUGHT_CATEGORIES).ap


def measure(variant: str, options: argparse.Namespace, seed: int) -> list[dict[str, Any]]:
    """Return a row for the base model and for each stage of one fine-tune."""
    base, exam = checkpoints.load(checkpoints.EMBEDDED_WEIGHTS), Exam(options.scenes, variant)
    before, new = exam.take(base)
    about = {"variant": variant, "seed": seed, "images": options.images}
    rows = [about | {"stage": "before", "AP": before.ap, "AP50": before.ap50, "new AP": new, "seconds": 0.0}]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        plan = Plan(SecondStage.ALWAYS, seed=seed, head_steps=options.head_steps, whole_views=options.whole_views)
        steps = fine_tune(
            base,
            written(folder, variant, options.images, seed),
            plan,
            cache=FeatureCache(folder / "features", 4 * 2**30),
            wishes=Wishes(),
            device=CPU,
        )
        for tuned in (step for step in steps if isinstance(step, TunedModel)):
            path = folder / f"{tuned.result.stage}.safetensors"
            tuned.save(path)
            old, new = exam.take(checkpoints.load(path))
            row = {"stage": str(tuned.result.stage), "AP": old.ap, "AP50": old.ap50, "new AP": new}
            rows.append(about | row | {"better": tuned.result.is_better, "seconds": tuned.result.seconds})
    return rows


def show(rows: list[dict[str, Any]]) -> None:
    """Print the rows of one fine-tune: points of AP lost by the old categories, and AP of the new ones."""
    before = rows[0]["AP"]
    for row in rows:
        lost = 100 * (before - row["AP"])
        verdict = "" if row is rows[0] else f"<= {MOST_LOST:.0f}  {'held' if lost <= MOST_LOST else 'MISSED'}"
        unused = "" if row.get("better", True) else "  (not better on its hold-out: not swapped in)"
        title = f"{row['variant']}, seed {row['seed']}, {row['images']} scenes: {row['stage']}"
        figures = f"AP {100 * row['AP']:6.2f}  lost {lost:6.2f} {verdict:12} new AP {100 * row['new AP']:6.2f}"
        print(f"{title:44} {figures}{unused}", flush=True)


def main() -> None:
    """Measure the variants."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--variants", nargs="+", choices=VARIANTS, default=VARIANTS)
    parser.add_argument("--images", type=int, default=50, help="scenes to learn from")
    parser.add_argument("--scenes", type=int, default=300, help="held-out scenes of either kind to measure on")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--head-steps", type=int, help="by default what the number of images asks for")
    parser.add_argument("--whole-views", type=int, help="by default 1300")
    parser.add_argument("--threads", type=int, help="of torch")
    parser.add_argument("--json", action="store_true", help="print JSON in place of the table")
    options = parser.parse_args()
    if options.threads:
        torch.set_num_threads(options.threads)
    rows = []
    for variant in options.variants:
        for seed in range(options.seeds):
            rows.append(measure(variant, options, seed))
            if not options.json:
                show(rows[-1])
    if options.json:
        print(json.dumps([row for run in rows for row in run], indent=1))


if __name__ == "__main__":
    main()
