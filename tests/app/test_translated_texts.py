"""The files of the languages have every text that the sources say, and no other, with the same places for values."""

from __future__ import annotations

import ast
import importlib.util
import re
import string
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from app.translation import ENGLISH, languages

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / ".github" / "translate.py"
LANGUAGES = [code for code in languages() if code != ENGLISH]


@pytest.fixture(scope="module")
def script() -> ModuleType:
    found = importlib.util.spec_from_file_location("translate", SCRIPT)
    assert found is not None
    assert found.loader is not None
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def texts(script):
    lupdate = script.find_lupdate()
    if lupdate is None:
        pytest.skip("pyside6-lupdate, which reads the sources, is not installed")
    return script.texts(lupdate)


def test_that_no_sentence_names_a_key_that_the_person_may_change(texts):
    key = re.compile(r"(?<![\w+-])(Ctrl\+[A-Z0-9]|[B-HJ-Z]|Esc|Space)(?![\w+{-])")
    assert {text.source for text in texts if key.search(text.source)} <= {
        # The keys of a field while somebody types in it, and of a person's hand.
        "Type a name and press Enter; Esc goes back to the image",
        "Enter takes what is marked, the arrows mark another, Esc goes back",
        "Enter runs what is marked, the arrows mark another, Esc goes back",
        # Those of the guide's own window, which are what every browser has.
        *("Find in this page (Ctrl+F)", "End finding (Esc)"),
        "Enter or F3 goes to the next place, Shift+F3 to the one before, Esc ends",
        # No keys: precision and recall.
        *("P", "R", "P, R: precision and recall at threshold {}"),
    }


def places(text: str) -> list[tuple[str, str, str]]:
    """Return the places for values: (name, format, conversion). Those without a name are in order."""
    found = [
        (name, form or "", conversion or "")
        for _, name, form, conversion in string.Formatter().parse(text)
        if name is not None
    ]
    return [one for one in found if not one[0]] + sorted(one for one in found if one[0])


@pytest.mark.parametrize("language", LANGUAGES)
def test_that_every_text_is_translated_and_the_file_has_no_other(script, texts, language):
    known = script.read(script.file_of(language))
    assert sorted(texts - set(known)) == []
    assert sorted(set(known) - texts) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_that_a_file_is_what_the_script_makes_of_it(script, texts, language):
    file = script.file_of(language)
    assert script.as_xml(language, script.filled(texts, script.read(file), {})) == file.read_text(encoding="utf-8")


@pytest.mark.parametrize("language", LANGUAGES)
def test_that_translations_have_the_places_of_their_texts(script, language):
    wrong = [
        (text.source, translation)
        for text, translation in script.read(script.file_of(language)).items()
        if places(text.source) != places(translation)
    ]
    assert wrong == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_that_translations_keep_the_marks_of_their_texts(script, language):
    """Tags, the dots of a question, and the filters of a file dialog."""

    def marks(text: str) -> tuple[object, ...]:
        return Counter(re.findall(r"<[^>]+>", text)), text.endswith("…"), re.findall(r"\(\*[^)]*\)", text)

    known = script.read(script.file_of(language)).items()
    assert [(text.source, said) for text, said in known if marks(text.source) != marks(said)] == []


def test_that_what_is_translated_stays_and_words_fill_in_what_is_open(script):
    here, there, new = script.Text("Desk", "Open"), script.Text("Door", "Open"), script.Text("Desk", "Shut")
    known = {here: "Öffnen"}
    assert script.filled([new, there, here], known, {"Shut": "Zu", "Open": "Auf"}) == {
        here: "Öffnen",
        new: "Zu",
        there: "Öffnen",
    }


def test_that_what_the_script_writes_is_read_again(script, tmp_path):
    file = tmp_path / "boxwright_xx.ts"
    written = {script.Text("", ' "a" & <b>\nc '): "ä → “é”", script.Text("Desk", "Open"): ""}
    file.write_text(script.as_xml("xx", written), encoding="utf-8")
    assert script.read(file) == {text: said for text, said in written.items() if said}
    assert script.read(tmp_path / "boxwright_yy.ts") == {}


def spoken() -> Iterator[tuple[str, str]]:
    """Yield (place, text) of each literal that the program translates."""
    for file in sorted((ROOT / "app").rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            name = getattr(node.func, "attr", getattr(node.func, "id", "")) if isinstance(node, ast.Call) else ""
            if name in {"tr", "_tr", "translated", "_translated", "worded", "translate"}:
                for part in ast.walk(ast.Tuple(node.args[name == "translate" :])):
                    if isinstance(part, ast.JoinedStr):
                        yield f"{file.name}:{node.lineno}", f"an f-string: {ast.unparse(part)}"
                    elif isinstance(part, ast.Constant) and isinstance(part.value, str):
                        yield f"{file.name}:{node.lineno}", part.value


def test_that_the_script_finds_every_literal_that_is_translated(texts):
    """Qt's program does not look into f-strings."""
    sources = {text.source for text in texts}
    assert [(place, text) for place, text in spoken() if text not in sources] == []


def test_that_the_script_finds_literals_constants_and_the_table_of_actions(texts):
    sources = {text.source for text in texts}
    assert {
        "Done: {}",
        "accept {}",
        "Find an action…",
        "Move the box by 1 pixel",
        "unreadable",
        "Ctrl+arrow",
    } <= sources
