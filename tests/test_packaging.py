"""What is shipped: what is in the wheel and the sdist, and that it works where there is no checkout."""

from __future__ import annotations

import configparser
import email
import json
import os
import re
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from defusedxml import ElementTree
from installed_program import ROOT, Installed, build, install

import main
from app import process
from app.translation import languages
from app.ui.icons import ICON_NAMES

if TYPE_CHECKING:
    from email.message import Message

    from PySide6.QtWidgets import QApplication

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
VERSION = PROJECT["version"]
FOLDERS = ("app", "detector", "resources")
ABOUT, SHARE = f"boxwright-{VERSION}.dist-info", f"boxwright-{VERSION}.data/data/share"
ONLY_IN_THE_CHECKOUT = ("resources/desktop/", "resources/screenshots/")
PICTURE = re.compile(r"!\[[^\]]*\]\(([^)\s]+)\)")

DRAW = """
import json, sys
from pathlib import Path
from PIL import Image
from detector.scenes import CATEGORIES, TAUGHT_CATEGORIES, draw_scene
folder = Path(sys.argv[1])
images, annotations = [], []
for number in range(1, 4):
    scene = draw_scene(number, (240, 320), taught=True)
    Image.fromarray(scene.image).save(folder / f"{number}.png")
    images.append({"id": number, "file_name": f"{number}.png", "width": 320, "height": 240})
    for (x1, y1, x2, y2), label in zip(scene.gt_boxes.tolist(), scene.labels.tolist(), strict=True):
        about = {"id": len(annotations) + 1, "image_id": number, "category_id": label, "iscrowd": 0}
        annotations.append(about | {"bbox": [x1, y1, x2 - x1, y2 - y1], "area": (x2 - x1) * (y2 - y1)})
categories = [{"id": number, "name": name} for number, name in enumerate(CATEGORIES + TAUGHT_CATEGORIES, 1)]
print(json.dumps({"images": images, "annotations": annotations, "categories": categories}))
"""
WHERE = """
import json, sys
import app.application, app.program, detector.cli, main
from importlib.resources import files
from app.translation import languages
from app.ui.icons import ICON_NAMES
from detector.checkpoint_header import EMBEDDED_WEIGHTS
ours = ("main", "app", "detector", "resources")
places = [m.__file__ for name, m in sys.modules.items() if name.partition(".")[0] in ours and m.__file__]
pages = [page.name for page in (files("resources") / "guide").iterdir() if page.name.endswith(".md")]
print(json.dumps({
    "places": [*places, str(EMBEDDED_WEIGHTS)], "version": app.program.version(), "languages": languages(),
    "icons": sorted(ICON_NAMES), "pages": sorted(pages),
}))
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build("wheel", ROOT, tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def names(wheel: Path) -> list[str]:
    with zipfile.ZipFile(wheel) as archive:
        return archive.namelist()


@pytest.fixture(scope="module")
def about(wheel: Path) -> Message:
    with zipfile.ZipFile(wheel) as archive:
        return email.message_from_bytes(archive.read(f"{ABOUT}/METADATA"))


@pytest.fixture(scope="module")
def sdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The unpacked sdist."""
    folder = tmp_path_factory.mktemp("sdist")
    with tarfile.open(build("sdist", ROOT, folder)) as archive:
        archive.extraction_filter = getattr(tarfile, "data_filter", None)  # Python 3.11 has it from 3.11.4 on
        archive.extractall(folder)
    return folder / f"boxwright-{VERSION}"


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    return install(wheel, tmp_path_factory.mktemp("installed"))


def files_of_the_checkout(*folders: str) -> set[str]:
    found = (path.relative_to(ROOT).as_posix() for folder in folders for path in (ROOT / folder).rglob("*.*"))
    return {name for name in found if "__pycache__" not in name and (ROOT / name).is_file()}


def shared(wheel: Path, name: str) -> str:
    with zipfile.ZipFile(wheel) as archive:
        return archive.read(f"{SHARE}/{name}").decode()


def test_that_the_wheel_has_all_that_runs_and_nothing_else(names: list[str]) -> None:
    ours = {name for name in names if not name.startswith((f"{ABOUT}/", f"{SHARE}/"))}
    wanted = {"main.py"} | {
        name for name in files_of_the_checkout(*FOLDERS) if not name.startswith(ONLY_IN_THE_CHECKOUT)
    }
    assert {name for name in ours if not name.startswith("resources/screenshots/")} == wanted
    assert "resources/models/embedded.safetensors" in ours


def test_that_the_pictures_of_the_guide_are_shipped_and_no_others(names: list[str]) -> None:
    guide = ROOT / "resources" / "guide"
    targets = [target for page in guide.glob("*.md") for target in PICTURE.findall(page.read_text(encoding="utf-8"))]
    shown = {(guide / target).resolve().relative_to(ROOT).as_posix() for target in targets if "://" not in target}
    shown |= {name.replace("-light.", "-dark.") for name in shown}  # what a dark window shows in their place
    assert {name for name in names if name.startswith("resources/screenshots/")} == {
        name for name in shown if name.startswith("resources/screenshots/")
    }
    assert shown <= set(names)


def test_that_the_sdist_is_whole_and_builds_the_same_wheel(sdist: Path, wheel: Path, tmp_path: Path) -> None:
    found = {path.relative_to(sdist).as_posix() for path in sdist.rglob("*") if path.is_file()}
    beside = {
        "main.py",
        "pyproject.toml",
        "README.md",
        "PKG-INFO",
        ".gitignore",
        ".github/LICENSE",
        ".github/PACKAGE.md",
    }
    assert found == files_of_the_checkout(*FOLDERS) | beside
    assert build("wheel", sdist, tmp_path).read_bytes() == wheel.read_bytes()


def test_that_the_metadata_say_what_it_is(about: Message, names: list[str]) -> None:
    assert (about["Name"], about["Version"], about["License-Expression"]) == ("boxwright", VERSION, "MIT")
    assert f"{ABOUT}/licenses/{about['License-File']}" in names
    versions = [text.rpartition(":: ")[2] for text in about.get_all("Classifier") if re.search(r":: 3\.\d+$", text)]
    assert about["Requires-Python"] == f">={versions[0]}"


def test_that_the_page_for_an_index_stands_alone(about: Message) -> None:
    text = about.get_payload()
    assert about["Description-Content-Type"] == "text/markdown"
    assert text == (ROOT / ".github" / "PACKAGE.md").read_text(encoding="utf-8")
    targets = re.findall(r"\]\(([^)]+)\)", text)
    assert all("://" in target for target in targets), "an index has no files beside the page"
    commands = re.findall(r"^boxwright(?: (\S+))?", text, flags=re.MULTILINE)
    assert commands
    assert set(commands) <= {*main.VERBS, "--demo", "--help", "~/photos"}
    extras = re.findall(r"boxwright\[(\w+)\]", text)
    assert set(extras) <= set(PROJECT["optional-dependencies"])


def test_that_the_desktop_entry_starts_what_is_installed(wheel: Path, names: list[str]) -> None:
    entry = configparser.RawConfigParser(interpolation=None)
    entry.optionxform = str  # type: ignore[assignment, method-assign]
    entry.read_string(shared(wheel, "applications/boxwright.desktop"))
    scripts = PROJECT["scripts"]
    first = entry["Desktop Entry"]
    assert first["Exec"].split() == ["boxwright", "%f"]
    assert first["TryExec"] in scripts
    for action in first["Actions"].rstrip(";").split(";"):
        program, *arguments = entry[f"Desktop Action {action}"]["Exec"].split()
        assert program in scripts
        assert main.parse(arguments)
    assert f"{SHARE}/icons/hicolor/scalable/apps/{first['Icon']}.svg" in names
    assert first["MimeType"] == "inode/directory;", "it opens folders, and is not asked about every image"


def test_that_the_window_belongs_to_the_desktop_entry(qapp: QApplication, wheel: Path) -> None:
    process.qt_application()
    metainfo = ElementTree.fromstring(shared(wheel, "metainfo/boxwright.metainfo.xml"))
    entry = shared(wheel, f"applications/{qapp.desktopFileName()}.desktop")
    assert f"\nStartupWMClass={qapp.applicationName()}\n" in entry, "on X11, where Qt calls the window so"
    assert metainfo.findtext("launchable") == f"{qapp.desktopFileName()}.desktop"
    assert metainfo.findtext("provides/binary") in PROJECT["scripts"]
    assert metainfo.findtext("project_license") == PROJECT["license"]


def test_that_the_installed_program_uses_no_file_of_the_checkout(installed: Installed, tmp_path: Path) -> None:
    ended = installed.run("python", "-c", WHERE, cwd=tmp_path)
    assert ended.returncode == 0, ended.stderr
    said = json.loads(ended.stdout)
    assert len(said["places"]) > 100
    assert [place for place in said["places"] if not Path(place).is_relative_to(installed.site)] == []
    assert said["version"] == VERSION
    assert said["languages"] == list(languages())
    assert said["icons"] == sorted(ICON_NAMES)
    assert said["pages"] == sorted(page.name for page in (ROOT / "resources" / "guide").glob("*.md"))


def test_that_the_installed_command_helps_and_refuses(installed: Installed, tmp_path: Path) -> None:
    helped = installed.run("boxwright", "--help", cwd=tmp_path)
    assert helped.returncode == 0, helped.stderr
    assert all(f"  {verb} " in helped.stdout for verb in main.VERBS)
    refused = installed.run("boxwright", "detct", cwd=tmp_path)
    assert refused.returncode == 2
    assert "Did you mean detect?" in refused.stderr
    assert list(tmp_path.iterdir()) == []


def test_that_a_desktop_finds_what_was_installed(installed: Installed) -> None:
    share = installed.prefix / "share"
    assert (share / "applications" / "boxwright.desktop").is_file()
    assert (share / "icons" / "hicolor" / "scalable" / "apps" / "boxwright.svg").is_file()
    assert (share / "metainfo" / "boxwright.metainfo.xml").is_file()


@pytest.mark.skipif(sys.platform != "linux", reason="desktops elsewhere know no such entries")
def test_that_the_lines_of_the_guide_put_it_into_the_menu(installed: Installed, tmp_path: Path) -> None:
    (tmp_path / "boxwright").symlink_to(installed.prefix)
    guide = (ROOT / "resources" / "guide" / "installing.md").read_text(encoding="utf-8")
    (lines,) = (block for block in re.findall(r"```sh\n(.*?)```", guide, flags=re.DOTALL) if ".local/share" in block)
    environment = {"HOME": str(tmp_path), "PATH": os.environ["PATH"]}
    subprocess.run(["sh", "-ec", lines], cwd=tmp_path, env=environment, check=True)
    share = tmp_path / ".local" / "share"
    entry = (share / "applications" / "boxwright.desktop").read_text(encoding="utf-8")
    started = re.findall(r"^(?:Try)?Exec=(\S+)", entry, flags=re.MULTILINE)
    assert started == [str(tmp_path / "boxwright" / "bin" / "boxwright")] * 3
    assert Path(started[0]).is_file()
    assert "\nIcon=boxwright\n" in entry
    assert (share / "icons" / "hicolor" / "scalable" / "apps" / "boxwright.svg").is_file()


def answer(installed: Installed, cwd: Path, *arguments: str) -> dict[str, Any]:
    """Run a verb with --json and return its object; it has to end well."""
    ended = installed.run("boxwright", *arguments, "--json", cwd=cwd, seconds=600)
    assert ended.returncode == 0, ended.stderr
    found: dict[str, Any] = json.loads(ended.stdout.splitlines()[-1])
    return found


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_that_the_installed_program_does_the_whole_job(installed: Installed, tmp_path: Path) -> None:
    photos, truth = tmp_path / "photos", tmp_path / "annotations.json"
    photos.mkdir()
    drawn = installed.run("python", "-c", DRAW, str(photos), cwd=tmp_path)
    truth.write_text(drawn.stdout, encoding="utf-8")
    boxes = len(json.loads(drawn.stdout)["annotations"])

    assert answer(installed, tmp_path, "doctor")["ok"]
    answer(installed, tmp_path, "detect", "photos", "-o", "found.json")
    assert json.loads((tmp_path / "found.json").read_text(encoding="utf-8"))["annotations"]
    tune = ("finetune", "annotations.json", "--images", "photos", "-o", "mine.safetensors", "--insist")
    answer(installed, tmp_path, *tune, "--second-stage", "never")
    answer(installed, tmp_path, "detect", "photos", "-o", "mine.json", "--model", "mine.safetensors")
    answer(installed, tmp_path, "import", "photos", "annotations.json", "--reviewed")
    assert answer(installed, tmp_path, "export", "photos", "-o", "exported.json")["annotations"] == boxes


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.skipif(
    sys.platform != "linux", reason="elsewhere there always is a display, where the demo waits for people"
)
def test_that_the_installed_demo_plays_itself(installed: Installed, tmp_path: Path) -> None:
    played = installed.run("boxwright", "--demo", cwd=tmp_path, seconds=600)
    assert played.returncode == 0, played.stdout + played.stderr
    assert json.loads((tmp_path / "demo-out" / "annotations.json").read_text(encoding="utf-8"))["annotations"]
