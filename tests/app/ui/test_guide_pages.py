"""The pages of the guide: each can be read, leads somewhere, shows what exists, and is found by its words."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from PIL import Image

from app.ui.guide_pages import CONTENTS, as_html, found, pages, resolved

ROOT = Path(__file__).resolve().parents[3]
PAGES = sorted(pages())
SOURCES = (*(ROOT / "app" / "ui").glob("*.py"),)


def anchors(name: str) -> set[str]:
    return {section.anchor for section in pages()[name].sections}


def test_that_all_files_of_the_guide_are_pages_in_the_order_of_the_contents() -> None:
    names = list(pages())
    assert {file.name for file in (ROOT / "resources" / "guide").glob("*.md")} <= set(names)
    assert names[0] == CONTENTS
    linked = [link for link in pages()[CONTENTS].links if link in names]
    assert names[1:] == list(dict.fromkeys(linked)), "the contents name every page, in the order of the list"


@pytest.mark.parametrize("name", PAGES)
def test_that_a_page_has_one_title_and_anchors_of_their_own(name: str) -> None:
    page = pages()[name]
    assert page.title == page.sections[0].title
    assert [token.tag for token in page.tokens if token.type == "heading_open"].count("h1") == 1
    assert len(anchors(name)) == len(page.sections)


@pytest.mark.parametrize("name", PAGES)
def test_that_every_link_of_a_page_leads_somewhere_that_is_installed_too(name: str) -> None:
    page = pages()[name]
    inside = [link for link in page.links if not link.startswith(("http://", "https://"))]
    places = {link: resolved(page, link) for link in inside}
    assert [
        link for link, (target, anchor) in places.items() if not target or (anchor and anchor not in anchors(target))
    ] == []


@pytest.mark.parametrize("name", PAGES)
def test_that_every_picture_of_a_page_can_be_shown_and_is_installed_too(name: str) -> None:
    page = pages()[name]
    for picture in page.pictures:
        assert picture.is_relative_to(ROOT / "resources"), "a wheel has nothing else"
        with Image.open(picture) as shown:
            shown.verify()
    assert as_html(page).count("<img ") == len(page.pictures)


def test_that_every_place_which_the_window_opens_is_there() -> None:
    texts = [file.read_text(encoding="utf-8") for file in SOURCES]
    places = {place for text in texts for place in re.findall(r'(?:guide_button|guide_wanted\.emit)\("([^"]+)"', text)}
    assert len(places) > 5
    for place in places:
        name, _, anchor = place.partition("#")
        assert not anchor or anchor in anchors(name), place


def test_that_what_a_page_says_is_in_its_html_with_tables_code_and_names() -> None:
    html = as_html(pages()["formats.md"])
    assert '<a name="in-parts">In parts</a>' in html
    assert "<table" in html
    assert "<th>COCO</th>" in html
    assert "boxwright export ~/photos -o annotations.json" in html
    assert "](" not in html


def test_that_markup_in_code_stays_text() -> None:
    html = as_html(pages()["labeling.md"])
    assert "&gt;=3" in html
    assert "<script" not in html


def test_that_sections_are_found_by_all_words_in_any_case_titles_first() -> None:
    findings = found("FIND images")
    assert (findings[0].page.name, findings[0].section.anchor) == ("labeling.md", "find-images")
    for finding in findings:
        text = f"{finding.section.title} {finding.section.text}".casefold()
        assert "find" in text
        assert "images" in text
    assert len(found("images")) > len(findings)


@pytest.mark.parametrize("wanted", ["", "  ", "xylophone"])
def test_that_nothing_is_found_for_nothing_and_for_what_is_nowhere(wanted: str) -> None:
    assert found(wanted) == []


def test_that_an_excerpt_has_the_word_and_is_short() -> None:
    for finding in found("proposals"):
        if "proposals" in finding.section.text.casefold():
            assert "proposals" in finding.excerpt.casefold()
        assert len(finding.excerpt) < 200


def test_that_pages_are_read_without_qt() -> None:
    tree = ast.parse((ROOT / "app" / "ui" / "guide_pages.py").read_text(encoding="utf-8"))
    imported = [ast.unparse(node) for node in ast.walk(tree) if isinstance(node, (ast.Import, ast.ImportFrom))]
    assert not any("PySide6" in line for line in imported)
