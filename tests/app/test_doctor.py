"""The verb that looks whether everything is there and works: each part whole, broken, and dying."""

from __future__ import annotations

import builtins
import hashlib
import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import main
from app import checks, doctor
from app.checks import Check
from app.heavy_checks import EMBEDDED_SHA256, PARTS, detection_check
from detector.checkpoint_header import EMBEDDED_WEIGHTS
from detector.scenes import draw_scene
from detector.types import Candidates, Prediction, Proposals

ALL_WELL = json.dumps([{"name": "Qt", "ok": True, "found": "6", "advice": ""}])


def ended(code: int = 0, out: str = "", err: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.CompletedProcess([], code, out, err)


@pytest.fixture
def parts_are_well(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "_start", lambda _command: ended(out=ALL_WELL))


def test_that_a_whole_installation_is_in_order_with_a_detection(capsys: pytest.CaptureFixture[str]) -> None:
    assert main.main(["doctor", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["ok"]
    by_name = {one["name"]: one for one in said["checks"]}
    assert {"Python", "torch", "SQLite", "folder of the log", "JPEG", "PNG of 16 bits", "fonts", "device"} <= set(
        by_name
    )
    assert by_name["a detection"]["found"].endswith("on cpu") or "cuda" in by_name["a detection"]["found"]
    assert all(one["ok"] and not one["advice"] for one in said["checks"])


def test_that_what_is_wrong_says_what_to_do_and_ends_with_1(
    parts_are_well: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(checks, "PACKAGES", ("pillow", "no-such-package"))
    assert doctor.run([]) == 1
    said = capsys.readouterr().out
    assert "NOT OK no-such-package" in said
    assert checks.INSTALL_AGAIN in said
    assert "1 of " in said


def test_that_every_package_that_is_needed_is_looked_for() -> None:
    project = tomllib.loads((Path(main.__file__).parent / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    needed = {re.match(r"[\w-]+", one)[0].lower() for one in project["dependencies"]}  # type: ignore[index]
    assert needed == {name.lower() for name in checks.PACKAGES}
    assert project["optional-dependencies"]["accelerate"][0].startswith(checks.ACCELERATOR)


def test_that_a_package_that_may_be_missing_is_no_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    version_of = checks.program.version_of
    monkeypatch.setattr(
        checks.program, "version_of", lambda name: None if name == checks.ACCELERATOR else version_of(name)
    )
    (line,) = (one for one in checks.packages() if one.name.startswith(checks.ACCELERATOR))
    assert line.ok
    assert "extra `accelerate`" in line.found


def test_that_a_person_s_home_is_a_tilde() -> None:
    (line,) = doctor.lines(Check("folder", True, str(Path.home() / "x")))
    assert line.split()[-1] == str(Path("~") / "x")


@pytest.mark.parametrize(
    ("end", "words"),
    [
        (ended(-11), "ended by SIGSEGV"),
        (ended(1, err="Traceback\nOSError: libcudart"), "exit code 1: OSError: libcudart"),
        (ended(0, out="no json"), "exit code 0"),
    ],
)
def test_that_a_part_that_dies_is_a_line(end: subprocess.CompletedProcess[str], words: str) -> None:
    (check,) = doctor.checks_apart("window", lambda _command: end)
    assert not check.ok
    assert words in check.found
    assert check.advice


def test_that_a_part_without_an_answer_is_a_line() -> None:
    def hang(command: list[str]) -> subprocess.CompletedProcess[str]:
        raise subprocess.TimeoutExpired(command, doctor.SECONDS)

    (check,) = doctor.checks_apart("detector", hang)
    assert not check.ok
    assert "no answer" in check.found


@pytest.mark.parametrize(("part", "package"), [("window", "PySide6"), ("detector", "torch")])
def test_that_a_library_that_cannot_be_imported_is_a_line(
    part: str, package: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = builtins.__import__

    def broken(name: str, *rest: object, **more: object) -> object:
        if name.partition(".")[0] == package:
            raise ImportError(f"{package} is broken")
        return real(name, *rest, **more)

    for name in [one for one in sys.modules if one.partition(".")[0] == package]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(builtins, "__import__", broken)
    found = list(checks.guarded(part, PARTS[part]))
    monkeypatch.undo()
    assert not found[-1].ok
    assert f"{package} is broken" in found[-1].found


def test_that_a_folder_that_cannot_be_written_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(**_where: object) -> object:
        raise PermissionError(13, "Permission denied")

    assert checks.folder_check("data", tmp_path / "not" / "there").ok
    assert not list(tmp_path.iterdir())
    monkeypatch.setattr(checks.tempfile, "TemporaryFile", refuse)
    check = checks.folder_check("data", tmp_path)
    assert not check.ok
    assert "Permission denied" in check.found


def test_that_a_full_disk_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "LEAST_FREE", 2**80)
    assert "Make room" in checks.folder_check("data", tmp_path).advice


def test_that_settings_that_cannot_be_read_are_told(tmp_path: Path) -> None:
    file = tmp_path / "settings.ini"
    (absent,) = checks.settings(file)
    file.write_text("[General]\nlanguage=de\n", encoding="utf-8")
    (whole,) = checks.settings(file)
    file.write_bytes(b"\xff\xfe\x00bad")
    (broken,) = checks.settings(file)
    assert [absent.ok, whole.ok, broken.ok] == [True, True, False]


def test_that_a_detector_that_finds_nothing_is_not_in_order() -> None:
    scene = draw_scene(7_000_000, (480, 640))
    none = Prediction(
        (480, 640),
        Proposals(scene.gt_boxes[:0], scene.gt_boxes[:0, 0]),
        Candidates(scene.gt_boxes[:0], scene.gt_boxes[:0, 0], scene.labels[:0], scene.labels[:0]),
        ("bolt",),
        "v",
        0.05,
    )
    assert not detection_check(scene, none, 0.1, "cpu").ok


def test_that_the_checksum_is_that_of_the_weights() -> None:
    assert hashlib.sha256(EMBEDDED_WEIGHTS.read_bytes()).hexdigest() == EMBEDDED_SHA256
