"""The icons: SVG files, drawn in the palette's text colour at the moment of painting, so that they follow the theme."""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files

from PySide6.QtCore import QByteArray, QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QGuiApplication, QIcon, QIconEngine, QPainter, QPalette, QPixmap
from PySide6.QtSvg import QSvgRenderer

_FOLDER = files("resources") / "icons"
_APP_ICON = "boxwright"
_APP_ICON_SIDES = (16, 24, 32, 48, 64, 128, 256)

ICON_NAMES = frozenset(
    entry.name.removesuffix(".svg")
    for entry in _FOLDER.iterdir()
    if entry.name.endswith(".svg") and entry.name != f"{_APP_ICON}.svg"
)


def icon(name: str, color: str | None = None) -> QIcon:
    """Return the icon `name` in the palette's colours, now and after every change of theme; else always in `color`.

    Raises KeyError for a name that is not in `ICON_NAMES`.
    """
    if name not in ICON_NAMES:
        raise KeyError(name)
    return QIcon(_SvgIconEngine(name, color))


@lru_cache(maxsize=1)
def app_icon() -> QIcon:
    """Return the application's own icon in all the sizes that systems ask for."""
    renderer = QSvgRenderer(QByteArray(_source(_APP_ICON).encode()))
    result = QIcon()
    for side in _APP_ICON_SIDES:
        pixmap = _transparent(QSize(side, side))
        painter = QPainter(pixmap)
        renderer.render(painter)
        painter.end()
        result.addPixmap(pixmap)
    return result


class _SvgIconEngine(QIconEngine):
    """Paints one SVG; asks for the colour each time."""

    def __init__(self, name: str, color: str | None) -> None:
        super().__init__()
        self._name = name
        self._color = color

    def paint(self, painter: QPainter, rect: QRect, mode: QIcon.Mode, state: QIcon.State) -> None:  # noqa: ARG002
        disabled = mode is QIcon.Mode.Disabled
        group = QPalette.ColorGroup.Disabled if disabled else QPalette.ColorGroup.Active
        color = QGuiApplication.palette().color(group, QPalette.ColorRole.ButtonText)
        name = self._color if self._color is not None and not disabled else color.name()
        painter.save()
        painter.setOpacity(painter.opacity() * (color.alphaF() if disabled else 1.0))
        _renderer(self._name, name).render(painter, QRectF(rect))
        painter.restore()

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        pixmap = _transparent(size)
        painter = QPainter(pixmap)
        self.paint(painter, QRect(QPoint(0, 0), size), mode, state)
        painter.end()
        return pixmap

    def clone(self) -> QIconEngine:
        clone = _SvgIconEngine(self._name, self._color)
        _CLONES.append(clone)
        return clone


# Qt takes a clone when an icon is changed after it was copied, and PySide would delete it as soon as `clone` returns.
_CLONES: list[QIconEngine] = []


@lru_cache(maxsize=256)
def _renderer(name: str, color: str) -> QSvgRenderer:
    return QSvgRenderer(QByteArray(_source(name).replace("currentColor", color).encode()))


@lru_cache(maxsize=64)
def _source(name: str) -> str:
    return (_FOLDER / f"{name}.svg").read_text(encoding="utf-8")


def _transparent(size: QSize) -> QPixmap:
    pixmap = QPixmap(size)
    pixmap.fill(Qt.GlobalColor.transparent)
    return pixmap
