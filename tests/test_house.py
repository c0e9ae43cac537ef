"""The rules of the house that a machine can check."""

from __future__ import annotations

import ast
import logging.config
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from importlinter import cli as importlinter_cli

from app.desktop import QT_LIBRARIES, XCB_LIBRARIES

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
README = (ROOT / "README.md").read_text(encoding="utf-8")
SOURCES = sorted([ROOT / "main.py", *(ROOT / "app").rglob("*.py"), *(ROOT / "detector").rglob("*.py")])

OPENS_THE_DEMO = "python3 -m venv .venv && .venv/bin/pip install -e . && .venv/bin/python main.py --demo"
RUNS_THE_TESTS = ".venv/bin/pip install -e '.[test]' && .venv/bin/pytest"
TOP_LEVEL = {"app", "bench", "detector", "resources", "tests", "main.py", "pyproject.toml", "README.md"}
MOST_LINES = 300
MADE_BY_TOOLS = {"build", "demo-out", "dist"}


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def test_that_the_two_commands_of_the_readme_are_the_agreed_ones() -> None:
    code = re.findall(r"^```\w*\n(.*?)^```", README, flags=re.MULTILINE | re.DOTALL)
    lines = [line for block in code for line in block.splitlines()]
    assert lines.count(OPENS_THE_DEMO) == 1
    assert lines.count(RUNS_THE_TESTS) == 1


def test_that_ci_finds_its_commands_in_the_readme() -> None:
    # CI greps for the first line with these words: it must be the one that people are told to run.
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    for words, command in (("main.py --demo", OPENS_THE_DEMO), ("pip install -e '.[test]'", RUNS_THE_TESTS)):
        assert words in script
        assert next(line for line in README.splitlines() if words in line) == command


def test_that_ci_installs_the_libraries_that_the_program_asks_for() -> None:
    wanted = {
        "libegl1",
        "libgl1",
        "libxkbcommon0",
        "libdbus-1-3",
        "libfontconfig1",
        "libxcb-cursor0",
        "libxkbcommon-x11-0",
    }
    assert wanted <= {debian for debian, _ in (QT_LIBRARIES | XCB_LIBRARIES).values()}
    assert "from app.desktop import QT_LIBRARIES, XCB_LIBRARIES" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")


def test_that_the_top_level_is_the_agreed_one() -> None:
    found = {path.name for path in ROOT.iterdir() if not path.name.startswith(".") and path.name != "__pycache__"}
    assert found - TOP_LEVEL - MADE_BY_TOOLS - {f"{PROJECT['name']}.egg-info"} == set()


def test_that_source_files_are_small() -> None:
    lengths = {name(path): len(path.read_text(encoding="utf-8").splitlines()) for path in SOURCES}
    assert {file: length for file, length in lengths.items() if length > MOST_LINES} == {}


def test_that_a_source_file_begins_with_what_it_is() -> None:
    texts = {name(path): path.read_text(encoding="utf-8") for path in SOURCES}
    assert [file for file, text in texts.items() if text and not ast.get_docstring(ast.parse(text))] == []


def test_that_no_file_is_called_by_what_it_is_not() -> None:
    vague = re.compile(r"util|helper|manager|handler|misc|common")
    assert [name(path) for path in SOURCES if vague.search(path.stem)] == []


def test_that_test_files_have_names_of_their_own() -> None:
    names = [path.name for path in (ROOT / "tests").rglob("test_*.py")]
    assert sorted(names) == sorted(set(names))


def test_that_the_window_writes_numbers_as_its_language_does() -> None:
    # `app.numbers` does; what is formatted here is for style sheets alone.
    not_for_people = {"app/ui/guide_view.py", "app/ui/stylesheet.py"}
    fixed = re.compile(r"\{[^{}\"']*:(,|[,_]?(\.\d+)?[efg%n])\}")
    files = [*(ROOT / "app" / "ui").glob("*.py"), ROOT / "app" / "disk_changes.py", ROOT / "app" / "tuning.py"]
    found = {name(path) for path in files if fixed.search(path.read_text(encoding="utf-8"))}
    assert found == not_for_people


def test_that_arrows_point_one_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logging.config, "dictConfig", lambda _config: None)  # or every logger is silent in later tests
    assert importlinter_cli.lint_imports(config_filename=str(ROOT / "pyproject.toml"), no_cache=True) == 0


@pytest.mark.parametrize("module", ["types", "images", "coco", "filtering"])
def test_that_values_and_the_live_filter_load_without_torch(module: str) -> None:
    code = f"import sys, detector.{module}; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


def test_that_the_changelog_begins_with_the_version_of_the_project() -> None:
    changelog = (ROOT / ".github" / "CHANGELOG.md").read_text(encoding="utf-8")
    first = re.search(r"^## (\S+)", changelog, flags=re.MULTILINE)
    assert first
    assert first[1] == PROJECT["version"]


def test_that_the_licence_is_the_one_that_the_project_states() -> None:
    (file,) = PROJECT["license-files"]
    assert PROJECT["license"] == "MIT"
    assert (ROOT / file).read_text(encoding="utf-8").startswith("MIT License")


def test_that_every_link_of_the_documents_leads_somewhere() -> None:
    documents = [ROOT / "README.md", *(ROOT / ".github").glob("*.md")]
    broken = [
        f"{name(document)}: {target}"
        for document in documents
        for target in re.findall(r"\]\(([^)#]+)[^)]*\)", document.read_text(encoding="utf-8"))
        if "://" not in target and not (document.parent / target).exists()
    ]
    assert broken == []
