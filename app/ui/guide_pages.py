"""The guide: Markdown files under `resources`, as HTML that Qt can show, and as text to search in. No Qt here."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from importlib.resources import files
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML

if TYPE_CHECKING:
    from collections.abc import Iterator, MutableMapping, Sequence

    from markdown_it.token import Token
    from markdown_it.utils import OptionsDict

CONTENTS = "index.md"
_MODEL_CARD = "../models/README.md"
_FOLDER = Path(str(files("resources"))) / "guide"
_AROUND = 70
"""Characters of a finding that are shown before and after the first word found."""


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and what stands below it, as plain text. `anchor` is what links to it say after the `#`."""

    anchor: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Page:
    """One file. `name` is how the other pages link to it, relative to the folder of the guide."""

    name: str
    title: str
    tokens: tuple[Token, ...]
    sections: tuple[Section, ...]

    @property
    def file(self) -> Path:
        """Where it lies."""
        return (_FOLDER / self.name).resolve()

    @property
    def links(self) -> tuple[str, ...]:
        """What it links to, as written."""
        return tuple(str(one.attrs["href"]) for one in _inside(self.tokens) if one.type == "link_open")

    @property
    def pictures(self) -> tuple[Path, ...]:
        """The files of what it shows."""
        shown = [str(one.attrs["src"]) for one in _inside(self.tokens) if one.type == "image"]
        return tuple((self.file.parent / source).resolve() for source in shown)


@dataclass(frozen=True, slots=True)
class Finding:
    """A section that has all words of a search, and the text around the first of them."""

    page: Page
    section: Section
    excerpt: str


@lru_cache(maxsize=1)
def pages() -> dict[str, Page]:
    """Return all pages by name: the contents, then what they link to in that order, then the others."""
    found = {file.name: _read(file.name) for file in sorted(_FOLDER.glob("*.md"))}
    found[_MODEL_CARD] = _read(_MODEL_CARD)
    linked = [link.partition("#")[0] for link in found[CONTENTS].links]
    order = [CONTENTS, *(name for name in linked if name in found), *found]
    return {name: found[name] for name in dict.fromkeys(order)}


def resolved(page: Page, link: str) -> tuple[str, str]:
    """Return (name of a page, anchor) of a link that stands in `page`; the name is empty where it is no page."""
    path, _, anchor = link.partition("#")
    if not path:
        return page.name, anchor
    target = (page.file.parent / path).resolve()
    return next((one.name for one in pages().values() if one.file == target), ""), anchor


def as_html(page: Page) -> str:
    """Return the body of a page as HTML, in which headings have names and pictures the whole path of their files."""
    return _RENDERER.render(page.tokens, _MARKDOWN.options, {"folder": page.file.parent})


def found(wanted: str) -> list[Finding]:
    """Return the sections that have each word of `wanted`, in any case: those with all of them in the title first."""
    words = wanted.casefold().split()
    if not words:
        return []
    ranked = []
    for page in pages().values():
        for section in page.sections:
            title, text = section.title.casefold(), f"{section.title} {section.text}".casefold()
            if all(word in text for word in words):
                ranked.append(
                    (not all(word in title for word in words), Finding(page, section, _excerpt(section, words)))
                )
    return [finding for _, finding in sorted(ranked, key=lambda one: one[0])]


def _read(name: str) -> Page:
    tokens = _MARKDOWN.parse((_FOLDER / name).read_text(encoding="utf-8"))
    _name_headings(tokens)
    sections = tuple(_sections(tokens))
    return Page(name, sections[0].title if sections else name, tuple(tokens), sections)


def _name_headings(tokens: Sequence[Token]) -> None:
    """Give each heading the anchor that GitHub gives it."""
    seen: dict[str, int] = {}
    for opening, inline in pairwise(tokens):
        if opening.type == "heading_open":
            slug = re.sub(r"[^\w\- ]", "", _plain(inline).lower()).replace(" ", "-")
            count = seen.get(slug, 0)
            seen[slug] = count + 1
            opening.meta["anchor"] = f"{slug}-{count}" if count else slug


def _sections(tokens: Sequence[Token]) -> Iterator[Section]:
    starts = [place for place, token in enumerate(tokens) if token.type == "heading_open"]
    for start, end in pairwise([*starts, len(tokens)]):
        texts = [_plain(token) for token in tokens[start + 2 : end] if token.type in ("inline", "fence")]
        yield Section(tokens[start].meta["anchor"], _plain(tokens[start + 1]), " ".join(filter(None, texts)))


def _plain(token: Token) -> str:
    if token.type == "fence":
        return " ".join(token.content.split())
    parts = (" " if one.type in ("softbreak", "hardbreak") else one.content for one in token.children or ())
    return "".join(parts)


def _inside(tokens: Sequence[Token]) -> Iterator[Token]:
    for token in tokens:
        yield token
        yield from token.children or ()


def _excerpt(section: Section, words: Sequence[str]) -> str:
    places = [place for word in words if (place := section.text.casefold().find(word)) >= 0]
    at = min(places, default=0)
    before, after = section.text[:at], section.text[at:]
    if len(before) > _AROUND:
        before = f"… {before[-_AROUND:].partition(' ')[2]}"
    if len(after) > _AROUND:
        after = f"{after[:_AROUND].rpartition(' ')[0]} …"
    return before + after


class _Renderer(RendererHTML):
    """What Qt's HTML needs otherwise: names inside headings, air in tables as attributes, whole paths of pictures."""

    def heading_open(
        self, tokens: Sequence[Token], index: int, _options: OptionsDict, _environment: MutableMapping[str, object]
    ) -> str:
        """Begin a heading that can be gone to."""
        return f'<{tokens[index].tag}><a name="{escape(tokens[index].meta["anchor"])}">'

    def heading_close(
        self, tokens: Sequence[Token], index: int, _options: OptionsDict, _environment: MutableMapping[str, object]
    ) -> str:
        """End it."""
        return f"</a></{tokens[index].tag}>"

    def paragraph_open(
        self, tokens: Sequence[Token], index: int, _options: OptionsDict, _environment: MutableMapping[str, object]
    ) -> str:
        """Begin a paragraph; one that is a picture alone is no line of text."""
        if tokens[index].hidden:  # of a tight list
            return ""
        inside = tokens[index + 1].children or ()
        return '<p class="picture">' if len(inside) == 1 and inside[0].type == "image" else "<p>"

    def table_open(
        self, _tokens: Sequence[Token], _index: int, _options: OptionsDict, _environment: MutableMapping[str, object]
    ) -> str:
        """Begin a table with air in its cells."""
        return '<table class="grid" cellspacing="0" cellpadding="6">'

    def image(
        self, tokens: Sequence[Token], index: int, _options: OptionsDict, environment: MutableMapping[str, object]
    ) -> str:
        """Show a picture of this program."""
        folder = environment["folder"]
        assert isinstance(folder, Path)
        source = (folder / str(tokens[index].attrs["src"])).resolve().as_uri()
        return f'<img src="{escape(source)}">'

    def fence(
        self, tokens: Sequence[Token], index: int, _options: OptionsDict, _environment: MutableMapping[str, object]
    ) -> str:
        """Show a block of code on a ground of its own, which for Qt only a table has."""
        code = escape(tokens[index].content.rstrip("\n"))
        return f'<table class="code" width="100%" cellpadding="10"><tr><td><pre>{code}</pre></td></tr></table>'


# CommonMark with GitHub's tables; what is HTML in a page is shown as it is written. rich brings this package along.
_MARKDOWN = MarkdownIt("commonmark", {"html": False}).enable("table")
_RENDERER = _Renderer()
