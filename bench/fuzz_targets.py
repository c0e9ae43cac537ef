"""What is fuzzed: functions of bytes that return, whatever the bytes are, or raise what nobody foresaw."""

from __future__ import annotations

import contextlib
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


def images() -> Callable[[bytes], None]:
    """Read images of every format, told by their content."""
    from detector.images import is_turned, read_image, read_image_size, read_thumbnail  # noqa: PLC0415
    from detector.types import DetectorError  # noqa: PLC0415

    path = _file("image")

    def read(content: bytes) -> None:
        path.write_bytes(content)
        with contextlib.suppress(DetectorError):
            height, width = read_image_size(path)
            is_turned(path)
            if height * width <= 1_000_000:
                read_thumbnail(path, 32)
                read_image(path)

    return read


def coco() -> Callable[[bytes], None]:
    """Read COCO JSON, up to what an import keeps of it."""
    from app.store.formats import coco_fields as fields  # noqa: PLC0415
    from detector.coco import parse_dataset, read_json  # noqa: PLC0415
    from detector.types import DetectorError  # noqa: PLC0415

    path = _file("a.json")

    def read(content: bytes) -> None:
        path.write_bytes(content)
        with contextlib.suppress(DetectorError):
            dataset = parse_dataset(read_json(path))
            entries = [one.raw for image in dataset.images for one in (image, *image.annotations)]  # type: ignore[attr-defined]
            for entry in (*entries, *(category.raw for category in dataset.categories), dataset.raw):
                own = fields.own_fields(entry)
                fields.unknown_fields(entry, frozenset())
                fields.flags_from_fields(entry)
                fields.origin_from_fields(own.get("origin"))
                fields.color_from_fields(own)
                fields.score_thresh_from_fields(own)
                fields.merged_from_fields(own)
                fields.text_from_fields(own, "note")

    return read


def foreign() -> Callable[[bytes], None]:
    """Read annotations of other programs; the first word says of which, and labels follow a zero."""
    from app.model.annotations import ImageRecord  # noqa: PLC0415
    from app.store.formats.annotation_import import find_annotations  # noqa: PLC0415
    from app.store.formats.project_images import ProjectImages  # noqa: PLC0415
    from app.store.formats.table import format_of  # noqa: PLC0415

    folder = Path(tempfile.mkdtemp())
    find_image = ProjectImages(folder, [ImageRecord(1, "a.png", (24, 32)), ImageRecord(2, "sub/b.png", (24, 32))])
    names = {"voc": "a.xml", "cvat": "a.xml", "labelme": "a.json", "label-studio": "a.json", "yolo": "data.yaml"}
    keys = {key.encode(): (format_of(key), folder / key / name) for key, name in names.items()}
    for _, path in keys.values():
        path.parent.mkdir()

    def read(content: bytes) -> None:
        key, _, text = content.partition(b" ")
        form, path = keys.get(key, keys[b"yolo"])
        first, _, second = text.partition(b"\0")
        path.write_bytes(first)
        path.with_name("a.txt" if form.key == "yolo" else "labelmap.txt").write_bytes(second)
        form.recognises(path)
        found = find_annotations(path, find_image, form)
        "\n".join((*found.problems, *found.notes)).encode()

    return read


def header() -> Callable[[bytes], None]:
    """Read headers of safetensors, and what a model says of itself in one."""
    from detector.checkpoint_header import describe  # noqa: PLC0415
    from detector.types import DetectorError  # noqa: PLC0415

    path = _file("a.safetensors")

    def read(content: bytes) -> None:
        path.write_bytes(len(content).to_bytes(8, "little") + content)
        with contextlib.suppress(DetectorError):
            describe(path)

    return read


def weights() -> Callable[[bytes], None]:
    """Read pickles, archives of PyTorch and safetensors."""
    from detector.types import DetectorError  # noqa: PLC0415
    from detector.unpickling import read_weights  # noqa: PLC0415

    path = _file("a.pth")

    def read(content: bytes) -> None:
        path.write_bytes(content)
        with contextlib.suppress(DetectorError):
            read_weights(path)

    return read


def journal() -> Callable[[bytes], None]:
    """Read the texts that a project keeps: journal entries, figures of versions, the view, what was kept, filters."""
    from app.model.commands import Command  # noqa: PLC0415
    from app.model.kept import Kept  # noqa: PLC0415
    from app.model.model_versions import categories_from_json, result_from_json  # noqa: PLC0415
    from app.model.view import View  # noqa: PLC0415

    def read(content: bytes) -> None:
        text = content.decode("utf-8", "replace")
        with contextlib.suppress(AttributeError, LookupError, OverflowError, RecursionError, TypeError, ValueError):
            Command.from_json(text).inverse().to_json()
        Kept(text).to_json()
        categories_from_json(text)
        result_from_json(text)
        View.from_json(text).to_json()

    return read


def prediction() -> Callable[[bytes], None]:
    """Read cached predictions, behind their compression."""
    import zlib  # noqa: PLC0415

    from detector.packing import UNREADABLE, decode, encode  # noqa: PLC0415

    def read(content: bytes) -> None:
        with contextlib.suppress(*UNREADABLE):
            encode(decode(zlib.compress(content, 0)))

    return read


def project() -> Callable[[bytes], None]:
    """Open project files: a whole one of which some bytes of a whole one are changed."""
    from app.model.storage import StoreError  # noqa: PLC0415
    from app.store.project_store import ProjectStore  # noqa: PLC0415

    folder = Path(tempfile.mkdtemp())
    ProjectStore.open(folder).close()
    path = folder / ".boxwright" / "project.db"
    whole = path.read_bytes()

    def read(content: bytes) -> None:
        changed = bytearray(whole)
        for place in range(0, len(content) - 2, 3):
            changed[int.from_bytes(content[place : place + 2], "big") % len(whole)] = content[place + 2]
        path.write_bytes(changed)
        for part in ("-wal", "-shm"):
            path.with_name(path.name + part).unlink(missing_ok=True)
        with contextlib.suppress(StoreError):
            store = ProjectStore.open(folder)
            with contextlib.closing(store):
                store.images(), store.categories(), store.annotations_of(1), store.history()

    return read


def _file(name: str) -> Path:
    return Path(tempfile.mkdtemp()) / name


TARGETS: dict[str, Callable[[], Callable[[bytes], None]]] = {
    one.__name__: one for one in (images, coco, foreign, header, weights, journal, prediction, project)
}
