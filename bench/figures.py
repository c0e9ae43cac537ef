"""What a benchmark finds out: one value for each figure, and the one table that all of them are printed in."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

HELD, HELD_AT_WORK, MISSED, NOT_MEASURED = "held", "held by the processor", "MISSED", "not measured"
_TITLE, _NUMBER, _PEER, _TARGET = 66, 13, 30, 11


class Rule(StrEnum):
    """What a target is about."""

    AT_MOST = "ours at most"
    SHARE = "ours / peer at most"
    FASTER = "peer / ours at least"
    MORE = "ours / peer at least"


@dataclass(frozen=True)
class Target:
    """What is promised. `Rule.AT_MOST` is about ours alone, every other rule about a ratio to the peer."""

    rule: Rule
    value: float


@dataclass(frozen=True)
class Figure:
    """One figure of ours in `unit`, that of a peer in the same run where there is one, and what is promised of ours.

    `note` says what a reader has to know beside it. `worked` is what the processor worked of a time by the clock: on a
    busy machine it, which others do not change, is held to a target of ours alone.
    """

    title: str
    ours: float
    unit: str = "ms"
    peer: float | None = None
    peer_name: str = ""
    target: Target | None = None
    note: str = ""
    worked: float | None = None

    @property
    def ratio(self) -> float | None:
        """Ours as a part of the peer's; where the target is about being faster, how often ours goes into the peer's."""
        if self.peer is None:
            return None
        is_faster = self.target is not None and self.target.rule is Rule.FASTER
        above, below = (self.peer, self.ours) if is_faster else (self.ours, self.peer)
        return above / below if below else float("inf")

    @property
    def held(self) -> bool | None:
        """Whether the promise is kept; None where nothing is promised, or the peer is not there to compare with."""
        if self.target is None:
            return None
        if self.target.rule is Rule.AT_MOST:
            return min(self.ours, self.ours if self.worked is None else self.worked) <= self.target.value
        if self.ratio is None:
            return None
        return self.ratio <= self.target.value if self.target.rule is Rule.SHARE else self.ratio >= self.target.value

    @property
    def verdict(self) -> str:
        """`held` as a word; empty where nothing is promised."""
        if self.target is None:
            return ""
        is_late = self.target.rule is Rule.AT_MOST and self.ours > self.target.value
        return {True: HELD_AT_WORK if is_late else HELD, False: MISSED, None: NOT_MEASURED}[self.held]

    def to_fields(self) -> dict[str, Any]:
        """Return it as JSON has it, with what follows from it."""
        return {**asdict(self), "ratio": self.ratio, "held": self.held}

    @classmethod
    def from_fields(cls, fields: Mapping[str, Any]) -> Figure:
        """Read what `to_fields` wrote."""
        own = {name: value for name, value in fields.items() if name not in ("ratio", "held")}
        target = own.pop("target")
        return cls(**own, target=None if target is None else Target(Rule(target["rule"]), target["value"]))


def at_most(value: float) -> Target:
    """Promise so much of ours at most, in its unit."""
    return Target(Rule.AT_MOST, value)


def share(value: float) -> Target:
    """Promise that ours is so large a part of the peer's at most."""
    return Target(Rule.SHARE, value)


def times_faster(value: float) -> Target:
    """Promise that the peer takes so many times as long, or as much, at least."""
    return Target(Rule.FASTER, value)


def times_more(value: float) -> Target:
    """Promise that ours is so many times the peer's at least."""
    return Target(Rule.MORE, value)


def heading() -> str:
    """Return what the columns of `line` are."""
    columns = f"{'ours':>{_NUMBER}}  {'peer':>{_NUMBER}} {'':{_PEER}} {'ratio':>8}  {'target':>{_TARGET}}"
    return f"{'':{_TITLE}} {columns}"


def line(figure: Figure) -> str:
    """Return a figure as a line of the table."""
    target = "" if figure.target is None else _promised(figure)
    peer, ratio = "", ""
    if figure.peer is not None and figure.ratio is not None:
        peer, ratio = _amount(figure.peer, figure.unit), f"{_number(figure.ratio)} x"
    columns = f"{_amount(figure.ours, figure.unit):>{_NUMBER}}  {peer:>{_NUMBER}} {figure.peer_name:{_PEER}}"
    said = f"{figure.title:{_TITLE}} {columns} {ratio:>8}  {target:>{_TARGET}}  {figure.verdict}"
    worked = "" if figure.worked is None else f"processor {_amount(figure.worked, figure.unit)}"
    notes = "; ".join(filter(None, (worked, figure.note)))
    return (said + f"  ({notes})" if notes else said).rstrip()


def show(figures: Iterable[Figure]) -> list[Figure]:
    """Print a table line by line, as its figures come, and return them."""
    print(heading(), flush=True)
    shown = []
    for figure in figures:
        print(line(figure), flush=True)
        shown.append(figure)
    return shown


def _promised(figure: Figure) -> str:
    assert figure.target is not None
    sign = "<=" if figure.target.rule in (Rule.AT_MOST, Rule.SHARE) else ">="
    unit = figure.unit if figure.target.rule is Rule.AT_MOST else "x"
    return f"{sign} {figure.target.value:,g} {unit}".rstrip()


def _amount(value: float, unit: str) -> str:
    return f"{_number(value)} {unit}".rstrip()


def _number(value: float) -> str:
    """Return a number with about three digits that say something."""
    size = abs(value)
    digits = 0 if size >= 1_000 else 1 if size >= 100 else 2 if size >= 1 or size == 0 else 3
    return f"{value:,.{digits}f}"
