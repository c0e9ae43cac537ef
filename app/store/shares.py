"""Shares of a project for several people: each is an image folder with a project of its own, and nobody needs a server.

A share knows what it was given (`given.db`), so that whoever brings it back can tell what its labeler did. Near copies
stay together, and each share gets its part of every category. Bringing them back is `app.store.merging`.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import sqlite3
import unicodedata
import uuid
from collections import Counter
from contextlib import closing, suppress
from dataclasses import asdict, dataclass
from itertools import chain
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import numpy as np

from app.model.storage import StoreError
from app.model.words import tr
from app.store import rows
from app.store.database import copy_database, open_read_only, speaking, transaction
from app.store.formats.delivery import deliver
from app.store.formats.foreign import Delivery, Images
from app.store.formats.splitting import groups_of
from app.store.formats.targets import new_folder
from app.store.inspection import harden
from app.store.location import DATABASE, PROJECT_FOLDER
from detector.coco import is_text
from detector.near_copies import chance
from detector.stratified import deal_out

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from app.model.annotations import ImageRecord
    from app.store.location import Location
    from detector.types import IntArray

MANIFEST = "share.json"
GIVEN = "given.db"
MOST_PARTS = 1000
_LONGEST_NAME = 100
_LONGEST_MANIFEST = 65_536
_SPLIT = re.compile(r"[0-9a-f]{32}")
_NO_NAME = re.compile(
    r'[\x00-\x1f\x7f-\x9f/\\:*?"<>|]|^\.|^\s|\s$|\.$|^(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\.|$)', re.IGNORECASE
)
# What a share has no use for: rows about other images, and what only the people of the whole project have done with it.
_NOT_GIVEN = (
    "DELETE FROM annotations WHERE image_id NOT IN (SELECT id FROM given)",
    "DELETE FROM rejections WHERE image_id NOT IN (SELECT id FROM given)",
    "DELETE FROM activity",
    "DELETE FROM images WHERE id NOT IN (SELECT id FROM given)",
    "DELETE FROM journal",
    "UPDATE history SET position = 0",
    "DELETE FROM remembered",
    "DELETE FROM base_models",
    "DELETE FROM model_versions WHERE id NOT IN (SELECT version_id FROM active_version WHERE version_id IS NOT NULL)",
)


@dataclass(frozen=True, slots=True)
class Share:
    """What a share says of itself: whose it is, which of how many, and the split that it comes from."""

    name: str
    part: int
    parts: int
    split: str


@dataclass(frozen=True, slots=True)
class Dealt:
    """What one share was given: `twice` of its images are in another share too."""

    share: Share
    folder: Path
    images: int
    twice: int


def default_names(parts: int) -> list[str]:
    """Return a name for each of so many shares."""
    return [f"part-{number:0{len(str(parts))}}" for number in range(1, parts + 1)]


def split_project(
    location: Location,
    target: Path,
    names: Sequence[str],
    *,
    overlap: float = 0.0,
    seed: int = 0,
    images: Images = Images.COPY,
    progress: Callable[[int, int], None] | None = None,
) -> list[Dealt]:
    """Make a share of the project for each of `names` in the new folder `target`, all of them or none.

    `overlap`, in [0, 1], is the part of all images that two people get, so that it shows how far they agree. Images
    that are not in the folder stay where their project is. Raises StoreError.
    """
    check_names(names)
    target = _free_place(target, location)
    with closing(open_read_only(location.database)) as connection, speaking(tr("The project could not be read")):
        connection.execute("BEGIN")  # one state of the project for all
        records = [record for record in rows.image_records(connection) if _is_there(location, record)]
        if len(records) < len(names):
            sentence = tr("The images in {} are too few for {} shares: {}.")
            raise StoreError(sentence.format(location.image_folder, len(names), len(records)))
        split, made = uuid.uuid4().hex, []
        with new_folder(target, "shares") as folder:
            dealt = _deal(connection, location, records, len(names), overlap=overlap, seed=seed, progress=progress)
            owners = Counter(chain.from_iterable(dealt))
            for part, (name, places) in enumerate(zip(names, dealt, strict=True)):
                share = Share(name, part + 1, len(names), split)
                given = [records[place] for place in sorted(places)]
                _write(connection, location, folder / name, share, given, images=images)
                twice = sum(owners[place] > 1 for place in places)
                made.append(Dealt(share, target / name, len(given), twice))
    return made


def check_names(names: Sequence[str]) -> None:
    """Raise StoreError where shares cannot be called so: each is the name of a folder and of its labeler."""
    if not 2 <= len(names) <= MOST_PARTS:
        raise StoreError(tr("A project is split into 2 to {} shares, not {}.").format(MOST_PARTS, len(names)))
    for name in names:
        if not _is_name(name):
            raise StoreError(tr("A share cannot be called {!r}: it is the name of a folder.").format(name))
    if len({unicodedata.normalize("NFC", name).casefold() for name in names}) < len(names):
        raise StoreError(tr("Two shares cannot have the same name."))


def read_share(location: Location) -> Share:
    """Return what a project says of the share that it is. Raises StoreError where it is none."""
    path = location.folder / MANIFEST
    none = tr("{} is no share of a project: `boxwright split` makes them.").format(location.image_folder)
    if not os.path.lexists(path):
        raise StoreError(none)
    try:
        with speaking(tr("{} could not be read").format(path)), path.open("rb") as file:
            share = Share(**json.loads(file.read(_LONGEST_MANIFEST)))
    except (ValueError, TypeError, RecursionError) as error:
        raise StoreError(none) from error
    numbers_are_right = all(type(one) is int and 0 < one <= MOST_PARTS for one in (share.part, share.parts))
    is_split = isinstance(share.split, str) and _SPLIT.fullmatch(share.split)
    if not (isinstance(share.name, str) and _is_name(share.name) and numbers_are_right and is_split):
        raise StoreError(none)
    return share


def _is_name(name: str) -> bool:
    """Say whether a folder can have this name on any system."""
    return bool(name) and len(name) <= _LONGEST_NAME and is_text(name) and not _NO_NAME.search(name)


def _free_place(target: Path, location: Location) -> Path:
    """Return where the shares go, as a whole path. Raises StoreError where they cannot."""
    target = target.resolve()
    if target.is_relative_to(location.image_folder) or target.is_relative_to(location.folder):
        sentence = tr("The shares cannot be in the folder {} itself: their images would be images of the project.")
        raise StoreError(sentence.format(location.image_folder))
    if os.path.lexists(target) and not target.is_dir():
        raise StoreError(tr("{} is not a folder: choose another place for the shares.").format(target))
    if target.is_dir() and any(target.iterdir()):
        raise StoreError(tr("The folder {} is not empty: choose an empty one or a new name.").format(target))
    return target


def _is_there(location: Location, record: ImageRecord) -> bool:
    """Say whether an image can be given away. Raises StoreError for one that would be a file of the share's project."""
    if PurePosixPath(record.path.casefold()).parts[:1] == (PROJECT_FOLDER,):
        raise StoreError(tr("{} is no image but a file of the project: nothing was split.").format(record.path))
    return (location.image_folder / record.path).is_file()


def _deal(
    connection: sqlite3.Connection,
    location: Location,
    records: Sequence[ImageRecord],
    parts: int,
    *,
    overlap: float,
    seed: int,
    progress: Callable[[int, int], None] | None,
) -> list[set[int]]:
    """Return for each part the places in `records` of its images; those for two people are in two of them."""
    numbers = np.array(groups_of(location.image_folder, [one.path for one in records], progress), dtype=np.int64)
    count = int(numbers.max()) + 1
    place_of = {record.id: place for place, record in enumerate(records)}
    labels = {category.id: label for label, category in enumerate(rows.categories(connection))}
    shown = np.zeros((count, len(labels)), dtype=np.int64)
    for image_id, category_id in connection.execute("SELECT DISTINCT image_id, category_id FROM annotations"):
        if image_id in place_of:
            shown[numbers[place_of[image_id]], labels[category_id]] += 1
    names = [""] * count
    for number, record in zip(numbers.tolist(), records, strict=True):
        names[number] = min(names[number] or record.path, record.path)
    sizes = np.bincount(numbers, minlength=count)
    part_of = np.array(deal_out(sizes, shown, [1.0] * parts, names, seed))
    dealt: list[set[int]] = [set(np.flatnonzero(part_of[numbers] == part).tolist()) for part in range(parts)]
    for_two = _for_two(sizes, names, overlap, seed)  # (G,)
    for place in np.flatnonzero(for_two[numbers]).tolist():
        dealt[(part_of[numbers[place]] + 1) % parts].add(place)
    return dealt


def _for_two(sizes: IntArray, names: Sequence[str], overlap: float, seed: int) -> NDArray[np.bool_]:
    """Return (G,) which groups of `sizes` (G,) images two people get: by chance, those that fit, and one at least."""
    chosen = np.zeros(len(sizes), dtype=np.bool_)
    left = round(overlap * int(sizes.sum()))
    for group in sorted(range(len(sizes)), key=lambda number: chance(f"{seed} twice {names[number]}")):
        if sizes[group] <= left:
            chosen[group] = True
            left -= int(sizes[group])
    if overlap > 0 and not chosen.any():
        chosen[int(sizes.argmin())] = True
    return chosen


def _write(
    connection: sqlite3.Connection,
    location: Location,
    folder: Path,
    share: Share,
    given: Sequence[ImageRecord],
    *,
    images: Images,
) -> None:
    """Make one share. Raises StoreError, OSError or sqlite3.Error in the midst of it."""
    project = folder / PROJECT_FOLDER
    project.mkdir(parents=True)
    deliver(Delivery(location.image_folder, images), folder, {record.path: record.path for record in given})
    database = project / DATABASE
    copy_database(connection, database)
    with closing(sqlite3.connect(database, isolation_level=None)) as made:
        harden(made)
        made.execute("CREATE TEMP TABLE given (id INTEGER PRIMARY KEY)")
        made.executemany("INSERT INTO given VALUES (?)", [(record.id,) for record in given])
        with transaction(made):
            for statement in _NOT_GIVEN:
                made.execute(statement)
        made.execute("VACUUM")
        files = [name for (name,) in made.execute("SELECT file FROM model_versions")]
    shutil.copyfile(database, project / GIVEN)
    for name in files:
        (project / "heads").mkdir(exist_ok=True)
        with suppress(FileNotFoundError):  # the whole project does without it too, and says so
            shutil.copyfile(location.heads / Path(name).name, project / "heads" / Path(name).name)
    (project / MANIFEST).write_text(json.dumps(asdict(share), indent=1), encoding="utf-8")
