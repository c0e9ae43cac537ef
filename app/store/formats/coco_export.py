"""A project as COCO JSON. The gate runs first: the old file is replaced only by one that is right as a whole."""

from __future__ import annotations

import json
from contextlib import closing
from typing import TYPE_CHECKING

from app.model.annotations import NO_EXTRA
from app.model.garbage import uncollected
from app.model.words import tr
from app.store import rows
from app.store.database import open_read_only
from app.store.formats.coco_fields import OWN, is_same_box, origin_to_fields, put_flags
from app.store.formats.coco_gate import EntryFile, check
from app.store.formats.coco_rows import plain_text, rows_by_image
from app.store.formats.export_report import ExportError, ExportReport, refusal
from app.store.formats.targets import new_file
from app.store.image_headers import ImageHeaders
from detector.coco import corners, xywh
from detector.types import DetectorError

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from app.model.annotations import Annotation, Category, ImageRecord, Rejection
    from app.store.location import Location
    from detector.coco import JsonObject

_SHAPES = ("segmentation", "keypoints", "num_keypoints")
"""Fields that say where the parts of an object are, in pixels: of a box that was moved they are wrong."""


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
    with closing(open_read_only(location.database)) as connection, uncollected(), new_file(target) as part:
        connection.execute("BEGIN")  # one state of the project from the first row to the last
        with part.open("wb") as file:
            entries = EntryFile(file)
            writer = _Writer(connection, location, target, entries)
            writer.write(include_unreviewed=include_unreviewed, progress=progress or _nobody_watches)
        if writer.problems:
            raise ExportError(refusal(writer.problems), tuple(writer.problems))
        check(part, entries, writer.report)
    return writer.report


class _Writer:
    """Writes one file entry by entry, never holding more than one image's annotations, and collects what is wrong."""

    def __init__(self, connection: sqlite3.Connection, location: Location, target: Path, entries: EntryFile) -> None:
        self.report = ExportReport(target)
        self.problems: list[str] = []
        self._connection = connection
        self._entries = entries
        self._headers = ImageHeaders(location.image_folder, location.cache)
        self._sizes: dict[int, tuple[int, int]] = {}
        self._names: dict[int, str] = {}
        self._resized: set[int] = set()

    def write(self, *, include_unreviewed: bool, progress: Callable[[int, int], None]) -> None:
        """Write the whole dataset."""
        chosen = []
        for record in rows.image_records(self._connection):
            if record.reviewed or include_unreviewed:
                chosen.append(record)
            else:
                self.report.unreviewed_left_out += 1
        categories = sorted(rows.categories(self._connection), key=lambda category: category.id)
        boxes, rejected = _counted(self._connection, "annotations"), rows.images_with_rejections(self._connection)
        extra = json.loads(rows.dataset_notes(self._connection).extra)
        entries = self._entries
        entries.write(b"{")
        for name, value in {"info": {}, "licenses": [], **extra}.items():
            entries.write(b"%s: %s,\n" % (_text(name), _text(value)))
        entries.write_list("categories", map(self._category, categories), len(categories))
        entries.write(b",\n")
        entries.write_list("images", self._images(chosen, rejected, progress), len(chosen))
        entries.write(b",\n")
        entries.write_list("annotations", self._annotations({category.id for category in categories}), boxes)
        entries.write(b"}\n")
        self._headers.keep()

    def _category(self, category: Category) -> bytes:
        self.report.categories += 1
        own: JsonObject = {"color": category.color, "position": category.position}
        if category.score_thresh is not None:
            own["score_thresh"] = category.score_thresh
        if merged := [name for number, name in category.merged if number != category.id]:
            own["merged"] = merged
        entry = {"id": category.id, "name": category.name, "supercategory": category.supercategory, OWN: own}
        return _text({**json.loads(category.extra), **entry})

    def _images(
        self, chosen: list[ImageRecord], rejected: set[int], progress: Callable[[int, int], None]
    ) -> Iterator[bytes]:
        for done, record in enumerate(chosen, 1):
            size = self._size(record)
            if size is not None:
                self.report.images += 1
                self._sizes[record.id] = size
                self._names[record.id] = record.path
                rejections = rows.rejections_of(self._connection, record.id) if record.id in rejected else []
                yield _image_text(record, size, rejections)
            progress(done, len(chosen))

    def _size(self, record: ImageRecord) -> tuple[int, int] | None:
        """Return the upright size of the file as it is now; of a missing one what was known; None with a problem."""
        try:
            header = self._headers.of(record.path)
        except DetectorError as error:
            self.problems.append(str(error))
            return None
        if header is None:
            self.report.missing.append(record.path)
            if record.size is None:
                self.problems.append(tr("{} is not in the folder and its size was never read.").format(record.path))
            return record.size
        if header.is_turned:
            self.report.turned.append(record.path)
        if record.size not in (None, header.size):
            self._resized.add(record.id)
        return header.size

    def _annotations(self, categories: set[int]) -> Iterator[bytes]:
        number = 0
        for image_id, found in rows_by_image(self._connection, tuple(self._sizes)):
            height, width = self._sizes[image_id]
            self.report.empty_images += not found
            if found and image_id in self._resized:
                self.report.resized.append(self._names[image_id])
            careful: dict[int, Annotation] | None = None
            for row in found:
                text = plain_text(row, number + 1, height, width, categories)
                if text is None:
                    careful = careful or {one.id: one for one in rows.annotations_of(self._connection, image_id)}
                    annotation = careful[row[1]]
                    if problem := _problem(annotation, (height, width), categories):
                        self.problems.append(f"{self._names[image_id]}: {problem}")
                        continue
                    text = _text(self._annotation(annotation, number + 1))
                number += 1
                yield text
        self.report.annotations = number

    def _annotation(self, annotation: Annotation, number: int) -> JsonObject:
        extra = json.loads(annotation.extra)
        imported = corners(extra.get("bbox"))
        bbox = extra.pop("bbox", None) if imported == annotation.box else xywh([annotation.box])[0]
        if imported and any(map(extra.get, _SHAPES)) and not is_same_box(imported, annotation.box):
            for name in _SHAPES:
                extra.pop(name, None)
            self.report.outlines_left_out += 1
        area = extra.pop("area", None) if "segmentation" in extra else None
        put_flags(extra, annotation)
        own: JsonObject = {"provenance": annotation.provenance.value}
        if annotation.origin is not None:
            own["origin"] = origin_to_fields(annotation.origin)
        said = {"locked": annotation.locked, "note": annotation.note, "author": annotation.author}
        own |= {name: value for name, value in said.items() if value}
        if corners(bbox) != annotation.box:
            own["box"] = list(annotation.box)
        x1, y1, x2, y2 = annotation.box
        entry = {
            "id": number,
            "image_id": annotation.image_id,
            "category_id": annotation.category_id,
            "bbox": bbox,
            "area": (x2 - x1) * (y2 - y1) if area is None else area,
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


def _image_text(record: ImageRecord, size: tuple[int, int], rejections: list[Rejection]) -> bytes:
    own: JsonObject = {"reviewed": record.reviewed}
    if record.unsure:
        own["unsure"] = True
    if rejections:
        own["rejections"] = [origin_to_fields(one.origin) for one in rejections]
    entry = {"id": record.id, "file_name": record.path, "width": size[1], "height": size[0], OWN: own}
    return _text(entry if record.extra == NO_EXTRA else {**json.loads(record.extra), **entry})


def _counted(connection: sqlite3.Connection, table: str) -> int:
    (count,) = connection.execute(f"SELECT count(*) FROM {table}").fetchone()  # noqa: S608 - own names only
    return int(count)


def _text(value: object) -> bytes:
    # In ASCII, because text from other files may not be writable in UTF-8.
    return json.dumps(value, allow_nan=False, separators=(",", ":")).encode("ascii")


def _nobody_watches(done: int, total: int) -> None:
    """Stand in for a caller who does not ask how far the export is."""
