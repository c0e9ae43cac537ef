"""What a dataset says and a format has no place for, so that an export names what stays in the project alone."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from app.model.words import tr, worded, written
from app.store.formats.coco_fields import flags_from_fields, own_fields

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from detector.coco import JsonObject

DIFFICULT = worded("difficult")
OCCLUDED = worded("occluded")
TRUNCATED = worded("truncated")
CROWDS = worded("crowds, which look like single objects there")
NOTES = worded("notes")
LOCKS = worded("locks")
AUTHORS = worded("authors")
ORIGINS = worded("suggestions that became boxes")
OUTLINES = worded("outlines")
ATTRIBUTES = worded("attributes of other programs")
UNSURE = worded("images flagged as unsure")
REJECTIONS = worded("rejected suggestions")
SUPERCATEGORIES = worded("supercategories")
UNREVIEWED = worded("images that are not reviewed, which look like the others there")

ALL_OF_OURS = frozenset({
    *(DIFFICULT, OCCLUDED, TRUNCATED, CROWDS, NOTES, LOCKS, AUTHORS, ORIGINS, ATTRIBUTES),
    *(UNSURE, REJECTIONS, UNREVIEWED),
})  # fmt: skip
"""What a format can say that keeps fields it does not know: what Boxwright says under its own name."""

_FLAGS = {"difficult": DIFFICULT, "occluded": OCCLUDED, "truncated": TRUNCATED}


def losses(document: JsonObject, name: str, keeps: Collection[str]) -> tuple[str, ...]:
    """Return one sentence that counts what the format `name` cannot say, none where it can say all.

    `keeps` are those of the words above that it can.
    """
    counted = Counter(what for what in _said(document) if what not in keeps)
    if not counted:
        return ()
    listed = ", ".join(f"{written(count)} × {tr(what)}" for what, count in counted.items())
    return (tr("{} has no place for these, which stay in the project: {}.").format(name, listed),)


def other_attributes(annotation: Mapping[str, Any]) -> dict[str, Any]:
    """Return what an annotation says under `attributes`, without the flags."""
    attributes = annotation.get("attributes")
    if not isinstance(attributes, dict):
        return {}
    return {key: value for key, value in attributes.items() if key not in _FLAGS}


def _said(document: JsonObject) -> Iterator[str]:
    for annotation in document["annotations"]:
        own = own_fields(annotation)
        yield from (_FLAGS[flag] for flag, on in flags_from_fields(annotation).items() if on)
        kinds = (
            (CROWDS, annotation.get("iscrowd")),
            (NOTES, own.get("note")),
            (LOCKS, own.get("locked")),
            (AUTHORS, own.get("author")),
            (ORIGINS, own.get("origin")),
            (OUTLINES, annotation.get("segmentation")),
            (ATTRIBUTES, other_attributes(annotation)),
        )
        yield from (kind for kind, present in kinds if present)
    for image in document["images"]:
        own = own_fields(image)
        yield from [UNSURE] * bool(own.get("unsure"))
        yield from [REJECTIONS] * len(own.get("rejections", ()))
        yield from [UNREVIEWED] * (own.get("reviewed") is False)
    yield from (SUPERCATEGORIES for category in document["categories"] if category.get("supercategory"))
