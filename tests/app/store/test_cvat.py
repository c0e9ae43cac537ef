from __future__ import annotations

from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pytest

from app.model.annotations import ImageRecord
from app.store.formats.coco_fields import OWN
from app.store.formats.cvat import CVAT
from app.store.formats.export_report import ExportError
from app.store.formats.foreign import Delivery, Reading
from app.store.formats.project_images import ProjectImages
from detector.coco import parse_dataset
from detector.types import DetectorError

if TYPE_CHECKING:
    from pathlib import Path

META = """<meta><task><id>1</id><name>t</name><labels>
<label><name>bolt</name><color>#12AB34</color><type>rectangle</type><attributes>
<attribute><name>rusty</name><mutable>False</mutable><input_type>checkbox</input_type><default_value>false</default_value><values>false</values></attribute>
</attributes></label>
<label><name>nut</name><color></color><attributes/></label>
<label><name>night</name><type>tag</type></label>
</labels></task></meta>"""
BOX = (
    '<box label="bolt" source="manual" occluded="{occluded}" xtl="1.5" ytl="2" xbr="30" ybr="40.25" z_order="2"{more}>'
    "{inside}</box>"
)


def box(inside: str = "", more: str = "", occluded: int = 0) -> str:
    return BOX.format(inside=inside, more=more, occluded=occluded)


def page(*images: str, meta: str = META) -> str:
    head = '<?xml version="1.0" encoding="utf-8"?>\n<annotations><version>1.1</version>'
    return f"{head}{meta}{''.join(images)}</annotations>"


def image(*inside: str, name: str = "1.png", size: str = 'width="64" height="48"') -> str:
    return f'<image id="0" name="{name}" {size}>{"".join(inside)}</image>'


@pytest.fixture
def images(tmp_path: Path) -> ProjectImages:
    names = ["1.png", "sub/2.png"]
    return ProjectImages(tmp_path, [ImageRecord(number, name, (48, 64)) for number, name in enumerate(names, 1)])


@pytest.fixture
def read(tmp_path: Path, images: ProjectImages) -> Any:
    def read_text(text: str | bytes) -> Reading:
        file = tmp_path / "annotations.xml"
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
        return CVAT.read(file, images)

    return read_text


def test_that_labels_with_their_colours_are_categories_those_without_a_box_too(read: Any) -> None:
    bolt, nut = read(page()).document["categories"]
    assert (bolt["name"], bolt[OWN]["color"], bolt["cvat"]["type"]) == ("bolt", "#12AB34", "rectangle")
    assert bolt["cvat"]["attributes"][0]["name"] == "rusty"
    assert nut["name"] == "nut"
    assert OWN not in nut


def test_that_a_box_brings_its_flags_and_what_cvat_says_of_it(read: Any) -> None:
    attributes = (
        '<attribute name="rusty">true</attribute><attribute name="size">3</attribute>'
        '<attribute name="truncated">true</attribute><attribute name="note">look here</attribute>'
        '<attribute name="is_crowd">true</attribute>'
    )
    reading = read(page(image(box(attributes, ' group_id="4"', occluded=1))))
    assert (reading.problems, reading.notes) == ((), ())
    (annotation,) = reading.document["annotations"]
    assert annotation["bbox"] == [1.5, 2.0, 28.5, 38.25]
    assert annotation["attributes"] == {"rusty": True, "size": "3", "truncated": True, "occluded": True}
    assert annotation["cvat"] == {"z_order": "2", "group_id": "4", "source": "manual"}
    assert (annotation["iscrowd"], annotation[OWN]) == (1, {"note": "look here"})


def test_that_an_image_is_found_below_the_folders_of_its_name(read: Any) -> None:
    reading = read(page(image(box(), name="upload/sub/2.png")))
    assert [one["file_name"] for one in reading.document["images"]] == ["sub/2.png"]


def test_that_an_image_without_boxes_stays(read: Any) -> None:
    assert [one["file_name"] for one in read(page(image())).document["images"]] == ["1.png"]


@pytest.mark.parametrize(
    ("shape", "bbox"),
    [
        ('<polygon label="bolt" occluded="0" points="10,10;30,12.5;20,40" z_order="0"/>', [10, 10, 20, 30]),
        ('<mask label="bolt" occluded="0" rle="1, 2" left="5" top="6" width="7" height="8"/>', [5, 6, 7, 8]),
        ('<ellipse label="bolt" occluded="0" cx="20" cy="20" rx="10" ry="5"/>', [10, 15, 20, 10]),
        ('<ellipse label="bolt" occluded="0" cx="20" cy="20" rx="10" ry="5" rotation="90"/>', [15, 10, 10, 20]),
        ('<polygon label="bolt" occluded="0" points="-9,10;30,12.5;20,90"/>', [0, 10, 30, 38]),
    ],
)
def test_that_an_outline_becomes_the_box_around_it(read: Any, shape: str, bbox: list[float]) -> None:
    reading = read(page(image(shape)))
    (annotation,) = reading.document["annotations"]
    assert annotation["bbox"] == pytest.approx(bbox)
    assert "box around them: 1" in reading.notes[0]
    assert "annotations.xml, image 0 (1.png)" in reading.notes[0]


def test_that_a_rotated_box_becomes_the_upright_box_around_it(read: Any) -> None:
    rotated = '<box label="bolt" occluded="0" xtl="10" ytl="10" xbr="30" ybr="20" rotation="90"/>'
    reading = read(page(image(rotated)))
    assert reading.document["annotations"][0]["bbox"] == pytest.approx([15, 5, 10, 20])
    assert "Rotated boxes" in reading.notes[0]


def test_that_points_are_left_out_and_counted(read: Any) -> None:
    skeleton = '<skeleton label="bolt"><points label="a" occluded="0" outside="0" points="1,2"/></skeleton>'
    reading = read(page(image('<points label="bolt" points="1,2"/>', skeleton, box())))
    assert len(reading.document["annotations"]) == 1
    assert "left out: 2" in reading.notes[0]


def test_that_tags_of_an_image_are_given_back(read: Any, tmp_path: Path) -> None:
    tag = '<tag label="night" source="manual"><attribute name="rainy">true</attribute></tag>'
    reading = read(page(image(tag)))
    assert "Tags of whole images" in reading.notes[0]
    CVAT.write(reading.document, tmp_path / "out.xml", Delivery(tmp_path))
    written = ET.parse(tmp_path / "out.xml").getroot().find("image/tag")
    assert written is not None
    assert written.attrib == {"label": "night", "source": "manual"}
    assert [(one.get("name"), one.text) for one in written] == [("rainy", "true")]


def test_that_tracks_are_refused_with_what_to_do(read: Any) -> None:
    reading = read(page('<track id="0" label="bolt"><box frame="0"/></track>'))
    assert "1 tracks are not read" in reading.problems[0]
    assert "CVAT for images" in reading.problems[0]


@pytest.mark.parametrize(
    ("images_", "problem"),
    [
        (image(box().replace("1.5", "nan")), "box 1: its box (nan, 2, 30, 40.25) is not four finite numbers"),
        (image(box().replace('"30"', '"1e999"')), "is not four finite numbers"),
        (image(box().replace('xbr="30"', 'xbr="0"')), "with a width and a height"),
        (image(box().replace('ybr="40.25"', "")), "is not four finite numbers"),
        (image(box().replace('label="bolt"', "")), "its label is None, not a name"),
        (image('<polygon label="bolt" points="x"/>'), "is not four finite numbers"),
        (image('<polygon label="bolt"/>'), "is not four finite numbers"),
        (image(name="elsewhere.png"), "image 0 (elsewhere.png): 'elsewhere.png': the folder"),
        (image(name=""), "it names no image"),
        (image(name="../.."), "it names no image"),
        (image(size='width="x" height="48"'), "no numbers of pixels"),
        (image() + image(box()), "was in annotations.xml, image 0 (1.png) already"),
    ],
)
def test_that_what_is_wrong_is_named_with_its_place(read: Any, images_: str, problem: str) -> None:
    reading = read(page(images_))
    assert problem in reading.problems[0]
    assert reading.problems[0].startswith("annotations.xml, image 0")
    assert reading.document["annotations"] == []


def test_that_an_image_that_is_not_there_is_counted(read: Any) -> None:
    assert read(page(image(name="elsewhere.png"))).images_lacking == 1


def test_that_a_size_that_is_not_the_images_is_found(read: Any, images: ProjectImages) -> None:
    document = read(page(image(size='width="640" height="480"'))).document
    assert "640 x 480" in parse_dataset(document, find_image=images).problems[0]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("<annotation/>", "begins with <annotation>"),
        (page(image(box()))[:-20], "not valid XML"),
        ("", "valid XML"),
        ("hello", "not valid XML"),
        ('<!DOCTYPE a [<!ENTITY a "aaa"><!ENTITY b "&a;&a;">]><annotations>&b;</annotations>', "defines entities"),
        ("<annotations>" + "<a>" * 5000 + "</a>" * 5000 + "</annotations>", "nested more than"),
        (b"<?xml version='1.0' encoding='klingon'?><annotations/>", "not XML that can be read"),
        (b"\xff\xfe\x00<annotations/>", "XML"),
    ],
)
def test_that_what_is_no_cvat_file_is_a_sentence(read: Any, text: str | bytes, reason: str) -> None:
    with pytest.raises(DetectorError, match=reason):
        read(text)


def test_that_cvat_finds_a_meta_and_all_it_needs_of_a_shape(tmp_path: Path) -> None:
    document: dict[str, Any] = {
        "images": [{"id": 7, "file_name": "sub/2.png", "width": 64, "height": 48}],
        "categories": [
            {"id": 3, "name": 'a "b" <c>', OWN: {"color": "#12ab34"}},
            {"id": 4, "name": "unused", "cvat": {"type": "polygon"}},
        ],
        "annotations": [
            {
                "id": 1,
                "image_id": 7,
                "category_id": 3,
                "bbox": [1.25, 2.0, 0.1, 3.0],
                "attributes": {"rusty": True, "size": "3", "difficult": False},
                "occluded": 1,
                OWN: {"provenance": "moved", "note": "a\r\nb\x00"},
            }
        ],
    }
    CVAT.write(document, tmp_path / "out.xml", Delivery(tmp_path))
    root = ET.parse(tmp_path / "out.xml").getroot()
    task = root.find("meta/task")
    assert task is not None
    assert [task.findtext(key) for key in ("name", "size", "mode")] == ["out", "1", "annotation"]
    labels = task.findall("labels/label")
    assert [label.findtext("name") for label in labels] == ['a "b" <c>', "unused"]
    assert [label.findtext("type") for label in labels] == ["any", "any"]
    assert labels[0].findtext("color") == "#12ab34"
    kinds = {one.findtext("name"): one.findtext("input_type") for one in labels[0].iter("attribute")}
    assert kinds == {"rusty": "checkbox", "size": "text", "difficult": "checkbox", "note": "text"}
    (shape,) = root.findall("image/box")
    assert shape.attrib == {
        "label": 'a "b" <c>',
        "source": "semi-auto",
        "occluded": "1",
        "xtl": "1.25",
        "ytl": "2.0",
        "xbr": "1.35",
        "ybr": "5.0",
        "z_order": "0",
    }
    texts = {one.get("name"): one.text for one in shape}
    assert texts == {"rusty": "true", "size": "3", "difficult": "false", "note": "a\r\nb\ufffd"}


def test_that_a_name_that_xml_cannot_hold_is_refused_and_the_old_file_stays(tmp_path: Path) -> None:
    target = tmp_path / "out.xml"
    target.write_text("the old file")
    document: dict[str, Any] = {
        "images": [{"id": 1, "file_name": "a\x01.png", "width": 64, "height": 48}],
        "categories": [],
        "annotations": [],
    }
    with pytest.raises(ExportError) as raised:
        CVAT.write(document, target, Delivery(tmp_path))
    assert "'a\\x01.png'" in raised.value.problems[0]
    assert target.read_text() == "the old file"


def test_that_a_folder_with_the_file_is_recognised(tmp_path: Path) -> None:
    assert not CVAT.recognises(tmp_path)
    (tmp_path / "annotations.xml").write_text(page())
    assert CVAT.recognises(tmp_path)
    assert not CVAT.recognises(tmp_path / "nothing.xml")
