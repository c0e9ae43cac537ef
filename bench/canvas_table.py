"""The table of `bench.canvas`, and what it says about the promises."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from bench.canvas_gestures import percentile

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from bench.canvas_gestures import Scene, Seconds

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
_TITLE, _WIDE = 66, 31


@dataclass(frozen=True)
class Figure:
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

    @property
    def ratio(self) -> float | None:
        """How many of our frames the processor paints in the time of one of the peer's; None without a peer."""
        return milliseconds(self.peer).worked / milliseconds(self.ours).worked if self.peer else None


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


def table(figures: Iterable[Figure], peer: str) -> list[str]:
    """Return a line for each figure, in ms, and one that says what its columns are; `peer` names the other canvas."""
    lines = [f"{'ms a frame: p50, p95; processor: p50, p95':{_TITLE}} {'ours':>{_WIDE}} {peer:>{_WIDE}}  faster"]
    for figure in figures:
        ratio = figure.ratio
        other = f"{'-':>{_WIDE}}" if ratio is None else f"{_columns(figure.peer)} {ratio:6.1f} x"
        lines.append(f"{figure.title:{_TITLE}} {_columns(figure.ours)} {other}")
    return lines


def verdicts(figures: Sequence[Figure]) -> list[str]:
    """Return a line for each promise that these figures can answer."""
    lines = []
    ratios = [one.ratio for one in figures if one.scene.annotations == COMPARED and one.ratio is not None]
    if ratios:
        held = "held" if min(ratios) >= TIMES_FASTER else "MISSED"
        lines.append(f"{COMPARED:,} boxes: at least {min(ratios):.1f} x as fast >= {TIMES_FASTER:.0f} x  {held}")
    within = [one for one in figures if one.scene.annotations <= BUDGETED]
    many = [one for one in figures if one.gesture == "iou" and one.scene.candidates >= MANY_CANDIDATES]
    for some, most in (
        ([one for one in within if one.gesture not in SLIDERS], FRAME),
        ([one for one in within if one.gesture in SLIDERS], FRAME),
        (many, PATIENT),
    ):
        if some:
            slowest = max(some, key=lambda one: milliseconds(one.ours).worked_p95)
            lines.append(_verdict(slowest, most, ", ".join(dict.fromkeys(GESTURES[one.gesture] for one in some))))
    return lines


def _verdict(slowest: Figure, most: float, gestures: str) -> str:
    """Say whether even the slowest is fast enough; a busy machine cannot tell by the clock, and is called one."""
    taken = milliseconds(slowest.ours)
    held = "held" if taken.p95 <= most else "held by the processor, on a busy machine"
    if taken.worked_p95 > most:
        held = "MISSED"
    figures = f"processor {taken.worked_p95:.1f} ms, clock {taken.p95:.1f} ms <= {most:.1f} ms"
    return f"{gestures}: p95 of the slowest ({slowest.title}): {figures}  {held}"


def _columns(seconds: Sequence[Seconds]) -> str:
    return " ".join(f"{value:7.2f}" for value in milliseconds(seconds))
