"""A COCO JSON file as a checked value: everything wrong with the file itself, before anybody asks about the project."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from app.store.formats.coco_fields import KNOWN_FIELDS, to_box, unknown_fields

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

Entry = dict[str, Any]


@dataclass(frozen=True, slots=True)
class CocoDocument:
    """The good entries of a file, in its order, and one sentence for each bad one. `extra`: the other fields.

    A good annotation may belong to an image or a category that is not among the good ones.
    """

    images: tuple[Entry, ...]
    annotations: tuple[Entry, ...]
    categories: tuple[Entry, ...]
    extra: str
    problems: tuple[str, ...]


def read_document(path: Path) -> CocoDocument:
    """Read and check a file. One that is not a COCO dataset at all has no entries and says so in its problems."""
    try:
        document = json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        return _unusable(f"{path} cannot be read: {error.strerror or error}.")
    except json.JSONDecodeError as error:
        return _unusable(f"{path} is not valid JSON: {error.msg} in line {error.lineno}, column {error.colno}.")
    except (ValueError, RecursionError) as error:
        return _unusable(f"{path} is not a JSON text in UTF-8: {error}.")
    if not isinstance(document, dict):
        return _unusable(f"{path} is not a COCO dataset: a JSON object with images, annotations and categories.")
    missing = [name for name in sorted(KNOWN_FIELDS) if not isinstance(document.get(name), list)]
    if missing:
        return _unusable(f"{path} is not a COCO dataset: it has no list of {' and of '.join(missing)}.")
    return _checked(document)


def describe(annotation: Entry) -> str:
    """Return how messages call an annotation."""
    return f"Annotation {annotation.get('id', '(no id)')} of image {annotation.get('image_id', '(none)')}"


def _unusable(problem: str) -> CocoDocument:
    return CocoDocument((), (), (), "{}", (problem,))


def _checked(document: Entry) -> CocoDocument:
    problems: list[str] = []
    images = _entries(document["images"], "Image", problems, _image_problem)
    categories = _entries(document["categories"], "Category", problems, _category_problem)
    repeated = _repeated(category["name"].strip() for category in categories)
    problems.extend(f"Category name “{name}” occurs {count} times." for name, count in repeated.items())
    # Also the ids of bad entries: what is wrong with an image is said once, not again for each of its annotations.
    image_ids = _mentioned(document["images"])
    category_ids = _mentioned(document["categories"])

    def problem_of(annotation: Entry) -> str:
        return _annotation_problem(annotation, image_ids, category_ids)

    annotations = _entries(document["annotations"], "Annotation", problems, problem_of)
    empty = {name for name in ("info", "licenses") if not document.get(name)}  # other readers want them to be there
    extra = unknown_fields(document, KNOWN_FIELDS | empty)
    return CocoDocument(images, annotations, categories, extra, tuple(problems))


def _entries(
    values: list[Any], noun: str, problems: list[str], problem_of: Callable[[Entry], str]
) -> tuple[Entry, ...]:
    """Return the good entries of a list, the first of each id, and add a sentence per bad one to `problems`."""
    good: list[Entry] = []
    for place, value in enumerate(values, 1):
        if not isinstance(value, dict):
            problems.append(f"{noun} number {place} is not an object.")
        elif not _is_id(value.get("id")):
            problems.append(f"{noun} number {place} has no whole number as id, but {value.get('id')!r}.")
        elif problem := problem_of(value):
            problems.append(problem)
        else:
            good.append(value)
    repeated = _repeated(entry["id"] for entry in good)
    problems.extend(f"{noun} id {repeated_id} occurs {count} times." for repeated_id, count in repeated.items())
    return tuple({entry["id"]: entry for entry in reversed(good)}.values())[::-1]


def _image_problem(image: Entry) -> str:
    name = image.get("file_name")
    if not isinstance(name, str) or not name:
        return f"Image {image['id']} has no file_name."
    for field in ("width", "height"):
        if field in image and (not _is_id(image[field]) or image[field] < 1):
            return f"Image {image['id']} ({name}) has the {field} {image[field]!r}."
    return ""


def _category_problem(category: Entry) -> str:
    name = category.get("name")
    return "" if isinstance(name, str) and name.strip() else f"Category {category['id']} has no name."


def _annotation_problem(annotation: Entry, image_ids: set[int], category_ids: set[int]) -> str:
    image_id, category_id = annotation.get("image_id"), annotation.get("category_id")
    if not _is_id(image_id) or image_id not in image_ids:
        return f"{describe(annotation)}: the file has no such image."
    if not _is_id(category_id) or category_id not in category_ids:
        return f"{describe(annotation)}: the file has no category {category_id!r}."
    if annotation.get("iscrowd", 0) not in (0, 1):
        return f"{describe(annotation)}: iscrowd is {annotation['iscrowd']!r}, not 0 or 1."
    if to_box(annotation.get("bbox")) is None:
        return f"{describe(annotation)}: bbox {annotation.get('bbox')!r} has no positive width and height."
    return ""


def _mentioned(values: list[Any]) -> set[int]:
    return {value["id"] for value in values if isinstance(value, dict) and _is_id(value.get("id"))}


def _is_id(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _repeated(values: Any) -> dict[Any, int]:
    return {value: count for value, count in Counter(values).items() if count > 1}
