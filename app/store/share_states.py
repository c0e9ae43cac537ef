"""What is decided in a share: now, when it was given away, and when it was merged last. Read from copies."""

from __future__ import annotations

import json
import re
import sqlite3
from collections import Counter
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from app.model.annotations import NO_EXTRA
from app.model.storage import StoreError
from app.model.words import tr
from app.store import rows
from app.store.database import copy_database, open_database, open_read_only, speaking, transaction
from app.store.inspection import check_values, harden
from app.store.project_store import digest_of
from app.store.schema import MIGRATIONS
from app.store.shares import GIVEN, Share, read_share

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from app.model.annotations import Annotation, ImageRecord, Origin, Rejection
    from app.model.commands import Command
    from app.store.location import Location
    from app.store.project_store import ProjectStore

MERGED = "shares"
"""The folder in a project of what its shares were when they were merged."""
MOST_KEPT = 3
"""Of each share; so many merges can be undone and made again as if they had not been."""
MOST_AT_ONCE = 100
"""Each takes some of the files that a process may have open."""
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


BLANK = State(reviewed=False, unsure=False, extra=NO_EXTRA, boxes=(), rejections=())


class OpenShare:
    """A share as it was when it was opened, whose labeler may go on; what it was given, and what was merged last.

    `merged` is None where no merge of it is in force: none was made, or it was undone. `ids` are category id in the
    share -> in the project, as that merge had them.
    """

    def __init__(self, share: Share, states: Sequence[sqlite3.Connection], ids: Mapping[int, int]) -> None:
        self.share = share
        self.now, self.given, *last = states
        self.merged = last[0] if last else None
        self.ids = ids
        self.categories = {one.id: one for one in rows.categories(self.now)}
        self.given_categories = {one.id: one for one in rows.categories(self.given)}
        before = rows.categories(self.merged) if self.merged is not None else []
        self.known_categories = {**self.given_categories, **{one.id: one for one in before}, **self.categories}
        self._images = [{record.path: record for record in rows.image_records(state)} for state in states]

    @property
    def paths(self) -> tuple[str, ...]:
        """The images that the share has now, in its order."""
        return tuple(self._images[0])

    def states(self, path: str, ids: Mapping[int, int]) -> tuple[State, State]:
        """Return what is decided on an image now, and what was when it was given or merged last."""
        base = self._state(2, path, ids) or self._state(1, path, ids) or BLANK
        now = self._state(0, path, ids)
        assert now is not None, "the image is in the share"
        return now, base

    def given_state(self, path: str, ids: Mapping[int, int]) -> State:
        """Return what was decided on an image when it was given; nothing where it was not."""
        return self._state(1, path, ids) or BLANK

    def _state(self, place: int, path: str, ids: Mapping[int, int]) -> State | None:
        connections = (self.now, self.given, self.merged)
        connection = connections[place]
        if connection is None or path not in self._images[place]:
            return None
        record = self._images[place][path]
        boxes, rejections = rows.annotations_of(connection, record.id), rows.rejections_of(connection, record.id)
        return _as_state(record, boxes, rejections, ids)


@contextmanager
def opened_shares(store: ProjectStore, locations: Sequence[Location]) -> Iterator[list[OpenShare]]:
    """Open the shares of a project, none of which is changed by that. Raises StoreError."""
    if len(locations) > MOST_AT_ONCE:
        raise StoreError(tr("Merge at most {} shares at a time.").format(MOST_AT_ONCE))
    with TemporaryDirectory(prefix="boxwright-") as folder, ExitStack() as stack:
        found: list[OpenShare] = []
        for number, location in enumerate(locations):
            share = read_share(location)
            if any(one.share.split == share.split and one.share.part == share.part for one in found):
                raise StoreError(tr("The share of {} is named twice.").format(share.name))
            sources, ids = [location.database, location.folder / GIVEN], dict[int, int]()
            if (kept := _merge_in_force(store, share)) is not None:
                sources.append(kept)
                ids = _ids_beside(kept)
            states = [
                stack.enter_context(closing(_copied(source, Path(folder) / f"{number}-{place}.db")))
                for place, source in enumerate(sources)
            ]
            with speaking(tr("{} could not be read").format(location.database)):
                if rows.identity(states[0]) != store.identity():
                    sentence = tr("The share of {} is a share of another project, not of that in {}.")
                    raise StoreError(sentence.format(share.name, store.location.image_folder))
            found.append(OpenShare(share, states, ids))
        yield found


def remember_merge(
    store: ProjectStore,
    command: Command | None,
    shares: Sequence[OpenShare],
    left: Sequence[Collection[str]],
    ids: Sequence[Mapping[int, int]],
) -> None:
    """Remember what the shares are, before `command` is executed: it counts while that is in force. Raises StoreError.

    So an undo takes that back too. `left` are the images of each share that the project does not take: of these nothing
    is remembered, so that they are told again. `ids` are category id in each share -> in the project.
    """
    position = store.history().position
    if command is None and position == 0:
        return
    digest = store.journal_digest(position) if command is None else digest_of(command.to_json())
    mark = f"{position + (command is not None)}-{digest}"
    folder = store.location.folder / MERGED
    with speaking(tr("Nothing was merged, because it could not be remembered")):
        folder.mkdir(exist_ok=True)
        for share, paths, mapping in zip(shares, left, ids, strict=True):
            part, target = folder / f".{_kept_name(share.share)}", folder / f"{_kept_name(share.share)}-{mark}.db"
            part.unlink(missing_ok=True)  # of a program that was killed
            copy_database(share.now, part)
            with closing(sqlite3.connect(part, isolation_level=None)) as kept:
                harden(kept)
                with transaction(kept):
                    for statement in _LEFT_OUT:
                        kept.executemany(statement, [(path,) for path in paths])
            target.with_suffix(".json").write_text(json.dumps(list(mapping.items())), encoding="ascii")
            part.replace(target)
            for old in _of_no_use(store, _kept(folder, share.share), target):
                for file in (old, old.with_suffix(".json")):
                    file.unlink(missing_ok=True)


@dataclass(frozen=True, slots=True)
class _Kept:
    """What is remembered of a share: that of a merge which is journal entry `position`, with this digest."""

    position: int
    digest: str
    path: Path


def _kept(folder: Path, share: Share) -> list[_Kept]:
    """Return what is remembered of a share, the latest place in the journal first."""
    pattern = re.compile(rf"{_kept_name(share)}-([0-9]{{1,18}})-([0-9a-f]{{32}})\.db")
    matches = [(pattern.fullmatch(path.name), path) for path in folder.glob("*.db")]
    found = [_Kept(int(match[1]), match[2], path) for match, path in matches if match is not None]
    return sorted(found, key=lambda one: one.position, reverse=True)


def _is_in_journal(store: ProjectStore, kept: _Kept) -> bool:
    """Return whether the merge is in the journal, undone or not: another command may have taken its place."""
    is_possible = 0 < kept.position <= store.history().length
    return is_possible and store.journal_digest(kept.position) == kept.digest


def _of_no_use(store: ProjectStore, kept: Sequence[_Kept], new: Path) -> list[Path]:
    """Return what need not be remembered any more beside `new`, whose command may not be in the journal yet.

    That is what no undo and no redo brings back, and what lies farther from now than `MOST_KEPT` merges.
    """
    now = store.history().position
    # `kept` is in the order of the journal, so of time; two that are in it never are at one position.
    alive = [one for one in kept if one.path != new and _is_in_journal(store, one)]
    before = [one.path for one in alive if one.position <= now]
    # Those that redo brings back go only once a new command has taken their place, which may fail.
    ahead = [one.path for one in reversed(alive) if one.position > now]
    wanted = {new, *before[: MOST_KEPT - 1], *ahead[:MOST_KEPT]}
    return [one.path for one in kept if one.path not in wanted]


def _merge_in_force(store: ProjectStore, share: Share) -> Path | None:
    """Return what the share was at the latest merge that was not undone; None where there is none."""
    with speaking(tr("What was merged could not be read")):
        kept, now = _kept(store.location.folder / MERGED, share), store.history().position
        return next((one.path for one in kept if one.position <= now and _is_in_journal(store, one)), None)


def _ids_beside(kept: Path) -> dict[int, int]:
    """Return the category ids that were kept with a state; none where they cannot be read: names decide then."""
    try:
        found = json.loads(kept.with_suffix(".json").read_text(encoding="ascii"))
        return {one: other for one, other in found if type(one) is int and type(other) is int}
    except (OSError, ValueError, TypeError):
        return {}


def store_state(store: ProjectStore, record: ImageRecord) -> State:
    """Return what is decided on an image of an open project. Raises StoreError."""
    return _as_state(record, store.annotations_of(record.id), store.rejections_of(record.id), None)


def unsigned(box: Annotation) -> Annotation:
    """Return what is said of an object, whoever says it and under whatever number."""
    return replace(box, id=0, image_id=0, author="")


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
    if not source.is_file():
        raise StoreError(tr("{} is not there: without it nobody can tell what was done in the share.").format(source))
    with closing(open_read_only(source)) as connection, speaking(tr("{} could not be read").format(source)):
        if connection.execute("PRAGMA user_version").fetchone() == (0,):
            raise StoreError(tr("{} is empty: get the share anew from whoever worked on it.").format(source))
        copy_database(connection, target)
    try:
        copy = open_database(target, MIGRATIONS)
    except StoreError as error:
        raise StoreError(str(error).replace(str(target), str(source))) from error
    try:
        with speaking(tr("{} could not be read").format(source)):
            check_values(copy, source)
            copy.execute("PRAGMA journal_mode = DELETE")  # which needs one open file in place of three
    except BaseException:
        copy.close()
        raise
    return copy


def _kept_name(share: Share) -> str:
    return f"{share.split}-{share.part}"
