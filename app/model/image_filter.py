"""Which images somebody wants to see: a filter is clauses that all have to hold, frozen, and written as it is typed.

Places are images in file-name order, from 1; boxes are annotations; a suggestion counts while nobody decided on it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

    from app.model.annotations import Provenance


class State(StrEnum):
    """What can be said of a whole image. EMPTY: reviewed, without a box; UNREADABLE: MISSING, or not to be decoded."""

    REVIEWED = "reviewed"
    UNREVIEWED = "unreviewed"
    EMPTY = "empty"
    UNSURE = "unsure"
    MISSING = "missing"
    UNREADABLE = "unreadable"


class FlagWord(StrEnum):
    """What `flag:` can ask of a box: any of its flags, whether it is locked, whether it has a note."""

    DIFFICULT = "difficult"
    OCCLUDED = "occluded"
    TRUNCATED = "truncated"
    CROWD = "crowd"
    LOCKED = "locked"
    NOTE = "note"


class Figure(StrEnum):
    """A number of a `Finding`."""

    EXTRA = "extra"
    MISSED = "missed"
    LOOSE = "loose"
    SUGGESTIONS = "suggestions"


@dataclass(frozen=True, slots=True)
class Count:
    """A number of things from `least` to `most`, both counted in; `most` None: any more."""

    least: int = 0
    most: int | None = None

    def has(self, number: int) -> bool:
        """Return whether `number` is one of them."""
        return self.least <= number and (self.most is None or number <= self.most)

    @property
    def text(self) -> str:
        """How it is typed; without a sign it is one number or a range."""
        if self.most is None:
            return f">={self.least}"
        return str(self.least) if self.least == self.most else f"{self.least}..{self.most}"


@dataclass(frozen=True, slots=True)
class Span:
    """Scores from `least` to `most`; an open end does not count in."""

    least: float = 0.0
    most: float = 1.0
    open_least: bool = False
    open_most: bool = False

    def has(self, score: float) -> bool:
        """Return whether `score` lies in it."""
        above = score > self.least if self.open_least else score >= self.least
        return above and (score < self.most if self.open_most else score <= self.most)

    @property
    def text(self) -> str:
        """How it is typed."""
        least, most = repr(self.least).removesuffix(".0"), repr(self.most).removesuffix(".0")
        if not (self.open_least or self.open_most):
            return f"{least}..{most}"
        return f"{'(' if self.open_least else '['}{least},{most}{')' if self.open_most else ']'}"


ANY = Count(1)


@dataclass(frozen=True, slots=True)
class NameHas:
    """Images whose path contains a text, in any case."""

    part: str


@dataclass(frozen=True, slots=True)
class NameMatches:
    """Images in whose path a regular expression is found, in any case."""

    pattern: str


@dataclass(frozen=True, slots=True)
class AtPlace:
    """The image at one place of the folder, from 1."""

    place: int


@dataclass(frozen=True, slots=True)
class InState:
    """Images in a state."""

    state: State


@dataclass(frozen=True, slots=True)
class OfCategory:
    """Images with so many boxes of a category, named in any case."""

    name: str
    boxes: Count = ANY


@dataclass(frozen=True, slots=True)
class Flagged:
    """Images with a box that has a flag."""

    flag: FlagWord


@dataclass(frozen=True, slots=True)
class CameAbout:
    """Images with a box of a provenance."""

    provenance: Provenance


@dataclass(frozen=True, slots=True)
class FromModel:
    """Images with a box that was suggested by a model version: its title, or a part of its name."""

    model: str


@dataclass(frozen=True, slots=True)
class Boxes:
    """Images with so many boxes."""

    boxes: Count


@dataclass(frozen=True, slots=True)
class Scored:
    """Images with a suggestion whose score lies in a span; with `names`, with one of each of these categories."""

    span: Span
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Figured:
    """Images of whose finding a figure is so great."""

    figure: Figure
    number: Count


@dataclass(frozen=True, slots=True)
class Disagrees:
    """Images where the model and the person disagree about a box."""


@dataclass(frozen=True, slots=True)
class Unfinished:
    """Reviewed images where the model sees more objects without a box than there are boxes."""


StoredTerm = OfCategory | Flagged | CameAbout | FromModel | Boxes
"""What the decisions of people answer, all of which are in the store."""
FoundTerm = Scored | Figured | Disagrees | Unfinished
"""What the detector has to have looked for."""
Term = NameHas | NameMatches | AtPlace | InState | StoredTerm | FoundTerm


@dataclass(frozen=True, slots=True)
class Clause:
    """A term that has to hold; with `negated`, that must not."""

    term: Term
    negated: bool = False


@dataclass(frozen=True, slots=True)
class ImageFilter:
    """Clauses that all have to hold; without any, every image passes."""

    clauses: tuple[Clause, ...] = ()

    def __bool__(self) -> bool:
        """Return whether it may leave out any image."""
        return bool(self.clauses)

    @property
    def asked(self) -> tuple[Clause, ...]:
        """The clauses as images are asked: beside a score, a plain category is that of the suggestion."""
        if not any(isinstance(clause.term, Scored) for clause in self.clauses):
            return self.clauses
        names = tuple(filter(None, map(_suggested_name, self.clauses)))
        return tuple(
            replace(clause, term=replace(clause.term, names=names)) if isinstance(clause.term, Scored) else clause
            for clause in self.clauses
            if not _suggested_name(clause)
        )

    @property
    def needs_findings(self) -> bool:
        """Whether only images that the detector has looked at can be told."""
        return any(isinstance(clause.term, FoundTerm) for clause in self.clauses)

    @property
    def text(self) -> str:
        """How it is typed: `parse` reads the same filter from it."""
        return " ".join(f"{'-' if clause.negated else ''}{text_of(clause.term)}" for clause in self.clauses)

    def unknown_category(self, names: Collection[str]) -> str:
        """Return the first category it names that is not among `names`, in any case; empty where all are."""
        known = {name.casefold() for name in names}
        named = (clause.term.name for clause in self.clauses if isinstance(clause.term, OfCategory))
        return next((name for name in named if name.casefold() not in known), "")


def text_of(term: Term) -> str:
    """Return how a term is typed."""
    match term:
        case NameHas(part):
            text = part if _PLAIN_WORD.fullmatch(part) and part.casefold() not in ALONE else quoted(part)
        case NameMatches(pattern):
            text = f"/{_SLASH.sub(_escaped, pattern)}/"
        case AtPlace(place):
            text = f"#{place}"
        case InState(state):
            text = f"state:{state}"
        case Flagged(flag):
            text = f"flag:{flag}"
        case CameAbout(provenance):
            text = f"provenance:{provenance}"
        case FromModel(model):
            text = f"model:{value_text(model)}"
        case _:
            text = _text_of_number(term)
    return text


def _text_of_number(term: OfCategory | Boxes | FoundTerm) -> str:
    match term:
        case OfCategory(name, boxes):
            sign = "" if boxes.text.startswith(">") else "="
            return f"category:{value_text(name)}" + ("" if boxes == ANY else f"{sign}{boxes.text}")
        case Boxes(boxes):
            return f"boxes:{boxes.text}"
        case Figured(figure, number):
            return f"{figure}:{number.text}"
        case Scored(span):
            return f"score:{span.text}"
        case Disagrees() | Unfinished():
            return next(word for word, alone in ALONE.items() if alone == term)


def value_text(value: str) -> str:
    """Return how a name is typed after a colon: as it is, or in quotes."""
    return value if _PLAIN_VALUE.fullmatch(value) else quoted(value)


def quoted(text: str) -> str:
    """Return a text in quotes, as one word."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _suggested_name(clause: Clause) -> str:
    term = clause.term
    return term.name if isinstance(term, OfCategory) and term.boxes == ANY and not clause.negated else ""


def _escaped(found: re.Match[str]) -> str:
    return "\\/" if found[0] == "/" else found[0]


ALONE: dict[str, FoundTerm] = {"disagrees": Disagrees(), "unfinished": Unfinished()}
"""Words that stand alone -> what they mean; a name that has one of them for its text goes in quotes."""
_PLAIN_WORD = re.compile(r"[^\s\"\\:/#-][^\s\"\\:]*")
_PLAIN_VALUE = re.compile(r"[^\s\"\\<>=:][^\s\"\\<>=]*")  # model::x is read as model:x
_SLASH = re.compile(r"\\.|/", re.DOTALL)
