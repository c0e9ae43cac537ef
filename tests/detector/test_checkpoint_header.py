from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from model_files import write_header, write_model

from detector.checkpoint_header import EMBEDDED_WEIGHTS, HEADER, describe
from detector.systems import SYSTEMS
from detector.types import DetectorError

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "m.safetensors"


def test_that_a_file_says_what_it_is(path: Path) -> None:
    found = describe(write_model(path, "weed", "crop", system="vgg16", licence="MIT", source="torchvision: a.pth"))
    assert (found.system_id, found.title) == ("vgg16", SYSTEMS["vgg16"].title)
    assert found.categories == ("weed", "crop")
    assert (found.licence, found.source) == ("MIT", "torchvision: a.pth")
    assert found.size_bytes == path.stat().st_size
    assert not found.proposals_only


def test_that_a_model_of_regions_is_known(path: Path) -> None:
    assert describe(write_model(path, "object", system="rpn_r50_fpn")).proposals_only


def test_that_licence_and_source_need_not_be_there_nor_be_text(path: Path) -> None:
    found = describe(write_model(path, "weed", licence=7))
    assert (found.licence, found.source) == ("", "")


@pytest.mark.skipif(not EMBEDDED_WEIGHTS.is_file(), reason="the embedded weights are not in this checkout")
def test_that_the_header_says_the_same_as_loading_the_file() -> None:
    from detector import checkpoints

    found, loaded = describe(EMBEDDED_WEIGHTS), checkpoints.load(EMBEDDED_WEIGHTS)
    assert found.categories == loaded.categories
    assert found.system_id == loaded.model.system.id
    assert (found.licence, found.source) == (loaded.licence, loaded.source)


def test_that_it_needs_no_torch() -> None:
    code = "import sys, detector.checkpoint_header; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_that_a_file_that_is_not_there_is_a_sentence(path: Path) -> None:
    with pytest.raises(DetectorError, match="There is no model at"):
        describe(path)


def test_that_a_folder_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(DetectorError, match="cannot be read"):
        describe(tmp_path)


@pytest.mark.parametrize("content", [b"", b"\1", b"\xff" * 8, b"\xff" * 40, (20).to_bytes(8, "little") + b"{}"])
def test_that_what_is_no_safetensors_file_is_a_sentence(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(DetectorError, match="not a readable safetensors file"):
        describe(path)


DAMAGED = ("[]", "7", "{", '{"a": 1}', '{"a": {}}', '{"a": {"data_offsets": [0]}}', '{"a": {"data_offsets": [0, "x"]}}')


@pytest.mark.parametrize("text", [*DAMAGED, "[" * 100_000, "\xff"])
def test_that_a_damaged_header_is_a_sentence(path: Path, text: str) -> None:
    data = text.encode("latin-1")
    path.write_bytes(len(data).to_bytes(8, "little") + data)
    with pytest.raises(DetectorError, match="header is damaged"):
        describe(path)


def test_that_every_cut_is_noticed(path: Path) -> None:
    whole = write_model(path, "weed").read_bytes()
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        with pytest.raises(DetectorError):
            describe(path)
    path.write_bytes(whole[:-3])
    with pytest.raises(DetectorError, match="not whole: 3 bytes are missing"):
        describe(path)


@pytest.mark.parametrize(
    "metadata",
    [None, [], {}, {HEADER: 7}, {HEADER: "["}, {HEADER: "7"}, {HEADER: json.dumps({"format": 2})}, {"format": "pt"}],
)
def test_that_a_file_of_somebody_else_is_a_sentence(path: Path, metadata: object) -> None:
    with pytest.raises(DetectorError, match="not a model of this program"):
        describe(write_header(path, metadata))


def test_that_a_system_of_a_later_version_is_a_sentence(path: Path) -> None:
    with pytest.raises(DetectorError, match="needs the system 'r1000'"):
        describe(write_model(path, "weed", system="r1000"))


def test_that_a_category_without_a_name_is_a_sentence(path: Path) -> None:
    with pytest.raises(DetectorError, match="a category without a name"):
        describe(write_model(path, "weed", "\n"))
    assert describe(write_model(path, " weed", "tall grass\n")).categories == ("weed", "tall grass")


@pytest.mark.parametrize("categories", [None, [], "weed", [1]])
def test_that_a_file_without_categories_is_a_sentence(path: Path, categories: object) -> None:
    with pytest.raises(DetectorError, match="which categories"):
        describe(write_model(path, categories=categories))
