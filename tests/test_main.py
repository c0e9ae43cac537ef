"""The one command: what it opens, what it refuses, and what it does not load before it must."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

import main
from app import desktop

ROOT = Path(main.__file__).parent
HEAVY = ("PySide6", "torch", "torchvision", "pycocotools")


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Path | None, dict[str, object]]]:
    """What the window was opened with; it is always there, and so is a display."""
    calls: list[tuple[Path | None, dict[str, object]]] = []
    application = ModuleType("app.application")
    application.run = lambda path, **options: calls.append((path, options)) or 0  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "app.application", application)
    monkeypatch.setattr("app.application", application, raising=False)
    monkeypatch.setattr(desktop, "require_libraries", lambda: None)
    monkeypatch.setattr(desktop, "require_display", lambda: None)
    return calls


def modules_after(*arguments: str) -> set[str]:
    """Top-level modules that a process of its own has loaded when it has run `arguments`."""
    code = f"import json, sys, main\ntry:\n    main.main({list(arguments)!r})\nexcept SystemExit:\n    pass\nprint()\n"
    code += "print(json.dumps(sorted({name.partition('.')[0] for name in sys.modules})))"
    process = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    return set(json.loads(process.stdout.splitlines()[-1]))


@pytest.mark.parametrize(
    "arguments",
    [["--help"], ["detect", "--help"], ["finetune", "--help"], ["export", "--help"], ["no/such/folder"]],
)
def test_that_help_and_refusals_load_neither_qt_nor_torch(arguments: list[str]) -> None:
    assert modules_after(*arguments).isdisjoint(HEAVY)


def test_that_headless_verbs_load_neither_qt_nor_a_database() -> None:
    loaded = modules_after("systems")
    assert loaded.isdisjoint(("PySide6", "sqlite3", "app"))
    assert "torch" in loaded, "or this test looks at nothing"


def test_that_the_help_names_every_verb_and_gives_examples(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main.main(["--help"])
    assert end.value.code == 0
    said = capsys.readouterr().out
    assert all(f"  {verb} " in said for verb in main.VERBS)
    assert "boxwright --demo" in said


@pytest.mark.parametrize("verb", main.VERBS)
def test_that_every_verb_has_help_and_takes_json(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main.main([verb, "--help"]) == 0
    assert "--json" in capsys.readouterr().out


def test_that_no_argument_opens_the_welcome_page(opened: list[tuple[Path | None, dict[str, object]]]) -> None:
    assert main.main([]) == 0
    assert opened == [(None, {"demo": False, "device": None, "model": None})]


def test_that_a_folder_is_opened_with_the_options_given(
    opened: list[tuple[Path | None, dict[str, object]]], tmp_path: Path
) -> None:
    model = tmp_path / "model.safetensors"
    model.touch()
    assert main.main([str(tmp_path), "--device", "cpu", "--model", str(model)]) == 0
    assert opened == [(tmp_path, {"demo": False, "device": "cpu", "model": model})]


def test_that_a_folder_called_like_a_verb_can_be_opened(
    opened: list[tuple[Path | None, dict[str, object]]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "train").mkdir()
    monkeypatch.chdir(tmp_path)
    assert main.main(["./train"]) == 0
    assert opened[0][0] == Path("train")


def test_that_the_demo_needs_no_display(
    opened: list[tuple[Path | None, dict[str, object]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse() -> None:
        raise desktop.DesktopError("no display")

    monkeypatch.setattr(desktop, "require_display", refuse)
    assert main.main(["--demo"]) == 0
    assert opened[0][1]["demo"] is True


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["detct"], "Did you mean detect?"),
        (["photo"], "Did you mean photos?"),
        (["nothing/like/it"], "There is no file or folder"),
        (["--demo", "photos"], "--demo brings its own images"),
        (["--model", "gone.safetensors"], "There is no model at gone.safetensors"),
        (["detct", "photos", "-o", "found.json"], "Did you mean detect?"),
        (["photos", "--nonsense"], "unrecognized arguments: --nonsense"),
        (["--nonsense"], "unrecognized arguments"),
        (["--threshold", "0.5", "photos"], "unrecognized arguments: --threshold"),
    ],
)
def test_that_a_wrong_command_line_is_a_sentence_and_code_2(
    arguments: list[str],
    sentence: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "photos").mkdir()
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as end:
        main.main(arguments)
    assert end.value.code == 2
    assert sentence in capsys.readouterr().err


def test_that_a_missing_system_library_is_named_with_its_install_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse() -> None:
        raise desktop.DesktopError(desktop.missing_sentence(["libEGL.so.1"]))

    monkeypatch.setattr(desktop, "require_libraries", refuse)
    assert main.main([]) == 1
    said = capsys.readouterr().err
    assert "libEGL.so.1" in said
    assert "install -y" in said


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (ImportError("libEGL.so.1: cannot open shared object file: No such file or directory"), "libEGL.so.1"),
        (ModuleNotFoundError("No module named 'PySide6'", name="PySide6.QtGui"), "package PySide6 is not installed"),
    ],
)
def test_that_an_import_that_fails_on_the_way_is_a_sentence(
    error: ImportError, sentence: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(_arguments: object) -> int:
        raise error

    monkeypatch.setattr(main, "open_window", fail)
    assert main.main([]) == 1
    assert sentence in capsys.readouterr().err


def test_that_a_mistake_of_our_own_keeps_its_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_arguments: object) -> int:
        raise ModuleNotFoundError("No module named 'app.ui.canvass'", name="app.ui.canvass")

    monkeypatch.setattr(main, "open_window", fail)
    with pytest.raises(ModuleNotFoundError):
        main.main([])


def test_that_ctrl_c_ends_quietly_with_code_130(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupt(_arguments: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(main, "open_window", interrupt)
    assert main.main([]) == 130
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
def test_that_a_file_name_that_cannot_be_printed_is_no_error(
    tmp_path: Path, encoding: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / os.fsdecode(b"caf\xe9 \xf0\x9f\xa6\x9d.jpg")
    broken.write_bytes(b"not much of a picture")
    said = {"name": "a model", "model_version": "1", "device": "cpu", "notice": ""}
    predictor = SimpleNamespace(**said, images_at_once=lambda _size: 1)
    monkeypatch.setattr("detector.predictor.open_predictor", lambda *_args, **_options: predictor)
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BytesIO(), encoding))
    assert main.main(["detect", str(broken), "-o", str(tmp_path / "found.json")]) == 1
    sys.stdout.flush()
    assert b"caf\\udce9 " in sys.stdout.buffer.getvalue()  # type: ignore[attr-defined]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a file that is always full")
@pytest.mark.parametrize("options", [[], ["--json"]])
def test_that_an_output_without_room_is_a_sentence(options: list[str]) -> None:
    with Path("/dev/full").open("w") as full:
        command = [sys.executable, "main.py", "systems", *options]
        ended = subprocess.run(command, cwd=ROOT, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert ended.returncode == 1
    assert ended.stderr.splitlines()[-1] == (
        "boxwright: what was to be said could not be written: No space left on device."
    )


def test_that_an_error_of_a_verb_is_not_taken_for_one_of_its_output(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise TimeoutError("nobody answers")

    monkeypatch.setattr("detector.cli.verbs", fail)
    with pytest.raises(TimeoutError, match="nobody answers"):
        main.main(["systems"])


def test_that_a_folder_without_a_project_is_not_made_one_by_exporting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    photos = tmp_path / "photos"
    photos.mkdir()
    assert main.main(["export", str(photos), "-o", str(tmp_path / "out.json"), "--json"]) == 1
    assert "open the folder in the window, or import" in json.loads(capsys.readouterr().out)["error"]
    assert list(tmp_path.rglob("*")) == [photos]


@pytest.mark.parametrize(("wish", "spins"), [({}, "2000"), ({"GOMP_SPINCOUNT": "7"}, "7")])
def test_that_torch_threads_soon_sleep_while_they_wait_unless_somebody_wants_otherwise(
    wish: dict[str, str], spins: str
) -> None:
    code = "import os, sys; import detector; print('torch' in sys.modules, os.environ['GOMP_SPINCOUNT'])"
    others = {name: value for name, value in os.environ.items() if name != "GOMP_SPINCOUNT"}
    said = subprocess.run([sys.executable, "-c", code], env=others | wish, capture_output=True, text=True, check=True)
    assert said.stdout.split() == ["False", spins]


def test_that_a_detector_whose_pixels_others_can_read_is_named_at_the_start(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv("BOXWRIGHT_TOKEN", "a-token-for-tests-only")
    assert main.parse(["--model", "http://127.0.0.1:8645"]).model.exists()
    assert capsys.readouterr().err == ""
    assert main.parse(["--model", "http://gpu.example"]).model.exists()
    assert "What is sent to http://gpu.example:8645 is not encrypted" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["mine.safetensors", "../here/mine.safetensors"])
def test_that_a_model_named_from_here_is_found_from_elsewhere(tmp_path, monkeypatch, name):
    here = tmp_path / "here"
    here.mkdir()
    (here / "mine.safetensors").touch()
    monkeypatch.chdir(here)
    assert main.parse(["--model", name]).model == here / "mine.safetensors"


@pytest.mark.parametrize("model", [(), ("--model", __file__)], ids=["no model", "a model here"])
def test_that_a_token_for_the_detector_here_is_an_error_of_usage(tmp_path, capsys, model):
    (tmp_path / "token").write_text("a-token-for-tests-only")
    with pytest.raises(SystemExit, match="2"):
        main.parse(["--token-file", str(tmp_path / "token"), *model])
    assert "--token-file is for a detector on another machine" in capsys.readouterr().err
