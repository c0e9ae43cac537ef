"""The workflow of GitHub, which cannot run here: it names what exists, pins what it uses, and may only read."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[1]
TEXT = (ROOT / ".github" / "workflows" / "checks.yml").read_text(encoding="utf-8")
WORKFLOW: dict[Any, Any] = yaml.safe_load(TEXT)
JOBS: dict[str, dict[str, Any]] = WORKFLOW["jobs"]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def commands(job: dict[str, Any]) -> list[str]:
    return [step["run"] for step in job["steps"] if "run" in step]


def test_that_each_action_is_pinned_to_a_commit_with_its_version_beside_it() -> None:
    pinned = re.findall(r"uses: (\S+)( # v\d+\.\d+\.\d+)?$", TEXT, flags=re.MULTILINE)
    assert len(pinned) == sum("uses" in step for job in JOBS.values() for step in job["steps"])
    assert [use for use, version in pinned if not version or not re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}", use)] == []


def test_that_it_may_only_read_and_keeps_no_credentials() -> None:
    assert WORKFLOW["permissions"] == {"contents": "read"}
    assert not any("permissions" in job for job in JOBS.values())
    fetched = [step for job in JOBS.values() for step in job["steps"] if "actions/checkout" in step.get("uses", "")]
    assert len(fetched) == len(JOBS)
    assert all(step["with"]["persist-credentials"] is False for step in fetched)
    assert "secrets" not in TEXT


def test_that_linux_is_tested_by_the_script_that_everybody_runs_and_the_others_by_pytest() -> None:
    assert commands(JOBS["linux"]) == [".ci/run"]
    assert (ROOT / ".ci" / "run").is_file()
    assert "python -m pytest" in commands(JOBS["elsewhere"])
    systems = {system.partition("-")[0] for system in JOBS["elsewhere"]["strategy"]["matrix"]["system"]}
    assert systems == {"macos", "windows"}


def test_that_the_oldest_and_the_newest_python_are_tested() -> None:
    said = [one.rpartition(":: ")[2] for one in PROJECT["classifiers"] if re.search(r":: 3\.\d+$", one)]
    for name in ("linux", "elsewhere"):
        assert JOBS[name]["strategy"]["matrix"]["python"] == [said[0], said[-1]]
    assert PROJECT["requires-python"] == f">={said[0]}"


def test_that_commands_name_what_exists() -> None:
    lines = [line for job in JOBS.values() for line in commands(job)]
    assert {extra for line in lines for extra in re.findall(r"\.\[(\w+)\]", line)} == {"test", "bundle"}
    assert {"test", "bundle"} <= set(PROJECT["optional-dependencies"])
    files = [word for line in lines for word in line.split() if word.startswith(".") and "[" not in word]
    assert {".ci/run", ".github/bundle/boxwright.spec"} <= set(files)
    assert [file for file in files if file != "./boxwright" and not (ROOT / file).is_file()] == []
    keyed = re.findall(r"(?:cache-dependency-path: |hashFiles\(')([\w./-]+)", TEXT)
    assert keyed
    assert all((ROOT / file).is_file() for file in keyed)


def test_that_every_job_ends() -> None:
    assert all(0 < job["timeout-minutes"] <= 120 for job in JOBS.values())
    assert WORKFLOW["concurrency"]["group"]
