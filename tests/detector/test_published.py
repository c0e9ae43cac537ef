"""The table of published weights, and what a name stands for."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import platformdirs
import pytest
from torchvision import models as torchvision_models

from detector.published import (
    FOLDER_VARIABLE,
    PUBLISHED,
    Published,
    installed,
    models_folder,
    resolve_backbone,
    resolve_model,
)
from detector.systems import SYSTEMS
from detector.types import DetectorError

if TYPE_CHECKING:
    from collections.abc import Callable


DETECTOR, BACKBONE = "fasterrcnn_resnet50_fpn", "resnet50"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the models, empty; the working directory is another one."""
    folder, elsewhere = tmp_path / "models", tmp_path / "elsewhere"
    folder.mkdir()
    elsewhere.mkdir()
    monkeypatch.setenv(FOLDER_VARIABLE, str(folder))
    monkeypatch.chdir(elsewhere)
    return folder


def put(folder: Path, name: str) -> Path:
    path = folder / name
    path.write_bytes(b"weights")
    return path


def torchvisions(name: str) -> Any:
    """The weights that torchvision itself offers for the network of this name: its first ones."""
    if name == "vgg16_features":
        return torchvision_models.VGG16_Weights.IMAGENET1K_FEATURES
    weights = torchvision_models.get_model_weights(name)
    return weights.COCO_V1 if "COCO_V1" in weights.__members__ else weights.IMAGENET1K_V1


# --- the table --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("row", PUBLISHED.values(), ids=PUBLISHED)
def test_that_a_row_says_what_torchvision_says(row: Published) -> None:
    weights = torchvisions(row.name)
    size = weights.meta["_file_size"] * 2**20  # mebibytes, rounded to the third digit
    figures = next(iter(weights.meta["_metrics"].values()))
    assert row.url == weights.url
    assert abs(row.size - size) <= 0.0005 * 2**20
    assert dict(row.published) == {
        name: figures[key] for name, key in (("AP", "box_map"), ("top-1", "acc@1")) if figures.get(key, 0) > 0
    }


@pytest.mark.parametrize("row", PUBLISHED.values(), ids=PUBLISHED)
def test_that_categories_are_those_that_the_weights_were_taught(row: Published) -> None:
    taught = torchvisions("vgg16" if row.name == "vgg16_features" else row.name).meta["categories"]
    assert row.categories == len(set(taught) - {"__background__", "N/A"}) or row.categories == len(taught) == 1000


def test_that_all_detectors_and_no_others_name_a_system_of_the_same_figures() -> None:
    for row in PUBLISHED.values():
        assert (row.system is not None) == (row.kind == "detector")
        if row.system:
            assert dict(SYSTEMS[row.system].published)["AP"] == dict(row.published)["AP"]


def test_that_files_have_names_and_checksums_of_their_own() -> None:
    rows = PUBLISHED.values()
    assert PUBLISHED["vgg16_features"].sha256_prefix == "88682ab5"
    assert {len(bytes.fromhex(row.sha256_prefix)) for row in rows} == {4}
    for names in ([row.file_name for row in rows], [row.local_name for row in rows]):
        assert len(set(names)) == len(PUBLISHED)
    assert all(row.url.startswith("https://") for row in rows)


def test_that_every_licence_names_what_the_weights_learnt_from() -> None:
    for row in PUBLISHED.values():
        assert ("COCO" if row.kind == "detector" else "ImageNet") in row.licence


def test_that_names_are_resolved_without_torch() -> None:
    code = "import sys, detector.published, detector.downloads, detector.model_verbs; sys.exit('torch' in sys.modules)"
    root = Path(__file__).resolve().parents[2]
    assert subprocess.run([sys.executable, "-c", code], cwd=root, check=False).returncode == 0


# --- the folder -------------------------------------------------------------------------------------------------------


def test_that_the_folder_is_the_users_own_unless_the_environment_names_another(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for unset in (None, ""):
        if unset is None:
            monkeypatch.delenv(FOLDER_VARIABLE, raising=False)
        else:
            monkeypatch.setenv(FOLDER_VARIABLE, unset)
        assert models_folder() == platformdirs.user_data_path("boxwright") / "models"
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))
    assert models_folder() == tmp_path
    monkeypatch.setenv(FOLDER_VARIABLE, "~nobody-of-this-name/weights")
    assert models_folder() == Path("~nobody-of-this-name/weights")
    monkeypatch.setenv(FOLDER_VARIABLE, "~/weights")
    assert models_folder() == Path.home() / "weights"


def test_that_models_are_listed_by_name_and_nothing_else_is(folder: Path) -> None:
    assert installed() == ()
    found = [put(folder, name) for name in ("b.safetensors", "a.safetensors")]
    put(folder, "resnet50-0676ba61.pth")
    put(folder, "c.safetensors.part")
    (folder / "d.safetensors").mkdir()
    assert installed() == tuple(sorted(found))


def test_that_no_folder_is_no_models_and_an_unreadable_one_is_a_sentence(folder: Path) -> None:
    folder.rmdir()
    assert installed() == ()
    folder.write_bytes(b"")
    with pytest.raises(DetectorError, match="cannot be listed"):
        installed()


# --- names ------------------------------------------------------------------------------------------------------------


def test_that_a_file_comes_before_a_name(folder: Path) -> None:
    there = put(folder, f"{DETECTOR}.safetensors")
    assert resolve_model(DETECTOR) == there
    put(Path(), DETECTOR)
    assert resolve_model(DETECTOR) == Path(DETECTOR)
    assert resolve_model(str(there)) == there


def test_that_a_model_that_somebody_put_into_the_folder_has_a_name(folder: Path) -> None:
    mine = put(folder, "mine.safetensors")
    assert resolve_model("mine") == mine
    with pytest.raises(DetectorError, match="no file of backbone weights"):
        resolve_backbone("mine")


def test_that_a_backbone_is_found_by_name_and_by_file(folder: Path) -> None:
    there = put(folder, PUBLISHED[BACKBONE].file_name)
    assert resolve_backbone(BACKBONE) == resolve_backbone(str(there)) == there


@pytest.mark.parametrize(("resolve", "name"), [(resolve_model, DETECTOR), (resolve_backbone, BACKBONE)])
def test_that_what_is_not_here_yet_comes_with_the_command_that_gets_it(
    folder: Path, resolve: Callable[[str], Path], name: str
) -> None:
    with pytest.raises(DetectorError, match=f"`boxwright models get {name}` fetches it"):
        resolve(name)


@pytest.mark.parametrize(("resolve", "name"), [(resolve_model, BACKBONE), (resolve_backbone, DETECTOR)])
def test_that_the_other_kind_is_refused_even_if_it_is_here(
    folder: Path, resolve: Callable[[str], Path], name: str
) -> None:
    put(folder, PUBLISHED[name].local_name)
    with pytest.raises(DetectorError, match=f"{name} is a {PUBLISHED[name].kind}"):
        resolve(name)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("fasterrcnn_resnet50", f"Did you mean {DETECTOR}"),
        ("resnet50_fpn", f"Did you mean {DETECTOR}"),
        ("nowhere/at/all.safetensors", "`boxwright models` lists the names"),
        ("x" * 5000, "There is no model"),
        ("a\0b", "There is no model"),
        ("", "There is no model"),
        (".", "is a folder"),
    ],
)
def test_that_what_is_neither_file_nor_name_is_a_sentence(folder: Path, text: str, words: str) -> None:
    with pytest.raises(DetectorError) as caught:
        resolve_model(text)
    assert words in str(caught.value)
