"""The recipe of the bundle: where it begins, and what it takes along. Building it takes minutes and is done by hand."""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]
BUNDLE = ROOT / ".github" / "bundle"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def constant(file: Path, name: str) -> Any:
    """Return what a module or a recipe calls `name`, without running it."""
    for node in ast.parse(file.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == name:
            return ast.literal_eval(node.value)
    raise AssertionError(f"{file.name} has no {name}")


def start(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, str(BUNDLE / "start.py"), *arguments]
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, encoding="utf-8", check=False)


def test_that_a_bundle_starts_every_process_that_the_program_starts_of_itself() -> None:
    sources = [
        path.read_text(encoding="utf-8") for folder in ("app", "detector") for path in (ROOT / folder).rglob("*.py")
    ]
    started = {module for text in sources for module in re.findall(r'sys\.executable, "-m", "([\w.]+)"', text)}
    assert started == set(constant(BUNDLE / "start.py", "OWN_PROCESSES"))
    assert sum(text.count("[sys.executable") for text in sources) == len(started), "one is started in another way"


def test_that_a_process_of_the_bundle_answers_as_one_of_the_interpreter_does(tmp_path: Path) -> None:
    ended = start("-m", "app.heavy_checks", "window", cwd=tmp_path)
    assert ended.returncode == 0, ended.stderr
    assert {check["name"] for check in json.loads(ended.stdout.splitlines()[-1])} >= {"Qt", "icons"}


@pytest.mark.parametrize(("arguments", "code"), [(["--help"], 0), (["-m", "this"], 2), (["-m"], 2)])
def test_that_a_bundle_is_the_one_command_and_no_interpreter(arguments: list[str], code: int, tmp_path: Path) -> None:
    ended = start(*arguments, cwd=tmp_path)
    assert ended.returncode == code
    assert "usage: boxwright" in ended.stdout + ended.stderr
    assert "Zen" not in ended.stdout


def test_that_the_recipe_takes_all_resources_and_leaves_out_nothing_that_is_needed() -> None:
    recipe = BUNDLE / "boxwright.spec"
    folders = {path.name for path in (ROOT / "resources").iterdir() if path.is_dir() and path.name != "__pycache__"}
    assert {*constant(recipe, "SHIPPED"), "screenshots", "desktop"} == folders
    needed = {re.split(r"[^\w.-]", text)[0].lower() for text in PROJECT["dependencies"]}
    assert needed.isdisjoint(name.lower() for name in constant(recipe, "LEFT_OUT"))
    assert "pyinstaller" in {re.split(r"[^\w-]", text)[0] for text in PROJECT["optional-dependencies"]["bundle"]}
