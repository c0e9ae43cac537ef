"""YOLO: the folders that programs make of it, what is wrong with lines, and that an export follows the rules."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml
from format_projects import Boxes, boxes_in, bring_in, files_in, new_project
from PIL import Image

from app.model.storage import StoreError
from app.store.formats.annotation_export import export_annotations
from app.store.formats.export_report import ExportError
from app.store.formats.foreign import Images
from app.store.formats.table import format_of, recognise

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.store.project_store import ProjectStore

YOLO = format_of("yolo")
LINE = "1 0.5 0.5 0.25 0.5\n"
BOX = (240.0, 120.0, 400.0, 360.0)
NAMES = "names: [die, coin]\n"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[ProjectStore]:
    with closing(new_project(tmp_path / "photos")) as opened:
        yield opened


def folder_of(tmp_path: Path, **files: str) -> Path:
    """A dataset with these files; two underscores stand for a slash, one for the dot of the suffix."""
    folder = tmp_path / "yolo"
    for name, text in files.items():
        place = folder / name.replace("__", "/")
        file = place.with_name(".".join(place.name.rsplit("_", 1)))
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    "files",
    [
        {"data_yaml": NAMES, "labels__2_txt": LINE},
        {"data_yaml": "names: {0: die, 1: coin}\n", "labels__train__2_txt": LINE},
        {"data_yaml": f"path: elsewhere\n{NAMES}", "train__labels__2_txt": LINE, "README_txt": "hello"},
        {"obj_names": "die\ncoin\n", "obj_train_data__2_txt": LINE, "train_txt": "data/obj_train_data/2.png\n"},
        {"classes_txt": "die\ncoin\n", "2_txt": LINE},
        {"labels__classes_txt": "die\ncoin\n", "labels__2_txt": LINE},
    ],
    ids=["flat", "ultralytics", "roboflow", "darknet", "labelimg", "classes among the labels"],
)
def test_that_the_folders_of_other_programs_are_read(
    store: ProjectStore, tmp_path: Path, files: dict[str, str]
) -> None:
    folder = folder_of(tmp_path, **files)
    assert recognise(folder) is YOLO
    found = bring_in(store, folder)
    assert found.problems == ()
    assert boxes_in(store) == {"2.png": [("coin", BOX)]}
    assert [category.name for category in store.categories()] == ["die", "coin"]


def test_that_a_description_is_read_as_well_as_its_folder(store: ProjectStore, tmp_path: Path) -> None:
    folder = folder_of(tmp_path, data_yaml=NAMES, labels__2_txt=LINE)
    assert recognise(folder / "data.yaml") is YOLO
    assert bring_in(store, folder / "data.yaml").annotations == 1


def test_that_two_images_of_one_name_are_told_apart_by_their_folder(store: ProjectStore, tmp_path: Path) -> None:
    folder = folder_of(tmp_path, data_yaml=NAMES, labels__train__1_txt=LINE, labels__train__sub__1_txt=LINE + LINE)
    assert bring_in(store, folder).problems == ()
    assert {path: len(found) for path, found in boxes_in(store).items()} == {"1.png": 1, "sub/1.png": 2}


def test_that_an_empty_file_is_an_image_without_objects(store: ProjectStore, tmp_path: Path) -> None:
    bring_in(store, folder_of(tmp_path, data_yaml=NAMES, labels__2_txt=""), reviewed=True)
    assert boxes_in(store) == {"2.png": []}


def test_that_outlines_scores_and_keypoints_become_boxes_and_notes(store: ProjectStore, tmp_path: Path) -> None:
    outline, scored = "0 0.25 0.25 0.75 0.25 0.5 0.75\n", "1 0.5 0.5 0.25 0.5 0.9\n"
    found = bring_in(store, folder_of(tmp_path, data_yaml=NAMES, labels__2_txt=outline + scored))
    assert boxes_in(store)["2.png"] == [("die", (160.0, 120.0, 480.0, 360.0)), ("coin", BOX)]
    assert found.notes == (
        "Outlines and rotated boxes that became the upright box around them: 1.",
        "Boxes with a score, which was left out: 1.",
    )


def test_that_keypoints_are_no_outline(store: ProjectStore, tmp_path: Path) -> None:
    line = LINE.strip() + " 0.1 0.1 2 0.2 0.2 2\n"
    found = bring_in(store, folder_of(tmp_path, data_yaml=f"{NAMES}kpt_shape: [2, 3]\n", labels__2_txt=line))
    assert boxes_in(store) == {"2.png": [("coin", BOX)]}
    assert found.notes == ("Boxes whose keypoints were left out: 1.",)


def test_that_classes_without_names_are_called_by_their_numbers(store: ProjectStore, tmp_path: Path) -> None:
    found = bring_in(store, folder_of(tmp_path, labels__2_txt=LINE))
    assert found.new_categories == ("class 1",)
    assert "no names for its classes" in found.notes[0]


def test_that_what_few_digits_bring_outside_is_cut_without_a_word(store: ProjectStore, tmp_path: Path) -> None:
    found = bring_in(store, folder_of(tmp_path, data_yaml=NAMES, labels__2_txt="1 0.166667 0.5 0.333335 1\n"))
    assert (found.problems, found.notes) == ((), ())
    ((_, box),) = boxes_in(store)["2.png"]
    assert box[:2] == (0.0, 0.0)


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("1 0.5 0.5 0.25", "line 2: it has 4 numbers, not the five of a box."),
        ("1 0.5 0.5 0.25 wide", "line 2: 'wide' is not a fraction of the image."),
        ("1 0.5 0.5 0.25 nan", "line 2: 'nan' is not a fraction of the image."),
        ("1 320 240 160 240", "line 2: '320' is not a fraction of the image."),
        ("1 0.5 0.5 0.25 1e-999999999", "line 2: its box"),
        ("1 0.5 0.5 0 0.5", "line 2: its box (320, 120, 320, 360) has no area."),
        ("1 0.5 0.5 -0.25 0.5", "line 2: its box (400, 120, 240, 360) has no area."),
        ("7 0.5 0.5 0.25 0.5", "line 2: class 7 has no name in the dataset."),
        ("coin 0.5 0.5 0.25 0.5", "line 2: its class is 'coin', not a whole number from 0."),
        ("-1 0.5 0.5 0.25 0.5", "line 2: its class is '-1', not a whole number from 0."),
        ("1 0.1 0.1 0.2 0.2 0.3 0.3 0.4", "line 2: it has 8 numbers, which is neither a box nor an outline."),
    ],
)
def test_that_a_bad_line_is_named_and_the_others_are_read(
    store: ProjectStore, tmp_path: Path, line: str, problem: str
) -> None:
    found = bring_in(store, folder_of(tmp_path, data_yaml=NAMES, labels__2_txt=f"{LINE}{line}\n"))
    assert len(found.problems) == 1
    assert found.problems[0].startswith("labels/2.txt, " + problem)
    assert boxes_in(store) == {"2.png": [("coin", BOX)]}


@pytest.mark.parametrize(
    ("description", "problem"),
    [
        ("names: [die", "is not YAML that can be read"),
        ("names: 7\n", "names no classes: its names are 7."),
        ("a: &a {names: [die]}\n<<: *a\n", "it merges mappings"),
        ("- names\n", "describes no dataset"),
        ("!!python/object/apply:os.system ['true']\n", "is not YAML that can be read"),
        ("[" * 5000, "is not YAML that can be read"),
    ],
)
def test_that_a_bad_description_is_refused_with_a_sentence(
    store: ProjectStore, tmp_path: Path, description: str, problem: str
) -> None:
    folder = folder_of(tmp_path, data_yaml=description, labels__2_txt=LINE)
    found = bring_in(store, folder)
    assert len(found.problems) == 1
    assert problem in found.problems[0]
    assert found.command is None


def test_that_an_image_that_is_not_there_is_counted_and_named(store: ProjectStore, tmp_path: Path) -> None:
    found = bring_in(store, folder_of(tmp_path, data_yaml=NAMES, labels__2_txt=LINE, labels__gone_txt=LINE))
    assert (found.images, found.images_left_out) == (1, 1)
    assert found.problems[0].startswith("labels/gone.txt: the folder")


def check_rules(target: Path) -> dict[str, list[list[float]]]:
    """Check a dataset as strictly as the programs that train on it, and return the boxes of each image."""
    data = yaml.safe_load((target / "data.yaml").read_text(encoding="utf-8"))
    names = data["names"]
    assert list(names) == list(range(len(names)))
    found = {}
    for part in ("train", "val"):
        assert (target / data[part]).is_dir()
        for image in (target / data[part]).rglob("*.png"):
            place = str(image)
            label = Path("/labels/".join(place.rsplit("/images/", 1))).with_suffix(".txt")
            assert label.is_file(), "every image has its text file"
            with Image.open(image) as opened:
                assert opened.size == (640, 480)
            rows = [[float(word) for word in line.split()] for line in label.read_text("ascii").splitlines()]
            for number, *numbers in rows:
                assert number in names
                assert len(numbers) == 4
                assert all(0 <= one <= 1 for one in numbers)
            assert len({tuple(row) for row in rows}) == len(rows)
            found[image.relative_to(target).as_posix()] = rows
    return found


def test_that_an_export_follows_the_rules(tmp_path: Path) -> None:
    boxes = Boxes({"sub/1.png": [("nut", BOX, ()), ("unused one", (0.0, 0.0, 640.0, 480.0), ())], "1.png": []})
    with closing(new_project(tmp_path / "photos", boxes)) as store:
        report = export_annotations(YOLO, store.location, tmp_path / "out", images=Images.COPY)
    found = check_rules(tmp_path / "out")
    assert found == {"images/1.png": [], "images/sub/1.png": [[1, 0.5, 0.5, 0.25, 0.5], [2, 0.5, 0.5, 1, 1]]}
    assert (report.images, report.empty_images, report.lost) == (2, 1, ())


def test_that_a_split_has_its_own_folders(tmp_path: Path) -> None:
    with closing(new_project(tmp_path / "photos", Boxes({"1.png": [], "2.png": []}))) as store:
        ids = {record.path: record.id for record in store.images()}
        parts = {ids["1.png"]: "train", ids["2.png"]: "val"}
        export_annotations(YOLO, store.location, tmp_path / "out", images=Images.LINK, split=lambda _: parts)
    assert sorted(check_rules(tmp_path / "out")) == ["images/train/1.png", "images/val/2.png"]


def test_that_a_folder_called_images_does_not_break_the_pairs(tmp_path: Path) -> None:
    folder = tmp_path / "photos"
    (folder / "images").mkdir(parents=True)
    Image.new("1", (640, 480)).save(folder / "images" / "3.png")
    with closing(new_project(folder)) as store:
        export_annotations(YOLO, store.location, tmp_path / "out", images=Images.COPY, include_unreviewed=True)
        assert "images/3.png" in check_rules(tmp_path / "out")
        assert bring_in(store, tmp_path / "out", reviewed=True).problems == ()
        assert "images/3.png" in boxes_in(store)


def test_that_images_that_share_a_text_file_refuse_the_export(tmp_path: Path) -> None:
    folder = tmp_path / "photos"
    folder.mkdir()
    Image.new("RGB", (64, 48)).save(folder / "2.jpg")
    with closing(new_project(folder)) as store, pytest.raises(ExportError) as refused:
        export_annotations(YOLO, store.location, tmp_path / "out", include_unreviewed=True)
    assert refused.value.problems == ("2.jpg, 2.png would share one file of annotations: rename all but one of them.",)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("images", [Images.LINK, Images.COPY])
def test_that_no_image_is_put_among_those_of_the_project(store: ProjectStore, tmp_path: Path, images: Images) -> None:
    target = tmp_path / "photos" / "dataset"
    with pytest.raises(StoreError, match="lies in the image folder"):
        export_annotations(YOLO, store.location, target, images=images)
    assert not target.exists()


def test_that_an_export_leaves_the_images_as_they_are(tmp_path: Path) -> None:
    with closing(new_project(tmp_path / "photos", Boxes({"1.png": []}))) as store:
        before = {path: text for path, text in files_in(tmp_path / "photos").items() if path.endswith(".png")}
        export_annotations(YOLO, store.location, tmp_path / "out", images=Images.LINK)
        export_annotations(YOLO, store.location, tmp_path / "out", images=Images.COPY)
        after = {path: text for path, text in files_in(tmp_path / "photos").items() if path.endswith(".png")}
    assert before == after
