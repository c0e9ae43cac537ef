"""What a project keeps in COCO JSON beside the fields that everybody knows; import and export share it.

Whatever Boxwright does not know is kept in `extra` and given back; what Boxwright
adds is in one object per entry, under `boxwright`, which other readers ignore.
"""

from __future__ import annotations

import json
import math
import re
from typing import TYPE_CHECKING, Any, TypeGuard

from app.model.annotations import FARTHEST, LONGEST_NAME, Flag, Origin, Provenance
from detector.coco import corners, is_flagged, is_text, is_yes, number

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.model.annotations import Annotation, Box

OWN = "boxwright"
_INCOMPLETE = "incomplete"
KNOWN_IMAGE_FIELDS = frozenset({"id", "file_name", "width", "height", OWN})
KNOWN_CATEGORY_FIELDS = frozenset({"id", "name", "supercategory", OWN})
KNOWN_ANNOTATION_FIELDS = frozenset({"id", "image_id", "category_id", "bbox", "area", "iscrowd", OWN})
_FLAGS = {
    Flag.DIFFICULT: ("difficult", "ignore"),
    Flag.OCCLUDED: ("occluded",),
    Flag.TRUNCATED: ("truncated",),
}
"""The names of the flags in files, ours and CVAT's first."""
_NO = {"1": "0", "yes": "no"}
_COLOR = re.compile(r"#[0-9a-fA-F]{6}")


def origin_to_fields(origin: Origin) -> dict[str, Any]:
    """Return a suggestion as it stands in the file: corners, because a round trip keeps every bit of them."""
    return {
        "box": list(origin.box),
        "name": origin.name,
        "score": origin.score,
        "model_version": origin.model_version,
    }


def origin_from_fields(fields: object) -> Origin | None:
    """Read what `origin_to_fields` wrote; None for anything else."""
    if not isinstance(fields, dict) or not isinstance(fields.get("box"), list) or len(fields["box"]) != 4:
        return None
    x1, y1, x2, y2 = map(number, fields["box"])
    score, name, model_version = number(fields.get("score")), fields.get("name"), fields.get("model_version")
    is_box = -FARTHEST <= x1 < x2 <= FARTHEST and -FARTHEST <= y1 < y2 <= FARTHEST
    if not (is_box and 0 <= score <= 1 and _is_name(name) and _is_name(model_version)):
        return None
    return Origin((x1, y1, x2, y2), name, score, model_version)


def _is_name(text: object) -> TypeGuard[str]:
    return is_text(text) and len(text) <= LONGEST_NAME


def provenance_from_fields(own: Mapping[str, Any]) -> Provenance:
    """Return how Boxwright said that a box came to be; imported where it said nothing that makes sense."""
    said = own.get("provenance")
    return next((provenance for provenance in Provenance if provenance == said), Provenance.IMPORTED)


def flags_from_fields(entry: Mapping[str, Any]) -> dict[str, bool]:
    """Return what an annotation says about its flags, by the names of their fields; crowds are COCO's own."""
    return {flag.value: is_flagged(entry, *names) for flag, names in _FLAGS.items()}


def put_flags(fields: dict[str, Any], annotation: Annotation) -> None:
    """Bring the unknown fields of an annotation to its flags of today; what says the same already stays as it is.

    A flag that is new is written as CVAT does, among the `attributes`.
    """
    attributes = fields.get("attributes")
    for flag, names in _FLAGS.items():
        if annotation.has(flag) == is_flagged(fields, *names):
            continue
        if not annotation.has(flag):
            for place in (fields, attributes) if isinstance(attributes, dict) else (fields,):
                place.update({name: _no(place[name]) for name in names if is_yes(place.get(name))})
        elif attributes is None or isinstance(attributes, dict):
            attributes = fields["attributes"] = {**(attributes or {}), flag.value: True}
        else:  # what others mean by their attributes is not ours to change
            fields[flag.value] = 1


def exact_box(entry: Mapping[str, Any], box: Box, image_size: tuple[int, int]) -> Box:
    """Return the corners under `OWN` where they are those of `box` before it was a width and a height, or else `box`.

    x + (x2 - x) is not always x2, to the last bit; formats that keep corners give them back as they were.
    """
    said = own_fields(entry).get("box")
    if not isinstance(said, list) or len(said) != 4:
        return box
    x1, y1, x2, y2 = map(number, said)
    is_inside = 0 <= x1 < x2 <= image_size[1] and 0 <= y1 < y2 <= image_size[0]
    return (x1, y1, x2, y2) if is_inside and is_same_box((x1, y1, x2, y2), box) else box


def is_same_box(one: Box, other: Box) -> bool:
    """Return whether two boxes differ by no more than the arithmetic from width to corner and back."""
    return all(math.isclose(mine, theirs, abs_tol=1e-6) for mine, theirs in zip(one, other, strict=True))


def box_of(annotation: Mapping[str, Any], image_size: tuple[int, int]) -> Box:
    """Return the corners of an annotation of a document that the gate of the export has let through."""
    box = corners(annotation["bbox"])
    assert box is not None
    return exact_box(annotation, box, image_size)


def text_from_fields(own: Mapping[str, Any], name: str) -> str:
    """Return the note or the author that Boxwright wrote; empty where there is none."""
    text = own.get(name)
    return text if is_text(text) else ""


def color_from_fields(own: Mapping[str, Any]) -> str | None:
    """Return the colour `#rrggbb` that Boxwright gave to a category; None where there is no such."""
    color = own.get("color")
    return color if isinstance(color, str) and _COLOR.fullmatch(color) else None


def score_thresh_from_fields(own: Mapping[str, Any]) -> float | None:
    """Return the score threshold, in [0, 1], that Boxwright gave to a category; None where there is no such."""
    score = number(own.get("score_thresh"))
    return score if 0.0 <= score <= 1.0 else None


def merged_from_fields(own: Mapping[str, Any]) -> tuple[tuple[int, str], ...]:
    """Return the names of the categories that were merged into one, with the id 0: here those ids mean others."""
    names = own.get("merged")
    return tuple((0, name) for name in names if is_text(name)) if isinstance(names, list) else ()


def unknown_fields(entry: Mapping[str, Any], known: frozenset[str]) -> str:
    """Return the fields of `entry` that are not `known`, as the text of a JSON object, in ASCII.

    NaN and infinity, which some programs write although JSON does not know them, become null.
    """
    fields = {key: value for key, value in entry.items() if key not in known}
    try:
        return json.dumps(fields, allow_nan=False)
    except ValueError:
        return json.dumps(json.loads(json.dumps(fields), parse_constant=lambda _: None))


def lack(image: dict[str, Any]) -> None:
    """Note in an entry that not all boxes of the image could be read: what came of it is not all there is."""
    image[OWN] = {**own_fields(image), _INCOMPLETE: True}


def lacks(image: Mapping[str, Any]) -> bool:
    """Return whether `lack` was called for an entry."""
    return own_fields(image).get(_INCOMPLETE) is True


def own_fields(entry: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what Boxwright said about `entry`; empty where it said nothing."""
    own = entry.get(OWN)
    return own if isinstance(own, dict) else {}


def _no(yes: object) -> object:
    """Return the opposite of what says yes, of its kind."""
    if isinstance(yes, str):
        return _NO.get(yes.strip().casefold(), "false")
    return False if isinstance(yes, bool) else 0
