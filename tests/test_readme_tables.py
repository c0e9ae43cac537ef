"""README.md and the guide: each command in their tables and pages can be given, and each key in the table works."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from readme import ROOT, TEXT

import main
from app.ui.actions import all_actions
from bench.__main__ import benchmarks

if TYPE_CHECKING:
    from pathlib import Path

DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "resources").rglob("*.md"))]
COMMAND = re.compile(r"(?:python|torchrun [^`]*?) -m ((?:bench|detector)[\w.]*)([^`\n]*)")


def measuring(document: Path) -> list[str]:
    """Return the commands of a document that measure something, as they are written."""
    texts = re.findall(r"`((?:\.venv/bin/)?(?:python|torchrun) [^`\n]*)`", document.read_text(encoding="utf-8"))
    blocks = re.findall(r"^```sh\n(.*?)^```", document.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    lines = [re.sub(r"\s#.*", "", line) for block in blocks for line in block.splitlines()]
    return [one for one in (*texts, *lines) if COMMAND.search(one)]


def given(command: str) -> list[str]:
    """Return [module, option, ...] of a command; what is optional or a place for something is made an example."""
    found = COMMAND.search(command)
    assert found
    options = found[2].replace("[FOLDER]", "").replace("FILE", "file.json")
    return [found[1], *shlex.split(options)]


def verbs_said(document: Path) -> list[str]:
    """Return what a document tells people to type that begins with `boxwright`, comments left out."""
    text = document.read_text(encoding="utf-8")
    inline = re.findall(r"`(boxwright [^`\n]*)`", re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL))
    blocks = re.findall(r"^```sh\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL)
    lines = [re.sub(r"\s#.*", "", line) for block in blocks for line in block.splitlines()]
    return [*inline, *(one for one in lines if one.startswith("boxwright "))]


COMMANDS = sorted({one for document in DOCUMENTS for one in measuring(document)})


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[str, str]]:
    """What comes of each command until it would begin, and its help, from one process for all of them."""
    asked = [given(one) for one in COMMANDS]
    helps = [[one[0], "--help"] for one in asked]
    command = [sys.executable, "-W", "ignore", str(ROOT / "tests" / "parsed_only.py"), json.dumps([*asked, *helps])]
    environment = {"PYTHONPATH": str(ROOT), "QT_QPA_PLATFORM": "offscreen", "PATH": "/usr/bin:/bin"}
    folder = tmp_path_factory.mktemp("tables")
    ended = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=True)
    found = json.loads(ended.stdout.splitlines()[-1])
    parts = zip(COMMANDS, found[: len(asked)], found[len(asked) :], strict=True)
    assert list(folder.iterdir()) == [], "nothing was begun"
    return {one: (begun[0], offered[1]) for one, begun, offered in parts}


def test_that_the_table_of_figures_names_its_commands() -> None:
    rows = [line for line in TEXT.splitlines() if line.startswith("| ") and "`python -m" in line]
    assert len(rows) > 15
    assert all(set(re.findall(r"`(python -m [^`]*)`", row)) <= set(COMMANDS) for row in rows)


@pytest.mark.parametrize("command", COMMANDS)
def test_that_a_command_that_measures_is_understood(command: str, outcomes: dict[str, tuple[str, str]]) -> None:
    begun, offered = outcomes[command]
    _, *options = given(command)
    if begun == "showing":  # it has no options
        assert options == []
        return
    assert begun == "parsed"
    named = [word for word in options if word.startswith("--")]
    assert all(re.search(rf"{word}\b", offered) for word in named), "the help has each option by its whole name"


@pytest.mark.slow  # up to minutes each
@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    "name", [name for name in benchmarks() if f"`python -m bench.{name}" in TEXT], ids=lambda name: name
)
def test_that_a_promise_of_the_table_is_measured_quickly(name: str) -> None:
    command = [sys.executable, "-m", "bench", name, "--quick"]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert "failed" not in ended.stdout, ended.stdout + ended.stderr
    assert len(ended.stdout.splitlines()) > 2


SAID = sorted({one for document in DOCUMENTS for one in verbs_said(document)})


@pytest.mark.parametrize("said", SAID)
def test_that_a_verb_that_is_named_has_the_options_that_are_named(
    said: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The commands of the README are run by `test_readme_commands`; those of the guide have at least such options."""
    monkeypatch.setenv("COLUMNS", "200")
    words = shlex.split(said)[1:]
    verb = next((word for word in words if word in main.VERBS), "")
    if verb:
        assert main.main([verb, *(["get"] if words[:2] == ["models", "get"] else []), "--help"]) == 0
    else:
        with pytest.raises(SystemExit):
            main.main(["--help"])
    offered = capsys.readouterr().out
    options = [word.partition("=")[0] for word in words if word.startswith("-")]
    assert all(re.search(rf"(?<![\w-]){option}(?![\w-])", offered) for option in options)


def test_that_the_keys_of_the_readme_are_keys_of_the_program() -> None:
    table = TEXT.partition("## Keys")[2].partition("\n## ")[0]
    cells = [cell for line in table.splitlines() if line.startswith("| ") for cell in line.split("|")[1:4:2]]
    named = {key for cell in cells for key in re.findall(r"\*\*([^*]+)\*\*(?!\+)", cell)}
    spelled = {"PgUp": "PgUp", "PgDown": "PgDown", "Enter": "Return", "Ctrl": ""}
    known = {key for action in all_actions() for key in action.keys}
    assert len(named) > 25
    missing = {key for key in named if spelled.get(key, key) and spelled.get(key, key) not in known}
    assert missing == set()
