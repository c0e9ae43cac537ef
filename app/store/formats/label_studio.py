"""Label Studio JSON: the export of a project's tasks with `RectangleLabels`, in percent of the image.

What Boxwright alone says stands in the `meta` of a region or a task under its name, which Label Studio keeps.
"""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, unquote, urlsplit

import numpy as np

from app.model.words import tr
from app.store.formats.coco_fields import OWN, own_fields
from app.store.formats.draft import Draft, brief, cut, ends, own, span, suffixes, turned
from app.store.formats.foreign import Format, Reading
from app.store.formats.json_values import list_in, object_in
from app.store.formats.label_studio_writing import NAME, colors_of_config, config_beside, write
from app.store.formats.xml_reading import require_regular
from detector.coco import is_text, number, read_json
from detector.images import IMAGE_SUFFIXES
from detector.types import DetectorError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.model.annotations import Box
    from app.store.formats.draft import Size
    from app.store.formats.project_images import ProjectImages
    from detector.coco import JsonObject

MAX_BYTES = 1 << 30
OUTLINES = ("polygonlabels", "ellipselabels", "polygon", "ellipse")
BOXES = ("rectanglelabels", "labels", "rectangle")
_HEAD_BYTES = 1 << 16
_UPLOADED = re.compile(r"^[0-9a-f]{6,8}-(?=.)")
"""What Label Studio puts before the name of an uploaded file."""
_UPLOAD = re.compile(r"(^|/)upload/\d+/[^/]+$")
"""Where uploaded files are, whatever folder they came from."""


def recognises(path: Path) -> bool:
    """Tell whether it begins as an export of tasks."""
    try:
        require_regular(path, MAX_BYTES)
        with path.open("rb") as file:
            head = file.read(_HEAD_BYTES).decode("utf-8", "replace").lstrip("\ufeff \t\r\n")
    except (OSError, DetectorError):
        return False
    is_task = '"data"' in head and ('"annotations"' in head or '"completions"' in head or '"predictions"' in head)
    return head.startswith("[") and (is_task or '"rectanglelabels"' in head)


def read(path: Path, find_image: ProjectImages) -> Reading:
    """Read a file. Raises DetectorError where it is no export of tasks at all."""
    try:
        require_regular(path, MAX_BYTES)
    except OSError as error:
        raise DetectorError(f"The file {path} cannot be read: {error.strerror or error}.") from error
    tasks = read_json(path)
    if not isinstance(tasks, list):
        raise DetectorError(tr("{} is not an export of Label Studio: it holds no list of tasks.").format(path))
    if tasks and all(isinstance(task, dict) and "data" not in task for task in tasks):
        sentence = tr("{} is not the JSON export of Label Studio, maybe its JSON-MIN: export it as “JSON” again.")
        raise DetectorError(sentence.format(path))
    reader = _Reader(Draft(find_image), in_folder=_are_in_folder(tasks, find_image.folder_names))
    for name, color in colors_of_config(config_beside(path)):
        reader.draft.category(path.name, name, **{OWN: own(color=color)})
    for number_, task in enumerate(tasks, 1):
        reader.task(task, f"{path.name}, task {brief(_id_of(task, number_))}")
    return reader.draft.reading()


class _Reader:
    """Reads tasks into a draft. If `in_folder`, local files are named by the way from where the image folder is."""

    def __init__(self, draft: Draft, *, in_folder: bool) -> None:
        self.draft = draft
        self._in_folder = in_folder

    def task(self, task: object, place: str) -> None:
        """Read one task: its image, and the regions of the annotation that counts."""
        data = task.get("data") if isinstance(task, dict) else None
        if not isinstance(task, dict) or not isinstance(data, dict):
            self.draft.problem(place, tr("it has no object “data”"))
            return
        address = _image_address(data)
        found = None if address is None else self.draft.found(place, address, self._tiers(address), names_of(address))
        if address is None:
            self.draft.problem(place, tr("its data name no image, or several"))
        if found is None:
            return
        if task.get("predictions"):
            self.draft.note(tr("Tasks with predictions of a model, which were left out: {} (the first: {})."), place)
        chosen = self._annotation(task, place)
        meta = object_in(task, "meta")
        # Nobody has said of a task without an annotation that its image is empty.
        said = own_fields(meta) or ({} if chosen else {"reviewed": False})
        results = [one for one in list_in(chosen, "result") if isinstance(one, dict)]
        stated = next(filter(None, map(_stated_size, results)), None)
        image = self.draft.image(place, found, stated, **{OWN: said})
        if image is None:
            return
        labelled = {str(one.get("id")) for one in results if _labels(one.get("value"))}
        for nth, result in enumerate(results, 1):
            if _labels(result.get("value")) or str(result.get("id")) not in labelled:  # else it is said twice
                self._region(f"{place}, region {brief(result.get('id', nth))}", image, result, found.image_size)

    def _tiers(self, address: str) -> list[list[str]]:
        """Return the paths that an address may mean; none for an upload, of which only the name is left."""
        path, is_local = _path_in(address)
        if _UPLOAD.search(path):
            return []
        first = [suffixes(path)[1:2]] if is_local and self._in_folder else []
        return [*first, *ends(path, self.draft.find_image.folder_names)]

    def _annotation(self, task: JsonObject, place: str) -> JsonObject | None:
        """Return the annotation that counts: of those that nobody cancelled, the newest ground truth, or the newest."""
        given = [one for key in ("annotations", "completions") for one in list_in(task, key) if isinstance(one, dict)]
        usable = [one for one in given if not (one.get("was_cancelled") or one.get("skipped"))]
        if len(usable) < len(given):
            self.draft.note(tr("Tasks with annotations that were cancelled: {} (the first: {})."), place)
        if len(usable) > 1:
            sentence = tr(
                "Tasks with several annotations, of which the ground truth, or else the newest, was taken: {} "
                "(the first: {})."
            )
            self.draft.note(sentence, place)
        return max(usable, key=lambda one: (one.get("ground_truth") is True, _time_of(one)), default=None)

    def _region(self, place: str, image: JsonObject, result: JsonObject, true: Size | None) -> None:
        kind, value = result.get("type"), result.get("value")
        if kind not in (*BOXES, *OUTLINES) or not isinstance(value, dict):
            self.draft.note(tr("Results that are no boxes or outlines, left out: {} (the first: {})."), place)
            return
        if number(result.get("image_rotation") or 0) % 360:
            self.draft.problem(
                place, tr("its image was turned in Label Studio: turn it back there and export again"), image
            )
            return
        size = _stated_size(result) or true
        labels = _labels(value)
        if not labels:
            self.draft.note(tr("Regions without a label, which were left out: {} (the first: {})."), place)
            return
        if size is None:
            self.draft.problem(place, tr("the size of its image is not known"), image)
            return
        box = self._box(place, kind, value, size)
        meta = object_in(result, "meta")
        said, text = dict(own_fields(meta)), meta.get("text")
        flags = {name: said.pop(name, None) for name in ("attributes", "iscrowd")}
        if isinstance(text, list) and all(map(is_text, text)):
            said["note"] = "\n".join(text)
        for label in dict.fromkeys(one if is_text(one) else None for one in labels):
            self.draft.box(place, image, label, box, **flags, **{OWN: said})

    def _box(self, place: str, kind: str, value: JsonObject, size: Size) -> Box:
        """Return the box of a region in pixels, NaN where it has none, and count what that leaves unsaid."""
        rotation = number(value.get("rotation") or 0)
        if kind in BOXES:
            box = from_percent(value, size)
            if not rotation:
                return box
            self.draft.note(tr("Rotated boxes, which became the upright box around them: {} (the first: {})."), place)
            return cut(span(turned(box, rotation, box[:2])), size)
        self.draft.note(tr("Outlines, which became the box around them: {} (the first: {})."), place)
        return cut(span(list(_outline(value, size, rotation))), size)


def from_percent(value: JsonObject, size: Size) -> Box:
    """Return the box of a rectangle in pixels, in double precision; NaN where a side is no number."""
    x, y, width, height = (number(value.get(key)) for key in ("x", "y", "width", "height"))
    left, top = x / 100 * size[1], y / 100 * size[0]
    ends = (left, top, left + width / 100 * size[1], top + height / 100 * size[0])
    x1, y1, x2, y2 = map(_settled, ends)
    return x1, y1, x2, y2


def _settled(value: float) -> float:
    """Return a number without the dust of the way through percent, if it is one of single precision without it."""
    with np.errstate(over="ignore"):  # one that is too large becomes infinite, which is not close to it
        single = float(np.float32(value))
    return single if math.isclose(single, value, rel_tol=1e-14, abs_tol=1e-12) else value


def names_of(address: str) -> list[str]:
    """Return the names that the image at an address may have in the folder, the likeliest first.

    An upload has eight letters before its name; of a path or an address, some of the folders at its end are the
    folder's own.
    """
    names = suffixes(_path_in(address)[0])
    last = names[-1] if names else ""
    return [*names, *([_UPLOADED.sub("", last)] if _UPLOADED.match(last) else [])]


def _path_in(address: str) -> tuple[str, bool]:
    """Return the path of a file at an address, and whether Label Studio looks for it below its document root."""
    try:
        parts = urlsplit(address)
        query = parse_qs(parts.query, errors="surrogateescape")
    except ValueError:
        return address, False
    said = query.get("d", query.get("filepath"))
    path = said[-1] if said else unquote(parts.path) if parts.scheme or address.startswith("/data/") else address
    return path, "d" in query


def _are_in_folder(tasks: list[Any], folder_names: set[str]) -> bool:
    """Tell whether all local files begin with the image folder's name: so does an export of Boxwright name them.

    Where some do not, the document root is another folder than the one that the image folder is in.
    """
    data = [object_in(task, "data") for task in tasks if isinstance(task, dict)]
    paths = [_path_in(address) for address in map(_image_address, data) if address is not None]
    firsts = {suffixes(path)[0].partition("/")[0] for path, is_local in paths if is_local and suffixes(path)}
    return bool(firsts) and firsts <= folder_names


def _outline(value: JsonObject, size: Size, rotation: float) -> Iterator[tuple[float, float]]:
    """Yield points of an outline, in pixels, that it does not go beyond."""
    wide, high = size[1] / 100, size[0] / 100
    if "radiusX" in value:
        x, y, across, along = (number(value.get(key)) for key in ("x", "y", "radiusX", "radiusY"))
        cosine, sine = math.cos(math.radians(rotation)), math.sin(math.radians(rotation))
        reach = (
            math.hypot(across * wide * cosine, along * high * sine),
            math.hypot(across * wide * sine, along * high * cosine),
        )
        yield from ((x * wide - reach[0], y * high - reach[1]), (x * wide + reach[0], y * high + reach[1]))
        return
    for point in list_in(value, "points"):
        x, y = map(number, point) if isinstance(point, list) and len(point) == 2 else (math.nan, math.nan)
        yield x * wide, y * high


def _image_address(data: JsonObject) -> str | None:
    """Return where the image of a task is: under `image`, or under the one name that has an address of an image."""
    if is_text(data.get("image")) and data["image"].strip():
        return str(data["image"])
    likely = [text for text in data.values() if is_text(text) and _has_suffix(text)]
    return likely[0] if len(likely) == 1 else None


def _has_suffix(address: str) -> bool:
    names = names_of(address)
    return bool(names) and Path(names[-1]).suffix.lower() in IMAGE_SUFFIXES


def _stated_size(result: JsonObject) -> Size | None:
    height, width = (number(result.get(key)) for key in ("original_height", "original_width"))
    return (int(height), int(width)) if height >= 1 and width >= 1 else None


def _time_of(annotation: JsonObject) -> float:
    for key in ("updated_at", "created_at"):
        value = annotation.get(key)
        if isinstance(value, str):
            try:
                moment = datetime.fromisoformat(value)
                return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
            except (ValueError, OverflowError):
                continue
        elif not math.isnan(number(value)):
            return number(value)  # as in `completions`, years ago
    return -math.inf


def _id_of(task: object, position: int) -> object:
    said = task.get("id") if isinstance(task, dict) else None
    return said if isinstance(said, int) or is_text(said) else position


def _labels(value: object) -> list[Any]:
    """Return the labels of a region, of whichever kind it is."""
    return next(filter(None, (list_in(value, key) for key in (*BOXES, *OUTLINES))), [])


LABEL_STUDIO = Format("label-studio", NAME, ".json", recognises, read, write)
