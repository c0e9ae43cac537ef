from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest
from PySide6.QtCore import QCoreApplication, QLocale, QTranslator

from app import translation
from app.model import edits, words
from app.model.annotations import Category
from app.translation import Translation

TS = """<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="de">
<context><name>Desk</name>
<message><source>Done: {}</source><translation>Erledigt: {}</translation></message>
<message><source>Open</source><translation>Öffnen</translation></message>
<message><source>Later</source><translation type="unfinished">Später</translation></message>
</context>
<context><name></name>
<message><source>add category {}</source><translation>Kategorie {} hinzufügen</translation></message>
</context>
<context><name>Door</name>
<message><source>Open</source><translation>Offen</translation></message>
</context>
</TS>
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    (tmp_path / "boxwright_de.ts").write_text(TS, encoding="utf-8")
    (tmp_path / "boxwright_xx.ts").write_text(TS[:200], encoding="utf-8")
    monkeypatch.setattr(translation, "_folder", lambda: tmp_path)
    return tmp_path


def forget(qapp):
    for installed in qapp.findChildren(QTranslator):
        qapp.removeTranslator(installed)
        installed.setParent(None)
    words.speak(None)


@pytest.fixture
def german(qapp, folder):
    assert translation.install(qapp, "de") == "de"
    yield
    forget(qapp)


def test_that_a_text_is_translated_by_its_context_and_else_by_itself(german):
    assert QCoreApplication.translate("Desk", "Done: {}") == "Erledigt: {}"
    assert QCoreApplication.translate("Door", "Open") == "Offen"
    assert QCoreApplication.translate("Desk", "Open") == "Öffnen"
    assert QCoreApplication.translate("actions", "Done: {}") == "Erledigt: {}"


def test_that_commands_speak_the_language_in_which_they_are_given(german):
    category = Category(1, "bolt {}", "#ffffff")
    assert edits.add_category(category).text == "Kategorie bolt {} hinzufügen"
    assert edits.recolour_category(category, "#000000").text == "recolour bolt {}"


def test_that_going_back_to_english_takes_the_commands_along(qapp, german):
    assert words.tr("add category {}") == "Kategorie {} hinzufügen"
    assert translation.install(qapp, "en") == "en"
    assert words.tr("add category {}") == "add category {}"


def test_that_the_buttons_of_qt_speak_the_language_too(german):
    assert QCoreApplication.translate("QPlatformTheme", "Cancel") == "Abbrechen"


def test_that_what_is_not_finished_or_not_there_stays_as_it_is(german):
    assert QCoreApplication.translate("Desk", "Later") == "Later"
    assert QCoreApplication.translate("Desk", "Never") == "Never"


def test_that_the_languages_are_those_with_a_file(folder):
    assert translation.languages() == ("en", "de", "xx")


@pytest.mark.parametrize(("wanted", "spoken"), [("en", "en"), ("xx", "en"), ("de", "de")])
def test_that_a_damaged_file_leaves_english(qapp, folder, wanted, spoken):
    assert translation.install(qapp, wanted) == spoken
    assert bool(qapp.findChildren(Translation)) == (spoken != "en")
    forget(qapp)


def test_that_a_file_that_is_not_xml_says_so(folder):
    with pytest.raises(ET.ParseError):
        Translation(folder / "boxwright_xx.ts")


def test_that_the_systems_language_is_taken_where_none_is_wanted(qapp, folder, monkeypatch):
    monkeypatch.setattr(translation.QLocale, "system", staticmethod(lambda: translation.QLocale("sv_SE")))
    assert translation.install(qapp) == "en"
    assert not qapp.findChildren(Translation)


@pytest.fixture
def system(folder, monkeypatch):
    """Make the system's locale the one of that name, of a program that speaks English and German."""

    def become(name):
        monkeypatch.setattr(translation.QLocale, "system", staticmethod(lambda: QLocale(name)))

    return become


@pytest.mark.parametrize(
    ("of_system", "wanted", "locale"),
    [
        ("C", "", "en_US"),
        ("C", "de", "de_DE"),
        ("en_GB", "", "en_GB"),
        ("en_GB", "de", "de_DE"),
        ("de_CH", "", "de_CH"),
        ("de_CH", "de", "de_CH"),
        ("de_CH", "en", "en_US"),
        ("sv_SE", "", "en_US"),
        ("de_DE", "xx", "en_US"),
    ],
)
def test_that_numbers_are_those_of_the_language_and_the_systems_own_where_it_is_its_language(
    qapp, system, of_system, wanted, locale
):
    system(of_system)
    translation.install(qapp, wanted)
    assert QLocale().name() == locale
    forget(qapp)


def test_that_the_words_of_the_store_have_the_numbers_of_the_window(qapp, system):
    system("C")
    said = {}
    for code in ("en", "de"):
        translation.install(qapp, code)
        said[code] = words.counted(1400, "1 box", "{} boxes"), words.written(999)
    forget(qapp)
    assert said == {"en": ("1,400 boxes", "999"), "de": ("1.400 boxes", "999")}
    assert words.counted(1400, "1 box", "{} boxes") == "1400 boxes"
