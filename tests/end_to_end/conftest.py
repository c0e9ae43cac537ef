"""Folders of real images, and an application at work on them."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
from whole_application import running

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from whole_application import Running


@pytest.fixture(autouse=True)
def own_folders(monkeypatch, tmp_path_factory) -> None:
    """Keep the user's own projects, settings and logs out of the tests."""
    home = tmp_path_factory.mktemp("home")
    for name in ("XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, str(home / name))


@pytest.fixture
def dice(shared_data, tmp_path) -> Path:
    """A folder with five photographs of dice."""
    folder = tmp_path / "dice"
    folder.mkdir()
    for path in sorted((shared_data / "dice" / "images").iterdir())[:5]:
        shutil.copy(path, folder)
    return folder


@pytest.fixture
def at_work(dice, tmp_path) -> Iterator[Running]:
    """The application with the folder of dice open and the detector done with the first images."""
    with running(tmp_path) as run:
        run.open(dice)
        run.hands.wait(run.settled, "the neighbours are detected")
        yield run
