"""Where exports go: as a whole or not at all, and never over what no export has written."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from app.model.storage import StoreError
from app.store.formats.targets import LISTED, inside, new_file, new_folder, require_text, write_text

if TYPE_CHECKING:
    from contextlib import AbstractContextManager


def fill(target: Path, key: str = "voc", text: str = "new") -> None:
    with new_folder(target, key) as folder:
        write_text(folder / "sub" / "a.xml", text)


def fill_a_disk(made: AbstractContextManager[Path]) -> None:
    with made as part:
        write_text(part / "a.xml" if part.is_dir() else part, "new")
        raise OSError(28, "No space left on device")


def content(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): path.read_text()
        for path in folder.rglob("*")
        if path.is_file() and path.name != LISTED
    }


def test_that_a_folder_is_made_and_its_own_export_takes_its_place(tmp_path: Path) -> None:
    target = tmp_path / "out"
    fill(target, text="old")
    fill(target, text="new")
    assert content(target) == {"sub/a.xml": "new"}
    assert [path.name for path in tmp_path.iterdir()] == ["out"], "nothing is left beside it"


def test_that_an_empty_folder_is_taken(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    fill(tmp_path / "out")
    assert content(tmp_path / "out") == {"sub/a.xml": "new"}


def test_that_caches_of_training_programs_may_go(tmp_path: Path) -> None:
    fill(tmp_path / "out", text="old")
    (tmp_path / "out" / "labels.cache").write_text("made again")
    fill(tmp_path / "out")
    assert content(tmp_path / "out") == {"sub/a.xml": "new"}


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such names")
@pytest.mark.parametrize("name", ["a\u2028b", "a\x85b", "a\nb", "a\rb", "a\r\nb", "a\n", "a\x1cb", "a\x0bb"])
def test_that_an_export_knows_its_own_files_again_whatever_they_are_called(tmp_path: Path, name: str) -> None:
    for text in ("old", "new"):
        with new_folder(tmp_path / "out", "voc") as folder:
            write_text(folder / "sub" / f"{name}.xml", text)
            write_text(folder / "z.xml", text)
    assert content(tmp_path / "out") == {f"sub/{name}.xml": "new", "z.xml": "new"}
    write_text(tmp_path / "out" / "mine.txt", "mine")
    with pytest.raises(StoreError, match=r"no export has written: mine\.txt\."):
        fill(tmp_path / "out")


@pytest.mark.parametrize("text", ["voc\nsub/a.xml\n", "voc\r\nsub/a.xml\r\n", "voc\nsub/a.xml"])
def test_that_lists_of_former_versions_are_read(tmp_path: Path, text: str) -> None:
    fill(tmp_path / "out", text="old")
    write_text(tmp_path / "out" / LISTED, text)
    fill(tmp_path / "out", text="new")
    assert content(tmp_path / "out") == {"sub/a.xml": "new"}


@pytest.mark.parametrize(
    ("present", "reason"),
    [
        ({"mine.txt": "mine"}, "is not empty and not an earlier export"),
        ({LISTED: "yolo\na.txt\n", "a.txt": ""}, "holds an export in another format"),
        ({LISTED: "voc\na.xml\n", "a.xml": "", "runs/best.pt": "weeks of work"}, r"runs/best\.pt"),
        ({LISTED: "", "a.xml": ""}, "another format"),
    ],
)
def test_that_what_no_export_has_written_is_never_replaced(
    tmp_path: Path, present: dict[str, str], reason: str
) -> None:
    target = tmp_path / "out"
    for name, text in present.items():
        write_text(target / name, text)
    with pytest.raises(StoreError, match=reason):
        fill(target)
    assert {path.relative_to(target).as_posix() for path in target.rglob("*") if path.is_file()} == set(present)


def test_that_a_file_or_a_link_is_not_taken_for_a_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    for name in ("file", "link"):
        with pytest.raises(StoreError, match="is not a folder"):
            fill(tmp_path / name)
    assert (tmp_path / "link").is_symlink()


def test_that_a_failure_half_way_leaves_what_was_there(tmp_path: Path) -> None:
    fill(tmp_path / "out", text="old")
    with pytest.raises(StoreError, match="disk is full"):
        fill_a_disk(new_folder(tmp_path / "out", "voc"))
    assert content(tmp_path / "out") == {"sub/a.xml": "old"}
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_that_a_failed_rename_brings_the_former_folder_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(tmp_path / "out", text="old")
    rename = Path.rename

    def fail_for_the_new_one(self: Path, target: Path) -> Path:
        if self.name.endswith(".part"):
            raise OSError(5, "Input/output error")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", fail_for_the_new_one)
    with pytest.raises(StoreError, match="Input/output error"):
        fill(tmp_path / "out")
    assert content(tmp_path / "out") == {"sub/a.xml": "old"}


def test_that_a_former_folder_that_cannot_be_brought_back_is_kept_and_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(tmp_path / "out", text="old")
    rename = Path.rename

    def fail_for_both(self: Path, target: Path) -> Path:
        if target.name == "out":
            raise OSError(5, "Input/output error")
        return rename(self, target)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "rename", fail_for_both)
        with pytest.raises(StoreError, match="Input/output error") as raised:
            fill(tmp_path / "out")
    (former,) = tmp_path.iterdir()
    assert content(former) == {"sub/a.xml": "old"}
    assert str(former) in str(raised.value)
    fill(tmp_path / "out", text="new")
    fill(tmp_path / "out", text="newer")
    assert [content(path) for path in tmp_path.iterdir()] == [{"sub/a.xml": "newer"}]


def test_that_whoever_interrupts_an_export_has_the_former_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(tmp_path / "out", text="old")
    rename = Path.rename

    def interrupted(self: Path, target: Path) -> Path:
        made = rename(self, target)
        if target.name.endswith(".former"):
            raise KeyboardInterrupt
        return made

    with monkeypatch.context() as patched:
        patched.setattr(Path, "rename", interrupted)
        with pytest.raises(KeyboardInterrupt):
            fill(tmp_path / "out")
    assert [content(path) for path in tmp_path.iterdir()] == [{"sub/a.xml": "old"}]


def test_that_a_folder_filled_meanwhile_is_left_alone(tmp_path: Path) -> None:
    target = tmp_path / "out"
    made = new_folder(target, "voc")
    write_text(made.__enter__() / "a.xml", "new")
    write_text(target / "mine.txt", "mine")
    with pytest.raises(StoreError, match="not empty"):
        made.__exit__(None, None, None)
    assert content(target) == {"mine.txt": "mine"}


def test_that_a_file_is_replaced_as_a_whole_or_stays(tmp_path: Path) -> None:
    target = tmp_path / "out.json"
    target.write_text("old")
    with pytest.raises(StoreError, match="disk is full"):
        fill_a_disk(new_file(target))
    assert target.read_text() == "old"
    with new_file(target) as part:
        part.write_text("new")
    assert (target.read_text(), list(tmp_path.iterdir())) == ("new", [target])


def test_that_a_link_stays_and_the_file_that_it_leads_to_is_written(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "real.json").write_text("old")
    (tmp_path / "first.json").symlink_to("second.json")
    (tmp_path / "second.json").symlink_to("data/real.json")
    with new_file(tmp_path / "first.json") as part:
        assert part.parent == tmp_path / "data", "a rename must not cross file systems"
        part.write_text("new")
    assert (tmp_path / "first.json").readlink() == Path("second.json")
    assert (tmp_path / "second.json").readlink() == Path("data/real.json")
    assert content(tmp_path / "data") == {"real.json": "new"}


def test_that_a_link_to_nothing_makes_the_file_that_it_names_if_its_folder_is_there(tmp_path: Path) -> None:
    link = tmp_path / "out.json"
    link.symlink_to("data/real.json")
    with pytest.raises(StoreError, match=r"out\.json could not be written: No such file"), new_file(link) as part:
        part.write_text("new")
    assert list(tmp_path.iterdir()) == [link]
    (tmp_path / "data").mkdir()
    with new_file(link) as part:
        part.write_text("new")
    assert (link.is_symlink(), content(tmp_path / "data")) == (True, {"real.json": "new"})


def test_that_a_link_to_itself_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "out.json").symlink_to("out.json")
    with pytest.raises(StoreError, match="could not be written: Too many levels"), new_file(tmp_path / "out.json"):
        pass
    assert (tmp_path / "out.json").is_symlink()


@pytest.mark.parametrize("place", ["real.json", "photos/.boxwright/real.json"])
def test_that_a_link_among_the_images_leads_to_no_file_of_somebody_else(tmp_path: Path, place: str) -> None:
    (tmp_path / "photos" / ".boxwright").mkdir(parents=True)
    (tmp_path / place).write_text("mine")
    link = tmp_path / "photos" / "annotations.json"
    link.symlink_to(tmp_path / place)
    with pytest.raises(StoreError, match="a link among the images that leads out of them"):
        require_text(link)
    with pytest.raises(StoreError, match="a link among the images that leads out of them"), new_file(link):
        pass
    assert (link.is_symlink(), (tmp_path / place).read_text()) == (True, "mine")
    link.unlink()
    link.symlink_to("exports.json")
    with new_file(link) as part:
        part.write_text("new")
    assert (link.is_symlink(), (tmp_path / "photos" / "exports.json").read_text()) == (True, "new")


@pytest.mark.parametrize("content", [b"SQLite format 3\0", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", b"\x40\0\0\0\0\0\0\0{}"])
def test_that_no_image_model_or_database_is_replaced(tmp_path: Path, content: bytes) -> None:
    target = tmp_path / "something"
    target.write_bytes(content)
    with pytest.raises(StoreError, match="an image, a model or a database already"):
        require_text(target)
    target.write_text('{"images": []}')
    require_text(target)
    require_text(tmp_path / "new")


@pytest.mark.parametrize("name", ["../a.txt", "/a.txt", "sub/../../a.txt", "C:a.txt", "..\\a.txt", "a\0.txt"])
def test_that_no_name_leads_out_of_the_folder(tmp_path: Path, name: str) -> None:
    with pytest.raises(StoreError, match="leads out of the folder"):
        inside(tmp_path, name)
