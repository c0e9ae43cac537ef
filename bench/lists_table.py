"""The table of `bench.lists`: figures, what they are compared with, and what is promised of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True)
class Line:
    """One figure in `unit`, that of a peer in the same run where there is one, and the most that is promised."""

    title: str
    ours: float
    unit: str = "ms"
    peer: float | None = None
    peer_name: str = ""
    most: float | None = None


def table(lines: Iterable[Line]) -> list[str]:
    """Return a line of text for each, figures under figures."""
    return [_text(line) for line in lines]


def _text(line: Line) -> str:
    parts = [f"{line.title:58} {line.ours:10,.1f} {line.unit}"]
    if line.peer is not None:
        parts.append(f"{line.peer_name} {line.peer:,.1f} {line.unit}: {line.peer / line.ours:.1f} x")
    if line.most is not None:
        parts.append(f"<= {line.most:,.0f} {line.unit}")
        parts.append("held" if line.ours <= line.most else "MISSED")
    return "  ".join(parts)
