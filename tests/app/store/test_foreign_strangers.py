"""Annotations of other programs from strangers: what would take minutes, gigabytes or a way out is a sentence."""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING

import pytest

from app.model.annotations import ImageRecord
from app.store.formats import foreign, xml_reading
from app.store.formats.annotation_import import find_annotations
from app.store.formats.project_images import ProjectImages
from app.store.formats.voc_labelmap import read_labelmap
from app.store.formats.yolo_names import MAX_NODES

if TYPE_CHECKING:
    from pathlib import Path

    from app.store.formats.annotation_import import Found

LINE = "0 0.5 0.5 0.25 0.5\n"
STUDIO_BOX = {"type": "rectanglelabels", "value": {"x": -1, "rectanglelabels": ["die"]}}


def found(path: Path, folder: Path | None = None) -> Found:
    images = ProjectImages(folder or path.parent, [ImageRecord(1, "1.png", (48, 64))])
    result = find_annotations(path, images)
    assert all(len(sentence) < 2_000 for sentence in result.problems)
    "\n".join((*result.problems, *result.notes)).encode()
    return result


def dataset(folder: Path, description: str) -> Path:
    (folder / "labels").mkdir(parents=True)
    (folder / "labels" / "1.txt").write_text(LINE)
    (folder / "data.yaml").write_text(description)
    return folder / "data.yaml"


@pytest.mark.parametrize(
    "value",
    [
        *("!!bool die", "!!int ''", "!!float ''", "!!timestamp die", "0x" + "f" * 9_000),
        *("1" + ":1" * 3_000 + ".5", "1" + ":1" * 200_000, f"[{'[],' * MAX_NODES}]"),
    ],
    ids=lambda text: text[:16],
)
def test_that_a_value_that_is_not_of_its_type_or_takes_minutes_is_a_sentence(tmp_path: Path, value: str) -> None:
    file = dataset(tmp_path / "yolo", f"names: {{0: die, 1: {value}}}\n")
    assert len(found(file).problems) == 1


@pytest.mark.parametrize("where", ["/", "..", "{}", "/proc", "../" * 40])
def test_that_a_description_does_not_lead_to_folders_without_images(tmp_path: Path, where: str) -> None:
    outside = tmp_path / "outside" / "labels"
    outside.mkdir(parents=True)
    (outside / "1.txt").write_text(LINE * 2)
    file = dataset(tmp_path / "yolo", f"path: {where.format(outside.parent)}\nnames: [die]\n")
    result = found(file, tmp_path / "pictures" / "of" / "others")
    assert result.dataset is not None
    assert len(result.dataset.images[0].annotations) == 1
    assert "where your images are not" in result.notes[0]


@pytest.mark.parametrize("images", ["data/images", "data/images/train", "data", "."])
def test_that_a_description_may_lie_elsewhere_than_the_images(tmp_path: Path, images: str) -> None:
    dataset(tmp_path / "data", "names: [die]\n")
    file = tmp_path / "settings" / "data.yaml"
    file.parent.mkdir()
    file.write_text(f"path: {tmp_path / 'data'}\nnames: [coin]\n")
    result = found(file, tmp_path / images)
    assert result.dataset is not None
    assert len(result.dataset.images) == 1
    assert result.notes == ()


@pytest.mark.parametrize("part", ['<a b="{}"/>', "<!--{}-->", "<a>{}</a>"])
def test_that_a_tag_of_megabytes_is_not_read(tmp_path: Path, part: str) -> None:
    file = tmp_path / "a.xml"
    file.write_text(f"<annotations>{part.format('a' * 2 * xml_reading.MAX_BETWEEN)}</annotations>")
    assert "more than 2 MiB in one tag or text" in found(file).problems[0]


@pytest.mark.parametrize("part", ["<a/>" * 60, '<a a="" b="" c="" d=""/>' * 12])
def test_that_more_elements_and_attributes_than_fit_the_memory_are_not_read(
    tmp_path: Path, part: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(xml_reading, "MAX_PARTS", 50)
    file = tmp_path / "a.xml"
    file.write_text(f"<annotations>{part}</annotations>")
    assert "more than 50 elements and attributes" in found(file).problems[0]


def test_that_labelme_of_many_tiny_values_is_not_read(tmp_path: Path) -> None:
    file = tmp_path / "1.json"
    file.write_text('{"imagePath": "1.png", "imageData": null, "shapes": [%s[]]}' % ("[]," * 10_000_000))
    assert "would take gigabytes" in found(file).problems[0]


def test_that_a_few_bytes_for_each_sentence_do_not_fill_the_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(foreign, "MOST_PROBLEMS", 5)
    (tmp_path / "1.txt").write_text(LINE + "0\n" * 9)
    (tmp_path / "data.yaml").write_text("names: [die]\n")
    sentences = found(tmp_path, tmp_path).problems
    assert len(sentences) == 6
    assert sentences[-1] == "More things that are wrong, beside these: 4."


def test_that_long_names_and_half_characters_do_not_get_into_every_sentence(tmp_path: Path) -> None:
    tasks = [
        {"id": "a" * 9_000, "data": {"image": "1.png"}, "annotations": [{"result": [{"id": "\ud800", **STUDIO_BOX}]}]},
        {"id": 2, "data": {"image": "b" * 9_000}, "annotations": []},
    ]
    file = tmp_path / "tasks.json"
    file.write_text(json.dumps(tasks))
    assert len(found(file).problems) == 2
    page = tmp_path / "a.xml"
    page.write_text(f'<annotations><image id="{"7" * 9_000}" name="{"c/" * 9_000}1.png"><box/></image></annotations>')
    assert len(found(page).problems) == 1


def test_that_a_colour_of_thousands_of_digits_is_none(tmp_path: Path) -> None:
    file = tmp_path / "labelmap.txt"
    file.write_text(f"die:{'9' * 5_000},1,1::\ncoin:1,2,3::\n")
    assert [category["name"] for category in read_labelmap(file)] == ["coin"]


@pytest.mark.skipif(sys.platform != "linux", reason="names of files are UTF-8")
def test_that_a_name_that_is_no_text_is_said_as_one(tmp_path: Path) -> None:
    for name in (b"\xff.xml", b"b.xml"):
        with open(os.path.join(os.fsencode(tmp_path), name), "w") as file:  # noqa: PTH118, PTH123 - bytes
            file.write("<annotation><filename>2.png</filename></annotation>")
    assert [sentence.split(":")[0] for sentence in found(tmp_path).problems] == ["b.xml", "\\udcff.xml"]
