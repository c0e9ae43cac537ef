"""How the export writes very many boxes: what it costs in calls and bytes, and that no way of writing differs."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from app.model.annotations import Annotation, Category, ImageMark, Origin, Provenance, Rejection
from app.model.commands import Command, Edit
from app.store import image_headers
from app.store.formats import coco_export, coco_gate
from app.store.formats.coco_export import export_coco
from app.store.formats.export_report import ExportError
from app.store.image_headers import ImageHeaders
from bench.plain_export import export_plainly

if TYPE_CHECKING:
    from pathlib import Path

    from app.store.project_store import ProjectStore

BOLT = Category(1, "bölt", "#123456")
BOXES = [(1.1, 2.3, 30.7, 40.9), (0.0, 0.0, 48.0, 48.0), (0.1, 0.2, 0.30000000000000004, 0.7), (5.5, 6.25, 7.1, 8.2)]
MANY = 60


def labelled(store: ProjectStore, *rows: Annotation | Rejection) -> None:
    """Review every image, with a category and these rows."""
    marks = [Edit(record.mark, ImageMark(record.id, reviewed=True)) for record in store.images()]
    edits = (Edit(None, BOLT), *marks, *(Edit(None, row) for row in rows))
    store.write(edits, store.history().recorded(), Command("test", None, edits))


def plain_boxes(count: int) -> list[Annotation]:
    """Return boxes as they are drawn, accepted and moved, on the first two images."""
    made = []
    for number in range(count):
        box = BOXES[number % len(BOXES)]
        origin = None if number % 3 == 0 else Origin(BOXES[number % 2] if number % 3 == 1 else box, "nüt", 0.1, "v1")
        provenance = Provenance.DRAWN if origin is None else Provenance.MOVED
        made.append(Annotation(number + 1, number % 2 + 1, 1, box, provenance, origin, iscrowd=number % 5 == 0))
    return made


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """What an export does, counted."""
    done = Counter[str]()

    def count(place: Any, name: str, what: str) -> None:
        called = getattr(place, name)

        def counting(*arguments: Any) -> Any:
            done[what] += 1
            return called(*arguments)

        monkeypatch.setattr(place, name, counting)

    count(coco_export._Writer, "_annotation", "dicts")
    count(image_headers, "read_header", "headers")
    count(coco_export, "plain_text", "plain")
    return done


def test_that_a_plain_box_is_written_without_a_dict(store: ProjectStore, tmp_path: Path, counted: Counter[str]) -> None:
    labelled(store, *plain_boxes(MANY), Annotation(90, 1, 1, BOXES[0], note="look", difficult=True))
    export_coco(store.location, tmp_path / "out.json")
    assert counted["plain"] == MANY + 1
    assert counted["dicts"] == 1


def test_that_both_ways_of_writing_a_box_write_the_same_text(
    store: ProjectStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    labelled(store, *plain_boxes(MANY))
    export_coco(store.location, tmp_path / "quick.json")
    monkeypatch.setattr(coco_export, "plain_text", lambda *_: None)
    export_coco(store.location, tmp_path / "careful.json")
    assert (tmp_path / "quick.json").read_text() == (tmp_path / "careful.json").read_text()


def test_that_a_number_that_json_does_not_know_is_not_written(store: ProjectStore, tmp_path: Path) -> None:
    labelled(store, *plain_boxes(2))
    store._connection.execute("UPDATE annotations SET origin_x1 = 9e999 WHERE id = 2")
    with pytest.raises(ValueError, match="JSON compliant"):
        export_coco(store.location, tmp_path / "out.json")
    assert list(tmp_path.glob("*out.json*")) == []


def test_that_the_peer_of_the_benchmark_writes_the_same_boxes(store: ProjectStore, tmp_path: Path) -> None:
    labelled(store, *plain_boxes(MANY))
    export_coco(store.location, tmp_path / "ours.json")
    export_plainly(store.location, tmp_path / "plain.json", (48, 64))
    ours, plain = (json.loads((tmp_path / f"{name}.json").read_text()) for name in ("ours", "plain"))
    assert ours["annotations"] == plain["annotations"]
    assert ours["categories"] == plain["categories"]
    names = [[image["file_name"] for image in document["images"]] for document in (ours, plain)]
    assert names[0] == names[1]


def test_that_a_box_takes_so_many_bytes_at_most(store: ProjectStore, tmp_path: Path) -> None:
    labelled(store, plain_boxes(1)[0])
    sizes = []
    for more in ([], plain_boxes(MANY)[1:]):
        store.write([Edit(None, one) for one in more], store.history())
        export_coco(store.location, tmp_path / "out.json")
        sizes.append((tmp_path / "out.json").stat().st_size)
    assert (sizes[1] - sizes[0]) / (MANY - 1) < 320


def test_that_a_header_is_read_once_until_its_file_changes(
    store: ProjectStore, tmp_path: Path, counted: Counter[str]
) -> None:
    labelled(store, *plain_boxes(4))
    first = export_coco(store.location, tmp_path / "out.json")
    assert counted["headers"] == len(store.images())
    again = export_coco(store.location, tmp_path / "out.json")
    assert counted["headers"] == len(store.images())
    assert (again.turned, again.images) == (first.turned, first.images) == (["turned.jpg"], 4)
    other = store.location.image_folder / "2.png"
    other.write_bytes((store.location.image_folder / "turned.jpg").read_bytes())
    assert export_coco(store.location, tmp_path / "out.json").turned == ["2.png", "turned.jpg"]
    assert counted["headers"] == len(store.images()) + 1


@pytest.mark.parametrize("damage", [b"", b"no database", None])
def test_that_headers_that_cannot_be_kept_are_read_again(store: ProjectStore, damage: bytes | None) -> None:
    cache = store.location.cache
    if damage is None:
        (cache / "headers.db").mkdir()
    else:
        (cache / "headers.db").write_bytes(damage)
    headers = ImageHeaders(store.location.image_folder, cache)
    assert headers.of("1.png") == ((48, 64), False)
    assert headers.of("nothing.png") is None
    headers.keep()


@pytest.mark.parametrize("looked_at", [10, 1_000])
def test_that_of_very_many_boxes_some_all_over_the_file_are_looked_at(
    store: ProjectStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, looked_at: int
) -> None:
    monkeypatch.setattr(coco_gate, "LOOKED_AT", looked_at)
    monkeypatch.setattr(coco_gate, "_AT_ONCE", 7)
    labelled(store, *plain_boxes(MANY))
    seen: list[bytes] = []
    read = coco_gate._looked_at

    def watch(*arguments: Any) -> bytes:
        seen.append(read(*arguments))
        return seen[-1]

    monkeypatch.setattr(coco_gate, "_looked_at", watch)
    export_coco(store.location, tmp_path / "out.json")
    document, looked = (json.loads(text) for text in ((tmp_path / "out.json").read_bytes(), *seen))
    assert looked["categories"] == document["categories"]
    assert all(one in document["annotations"] for one in looked["annotations"])
    ids = [one["id"] for one in looked["annotations"]]
    if looked_at > MANY:
        assert looked == document
    else:
        assert looked_at <= len(ids) < MANY
        assert max(ids) > MANY - 7
        assert min(ids) == 1


def test_that_an_entry_that_is_no_json_stops_the_export(
    store: ProjectStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    labelled(store, *plain_boxes(MANY))
    monkeypatch.setattr(coco_export, "plain_text", lambda *_: b'{"id": 1,')
    with pytest.raises(ExportError, match="pycocotools does not load the file"):
        export_coco(store.location, tmp_path / "out.json")


def test_that_entries_of_one_id_stop_the_export(
    store: ProjectStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    labelled(store, *plain_boxes(MANY))
    plain_text = coco_export.plain_text
    monkeypatch.setattr(coco_export, "plain_text", lambda row, _number, *rest: plain_text(row, 1, *rest))
    with pytest.raises(ExportError, match="pycocotools finds"):
        export_coco(store.location, tmp_path / "out.json")


@pytest.mark.parametrize("height", ["tall", 1e999, b"48"])
def test_that_kept_headers_that_are_no_numbers_are_read_again(store: ProjectStore, height: object) -> None:
    folder, cache = store.location.image_folder, store.location.cache
    headers = ImageHeaders(folder, cache)
    headers.of("1.png")
    headers.keep()
    with closing(sqlite3.connect(cache / "headers.db")) as connection, connection:
        assert connection.execute("UPDATE headers SET height = ?", (height,)).rowcount == 1
    assert ImageHeaders(folder, cache).of("1.png") == ((48, 64), False)
