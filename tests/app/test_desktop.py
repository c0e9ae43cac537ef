"""What is said where the system lacks what a window needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from app.desktop import (
    QT_LIBRARIES,
    XCB_LIBRARIES,
    DesktopError,
    has_display,
    library_sentence,
    missing_sentence,
    require_display,
    require_libraries,
)

if TYPE_CHECKING:
    from collections.abc import Callable


def loader_without(*missing: str) -> Callable[[str], object]:
    """A dynamic loader of a system on which `missing` are not installed."""

    def load(name: str) -> object:
        if name in missing:
            raise OSError(f"{name}: cannot open shared object file: No such file or directory")
        return object()

    return load


def test_that_every_missing_library_is_named_with_the_line_that_installs_it() -> None:
    with pytest.raises(DesktopError) as caught:
        require_libraries("linux", {"DISPLAY": ":0"}, loader_without("libEGL.so.1", "libxcb-cursor.so.0"))
    sentence = str(caught.value)
    assert "libEGL.so.1, libxcb-cursor.so.0" in sentence
    assert "libegl1 libxcb-cursor0" in sentence or "libglvnd-egl xcb-util-cursor" in sentence


def test_that_nothing_is_said_where_all_libraries_are_installed() -> None:
    require_libraries("linux", {"DISPLAY": ":0"}, loader_without())


@pytest.mark.parametrize(
    "environment",
    [{}, {"QT_QPA_PLATFORM": "offscreen", "DISPLAY": ":0"}, {"WAYLAND_DISPLAY": "wayland-0", "DISPLAY": ":0"}],
)
def test_that_libraries_of_x_are_not_asked_for_where_x_is_not_used(environment: dict[str, str]) -> None:
    require_libraries("linux", environment, loader_without(*XCB_LIBRARIES))


def test_that_a_platform_chosen_by_name_needs_its_libraries() -> None:
    with pytest.raises(DesktopError, match=r"libxcb-cursor\.so\.0"):
        require_libraries("linux", {"QT_QPA_PLATFORM": "xcb"}, loader_without("libxcb-cursor.so.0"))


@pytest.mark.parametrize("platform", ["win32", "darwin"])
def test_that_other_systems_are_not_asked_for_libraries_of_linux(platform: str) -> None:
    require_libraries(platform, {}, loader_without(*QT_LIBRARIES))


@pytest.mark.parametrize(
    ("program", "line"),
    [
        ("apt-get", "sudo apt-get install -y libegl1 libxcb-cursor0"),
        ("dnf", "sudo dnf install -y libglvnd-egl xcb-util-cursor"),
    ],
)
def test_that_the_install_line_is_for_the_package_manager_that_is_here(program: str, line: str) -> None:
    sentence = missing_sentence(["libEGL.so.1", "libxcb-cursor.so.0"], which={program: program}.get)
    assert sentence.splitlines()[1:] == [f"    {line}"]


def test_that_both_install_lines_are_given_where_no_package_manager_is_known() -> None:
    assert len(missing_sentence(["libEGL.so.1"], which={}.get).splitlines()) == 3


def test_that_libraries_of_one_package_are_installed_once() -> None:
    sentence = missing_sentence(["libxcb-shm.so.0", "libxcb-xfixes.so.0"], which={"dnf": "dnf"}.get)
    assert sentence.endswith("sudo dnf install -y libxcb")


def test_that_an_import_that_misses_a_library_becomes_a_sentence() -> None:
    error = ImportError("libEGL.so.1: cannot open shared object file: No such file or directory")
    sentence = library_sentence(error)
    assert sentence is not None
    assert "libEGL.so.1." in sentence
    assert "Traceback" not in sentence


def test_that_an_unknown_library_is_named_without_an_install_line() -> None:
    sentence = library_sentence(ImportError("libfoo-2.so.7: cannot open shared object file: No such file or directory"))
    assert sentence is not None
    assert "libfoo-2.so.7" in sentence
    assert "apt-get" not in sentence


def test_that_another_import_error_stays_what_it_is() -> None:
    assert library_sentence(ImportError("cannot import name 'x' from 'y'")) is None


def test_that_a_display_is_asked_for_where_there_is_none() -> None:
    with pytest.raises(DesktopError, match="no display"):
        require_display("linux", {})


def test_that_a_display_where_nobody_answers_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISPLAY", ":6543")
    assert not has_display("linux", {"DISPLAY": ":6543"})


def test_that_xcb_chosen_by_name_needs_an_x_display() -> None:
    assert not has_display("linux", {"QT_QPA_PLATFORM": "xcb", "WAYLAND_DISPLAY": "wayland-0"})


@pytest.mark.parametrize(
    ("platform", "environment"),
    [
        ("linux", {"WAYLAND_DISPLAY": "wayland-0"}),
        ("linux", {"QT_QPA_PLATFORM": "xcb;wayland"}),
        ("linux", {"QT_QPA_PLATFORM": "offscreen"}),
        ("darwin", {}),
        ("win32", {}),
    ],
)
def test_that_a_window_can_be_shown(platform: str, environment: dict[str, str]) -> None:
    assert has_display(platform, environment)
