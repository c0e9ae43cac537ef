"""A dataset of any format looked over, without a project: everything that is wrong with it, and nothing changed."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from app.model.annotations import ImageRecord
from app.model.storage import StoreError
from app.store.formats.box_checks import BoxChecks
from app.store.formats.coco_format import COCO
from app.store.formats.dataset_checks import check_categories, check_images, check_use
from app.store.formats.findings import Severity, error, warning
from app.store.formats.image_checks import FileChecks, check_left_over
from app.store.formats.json_values import list_in
from app.store.formats.project_images import ProjectImages
from app.store.formats.table import recognise
from detector.coco import parse_dataset, read_json
from detector.coco_values import is_whole
from detector.image_files import list_image_paths
from detector.types import DetectorError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from app.store.formats.findings import Finding
    from app.store.formats.foreign import Format
    from detector.coco import JsonObject


@dataclass(frozen=True, slots=True)
class Validation:
    """What is at `path`, as far as it could be read, and what is wrong with it, in the order of the file."""

    path: Path
    format: Format | None
    images: int
    annotations: int
    categories: int
    findings: tuple[Finding, ...]

    def count(self, severity: Severity) -> int:
        """Return how many findings there are of that kind."""
        return sum(finding.severity is severity for finding in self.findings)


def validate(
    path: Path,
    image_folder: Path,
    format_: Format | None = None,
    *,
    thorough: bool = True,
    progress: Callable[[int, int], None] | None = None,
) -> Validation:
    """Look over a file or folder whose images are in `image_folder`; its content shows the format unless one is given.

    `thorough` decodes every image, in any thread; `progress` is called with (images done, images in all). Never raises
    for what is in the file; DetectorError where the folder cannot be read.
    """
    names = [Path(one).relative_to(image_folder).as_posix() for one in list_image_paths(image_folder)]
    images = ProjectImages(image_folder, [ImageRecord(number, name) for number, name in enumerate(names, 1)])
    findings: list[Finding] = []
    try:
        format_ = format_ or recognise(path)
        if format_ is COCO:
            document = _coco(path, findings)
        else:
            reading = format_.read(path, images)
            if images.settle():
                reading = format_.read(path, images)
            document = reading.document
            findings += [_refused(path, problem) for problem in reading.problems]
            findings += [warning("not taken over", path.name, note.rstrip("."), "Nothing") for note in reading.notes]
    except (DetectorError, StoreError) as reason:
        advice = "Make the file again, or say which format it has"
        what = str(reason).removeprefix(f"{path} ").rstrip(".")
        return Validation(path, format_, 0, 0, 0, (error("file", str(path), what, advice),))
    checks = FileChecks(images, frozenset(names), thorough)
    findings += _checked(document, checks, progress or _nobody_watches, as_coco=format_ is COCO)
    findings += check_left_over(names, checks.present, image_folder)
    if not any(finding.severity is Severity.ERROR for finding in findings):
        findings += _refused_by_import(path, document, images)
    images_, boxes, categories = (len(list_in(document, kind)) for kind in ("images", "annotations", "categories"))
    return Validation(path, format_, images_, boxes, categories, tuple(findings))


def _coco(path: Path, findings: list[Finding]) -> JsonObject:
    """Return the document of a COCO file. Raises DetectorError where it is none."""
    document = read_json(path)
    if not isinstance(document, dict):
        raise DetectorError("it holds no JSON object at its top level, as COCO datasets do.")
    constants: list[str] = []
    text = path.read_bytes()
    if b"NaN" in text or b"Infinity" in text:
        json.loads(text, parse_constant=constants.append)
    if constants:
        what = f"it has {constants[0]} in {len(constants)} places, which JSON does not know"
        findings.append(error("no JSON", path.name, what, "Write a number, or null"))
    findings += [
        error("list missing", path.name, f"it has no list {kind}", "Add the list, maybe an empty one")
        for kind in ("images", "annotations", "categories")
        if not isinstance(document.get(kind), list)
    ]
    return document


def _checked(
    document: JsonObject, files: FileChecks, progress: Callable[[int, int], None], *, as_coco: bool
) -> Iterator[Finding]:
    """Yield what is wrong with the entries of a document and with the files that it names."""
    categories: dict[int, str] = {}
    images: dict[int, str] = {}
    yield from check_categories(list_in(document, "categories"), categories, as_coco=as_coco)
    entries = list_in(document, "images")
    yield from check_images(entries, images, as_coco=as_coco)
    if as_coco:
        _find(images.values(), files.images)
    looked_at = set()
    for done, raw in enumerate(entries, 1):
        identifier = raw.get("id") if isinstance(raw, dict) else None
        if is_whole(identifier) and images.get(identifier) and identifier not in looked_at:
            looked_at.add(identifier)
            yield from files.check(raw, images, as_coco=as_coco)
        progress(done, len(entries))
    boxes = BoxChecks(images, files.sizes, categories, as_coco)
    for position, raw in enumerate(list_in(document, "annotations"), 1):
        yield from boxes.check(raw, position)
    yield from check_use(categories, boxes.used)


def _find(names: Iterable[str], images: ProjectImages) -> None:
    """Ask for all: as in an import, what was taken by its last name alone may be what a later entry names."""
    for name in filter(None, names):
        with suppress(DetectorError):
            images(name)
    images.settle()


def _refused(path: Path, problem: str) -> Finding:
    """Return what a reader said as a finding: its sentences begin with the place."""
    place, _, what = problem.rstrip(".").partition(": ")
    if not what:
        place, what = path.name, place
    return error("cannot be read", place, what, "Correct it there, or import the rest without it")


def _refused_by_import(path: Path, document: JsonObject, images: ProjectImages) -> Iterator[Finding]:
    """Yield what an import would still find wrong: no dataset is called right that Boxwright would not take."""
    try:
        problems = parse_dataset(document, name=str(path), find_image=images).problems
    except DetectorError as reason:
        problems = (str(reason),)
    yield from (_refused(path, problem) for problem in problems)


def _nobody_watches(done: int, total: int) -> None:
    """Stand in for a caller who does not ask how far it is."""
