"""Pascal VOC XML: what programs write into it, what is wrong with it, and what an export leaves behind."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from format_projects import Boxes, boxes_in, bring_in, new_project
from torchvision.datasets import VOCDetection

from app.model.annotations import Flag
from app.store.formats.annotation_export import export_annotations
from app.store.formats.export_report import ExportError
from app.store.formats.foreign import Images
from app.store.formats.table import format_of, recognise

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from app.store.project_store import ProjectStore

VOC = format_of("voc")
BOX = "<bndbox><xmin>10</xmin><ymin>20</ymin><xmax>30.5</xmax><ymax>40</ymax></bndbox>"
DIE = f"<object><name>die</name>{BOX}</object>"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[ProjectStore]:
    with closing(new_project(tmp_path / "photos")) as opened:
        yield opened


def annotation(*objects: str, name: str = "2.png", more: str = "", attributes: str = "") -> str:
    return f"<annotation{attributes}><filename>{name}</filename>{more}{''.join(objects)}</annotation>"


def written(tmp_path: Path, text: str, name: str = "2.xml") -> Path:
    file = tmp_path / "voc" / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return file


def test_that_corners_are_read_as_they_are_drawn(store: ProjectStore, tmp_path: Path) -> None:
    bring_in(store, written(tmp_path, annotation(DIE)))
    assert boxes_in(store) == {"2.png": [("die", (10.0, 20.0, 30.5, 40.0))]}


def test_that_files_of_the_challenge_count_pixels_from_one(store: ProjectStore, tmp_path: Path) -> None:
    source = "<source><database>The VOC2007 Database</database></source>"
    found = bring_in(store, written(tmp_path, annotation(DIE, more=source)))
    assert boxes_in(store) == {"2.png": [("die", (9.0, 19.0, 30.5, 40.0))]}
    assert "counts pixels from 1: 1." in found.notes[0]


def test_that_flags_attributes_and_verified_images_come_along(store: ProjectStore, tmp_path: Path) -> None:
    said = (
        "<object><name>die</name><pose>Left</pose><difficult>1</difficult><truncated>1</truncated><occluded>0</occluded>"
        f"{BOX}<attributes><attribute><name>worn</name><value>much</value></attribute></attributes></object>"
    )
    bring_in(store, written(tmp_path, annotation(said, attributes=' verified="yes"')))
    record = next(one for one in store.images() if one.path == "2.png")
    (read,) = store.annotations_of(record.id)
    assert (record.reviewed, read.flags) == (True, (Flag.DIFFICULT, Flag.TRUNCATED))
    export_annotations(VOC, store.location, tmp_path / "out")
    root = ET.parse(tmp_path / "out" / "Annotations" / "2.xml").getroot()
    assert root.get("verified") == "yes"
    values = [root.findtext(f"object/{tag}") for tag in ("pose", "difficult", "truncated", "occluded")]
    assert values == ["Left", "1", "1", "0"]
    assert root.findtext("object/attributes/attribute/value") == "much"


@pytest.mark.parametrize(
    ("name", "more", "found"),
    [
        ("1.png", "<folder>sub</folder>", "sub/1.png"),
        ("sub/1.png", "", "sub/1.png"),
        ("1.png", "<folder>photos</folder>", "1.png"),
        ("2.png", "<folder>elsewhere</folder>", "2.png"),
        ("C:\\work\\2.png", "", "2.png"),
        ("", "", "2.png"),
        ("\n  1.png ", "<folder>\n sub</folder>", "sub/1.png"),
    ],
)
def test_that_the_image_is_found_by_folder_and_name(
    store: ProjectStore, tmp_path: Path, name: str, more: str, found: str
) -> None:
    bring_in(store, written(tmp_path, annotation(DIE, name=name, more=more)))
    assert list(boxes_in(store)) == [found]


def test_that_the_place_of_a_file_below_annotations_tells_two_images_of_one_name_apart(
    store: ProjectStore, tmp_path: Path
) -> None:
    for name in ("1.xml", "sub/1.xml"):
        written(tmp_path, annotation(DIE, name="1.png"), f"Annotations/{name}")
    assert recognise(tmp_path / "voc") is VOC
    assert bring_in(store, tmp_path / "voc").problems == ()
    assert list(boxes_in(store)) == ["1.png", "sub/1.png"]


def test_that_a_rotated_box_becomes_the_one_around_it_and_is_noted(store: ProjectStore, tmp_path: Path) -> None:
    rotated = "<cx>100</cx><cy>100</cy><w>40</w><h>20</h><angle>1.5707963267948966</angle>"
    found = bring_in(
        store, written(tmp_path, annotation(f"<object><name>die</name><robndbox>{rotated}</robndbox></object>"))
    )
    ((_, box),) = boxes_in(store)["2.png"]
    assert box == pytest.approx((90, 80, 110, 120))
    assert found.notes == ("Rotated boxes that became the upright box around them: 1.",)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("<annotation><object>", "is not valid XML: no element found"),
        (
            '<!DOCTYPE a [<!ENTITY a "x"><!ENTITY b "&a;&a;">]><annotation><filename>&b;</filename></annotation>',
            "defines entities, which annotations have no use for",
        ),
        ("<annotation>" + "<a>" * 100 + "</a>" * 100 + "</annotation>", "is nested more than 32 deep"),
        (annotation(DIE, name="7.png"), "2.xml: the folder"),
        (annotation(f"<object>{BOX}</object>"), "2.xml, object 1: it has no name."),
        (annotation("<object><name>die</name></object>"), "2.xml, object 1: it has no bndbox."),
        (annotation(DIE.replace("30.5", "5")), "2.xml, object 1: its box (10, 20, 5, 40) has no area."),
        (annotation(DIE.replace("30.5", "wide")), "2.xml, object 1: xmax of its box is 'wide', not a number."),
        (annotation(DIE.replace("30.5", "nan")), "2.xml, object 1: xmax of its box is 'nan', not a number."),
        (annotation(DIE.replace("<xmax>30.5</xmax>", "")), "2.xml, object 1: its box has no xmax."),
        (annotation(DIE, more="<size><width>64</width><height>48</height></size>"), "its size is 64 x 48"),
    ],
)
def test_that_what_is_wrong_is_said_with_its_place(
    store: ProjectStore, tmp_path: Path, text: str, problem: str
) -> None:
    found = bring_in(store, written(tmp_path, text).parent)
    assert len(found.problems) == 1
    assert problem in found.problems[0]
    assert "2." in found.problems[0], "the file, or its image"
    assert boxes_in(store) == {}


def test_that_one_bad_object_does_not_cost_the_others(store: ProjectStore, tmp_path: Path) -> None:
    found = bring_in(store, written(tmp_path, annotation(DIE, "<object><name>die</name></object>", DIE)))
    assert (len(found.problems), found.annotations) == (1, 2)


def test_that_an_entity_reads_no_file(store: ProjectStore, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("2.png", encoding="utf-8")
    text = f'<!DOCTYPE a [<!ENTITY a SYSTEM "{(tmp_path / "secret").as_uri()}">]>' + annotation(DIE, name="&a;")
    found = bring_in(store, written(tmp_path, text))
    assert found.annotations == 0
    assert "defines entities" in found.problems[0]


def test_that_other_xml_beside_it_is_left_out_and_noted(store: ProjectStore, tmp_path: Path) -> None:
    written(tmp_path, "<annotations/>", "cvat.xml")
    found = bring_in(store, written(tmp_path, annotation(DIE)).parent)
    assert (found.problems, found.annotations) == ((), 1)
    assert found.notes == ("XML files that are no annotations of VOC and were left out: 1.",)


def test_that_torchvision_loads_what_was_exported(tmp_path: Path) -> None:
    boxes = Boxes({"2.png": [("bolt", (0.0, 1.5, 640.0, 480.0), ()), ("nut", (1.0, 2.0, 3.0, 4.0), ())], "1.png": []})
    target = tmp_path / "VOCdevkit" / "VOC2012"
    target.parent.mkdir()
    with closing(new_project(tmp_path / "photos", boxes)) as store:
        report = export_annotations(VOC, store.location, target, images=Images.LINK)
    assert (target / "JPEGImages" / "2.png").is_symlink()
    for name in ("1", "2"):  # torchvision knows no other suffix
        (target / "JPEGImages" / f"{name}.png").rename(target / "JPEGImages" / f"{name}.jpg")
    dataset = VOCDetection(tmp_path, year="2012", image_set="trainval")
    objects = {one["annotation"]["filename"]: one["annotation"].get("object", []) for _, one in dataset}
    assert {name: len(found) for name, found in objects.items()} == {"1.png": 0, "2.png": 2}
    assert objects["2.png"][0]["bndbox"] == {"xmin": "0", "ymin": "1.5", "xmax": "640", "ymax": "480"}
    assert report.path == target


def test_that_parts_of_a_split_are_sets(tmp_path: Path) -> None:
    with closing(new_project(tmp_path / "photos", Boxes({"1.png": [], "2.png": [], "sub/1.png": []}))) as store:
        ids = {record.path: record.id for record in store.images()}
        parts = {ids["1.png"]: "train", ids["2.png"]: "val", ids["sub/1.png"]: "test"}
        export_annotations(VOC, store.location, tmp_path / "out", split=lambda _: parts)
    sets = {file.stem: file.read_text().split() for file in (tmp_path / "out" / "ImageSets" / "Main").iterdir()}
    assert sets == {"train": ["1"], "val": ["2"], "test": ["sub/1"], "trainval": ["1", "2"]}


def test_that_what_is_lost_is_counted(store: ProjectStore, tmp_path: Path) -> None:
    with closing(
        new_project(tmp_path / "more", Boxes({"1.png": [("bolt", (0.0, 0.0, 9.0, 9.0), ("iscrowd", "locked"))]}))
    ) as other:
        report = export_annotations(VOC, other.location, tmp_path / "out")
    (sentence,) = report.lost
    assert "1 × crowds" in sentence
    assert "1 × locks" in sentence


def test_that_names_that_xml_cannot_hold_refuse_the_export(tmp_path: Path) -> None:
    boxes = Boxes({"1.png": [("bad\x01", (0.0, 0.0, 9.0, 9.0), ())]}, ("bad\x01",))
    with (
        closing(new_project(tmp_path / "photos", boxes)) as store,
        pytest.raises(ExportError, match="XML does not know"),
    ):
        export_annotations(VOC, store.location, tmp_path / "out")
    assert not (tmp_path / "out").exists()
