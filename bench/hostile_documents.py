"""COCO files made to harm: nested without end, numbers without end, types that no field has, names that lead away."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any

from bench.hostile_case import Case, flipped, shortened, written

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from random import Random

    from bench.hostile_case import Made

DAMAGED = 10
ODD_VALUES: tuple[tuple[str, str], ...] = (
    *(("true", "true"), ("null", "null"), ("a float", "1.5"), ("a whole float", "1.0"), ("a text", '"1"')),
    *(("a list", "[1]"), ("an object", "{}"), ("infinity", "1e400"), ("NaN", "NaN"), ("minus infinity", "-Infinity")),
    *(("4000 digits", "9" * 4_000), ("100000 digits", "9" * 100_000), ("half a character", '"\\ud800"')),
)
FIELDS = ("image id", "annotation image", "category id", "bbox", "file name", "width", "segmentation", "iscrowd")
NAMES = (
    *("/etc/passwd", "../../outside/precious.tif", "..\\..\\outside\\precious.tif", "C:\\windows\\win.ini"),
    *(
        "//server/share/a.jpg",
        "a" * 300 + ".jpg",
        "a" * 5_000_000,
        "a\0b.jpg",
        "a\nb.jpg",
        ".",
        "..",
        "sub/../../a.jpg",
    ),
    *("CON", "a.jpg:stream", "\u202egpj.exe", "file:///etc/passwd"),
)


def cases() -> Iterator[Case]:
    """Yield all of them."""
    for name, make in (*_texts(), *_odd_values(), *_names()):
        yield Case(f"{name}.json", "coco", partial(_made, make))
    for damage, word in ((shortened, "cut off"), (flipped, "bits flipped")):
        for number in range(DAMAGED):
            yield Case(f"{word} {number}.json", "coco", partial(_damaged, damage))


def dataset(**changes: str) -> str:
    """Return a small COCO dataset, some of its values as the text that they are given."""
    values = {
        "image id": "1", "annotation image": "1", "category id": "1", "bbox": "[1, 2, 10, 12]",
        "file name": '"a.png"', "width": "32", "segmentation": "[[1, 2, 3, 4, 5, 6]]", "iscrowd": "0", "name": '"die"',
    } | {name.replace("_", " "): text for name, text in changes.items()}  # fmt: skip
    return (
        f'{{"images": [{{"id": {values["image id"]}, "file_name": {values["file name"]}, "width": {values["width"]}, '
        f'"height": 24}}], "categories": [{{"id": {values["category id"]}, "name": {values["name"]}}}], "annotations": '
        f'[{{"id": 1, "image_id": {values["annotation image"]}, "category_id": 1, "bbox": {values["bbox"]}, '
        f'"segmentation": {values["segmentation"]}, "iscrowd": {values["iscrowd"]}}}]}}'
    )


def _texts() -> Iterator[Made]:
    deep = 100_000
    yield "lists in lists", lambda: b"[" * deep + b"]" * deep
    yield "objects in objects", lambda: b'{"a":' * deep + b"1" + b"}" * deep
    yield "nested 900 deep", lambda: dataset(segmentation="[" * 900 + "]" * 900).encode()
    yield "nested 90 deep", lambda: dataset(segmentation="[" * 90 + "]" * 90).encode()
    yield "white space of 890 MB", lambda: b" " * 890_000_000
    yield "100 MB of empty lists", lambda: b"[" + b"[]," * 33_000_000 + b"[]]"
    yield "60 MB of objects", lambda: b"[" + b'{"a":1},' * 7_000_000 + b"{}]"
    yield "a text of 200 MB", lambda: b'"' + b"a" * 200_000_000 + b'"'
    yield "a mark of UTF-8", lambda: b"\xef\xbb\xbf" + dataset().encode()
    yield "UTF-16", lambda: dataset().encode("utf-16")
    yield "UTF-32", lambda: dataset().encode("utf-32")
    yield "no UTF-8", lambda: b"\xff\xfe\xfd" * 99
    yield "keys twice", lambda: dataset().replace('"id": 1,', '"id": 2, "id": 1,').encode()
    yield "nothing", lambda: b""
    yield "a number", lambda: b"1e999"
    yield "no lists", lambda: b'{"images": {}, "annotations": 1, "categories": null}'
    yield (
        "a million bad boxes",
        lambda: _many(1_000_000, {"id": 1, "image_id": 1, "category_id": 1, "bbox": [0, 0, 0, 0]}),
    )
    outline = {"size": [2**31, 2**31], "counts": "0" * 100}
    yield "a mask of 4 billion sides", lambda: dataset(segmentation=json.dumps(outline), iscrowd="1").encode()
    yield (
        "a mask of a million runs",
        lambda: dataset(
            segmentation=json.dumps({"size": [10**6, 10**6], "counts": [10**12] * 1_000_000}), iscrowd="1"
        ).encode(),
    )
    yield "a category of a million letters", lambda: dataset(name='"' + "a" * 1_000_000 + '"').encode()
    yield (
        "fields of ours that are wrong",
        lambda: dataset(
            iscrowd='0, "boxwright": {"origin": {"box": [1, 2, "x", null], "score": ""}, "note": 7, "locked": 1}'
        ).encode(),
    )


def _odd_values() -> Iterator[Made]:
    for field in FIELDS:
        for word, text in ODD_VALUES:
            yield f"{field} is {word}", partial(_with, field, text)


def _names() -> Iterator[Made]:
    for number, name in enumerate(NAMES):
        yield f"name {number} that leads away", partial(_with, "file name", json.dumps(name))


def _with(field: str, text: str) -> bytes:
    return dataset(**{field: text}).encode()


def _many(count: int, annotation: dict[str, Any]) -> bytes:
    small = json.loads(dataset())
    text = json.dumps({**small, "annotations": []})
    return text.replace('"annotations": []', f'"annotations": [{",".join([json.dumps(annotation)] * count)}]').encode()


def _made(make: Callable[[], bytes], folder: Path, _: Random) -> Path:
    return written(folder, "annotations.json", make())


def _damaged(damage: Callable[[bytes, Random], bytes], folder: Path, pick: Random) -> Path:
    return written(folder, "annotations.json", damage(dataset().encode(), pick))
