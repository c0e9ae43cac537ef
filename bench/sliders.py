"""Promises 7 and 8: what a slider costs per move, filter only, and up to the painted frame.

Filter only: 1,000 proposals and 91 classes, of which 1,000 and 4,000 candidates are above the floor. A move is one of
several of a drag, as a slider is used; after each drag it is the other one's turn. The peer is
torchvision's `postprocess_detections`, which starts from logits, as torchvision offers nothing later to start from; it
moves the same slider over the same values. Before the clock runs, both are asked for the same boxes at many thresholds.
Ours are those that `torchvision.ops.nms` keeps label by label, to the bit. torchvision itself keeps others now and
then: below 1,001 boxes its `batched_nms` shifts every box by its label before it computes IoUs in float32, which moves
some across the limit. How many these are is said, and more than one in a hundred is an error. The moves that are timed
leave one suggestion for each object besides, as the window does and torchvision does not.

To the painted frame: the real canvas, offscreen, 1200x800, with 300 detections at every place of the slider, as tiles
show them, and 300 proposals. A frame of a screen of 60 Hz is the measure, by both clocks of `bench.canvas`.
`python -m bench.sliders`
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from functools import partial
from itertools import cycle
from pathlib import Path
from typing import TYPE_CHECKING

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
import torch
from PIL import Image
from PySide6.QtWidgets import QApplication
from torchvision.ops import nms

from bench import canvas_gestures as gestures
from bench.canvas_frames import Desk
from bench.canvas_gestures import Scene, percentile
from bench.figures import Figure, at_most, show, times_faster
from bench.timing import medians
from detector.filtering import OBJECT_IOU, CandidateFilter
from detector.model import Analysis, FasterRCNN, build
from detector.readout import candidates_of
from detector.scenes import draw_scene
from detector.systems import SYSTEMS
from detector.types import Candidates, Thresholds

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from torch import Tensor

SIZE, PROPOSALS, CATEGORIES = (480, 640), 1_000, 90
CANDIDATES = (1_000, 4_000)
ALL = 10_000  # detections: none is cut off where both are compared
SCORE_FASTER, IOU_FASTER = 50.0, 5.0
MOST_OTHERS = 0.01
MOVES = 40  # of a drag from one end to the other, after which it is the other one's turn
SHOWN = 300
FRAME_MS = 16.7
SCORES, IOUS = (0.06, 0.16), (0.45, 0.75)
"""Between which the sliders are drawn on the canvas: there are more than `SHOWN` detections all the way."""
PEER = "postprocess_detections"


def figures(*, quick: bool = False) -> Iterator[Figure]:
    """Yield the time of a move by the filter alone, then to the painted frame."""
    for count in CANDIDATES:
        yield from filtering(Boxes(count), rounds=3 if quick else 12)
    yield from painting(rounds=1 if quick else 4)


class Boxes:
    """Random output of a second stage with so many candidates above its `floor`, for torchvision and for the filter."""

    def __init__(self, count: int) -> None:
        generator = torch.Generator().manual_seed(0)
        corners = torch.rand(PROPOSALS, 2, generator=generator) * torch.tensor([600.0, 440.0])
        sides = torch.rand(PROPOSALS, 2, generator=generator) * 120 + 10
        self.proposals = torch.cat((corners, corners + sides), 1)
        self.logits = torch.randn(PROPOSALS, CATEGORIES + 1, generator=generator) * 2
        self.deltas = torch.randn(PROPOSALS, 4 * (CATEGORIES + 1), generator=generator) * 0.3
        network = build(SYSTEMS["mobilenet_v3_large_fpn"], CATEGORIES)
        assert isinstance(network, FasterRCNN)
        self.heads = network.roi_heads
        scores = self.logits.softmax(-1)
        self.floor = float(scores[:, 1:].flatten().sort(descending=True).values[count])
        boxes = self.heads.box_coder.decode(self.deltas, [self.proposals])
        analysis = Analysis(self.proposals, torch.ones(PROPOSALS), scores, boxes, torch.zeros(0), SIZE, SIZE)
        self.candidates = Candidates(*(part.numpy() for part in candidates_of(analysis, self.floor)))
        self.live = CandidateFilter(self.candidates)

    def torchvision(self, thresholds: Thresholds) -> tuple[Tensor, Tensor, Tensor]:
        """Return boxes, scores and labels that torchvision keeps."""
        heads = self.heads
        heads.score_thresh, heads.nms_thresh = thresholds.score_thresh, thresholds.nms_thresh
        heads.detections_per_img = thresholds.detections_per_img
        found = heads.postprocess_detections(self.logits, self.deltas, [self.proposals], [SIZE])
        boxes, scores, labels = (part[0] for part in found)
        return boxes, scores, labels

    def label_by_label(self, thresholds: Thresholds) -> list[int]:
        """Return the indices of the candidates that NMS keeps where every label is on its own."""
        some, kept = self.candidates, []
        for label in np.unique(some.labels):
            rows = np.flatnonzero((some.labels == label) & (some.scores > np.float32(thresholds.score_thresh)))
            one = nms(torch.tensor(some.boxes[rows]), torch.tensor(some.scores[rows]), thresholds.nms_thresh)
            kept += rows[one.numpy()].tolist()
        return sorted(kept)

    def others(self, thresholds: Thresholds) -> tuple[int, int]:
        """Return how many boxes torchvision keeps that we do not or the other way round, and how many it keeps.

        Ours are exact: anything else is an AssertionError.
        """
        ours = self.live.select(thresholds)
        assert ours.candidate_indices.tolist() == self.label_by_label(thresholds), "not the boxes of NMS by label"
        boxes, scores, labels = self.torchvision(thresholds)
        theirs = {
            (*box, score, label)
            for box, score, label in zip(*map(list, (boxes.tolist(), scores.tolist(), labels.tolist())), strict=True)
        }
        mine = {
            (*box, score, label)
            for box, score, label in zip(ours.boxes.tolist(), ours.scores.tolist(), ours.labels.tolist(), strict=True)
        }
        return len(mine ^ theirs), len(theirs)


def filtering(some: Boxes, rounds: int) -> Iterator[Figure]:
    """Yield the moves of both sliders over the same boxes, after both have been found to keep the same."""
    floor, name = some.floor, f"{len(some.candidates):,} candidates"
    places = [Thresholds(score, 0.5, ALL) for score in np.linspace(floor, 0.9, 20).tolist()]
    places += [Thresholds(floor, iou, ALL) for iou in np.linspace(0.2, 0.8, 20).tolist()]
    with torch.inference_mode():
        differences = [some.others(thresholds) for thresholds in places]
        others, kept = (sum(counts) for counts in zip(*differences, strict=True))
        assert others <= MOST_OTHERS * kept, f"torchvision keeps {others} others of {kept}"
        shifted = f" but for {others:,} that torchvision's shift moves across the limit" if others else ""
        note = f"the same {kept:,} boxes at {len(places)} places{shifted}"
        for slider, least, thresholds in (
            ("score", SCORE_FASTER, partial(_by_score, floor)),
            ("NMS IoU", IOU_FASTER, partial(_by_iou, floor)),
        ):
            ours, theirs = partial(next, thresholds()), partial(next, thresholds())
            times = medians(
                {"ours": _drag(some.live.select, ours), "torchvision": _drag(some.torchvision, theirs)}, rounds
            )
            each = {who: 1e3 * seconds / MOVES for who, seconds in times.items()}
            title = f"{slider} slider, {name}, filter only"
            yield Figure(title, each["ours"], "ms", each["torchvision"], PEER, times_faster(least), note)
            note = ""
        own = np.where(np.arange(CATEGORIES + 1) % 2, floor, np.nan).astype(np.float32)  # hides little
        values = _by_score(floor)
        alone = medians({"own": lambda: some.live.select(next(values), own)}, MOVES * rounds)["own"]
    yield Figure(f"score slider, {name}, half of the labels with their own", 1e3 * alone)


def painting(rounds: int) -> Iterator[Figure]:
    """Yield the 95th percentile of the frames that a drawn slider makes."""
    _application = QApplication.instance() or QApplication(sys.argv[:1])
    taken: dict[str, list[gestures.Seconds]] = {"score": [], "NMS IoU": []}
    with tempfile.TemporaryDirectory() as home:
        image = Path(home) / "scene.png"
        Image.fromarray(draw_scene(0, gestures.IMAGE_SIZE).image).save(image)
        for number in range(rounds):
            folder = Path(home) / str(number)
            folder.mkdir()
            desk = Desk(image, folder, Scene(1, proposals=SHOWN, candidates=2_400), detections=SHOWN)
            taken["score"] += desk.score(60, *SCORES)
            taken["NMS IoU"] += desk.iou(60, *IOUS, score=SCORES[1])
            assert desk.fewest == SHOWN, f"only {desk.fewest} detections were on the canvas"
            desk.close()
    for slider, seconds in taken.items():
        clock, worked = (1e3 * percentile(values, 0.95) for values in zip(*seconds, strict=True))
        title = f"{slider} slider to the painted frame, {SHOWN} + {SHOWN} boxes: p95"
        yield Figure(title, clock, target=at_most(FRAME_MS), worked=worked)


def _drag(select: Callable[[Thresholds], object], place: Callable[[], Thresholds]) -> Callable[[], object]:
    """Return what `MOVES` moves of a slider, each to its next place, ask of `select`."""

    def drag() -> None:
        for _ in range(MOVES):
            select(place())

    return drag


def _by_score(floor: float) -> Iterator[Thresholds]:
    return cycle([_as_shown(score, 0.5) for score in np.linspace(floor, 0.9, 40).tolist()])


def _by_iou(floor: float) -> Iterator[Thresholds]:
    """Yield values none of which comes twice in a measurement: what is kept for them is not there yet."""
    return cycle([_as_shown(floor, iou) for iou in np.linspace(0.2, 0.8, 997).tolist()])


def _as_shown(score_thresh: float, nms_thresh: float) -> Thresholds:
    """Return thresholds as the window has them: one suggestion for each object, which torchvision is not asked for."""
    return Thresholds(score_thresh, nms_thresh, object_thresh=OBJECT_IOU)


def main() -> None:
    """Measure both sliders."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="fewer rounds")
    show(figures(quick=parser.parse_args().quick))


if __name__ == "__main__":
    main()
