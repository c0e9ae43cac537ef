"""A project in any format: the COCO document that the gate lets through, handed to the format's writer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from app.model.storage import StoreError
from app.model.words import tr
from app.store.database import speaking
from app.store.formats.coco_export import export_coco
from app.store.formats.coco_format import COCO
from app.store.formats.foreign import Delivery, Images
from app.store.formats.leftovers import sweep
from app.store.formats.targets import require_replaceable, require_text
from detector.coco import read_json
from detector.temporary import temporary_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from app.store.formats.export_report import ExportReport
    from app.store.formats.foreign import Format
    from app.store.location import Location
    from detector.coco import JsonObject


def export_annotations(
    format_: Format,
    location: Location,
    target: Path,
    *,
    include_unreviewed: bool = False,
    images: Images = Images.NONE,
    split: Callable[[JsonObject], Mapping[int, str]] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> ExportReport:
    """Write the project to `target`, a file or a folder as the format has it, and return the report; any thread.

    `split` returns `Delivery.parts` for the document. For the rest see `coco_export.export_coco`, which has the gate.
    Raises ExportError with everything that is wrong, or StoreError; `target` is as it was then.
    """
    if format_.suffix:
        require_text(target)
    if format_ is COCO and split is None:
        return export_coco(location, target, include_unreviewed=include_unreviewed, progress=progress)
    if not format_.suffix:
        sweep(target)  # an earlier export that was put aside comes back, whatever becomes of this one
        require_replaceable(target, format_.key)
    if images is not Images.NONE and target.resolve().is_relative_to(location.image_folder):
        inside = tr("{} lies in the image folder, which would have each image twice: choose a place outside of it.")
        raise StoreError(inside.format(target))
    with (
        speaking(tr("{} could not be written").format(target)),
        temporary_folder("export") as folder,
    ):
        pivot = folder / "document.json"
        report = export_coco(location, pivot, include_unreviewed=include_unreviewed, progress=progress)
        document = cast("dict[str, Any]", read_json(pivot))
    parts = {} if split is None else split(document)
    with speaking(tr("{} could not be written").format(target)):
        written = format_.write(document, target, Delivery(location.image_folder, images, parts))
    report.path, report.lost = target, written.lost
    return report
