"""When everything was decided: the journal in force, cut where the day, the model in use or the person's hand changes.

Ids are never given twice and grow, so a cut of the journal cuts the annotations and the rejections too: between the
first id that was given after it and the first after the next. No box is read for that, and of the text of a command
only what a search finds; what is needed of a long journal fits into memory whatever its length.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from app.model.storage import StoreError
from app.model.words import tr

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator, Mapping
    from datetime import date, tzinfo

NO_ID = 2**63 - 1
"""Greater than any id."""
# In the text of a command a quotation mark inside a string has a backslash before it: these match its structure alone.
_NEW_ANNOTATION, _NEW_REJECTION = '[null,{"kind":"annotation","id":', '[null,{"kind":"rejection","id":'
_MARK, _CHANGED, _VERSION = '"kind":"image"', '[{"kind"', '"model_version":'
_IMAGE = ',"image_id":'
_MINUTE = len("2026-01-01T00:00")


class Stretch(NamedTuple):
    """Entries that follow one another, of one `day` and of one round, an index into `Stretches.rounds`.

    Of an import both are None; before anything is decided there is no round. `annotations` and `rejections` are the
    first id of the stretch and the first after it; `reviewed` images were marked in it and are reviewed still.
    """

    day: date | None
    round: int | None
    annotations: tuple[int, int]
    rejections: tuple[int, int]
    reviewed: int


class RoundStart(NamedTuple):
    """The model version of a round, empty where nobody knows, and when its first decision was made, empty for none."""

    version: str
    began_at: str


@dataclass(frozen=True, slots=True)
class Stretches:
    """The whole journal in force."""

    stretches: tuple[Stretch, ...]
    rounds: tuple[RoundStart, ...]


@dataclass(slots=True, eq=False)
class _Cut:
    """A place before an entry of the journal, and the first ids that were given from there on."""

    position: int
    made_at: str
    annotation: int = NO_ID
    rejection: int = NO_ID


class Days:
    """The days of a calendar: that of `zone`, None: of this machine."""

    def __init__(self, zone: tzinfo | None = None) -> None:
        self._zone = zone
        self._known: dict[str, date] = {}

    def of(self, made_at: str) -> date:
        """Return the day of a time of the database: UTC, ISO 8601. Raises StoreError where it is none."""
        minute = made_at[:_MINUTE]
        if minute not in self._known:
            try:
                self._known[minute] = datetime.fromisoformat(f"{minute}:00+00:00").astimezone(self._zone).date()
            except (ValueError, OverflowError) as error:
                raise StoreError(tr("A time in the project cannot be read: {}.").format(made_at)) from error
        return self._known[minute]


def read_stretches(connection: sqlite3.Connection, made_at: Mapping[str, str], in_use: str, days: Days) -> Stretches:
    """Return the stretches of the journal in force.

    A round begins with the first decision about a suggestion of another model version. What was drawn or marked just
    before belongs to it as well if the version had been made by then: `made_at` says when, a version that is not there
    is a base model and was there before all. The same holds for the one `in_use`, before any of its suggestions is
    decided. Raises StoreError and sqlite3.Error.
    """
    reader = _Reader(made_at, days)
    query = "SELECT position, made_at, command FROM journal WHERE position <= (SELECT position FROM history) ORDER BY 1"
    for position, moment, command in connection.execute(query):
        reader.take(position, moment, command)
    reviewed = {image_id for (image_id,) in connection.execute("SELECT id FROM images WHERE reviewed = 1")}
    return reader.finish(in_use, reviewed)


class _Reader:
    """Takes the entries one by one. `marks` is image id -> the entry that marked it as reviewed, as far as it got."""

    def __init__(self, made_at: Mapping[str, str], days: Days) -> None:
        self._made_at = made_at
        self._days = days
        self._in_order = sorted(made_at, key=made_at.__getitem__)
        self._marks: dict[int, int] = {}
        self._day_cuts: list[tuple[_Cut, date | None]] = []
        self._rounds: list[tuple[_Cut, str]] = []
        self._without_annotation: list[_Cut] = []
        self._without_rejection: list[_Cut] = []
        self._first: _Cut | None = None
        self._early: dict[str, _Cut] = {}
        self._version, self._marker = "", ""
        self._position = 0

    def take(self, position: int, made_at: str, command: str) -> None:
        """Take the next entry."""
        self._position = position
        annotation, rejection = _first_id(command, _NEW_ANNOTATION), _first_id(command, _NEW_REJECTION)
        adds = annotation is not None or rejection is not None
        marks = _MARK in command
        is_import = (adds or marks) and _is_of_no_image(command)
        day = None if is_import else self._days.of(made_at)
        if not self._day_cuts or self._day_cuts[-1][1] != day:
            self._day_cuts.append((self._cut(position, made_at), day))
        if not is_import and (adds or marks):
            self._follow_version(position, made_at, self._decided_on(command) if adds else None)
            if marks:
                self._take_marks(position, command)
        if annotation is not None:
            _fill(self._without_annotation, "annotation", annotation)
        if rejection is not None:
            _fill(self._without_rejection, "rejection", rejection)

    def finish(self, in_use: str, reviewed: set[int]) -> Stretches:
        """Return what there is after the last entry."""
        if self._first is not None and in_use not in ("", self._version):
            self._begin_round(in_use, self._cut(self._position + 1, ""))
        elif self._first is not None and not self._rounds:
            self._rounds.append((self._first, ""))
        positions = sorted(position for image_id, position in self._marks.items() if image_id in reviewed)
        rounds = tuple(RoundStart(version, cut.made_at) for cut, version in self._rounds)
        return Stretches(tuple(self._stretches(positions)), rounds)

    def _stretches(self, marked: list[int]) -> Iterator[Stretch]:
        days: list[tuple[_Cut, date | None, bool]] = [(cut, day, True) for cut, day in self._day_cuts]
        cuts = sorted([*days, *((cut, None, False) for cut, _ in self._rounds)], key=lambda one: one[0].position)
        day, number, place = None, -1, 0
        for index, (cut, new_day, is_day) in enumerate(cuts):
            day, number = (new_day, number) if is_day else (day, number + 1)
            after = cuts[index + 1][0] if index + 1 < len(cuts) else _Cut(NO_ID, "")
            first = place
            while place < len(marked) and marked[place] < after.position:
                place += 1
            yield Stretch(
                day,
                None if day is None or number < 0 else number,
                (cut.annotation if index else 0, after.annotation),
                (cut.rejection if index else 0, after.rejection),
                place - first,
            )

    def _follow_version(self, position: int, made_at: str, version: str | None) -> None:
        """Note where the rounds of versions begin; `version` is the one whose suggestions the entry decides."""
        if self._first is None:
            self._first = self._cut(position, made_at)
        if version is None:
            for made in self._in_order[len(self._early) :]:
                if self._made_at[made] > made_at:
                    break
                self._early[made] = self._cut(position, made_at)
        elif version != self._version:
            self._begin_round(version, self._cut(position, made_at))
        elif self._early:
            self._early.clear()

    def _begin_round(self, version: str, cut: _Cut) -> None:
        assert self._first is not None
        cut = self._early.get(version, cut)
        if not self._rounds:
            if version in self._made_at and self._first.position < cut.position:
                self._rounds.append((self._first, ""))
            else:
                cut = self._first
        self._rounds.append((cut, version))
        self._version, self._marker = version, _VERSION + json.dumps(version, ensure_ascii=False)
        self._early.clear()

    def _decided_on(self, command: str) -> str | None:
        """Return the version of the first suggestion that an entry decides; None if it decides none."""
        count = command.count(_VERSION)
        if not count:
            return None
        if _CHANGED not in command and self._marker and count == command.count(self._marker):
            return self._version
        for before, after in _edits(command):
            if before is None and after is not None and after.get("origin"):
                return str(after["origin"]["model_version"])
        return None

    def _take_marks(self, position: int, command: str) -> None:
        for before, after in _edits(command):
            if before is None or after is None or after["kind"] != "image":
                continue
            if not after.get("reviewed"):  # what is not said is as usual
                self._marks.pop(after["id"], None)
            elif not before.get("reviewed"):
                self._marks[after["id"]] = position

    def _cut(self, position: int, made_at: str) -> _Cut:
        """Return a cut before an entry, which gets the ids of that one and of those to come."""
        cut = _Cut(position, made_at)
        self._without_annotation.append(cut)
        self._without_rejection.append(cut)
        return cut


def _is_of_no_image(command: str) -> bool:
    """Return whether a command is about no one image. Of those that add boxes or mark images, only an import is."""
    place = command.find(_IMAGE)  # the first is its own: in the text before it each quotation mark has a backslash
    return command.startswith("null", place + len(_IMAGE))


def _first_id(command: str, new: str) -> int | None:
    """Return the id of the first new row of a kind; None where an entry adds none. The first has the least."""
    place = command.find(new)
    return None if place < 0 else int(command[place + len(new) : command.index(",", place + len(new))])


def _fill(cuts: list[_Cut], kind: str, first: int) -> None:
    for cut in cuts:
        setattr(cut, kind, first)
    cuts.clear()


def _edits(command: str) -> list[list[dict[str, Any] | None]]:
    """Return the (before, after) rows of an entry, each as a whole. Raises StoreError where it is none."""
    try:
        # After a change the text says what is new alone.
        return [
            [before, None if after is None else {**(before or {}), **after}]
            for before, after in json.loads(command)["edits"]
        ]
    except (AttributeError, LookupError, RecursionError, TypeError, ValueError) as error:
        raise StoreError(tr("An entry of the project's journal cannot be read: {}.").format(error)) from error
