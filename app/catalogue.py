"""The models that a person may choose from: the embedded one, files on this machine, and versions of the project."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from app.model.words import tr
from detector.checkpoint_header import EMBEDDED_WEIGHTS, Description, describe
from detector.published import PUBLISHED, installed, models_folder
from detector.remote_places import is_lent, kept_remote, kept_remotes
from detector.systems import SYSTEMS
from detector.types import DetectorError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from app.model.model_versions import ModelVersion
    from app.serving import Serving
    from app.speeds import Speed, Speeds
    from detector.published import Published


class Kind(StrEnum):
    """Where a model comes from."""

    EMBEDDED = "embedded"
    VERSION = "version"
    DOWNLOADED = "downloaded"
    FOLDER = "folder"
    FILE = "file"
    REMOTE = "remote"
    ABSENT = "absent"


@dataclass(frozen=True, slots=True)
class Model:
    """One row of the list. `base` is the file of a base model, None for the embedded one and for what is a `version`.

    `categories` are names, none where only regions are proposed (`proposals_only`) or where `category_count` is all
    that is known. `problem` says why it cannot be used; for what is not on this machine, how to get it.
    """

    kind: Kind
    title: str
    base: Path | None = None
    version: ModelVersion | None = None
    details: str = ""
    categories: tuple[str, ...] = ()
    category_count: int = 0
    proposals_only: bool = False
    size_bytes: int = 0
    speed: Speed | None = None
    licence: str = ""
    in_use: bool = False
    problem: str = ""
    published: Published | None = None


def models(serving: Serving, opened: Iterable[Path], speeds: Speeds) -> list[Model]:
    """Return the embedded model, the versions of the project, the newest first, files, and what could be downloaded.

    `opened` are files that were opened where they lie. One that cannot be read is listed with its problem.
    """
    return [*_rows(serving, tuple(opened), speeds)]


def _rows(serving: Serving, opened: tuple[Path, ...], speeds: Speeds) -> Iterator[Model]:
    yield _file(Kind.EMBEDDED, EMBEDDED_WEIGHTS, serving, speeds)
    for version in reversed(serving.versions):
        yield _version(version, serving, speeds)
    kept, listed = _installed(), {row.local_name: row for row in PUBLISHED.values() if row.kind == "detector"}
    files = [*dict.fromkeys((*kept, *opened, *kept_remotes()))]
    if serving.base is not None and serving.base not in files:
        files.append(serving.base)
    for path in files:
        is_published = path in kept and path.name in listed
        kind = Kind.DOWNLOADED if is_published else Kind.FOLDER if path in kept else Kind.FILE
        yield _file(kind, path, serving, speeds)
    for name, row in listed.items():
        if models_folder() / name not in kept:
            yield Model(
                Kind.ABSENT,
                row.title,
                category_count=row.categories,
                size_bytes=row.size,
                licence=row.licence,
                published=row,
            )


def _installed() -> tuple[Path, ...]:
    try:
        return installed()
    except DetectorError:
        return ()  # a folder that cannot be read has nothing to choose from


def _file(kind: Kind, path: Path, serving: Serving, speeds: Speeds) -> Model:
    base = None if kind is Kind.EMBEDDED else path
    published = next((row for row in PUBLISHED.values() if row.local_name == path.name), None)
    title = published.title if kind is Kind.DOWNLOADED and published is not None else path.stem
    in_use = serving.active is None and serving.base == base
    try:
        if is_lent(path):
            return Model(
                Kind.REMOTE, title, base, details=kept_remote(path)[0].url, speed=speeds.of(path), in_use=in_use
            )
        found = describe(path)
    except DetectorError as error:
        kind = Kind.REMOTE if is_lent(path) else kind
        return Model(kind, title, base, in_use=in_use, problem=str(error))
    return Model(
        kind,
        SYSTEMS["embedded"].title if kind is Kind.EMBEDDED else title,
        base,
        details="\n".join(text for text in (found.title, found.source, str(path)) if text),
        categories=found.categories,
        category_count=len(found.categories),
        proposals_only=found.proposals_only,
        size_bytes=found.size_bytes,
        speed=speeds.of(path),
        licence=_licence(kind, found),
        in_use=in_use,
    )


def _licence(kind: Kind, found: Description) -> str:
    return found.licence or (SYSTEMS["embedded"].licence if kind is Kind.EMBEDDED else "")


def _version(version: ModelVersion, serving: Serving, speeds: Speeds) -> Model:
    path = serving.path_of(version)
    names = tuple(name for _, name in version.categories)
    in_use = version == serving.active
    return Model(
        Kind.VERSION,
        version.title,
        version=version,
        details="" if path is None else str(path),
        categories=names,
        category_count=len(names),
        size_bytes=0 if path is None else path.stat().st_size,
        speed=None if path is None else speeds.of(path),
        in_use=in_use,
        problem="" if path is not None else tr("Its file is not there any more."),
    )
