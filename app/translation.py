"""The languages of the window: Qt Linguist's `.ts` files, read as they are.

Nothing has to be compiled: a file that a translator has saved is what people see at the next start.
"""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from PySide6.QtCore import QLibraryInfo, QLocale, QTranslator

from app.model import words
from app.numbers import whole

if TYPE_CHECKING:
    from PySide6.QtCore import QCoreApplication

ENGLISH = "en"
"""The language of the sources, which has no file."""


class Translation(QTranslator):
    """The finished messages of one `.ts` file.

    A text is looked up in its context, then wherever else it stands: tables of texts have no context of their own.
    Raises OSError or xml.etree.ElementTree.ParseError where the file cannot be read.
    """

    def __init__(self, file: Path) -> None:
        super().__init__()
        self._texts: dict[tuple[str, str], str] = {}
        for context in ET.parse(file).getroot().iter("context"):  # noqa: S314 - a file of this program
            name = context.findtext("name", "")
            for message in context.iter("message"):
                translation = message.find("translation")
                if translation is not None and translation.text and translation.get("type") is None:
                    source = message.findtext("source", "")
                    self._texts[name, source] = translation.text
                    self._texts.setdefault(("", source), translation.text)

    def isEmpty(self) -> bool:
        """Return whether there is nothing in it; Qt asks before it installs one."""
        return not self._texts

    def translate(self, context: str, sourceText: str, disambiguation: str | None = None, n: int = -1) -> str | None:  # noqa: ARG002, N803 - Qt's signature
        """Return the text in this language; None where it has none, and the source is shown."""
        return self._texts.get((context, sourceText)) or self._texts.get(("", sourceText))


def languages() -> tuple[str, ...]:
    """Return the codes of the languages that there are, as in "de", English first."""
    return ENGLISH, *sorted(path.stem.removeprefix("boxwright_") for path in _folder().glob("boxwright_*.ts"))


def install(qt: QCoreApplication, wanted: str = "") -> str:
    """Let the program speak `wanted`, a code, or where that is empty or unknown the system's language; say which.

    A language without a file is English, and so is one whose file is damaged. Numbers and dates are written as in that
    language: in the system's own way where it is the system's language, for there are many ways within one.
    """
    system = QLocale.system()
    of_system = system.name().split("_")[0]  # of a system without a language it is "C", which groups no digits
    code = _speak(qt, wanted if wanted in languages() else of_system)
    QLocale.setDefault(system if of_system == code else QLocale(code))
    return code


def _speak(qt: QCoreApplication, code: str) -> str:
    """Have texts translated, where there is a good file for it; return the language that is spoken then."""
    words.speak(None, whole)
    if code == ENGLISH or code not in languages():
        return ENGLISH
    try:
        translation = Translation(_folder() / f"boxwright_{code}.ts")
    except (OSError, ET.ParseError):
        return ENGLISH
    translation.setParent(qt)
    qt.installTranslator(translation)
    words.speak(lambda text: translation.translate("", text) or text, whole)
    of_qt = QTranslator(qt)  # the buttons of its dialogs, and the menus of its fields
    if of_qt.load(f"qtbase_{code}", QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)):
        qt.installTranslator(of_qt)
    return code


def _folder() -> Path:
    return Path(str(resources.files("resources"))) / "translations"
