"""The figures of `bench.canvas`: what the frames of each gesture took, and what is promised of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from bench.canvas_gestures import percentile
from bench.figures import Figure, at_most, times_faster

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bench.canvas_gestures import Scene, Seconds
    from bench.figures import Target

FRAME = 16.7
"""Milliseconds of a frame at 60 Hz."""
PATIENT = 50.0
"""Milliseconds that the NMS IoU slider may take with `MANY_CANDIDATES`."""
MANY_CANDIDATES = 4_000
TIMES_FASTER = 5.0
COMPARED = 1_000
"""Boxes of the scene that the comparison is promised for."""
BUDGETED = 2_000
"""Annotations, at most, that a frame of `FRAME` is promised for."""
GESTURES = {"pan": "pan", "zoom": "zoom", "drag": "drag of a box", "score": "score slider", "iou": "NMS IoU slider"}
SLIDERS = ("score", "iou")


@dataclass(frozen=True)
class Frames:
    """What the frames of one gesture over one scene took; `peer` is empty where there is nothing to compare with."""

    scene: Scene
    gesture: str
    ours: Sequence[Seconds]
    peer: Sequence[Seconds] = ()

    @property
    def title(self) -> str:
        """What is on the canvas, and what is done to it."""
        candidates = f" + {self.scene.candidates:,} candidates" if self.gesture in SLIDERS else ""
        return f"{self.scene.title}{candidates}: {GESTURES[self.gesture]}"

    def figures(self, peer_name: str) -> Iterator[Figure]:
        """Yield the median of what the processor worked on a frame, beside the peer's, then the slow frames."""
        ours = milliseconds(self.ours)
        peer = milliseconds(self.peer).worked if self.peer else None
        is_promised = self.scene.annotations == COMPARED and self.gesture not in SLIDERS
        target = times_faster(TIMES_FASTER) if is_promised else None
        title = f"{self.title}, processor"
        if target is None and peer is not None:  # no promise, and yet one reads how much faster it is
            note = f"{peer / ours.worked:.1f} x as fast"
        else:
            note = "" if peer is not None or target is None else f"{peer_name} is not here"
        yield Figure(title, ours.worked, "ms", peer, peer_name if self.peer else "", target, note)
        yield Figure(f"{self.title}, p95", ours.p95, target=self._most(), worked=ours.worked_p95)

    def _most(self) -> Target | None:
        if self.scene.annotations <= BUDGETED:
            return at_most(FRAME)
        return at_most(PATIENT) if self.gesture == "iou" and self.scene.candidates >= MANY_CANDIDATES else None


class Milliseconds(NamedTuple):
    """Median and 95th percentile: by the clock, and by what the processor worked."""

    median: float
    p95: float
    worked: float
    worked_p95: float


def milliseconds(seconds: Sequence[Seconds]) -> Milliseconds:
    """Return the figures of some frames, of one at least."""
    clocks = zip(*seconds, strict=True)
    return Milliseconds(*(1e3 * percentile(values, share) for values in clocks for share in (0.5, 0.95)))
