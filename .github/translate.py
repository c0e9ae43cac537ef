"""Brings the translations up to date with the sources: `.venv/bin/python .github/translate.py [LANGUAGE] [JSON...]`.

Writes `resources/translations/boxwright_LANGUAGE.ts` (de where none is named) with every text that the window can say.
What is translated stays, what is not said any more goes. A JSON file {English: translation} fills in what is open.
Prints what is left, and exits with 1 while anything is.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from xml.etree import ElementTree as ET

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

ROOT = Path(__file__).resolve().parent.parent
TABLE = "actions"
ALIASES = ",".join(f"QT_TR_NOOP+={name}" for name in ("_tr", "translated", "_translated", "SheetLine", "worded"))
_HEADER = '<?xml version="1.0" encoding="utf-8"?>\n<!DOCTYPE TS>\n'


class Text(NamedTuple):
    """What is said, and where."""

    context: str
    source: str


def file_of(language: str) -> Path:
    """Return the file of a language, a code as in "de"."""
    return ROOT / "resources" / "translations" / f"boxwright_{language}.ts"


def find_lupdate() -> Path | None:
    """Return Qt's program that reads the sources; None where there is none."""
    import PySide6  # noqa: PLC0415 - only its folder is asked for

    beside = Path(PySide6.__file__).parent / "lupdate"
    found = shutil.which("pyside6-lupdate", path=str(Path(sys.executable).parent)) or shutil.which("pyside6-lupdate")
    return beside if beside.is_file() else None if found is None else Path(found)


def texts(lupdate: Path) -> set[Text]:
    """Return every text of the program."""
    return _of_sources(lupdate) | _of_table()


def read(file: Path) -> dict[Text, str]:
    """Return what a file has translated; nothing where there is no file."""
    if not file.is_file():
        return {}
    return {
        Text(context.findtext("name", ""), message.findtext("source", "")): translation.text
        for context in ET.parse(file).getroot().iter("context")  # noqa: S314 - a file of this program
        for message in context.iter("message")
        if (translation := message.find("translation")) is not None and translation.text and not translation.get("type")
    }


def filled(wanted: Iterable[Text], known: Mapping[Text, str], words: Mapping[str, str]) -> dict[Text, str]:
    """Return a translation of each text, in their order; empty where there is none.

    It is the one of the same place, else of the same text elsewhere, else what `words` has.
    """
    elsewhere: dict[str, str] = {}
    for text in sorted(known):
        elsewhere.setdefault(text.source, known[text])
    return {
        text: known.get(text) or elsewhere.get(text.source) or words.get(text.source) or "" for text in sorted(wanted)
    }


def as_xml(language: str, translations: Mapping[Text, str]) -> str:
    """Return the contents of a `.ts` file, in the order of contexts and texts."""
    root = ET.Element("TS", version="2.1", language=language, sourcelanguage="en")
    contexts: dict[str, ET.Element] = {}
    for text in sorted(translations):
        if text.context not in contexts:
            contexts[text.context] = ET.SubElement(root, "context")
            ET.SubElement(contexts[text.context], "name").text = text.context
        message = ET.SubElement(contexts[text.context], "message")
        ET.SubElement(message, "source").text = text.source
        translation = ET.SubElement(message, "translation")
        translation.text = translations[text]
        if not translations[text]:
            translation.set("type", "unfinished")
    ET.indent(root, "    ")
    return f"{_HEADER}{ET.tostring(root, encoding='unicode')}\n"


def _of_sources(lupdate: Path) -> set[Text]:
    files = sorted(str(path) for path in (ROOT / "app").rglob("*.py"))
    with tempfile.TemporaryDirectory() as folder:
        found = Path(folder, "found.ts")
        options = ("-silent", "-no-obsolete", "-locations", "none", "-tr-function-alias", ALIASES)
        subprocess.run([str(lupdate), *options, *files, "-ts", str(found)], check=True)  # noqa: S603 - Qt's program
        return {
            Text(context.findtext("name", ""), message.findtext("source", ""))
            for context in ET.parse(found).getroot().iter("context")  # noqa: S314 - made just now
            for message in context.iter("message")
        }


def _of_table() -> set[Text]:
    """Return the texts of the table of actions, which are translated where menus and key sheet are made of it."""
    sys.path.insert(0, str(ROOT))
    from app.ui.actions import ACTIONS, all_actions  # noqa: PLC0415 - found only from here on
    from app.ui.menus import MOUSE  # noqa: PLC0415

    said = {group.value for group in ACTIONS}
    for action in all_actions():
        said |= {action.text, action.submenu}
        if action.line is not None:
            said |= {action.line.text, *action.line.keys}
    for line in MOUSE:
        said |= {line.text, *line.keys}
    return {Text(TABLE, source) for source in said if any(map(str.isalpha, source))}


def main() -> int:
    """Write the file; return 1 while texts are open."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split(":", maxsplit=1)[0])
    parser.add_argument("language", nargs="?", default="de")
    parser.add_argument("words", nargs="*", type=Path, help="JSON files {English: translation}")
    asked = parser.parse_args()
    lupdate = find_lupdate()
    if lupdate is None:
        print("There is no pyside6-lupdate here; it comes with PySide6-Essentials.", file=sys.stderr)
        return 2
    words = {source: text for file in asked.words for source, text in json.loads(file.read_text("utf-8")).items()}
    file = file_of(asked.language)
    translations = filled(texts(lupdate), read(file), words)
    file.parent.mkdir(exist_ok=True)
    file.write_text(as_xml(asked.language, translations), encoding="utf-8")
    unfinished = sorted({text.source for text, translation in translations.items() if not translation})
    for source in unfinished:
        print(json.dumps(source, ensure_ascii=False))
    print(f"{len(translations)} texts, {len(unfinished)} of them without a translation.")
    return 1 if unfinished else 0


if __name__ == "__main__":
    sys.exit(main())
