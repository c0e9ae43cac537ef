"""Colours that can be read, a theme that can be changed, icons that follow it."""

from __future__ import annotations

import gc
from functools import partial
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QGuiApplication, QIcon, QPalette, QPixmap
from PySide6.QtWidgets import QApplication

from app.model.annotations import CATEGORY_COLORS, default_color
from app.ui import theme
from app.ui.icons import ICON_NAMES, app_icon, icon

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytestqt.qtbot import QtBot


@pytest.fixture
def dressed(qapp: QApplication) -> Iterator[theme.Theme]:
    """A theme; the application is bare again afterwards."""
    made = theme.Theme(qapp, theme.ColorMode.DARK)
    yield made
    qapp.styleHints().colorSchemeChanged.disconnect(made._dress)
    qapp.setStyleSheet("")
    qapp.setPalette(QPalette())
    made.deleteLater()


@pytest.mark.parametrize("chosen", [theme.DARK, theme.LIGHT])
@pytest.mark.parametrize("ink", ["text", "muted", "error", "reviewed", "unsure", "accent"])
def test_that_every_ink_reads_on_every_ground(chosen: theme.Colors, ink: str) -> None:
    for ground in ("window", "base", "raised"):
        assert theme.contrast(getattr(chosen, ink), getattr(chosen, ground)) >= 4.5, ground


@pytest.mark.parametrize("chosen", [theme.DARK, theme.LIGHT])
def test_that_a_selected_row_and_the_main_button_can_be_read(chosen: theme.Colors) -> None:
    assert theme.contrast(chosen.text, chosen.selection) >= 7
    assert theme.contrast(chosen.muted, chosen.selection) >= 4
    assert theme.contrast(chosen.on_accent, chosen.accent) >= 4.5


def test_contrast_of_the_extremes() -> None:
    assert theme.contrast("#000000", "#ffffff") == pytest.approx(21)
    assert theme.contrast("#123456", "#123456") == pytest.approx(1)


def test_that_twenty_category_colours_are_distinct_and_visible_on_both_grounds() -> None:
    assert len(CATEGORY_COLORS) == 20
    for first, second in combinations(map(QColor, CATEGORY_COLORS), 2):
        parts = zip(first.getRgb()[:3], second.getRgb()[:3], strict=True)
        assert sum((a - b) ** 2 for a, b in parts) ** 0.5 > 40, (first.name(), second.name())
    for color in CATEGORY_COLORS:
        assert theme.contrast(color, theme.DARK.base) >= 2
        assert theme.contrast(color, theme.LIGHT.base) >= 1.25


# Machado, Oliveira and Fernandes 2009: linear RGB as people see it who lack one of three sorts of cones.
LACKING = {
    "red": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "green": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)),
    "blue": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.303900)),
}
TO_XYZ = ((0.4124564, 0.3575761, 0.1804375), (0.2126729, 0.7151522, 0.0721750), (0.0193339, 0.1191920, 0.9503041))
WHITE = (0.95047, 1.0, 1.08883)


def seen(color: str, matrix: tuple[tuple[float, ...], ...]) -> np.ndarray:
    """Return L*a*b* of a colour as somebody sees it."""
    parts = np.array(QColor(color).getRgbF()[:3])
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    x, y, z = np.cbrt(np.array(TO_XYZ) @ np.clip(np.array(matrix) @ linear, 0, 1) / WHITE)
    return np.array((116 * y - 16, 500 * (x - y), 200 * (y - z)))


@pytest.mark.parametrize("cones", LACKING)
def test_that_the_colours_of_the_digits_stay_apart_for_colour_blind_eyes(cones: str) -> None:
    for first, second in combinations(CATEGORY_COLORS[:9], 2):
        # A difference of 2 is just seen side by side; these are seen apart.
        assert np.linalg.norm(seen(first, LACKING[cones]) - seen(second, LACKING[cones])) > 12, (first, second)


def test_that_the_first_twenty_categories_get_these_colours_and_later_ones_colours_too() -> None:
    assert tuple(default_color(position) for position in range(20)) == CATEGORY_COLORS
    assert all(QColor(default_color(position)).isValid() for position in range(20, 200))


@pytest.mark.usefixtures("qapp")
def test_that_a_swatch_keeps_its_colour_in_a_selected_row() -> None:
    middles = [
        theme.swatch("#e69f00").pixmap(QSize(16, 16), mode).toImage().pixelColor(8, 8)
        for mode in (QIcon.Mode.Normal, QIcon.Mode.Selected)
    ]
    assert [color.name() for color in middles] == ["#e69f00", "#e69f00"]


@pytest.mark.parametrize("color", CATEGORY_COLORS)
def test_that_words_on_a_category_colour_can_be_read(color: str) -> None:
    assert theme.contrast(theme.text_on(color), color) >= 4.5


def test_that_the_person_can_overrule_the_system(dressed: theme.Theme, qtbot: QtBot) -> None:
    assert dressed.is_dark
    assert theme.colors() is theme.DARK
    with qtbot.waitSignal(dressed.changed):
        dressed.set_mode(theme.ColorMode.LIGHT)
    assert not dressed.is_dark
    assert theme.colors() is theme.LIGHT
    assert theme.LIGHT.accent in QApplication.instance().styleSheet()


def test_that_lengths_follow_text_that_the_whole_system_has_large(
    dressed: theme.Theme, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = QFont()
    usual.setPointSizeF(9 * 96 / QGuiApplication.primaryScreen().logicalDotsPerInch())
    large = QFont(usual)
    large.setPointSizeF(2 * usual.pointSizeF())
    lines, found = [], []
    for font in (usual, large):
        monkeypatch.setattr(theme, "_system_font", partial(QFont, font))
        dressed.set_font_percent(100)
        lines.append(QFontMetrics(QApplication.font()).height())
        found.append((theme.scaled(100), theme.scaled_row(30), theme.scaled_row(60, lines=2)))
    monkeypatch.undo()
    dressed.set_font_percent(100)
    assert found[0] == (100, 30, 60)
    assert found[1][0] == 200
    more = lines[1] - lines[0]
    assert 30 + more <= found[1][1] < 60
    assert 60 + 2 * more <= found[1][2] < 120


def test_that_the_stylesheet_has_no_open_places(dressed: theme.Theme) -> None:
    assert "$" not in QApplication.instance().styleSheet()


def test_that_an_icon_made_before_a_change_of_theme_follows_it(dressed: theme.Theme) -> None:
    made = icon("add")
    before = _ink(made)
    dressed.set_mode(theme.ColorMode.LIGHT)
    assert theme.contrast(before, theme.DARK.text) < 1.05
    assert theme.contrast(_ink(made), theme.LIGHT.text) < 1.05


def test_that_a_disabled_icon_is_fainter(dressed: theme.Theme) -> None:
    enabled = icon("add").pixmap(QSize(24, 24), QIcon.Mode.Normal).toImage().pixelColor(12, 12)
    disabled = icon("add").pixmap(QSize(24, 24), QIcon.Mode.Disabled).toImage().pixelColor(12, 12)
    assert disabled.alpha() < enabled.alpha() * 0.6


@pytest.mark.parametrize("name", sorted(ICON_NAMES))
def test_that_every_icon_draws_something(qapp: QApplication, name: str) -> None:
    image = icon(name).pixmap(QSize(24, 24)).toImage()
    inked = sum(image.pixelColor(x, y).alpha() > 128 for x in range(24) for y in range(24))
    assert 15 < inked < 400


def test_that_a_copied_icon_outlives_the_first(qapp: QApplication) -> None:
    copy = QIcon(icon("add"))
    copy.addPixmap(QPixmap(4, 4))  # Qt clones the engine here
    gc.collect()
    assert not copy.pixmap(QSize(24, 24)).isNull()


def test_that_a_change_of_the_system_dresses_again(dressed: theme.Theme, qapp: QApplication, qtbot: QtBot) -> None:
    dressed.set_mode(theme.ColorMode.SYSTEM)
    with qtbot.waitSignal(dressed.changed):
        qapp.styleHints().colorSchemeChanged.emit(Qt.ColorScheme.Dark)


def test_that_an_unknown_icon_is_refused() -> None:
    with pytest.raises(KeyError):
        icon("floppy")


def test_that_the_application_icon_comes_in_all_sizes(qapp: QApplication) -> None:
    assert {size.width() for size in app_icon().availableSizes()} >= {16, 32, 256}
    assert app_icon().pixmap(256, 256).toImage().pixelColor(128, 40).blue() > 150


def _ink(made: QIcon) -> str:
    return made.pixmap(QSize(24, 24)).toImage().pixelColor(12, 12).name()
