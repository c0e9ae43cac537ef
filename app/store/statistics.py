"""Counts what `app.model.statistics` says, from the rows of a project, its journal and its activity.

A box counts as its row stands now: accepted, moved, relabelled, drawn or imported, its category's name that of today.
Rejections count one each, but for those of the former category of a box, which no model suggested (`NOT_SUGGESTED`):
the relabelled box says so already, wherever it is by now.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from contextlib import closing
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import PurePath
from typing import TYPE_CHECKING

from app.model.annotations import NOT_SUGGESTED, Provenance
from app.model.statistics import (
    CategoryBoxes,
    Day,
    ImageStates,
    Round,
    Statistics,
    Tally,
    VersionTally,
)
from app.model.words import tr, worded
from app.store import rows
from app.store.corrections import current_names
from app.store.database import NOT_READ, open_read_only, speaking
from app.store.journal_stretches import NO_ID, Days, Stretch, read_stretches
from app.store.versions import IN_USE, versions_of

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Mapping
    from datetime import date, tzinfo

    from app.store.journal_stretches import RoundStart
    from app.store.location import Location

_STATES = """SELECT total(reviewed), total(unsure AND NOT reviewed), total(NOT reviewed AND NOT unsure AND (
        EXISTS (SELECT 1 FROM annotations WHERE image_id = images.id)
        OR EXISTS (SELECT 1 FROM rejections WHERE image_id = images.id)
    )), count(*), total(missing) FROM images"""
# Without GROUP BY: SQLite would sort a million rows, Python counts them in half the time.
_BOXES = """SELECT category_id, provenance, origin_model_version, CASE provenance WHEN 'relabelled' THEN origin_name END
    FROM annotations WHERE id >= ? AND id < ?"""
_REJECTED = "SELECT name, model_version FROM rejections WHERE id >= ? AND id < ? AND score > ?"
_ALL = (0, NO_ID)
_REJECTION = "rejected"
BASE, DELETED = worded("Base"), worded("Deleted version")
"""Titles of model versions without a number."""


def read_statistics(location: Location, zone: tzinfo | None = None) -> Statistics:
    """Return all figures of a project; days are those of `zone`, None: of this machine.

    Reads with a connection of its own, so in any thread, beside the writer. Raises StoreError.
    """
    with closing(open_read_only(location.database)) as connection, speaking(NOT_READ):
        connection.execute("BEGIN")  # one state of the project from the first row to the last
        return _Count(connection, Days(zone)).statistics()


@dataclass(slots=True)
class _Part:
    """What was done in a day or a round: the fields of a `Tally` that are above 0, and images reviewed."""

    done: Counter[str] = field(default_factory=Counter)
    reviewed: int = 0

    @property
    def tally(self) -> Tally:
        """Return what was done."""
        return Tally(**self.done)


class _Count:
    """One count, over one connection."""

    def __init__(self, connection: sqlite3.Connection, days: Days) -> None:
        self._connection = connection
        self._calendar = days
        self._categories = rows.categories(connection)
        self._names = {category.id: category.name for category in self._categories}
        self._today_known = frozenset(self._names.values())
        self._versions = versions_of(connection)
        self._boxes: dict[int, Counter[Provenance]] = defaultdict(Counter)
        self._became: dict[str, dict[str, Counter[str]]] = defaultdict(lambda: defaultdict(Counter))
        self._by_round: dict[int, _Part] = defaultdict(_Part)
        self._by_day: dict[date, _Part] = defaultdict(_Part)

    def statistics(self) -> Statistics:
        """Return the figures."""
        in_use = rows.recalled(self._connection, IN_USE) or ""
        made_at = {version.version: version.made_at for version in self._versions}
        read = read_stretches(self._connection, made_at, in_use, self._calendar)
        for stretch in read.stretches or (Stretch(None, None, _ALL, _ALL, 0),):
            self._take(stretch, "" if stretch.round is None else read.rounds[stretch.round].version)
        titles = self._titles([start.version for start in read.rounds])
        return Statistics(
            images=_states(self._connection),
            categories=tuple(
                CategoryBoxes(category.name, category.color, dict(self._boxes.get(category.id, {})))
                for category in self._categories
            ),
            versions=tuple(
                VersionTally(version, title, {name: Tally(**done) for name, done in self._became[version].items()})
                for version, title in titles.items()
                if version in self._became
            ),
            rounds=tuple(self._round(number, start, titles) for number, start in enumerate(read.rounds)),
            days=tuple(self._days()),
        )

    def _take(self, stretch: Stretch, version: str) -> None:
        """Count the rows of a stretch; `version` is that of its round."""
        done = Counter[str]()
        is_own = stretch.day is not None
        boxes = Counter(self._connection.execute(_BOXES, stretch.annotations))
        for (category_id, provenance, origin, name), count in boxes.items():
            kind = Provenance(provenance)
            self._boxes[category_id][kind] += count
            if kind is Provenance.IMPORTED or (kind is Provenance.DRAWN and not is_own):
                continue
            suggested = self._names[category_id] if name is None else self._today(name)
            self._became[version if kind is Provenance.DRAWN else origin or ""][suggested][kind.value] += count
            done[kind.value] += count
        rejected = self._connection.execute(_REJECTED, (*stretch.rejections, NOT_SUGGESTED))
        for (name, origin), count in Counter(rejected).items():
            self._became[origin][self._today(name)][_REJECTION] += count
            done[_REJECTION] += count
        if stretch.day is not None and stretch.round is not None:
            for part in (self._by_day[stretch.day], self._by_round[stretch.round]):
                part.done.update(done)
                part.reviewed += stretch.reviewed

    def _today(self, name: str) -> str:
        """Return what the category that a model once called `name` is called now."""
        return name if name in self._today_known else self._renamed.get(name, name)

    @cached_property
    def _renamed(self) -> dict[str, str]:
        """Name that a model once gave -> today's name of that category. Asked for only where there is such a name."""
        (active,) = self._connection.execute("SELECT version_id FROM active_version").fetchone()
        version = next((one for one in self._versions if one.id == active), None)
        return current_names(self._connection, version, self._versions)

    def _round(self, number: int, start: RoundStart, titles: Mapping[str, str]) -> Round:
        part = self._by_round[number]
        return Round(number + 1, start.version, titles[start.version], start.began_at, part.reviewed, part.tally)

    def _days(self) -> Iterable[Day]:
        """Yield the days on which something was decided or somebody was active."""
        seconds: dict[date, float] = defaultdict(float)
        for began_at, lasted in self._connection.execute("SELECT began_at, seconds FROM activity"):
            seconds[self._calendar.of(began_at)] += lasted
        for date_of in sorted({*self._by_day, *seconds}):
            part = self._by_day[date_of]
            if part.done or part.reviewed or seconds[date_of]:
                yield Day(date_of, part.reviewed, part.tally, seconds[date_of])

    def _titles(self, in_rounds: Iterable[str]) -> dict[str, str]:
        """Return model version -> what people call it, in the order of the rounds."""
        numbered = {version.version: version.title for version in self._versions}
        files = dict(self._connection.execute("SELECT model_version, file FROM base_models").fetchall())
        titles = {}
        for version in (*in_rounds, *sorted(self._became)):
            is_base = not version or not files or version in files
            unnumbered = PurePath(files.get(version, "")).stem or tr(BASE if is_base else DELETED)
            titles[version] = numbered.get(version, unnumbered)
        counts = Counter(titles.values())
        # Two base models of one title are told apart by what the detector calls them.
        return {one: f"{title} ({one})" if one and counts[title] > 1 else title for one, title in titles.items()}


def _states(connection: sqlite3.Connection) -> ImageStates:
    reviewed, unsure, begun, images, missing = map(int, connection.execute(_STATES).fetchone())
    return ImageStates(reviewed, unsure, begun, images - reviewed - unsure - begun, missing)
