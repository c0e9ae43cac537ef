"""A project as COCO JSON. The gate runs first: the old file is replaced only by one that is right as a whole."""

from __future__ import annotations

import io
import json
import os
from contextlib import closing, redirect_stdout
from typing import TYPE_CHECKING, TextIO

from app.model.words import tr
from app.store import rows
from app.store.database import open_read_only, speaking
from app.store.formats.coco_fields import OWN, is_same_box, origin_to_fields, put_flags
from app.store.formats.export_report import ExportError, ExportReport, refusal
from detector.coco import corners, xywh
from detector.images import is_turned, read_image_size
from detector.types import DetectorError

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from app.model.annotations import Annotation, ImageRecord
    from app.store.location import Location
    from detector.coco import JsonObject


def export_coco(
    location: Location,
    target: Path,
    *,
    include_unreviewed: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> ExportReport:
    """Write the project to `target` and return the report; any thread, beside the writer.

    Reviewed images, those without objects too; unreviewed ones only if asked for, because a reader takes an image
    without boxes for an empty one. `progress` is called with (images done, images in all).
    Raises ExportError with everything that is wrong, or StoreError; `target` is as it was then.
    """
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    with (
        closing(open_read_only(location.database)) as connection,
        speaking(tr("{} could not be written").format(target)),
    ):
        connection.execute("BEGIN")  # one state of the project from the first row to the last
        try:
            with part.open("w", encoding="ascii") as file:
                writer = _Writer(connection, location, target, file)
                writer.write(include_unreviewed=include_unreviewed, progress=progress or _nobody_watches)
                file.flush()
                os.fsync(file.fileno())
            if writer.problems:
                raise ExportError(refusal(writer.problems), tuple(writer.problems))
            _check_with_pycocotools(part, writer.report)
            part.replace(target)
        finally:
            part.unlink(missing_ok=True)
    return writer.report


class _Writer:
    """Writes one file entry by entry, never holding more than one image's annotations, and collects what is wrong."""

    def __init__(self, connection: sqlite3.Connection, location: Location, target: Path, file: TextIO) -> None:
        self.report = ExportReport(target)
        self.problems: list[str] = []
        self._connection = connection
        self._location = location
        self._file = file
        self._sizes: dict[int, tuple[int, int]] = {}
        self._names: dict[int, str] = {}

    def write(self, *, include_unreviewed: bool, progress: Callable[[int, int], None]) -> None:
        """Write the whole dataset."""
        chosen = []
        for record in rows.image_records(self._connection):
            if record.reviewed or include_unreviewed:
                chosen.append(record)
            else:
                self.report.unreviewed_left_out += 1
        extra = json.loads(rows.dataset_notes(self._connection).extra)
        self._file.write("{")
        for name, value in {"info": {}, "licenses": [], **extra}.items():
            self._file.write(f"{_text(name)}: {_text(value)},\n")
        self._list("categories", self._categories())
        self._file.write(",\n")
        self._list("images", self._images(chosen, progress))
        self._file.write(",\n")
        self._list("annotations", self._annotations())
        self._file.write("}\n")

    def _list(self, name: str, entries: Iterable[JsonObject]) -> None:
        self._file.write(f"{_text(name)}: [")
        for place, entry in enumerate(entries):
            self._file.write(f"{',' if place else ''}\n{_text(entry)}")
        self._file.write("]")

    def _categories(self) -> Iterator[JsonObject]:
        for category in sorted(rows.categories(self._connection), key=lambda category: category.id):
            self.report.categories += 1
            own: JsonObject = {"color": category.color, "position": category.position}
            if category.score_thresh is not None:
                own["score_thresh"] = category.score_thresh
            if category.merged:
                own["merged"] = [name for _, name in category.merged]
            entry = {"id": category.id, "name": category.name, "supercategory": category.supercategory, OWN: own}
            yield {**json.loads(category.extra), **entry}

    def _images(self, chosen: list[ImageRecord], progress: Callable[[int, int], None]) -> Iterator[JsonObject]:
        for done, record in enumerate(chosen, 1):
            size = self._size(record)
            if size is not None:
                self.report.images += 1
                self._sizes[record.id] = size
                self._names[record.id] = record.path
                yield self._image(record, size)
            progress(done, len(chosen))

    def _size(self, record: ImageRecord) -> tuple[int, int] | None:
        """Return the upright size of the file as it is now; of a missing one what was known; None with a problem."""
        path = self._location.image_folder / record.path
        if not path.exists():
            self.report.missing.append(record.path)
            if record.size is None:
                self.problems.append(tr("{} is not in the folder and its size was never read.").format(record.path))
            return record.size
        try:
            size = read_image_size(path)
            if is_turned(path):
                self.report.turned.append(record.path)
        except DetectorError as error:
            self.problems.append(str(error))
            return None
        return size

    def _image(self, record: ImageRecord, size: tuple[int, int]) -> JsonObject:
        rejections = [origin_to_fields(one.origin) for one in rows.rejections_of(self._connection, record.id)]
        own: JsonObject = {"reviewed": record.reviewed}
        if record.unsure:
            own["unsure"] = True
        if rejections:
            own["rejections"] = rejections
        entry = {"id": record.id, "file_name": record.path, "width": size[1], "height": size[0], OWN: own}
        return {**json.loads(record.extra), **entry}

    def _annotations(self) -> Iterator[JsonObject]:
        categories = {category.id for category in rows.categories(self._connection)}
        for image_id, size in self._sizes.items():
            annotations = rows.annotations_of(self._connection, image_id)
            self.report.empty_images += not annotations
            for annotation in annotations:
                if problem := _problem(annotation, size, categories):
                    self.problems.append(f"{self._names[image_id]}: {problem}")
                    continue
                self.report.annotations += 1
                yield self._annotation(annotation, self.report.annotations)

    def _annotation(self, annotation: Annotation, number: int) -> JsonObject:
        extra = json.loads(annotation.extra)
        imported = corners(extra.get("bbox"))
        bbox = extra.pop("bbox", None) if imported == annotation.box else xywh([annotation.box])[0]
        if imported and extra.get("segmentation") and not is_same_box(imported, annotation.box):
            del extra["segmentation"]  # it outlined the object where the box was
            self.report.outlines_left_out += 1
        put_flags(extra, annotation)
        own: JsonObject = {"provenance": annotation.provenance.value}
        if annotation.origin is not None:
            own["origin"] = origin_to_fields(annotation.origin)
        own |= {name: value for name, value in (("locked", annotation.locked), ("note", annotation.note)) if value}
        if corners(bbox) != annotation.box:
            own["box"] = list(annotation.box)
        x1, y1, x2, y2 = annotation.box
        entry = {
            "id": number,
            "image_id": annotation.image_id,
            "category_id": annotation.category_id,
            "bbox": bbox,
            "area": (x2 - x1) * (y2 - y1),
            "iscrowd": int(annotation.iscrowd),
            OWN: own,
        }
        return {**extra, **entry}


def _problem(annotation: Annotation, size: tuple[int, int], categories: set[int]) -> str:
    """Return what is wrong with an annotation; empty where nothing is."""
    x1, y1, x2, y2 = annotation.box
    height, width = size
    if not (0 <= x1 < x2 <= width and 0 <= y1 < y2 <= height):
        place = f"({x1:g}, {y1:g}, {x2:g}, {y2:g})"
        return tr("box {} does not lie in the image of {} x {}.").format(place, width, height)
    if annotation.category_id not in categories:
        lacking = tr("annotation {} has category {}, which the project lacks.")
        return lacking.format(annotation.id, annotation.category_id)
    return ""


def _check_with_pycocotools(part: Path, report: ExportReport) -> None:
    """Raise ExportError unless the reader that everybody uses finds in the file what the report says."""
    from pycocotools.coco import COCO  # noqa: PLC0415 - slow to import, and only an export needs it

    try:
        with redirect_stdout(io.StringIO()):
            dataset = COCO(str(part))
        found = (len(dataset.imgs), len(dataset.anns), len(dataset.cats))
    except (ValueError, KeyError, TypeError, AssertionError) as error:
        raise ExportError(
            tr("Nothing was exported: pycocotools does not load the file ({!r}).").format(error)
        ) from error
    expected = (report.images, report.annotations, report.categories)
    if found != expected:
        sentence = tr("Nothing was exported: pycocotools finds {} images, annotations and categories, not {}.")
        raise ExportError(sentence.format(found, expected))


def _text(value: object) -> str:
    return json.dumps(value, allow_nan=False)  # in ASCII, because text from other files may not be writable in UTF-8


def _nobody_watches(done: int, total: int) -> None:
    """Stand in for a caller who does not ask how far the export is."""
