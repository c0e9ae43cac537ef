"""One process against two of torchrun: the average precision of what they train, and how long they take.

Scenes whose categories have names that the embedded detector does not know, so that its last layers begin anew; the
same images a step, the same rate, from several seeds. "Within noise" is two deviations of one process among seeds. Both
have all cores: one process as so many threads, two with half of them each.

`python -m bench.distributed`
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PIL import Image

from detector.checkpoints import EMBEDDED_WEIGHTS
from detector.coco import xywh
from detector.embedded import HELD_OUT_SEED
from detector.scenes import CATEGORIES, draw_scene

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

ROOT = Path(__file__).resolve().parents[1]
TORCHRUN = ("-m", "torch.distributed.run", "--standalone", "--nproc-per-node")
LONGEST = 3600  # seconds of one training
LEAST_NOISE = 0.01  # of AP: few seeds may happen to agree

Run = dict[str, float]


def write_scenes(folder: Path, first: int, count: int, side: int) -> Path:
    """Write `count` scenes from seed `first` on as PNG, with their COCO JSON; return its path."""
    folder.mkdir()
    categories = [{"id": label, "name": f"new {name}"} for label, name in enumerate(CATEGORIES, 1)]
    images: list[dict[str, object]] = []
    annotations: list[dict[str, object]] = []
    for number in range(1, count + 1):
        scene = draw_scene(first + number, (side, side))
        name = f"{folder.name}-{number}.png"
        Image.fromarray(scene.image).save(folder.parent / name)
        images.append({"id": number, "file_name": name, "width": side, "height": side})
        for box, label in zip(xywh(scene.gt_boxes), scene.labels.tolist(), strict=True):
            known = {"image_id": number, "category_id": label, "bbox": box, "area": box[2] * box[3], "iscrowd": 0}
            annotations.append({"id": len(annotations) + 1, **known})
    path = folder / "all.json"
    path.write_text(json.dumps({"images": images, "annotations": annotations, "categories": categories}))
    return path


def train(folder: Path, processes: int, options: argparse.Namespace, seed: int) -> Run:
    """Train by so many processes from `seed`, and return AP, AP50 and the seconds of the steps."""
    threads = max(1, (os.cpu_count() or 1) // processes)
    launcher = [*TORCHRUN, str(processes)] if processes > 1 else []
    words = [
        *(sys.executable, *launcher, ROOT / "main.py", "train", folder / "train" / "all.json", "--images", folder),
        *("--val", folder / "val" / "all.json", "--from", EMBEDDED_WEIGHTS, "-o", folder / "m.safetensors", "--json"),
        *("--epochs", options.epochs, "--batch-size", options.batch_size, "--seed", seed),
        *(("--device", options.device) if options.device else ()),
    ]
    environment = os.environ | {"OMP_NUM_THREADS": str(threads)}
    ended = subprocess.run(
        [str(word) for word in words], env=environment, capture_output=True, text=True, timeout=LONGEST, check=False
    )
    if ended.returncode:
        raise SystemExit(ended.stderr)
    summary: dict[str, Any] = json.loads(ended.stdout.splitlines()[-1])
    return {"AP": summary["val"]["AP"], "AP50": summary["val"]["AP50"], "seconds": summary["seconds"]}


def table(runs: Sequence[tuple[Run, Run]], seeds: Sequence[int]) -> Iterator[str]:
    """Yield a table in Markdown of the runs by one and by two processes, and what they say."""
    yield "| seed | one: AP | AP50 | s | two: AP | AP50 | s |"
    yield "| --- |" + " ---: |" * 6
    for seed, pair in zip(seeds, runs, strict=True):
        cells = [f"{100 * run['AP']:.1f} | {100 * run['AP50']:.1f} | {run['seconds']:.0f}" for run in pair]
        yield f"| {seed} | {' | '.join(cells)} |"
    one, two = ([pair[which]["AP"] for pair in runs] for which in (0, 1))
    noise = max(LEAST_NOISE, 2 * statistics.stdev(one)) if len(one) > 1 else LEAST_NOISE
    more = statistics.fmean(two) - statistics.fmean(one)
    yield ""
    verdict = "within" if abs(more) <= noise else "NOT within"
    yield f"Two processes reach {100 * more:+.1f} points of AP, {verdict} noise ({100 * noise:.1f} points)."


def main() -> None:
    """Train by one and by two processes from each seed, and compare."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--images", type=int, default=400, help="scenes to learn from")
    parser.add_argument("--tests", type=int, default=150, help="scenes to measure on")
    parser.add_argument("--side", type=int, default=160, help="of a scene in pixels")
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--batch-size", type=int, default=8, help="images of a step, of all processes")
    parser.add_argument("--seeds", nargs="+", type=int, default=(0, 1, 2))
    parser.add_argument("--device", default=None)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder, size = Path(name), options.side
        write_scenes(folder / "train", 0, options.images, size)
        write_scenes(folder / "val", HELD_OUT_SEED, options.tests, size)
        runs = []
        for seed in options.seeds:
            runs.append((train(folder, 1, options, seed), train(folder, 2, options, seed)))
            print(f"seed {seed}: {runs[-1]}", file=sys.stderr, flush=True)
    print("\n".join(table(runs, options.seeds)))


if __name__ == "__main__":
    main()
