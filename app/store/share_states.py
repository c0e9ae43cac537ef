"""What is decided in a share: now, when it was given away, and when it was merged last. Read from copies."""

from __future__ import annotations

import sqlite3
from collections import Counter
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from app.model.storage import StoreError
from app.model.words import tr
from app.store import rows
from app.store.database import copy_database, open_database, open_read_only, speaking, transaction
from app.store.inspection import check_values, harden
from app.store.schema import MIGRATIONS
from app.store.shares import GIVEN, Share, read_share

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from app.model.annotations import Annotation, ImageRecord, Origin, Rejection
    from app.store.location import Location
    from app.store.project_store import ProjectStore

MERGED = "shares"
"""The folder in a project of what its shares were when they were merged last."""
_LEFT_OUT = (
    "DELETE FROM annotations WHERE image_id = (SELECT id FROM images WHERE path = ?)",
    "DELETE FROM rejections WHERE image_id = (SELECT id FROM images WHERE path = ?)",
    "DELETE FROM activity WHERE image_id = (SELECT id FROM images WHERE path = ?)",
    "DELETE FROM images WHERE path = ?",
)


@dataclass(frozen=True, slots=True)
class State:
    """What is decided on one image, without ids. `boxes` have the categories of the whole project."""

    reviewed: bool
    unsure: bool
    extra: str
    boxes: tuple[Annotation, ...]
    rejections: tuple[Origin, ...]

    @property
    def content(self) -> tuple[object, ...]:
        """What makes two states the same, whoever made them and in whatever order."""
        said = (self.reviewed, self.unsure, self.extra)
        return *said, Counter(map(unsigned, self.boxes)), Counter(self.rejections)


class OpenShare:
    """A share as it was when it was opened, whose labeler may go on; what it was given, and what was merged last."""

    def __init__(self, share: Share, states: Sequence[sqlite3.Connection]) -> None:
        self.share = share
        self.now, self.given, *last = states
        self.merged = last[0] if last else None
        self.categories = rows.categories(self.now)
        self.given_categories = {one.id: one for one in rows.categories(self.given)}
        self._images = [{record.path: record for record in rows.image_records(state)} for state in states]

    @property
    def paths(self) -> tuple[str, ...]:
        """The images that the share has now, in its order."""
        return tuple(self._images[0])

    def states(self, path: str, ids: Mapping[int, int]) -> list[State | None]:
        """Return what is decided on an image now, by what was given, and at the last merge; None: it was not there."""
        connections = [self.now, self.given, *([self.merged] if self.merged is not None else [])]
        found = [
            _state(state, images[path], ids) if path in images else None
            for state, images in zip(connections, self._images, strict=True)
        ]
        return [*found, None][:3]


@contextmanager
def opened_shares(whole: Location, locations: Sequence[Location]) -> Iterator[list[OpenShare]]:
    """Open the shares of a project, none of which is changed by that. Raises StoreError."""
    with TemporaryDirectory(prefix="boxwright-") as folder, ExitStack() as stack:
        found: list[OpenShare] = []
        for number, location in enumerate(locations):
            share = read_share(location)
            copies = [Path(folder) / f"{number}-now.db", Path(folder) / f"{number}-given.db"]
            sources = [location.database, location.folder / GIVEN]
            kept = whole.folder / MERGED / _kept_name(share)
            if kept.exists():
                copies.append(Path(folder) / f"{number}-merged.db")
                sources.append(kept)
            states = [stack.enter_context(closing(_copied(*pair))) for pair in zip(sources, copies, strict=True)]
            found.append(OpenShare(share, states))
        places = Counter((one.share.split, one.share.part) for one in found)
        twice = next((one.share.name for one in found if places[one.share.split, one.share.part] > 1), None)
        if twice is not None:
            raise StoreError(tr("The share of {} is named twice.").format(twice))
        yield found


def keep_merged(whole: Location, shares: Sequence[OpenShare], left: Sequence[Collection[str]]) -> None:
    """Remember what the shares were: their labelers may go on, and be merged again. Raises StoreError.

    `left` are the images of each share that the project did not take: of these nothing is remembered, so that they are
    told again.
    """
    folder = whole.folder / MERGED
    with speaking(tr("What was merged could not be remembered")):
        folder.mkdir(exist_ok=True)
        for share, paths in zip(shares, left, strict=True):
            part = folder / f".{_kept_name(share.share)}"
            part.unlink(missing_ok=True)  # of a program that was killed
            copy_database(share.now, part)
            with closing(sqlite3.connect(part, isolation_level=None)) as kept:
                harden(kept)
                with transaction(kept):
                    for statement in _LEFT_OUT:
                        kept.executemany(statement, [(path,) for path in paths])
            part.replace(folder / _kept_name(share.share))


def store_state(store: ProjectStore, record: ImageRecord) -> State:
    """Return what is decided on an image of an open project. Raises StoreError."""
    return _as_state(record, store.annotations_of(record.id), store.rejections_of(record.id), None)


def unsigned(box: Annotation) -> Annotation:
    """Return what is said of an object, whoever says it and under whatever number."""
    return replace(box, id=0, image_id=0, author="")


def _state(connection: sqlite3.Connection, record: ImageRecord, ids: Mapping[int, int]) -> State:
    boxes = rows.annotations_of(connection, record.id)
    rejections = rows.rejections_of(connection, record.id)
    return _as_state(record, boxes, rejections, ids)


def _as_state(
    record: ImageRecord, boxes: Sequence[Annotation], rejections: Sequence[Rejection], ids: Mapping[int, int] | None
) -> State:
    return State(
        record.reviewed,
        record.unsure,
        record.extra,
        tuple(
            replace(one, id=0, image_id=0, category_id=one.category_id if ids is None else ids[one.category_id])
            for one in boxes
        ),
        tuple(one.origin for one in rejections),
    )


def _copied(source: Path, target: Path) -> sqlite3.Connection:
    """Open a copy of a database that may come from a stranger, brought to the schema of today. Raises StoreError."""
    with closing(open_read_only(source)) as connection, speaking(tr("{} could not be read").format(source)):
        copy_database(connection, target)
    copy = open_database(target, MIGRATIONS)
    try:
        with speaking(tr("{} could not be read").format(source)):
            check_values(copy, source)
    except BaseException:
        copy.close()
        raise
    return copy


def _kept_name(share: Share) -> str:
    return f"{share.split}-{share.part}.db"
