"""Finding images in a thread: every word and order against a twin, and which answers are heard."""

from __future__ import annotations

import itertools
import threading
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from random_project import OTHERS, QUESTIONS, RandomProject, random_project

from app.model.filter_language import parse
from app.model.image_filter import ImageFilter, NameMatches
from app.model.image_sieve import ImageSieve
from app.model.shown_images import ShownImages, SortOrder
from app.workers import image_search
from app.workers.image_search import ImageSearch, SearchAnswer, SearchRequest, answer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytestqt.qtbot import QtBot

FOREVER_MS = 100_000


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RandomProject]:
    made = random_project(tmp_path_factory.mktemp("project"))
    yield made
    made.store.close()


def request_for(project: RandomProject, chosen: ImageFilter, order: SortOrder = SortOrder.NAME) -> SearchRequest:
    images = project.store.images()
    sieve = ImageSieve(images, project.problems)
    sieve.filter = chosen
    ids = np.array([record.id for record in images])
    return SearchRequest(ids, [record.path for record in images], sieve.asked_terms, order, project.findings)


def passing(project: RandomProject, chosen: ImageFilter) -> set[int]:
    """Return what a list would show."""
    images = project.store.images()
    found = answer(project.store.location.database, request_for(project, chosen))
    assert found is not None
    sieve = ImageSieve(images, project.problems)
    sieve.filter, sieve.masks, sieve.looked_at = chosen, found.masks, found.looked_at
    passes = sieve.passes()
    assert passes.tolist() == [sieve.passes_at(place) for place in range(len(images))]
    return {record.id for record, shown in zip(images, passes, strict=True) if shown}


@pytest.mark.parametrize("text", [*QUESTIONS, *OTHERS])
def test_that_every_word_finds_what_looking_at_every_image_finds(project: RandomProject, text: str) -> None:
    for written in (text, f"-{text}"):
        chosen = parse(written)
        assert passing(project, chosen) == project.passing(chosen)


@given(st.lists(st.tuples(st.sampled_from(["", "-"]), st.sampled_from([*QUESTIONS, *OTHERS])), max_size=4))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
def test_that_words_together_find_what_each_of_them_finds(project: RandomProject, words: list[tuple[str, str]]) -> None:
    chosen = parse(" ".join(map("".join, words)))
    assert passing(project, chosen) == project.passing(chosen)


def test_that_an_image_without_a_finding_is_found_neither_way(project: RandomProject) -> None:
    both = passing(project, parse("disagrees")) | passing(project, parse("-disagrees"))
    assert both == set(project.findings)


@pytest.mark.parametrize("order", SortOrder)
def test_that_every_order_is_that_of_sorting_the_images(project: RandomProject, order: SortOrder) -> None:
    images = project.store.images()
    boxes = {one.id: sum(box.image_id == one.id for box in project.annotations) for one in images}
    last, findings = float("inf"), project.findings
    key = {
        SortOrder.NAME: lambda _id: 0,
        SortOrder.USEFUL: lambda one: -findings[one].usefulness if one in findings else last,
        SortOrder.DIFFERENCES: lambda one: -findings[one].differences if one in findings else last,
        SortOrder.MOST_BOXES: lambda one: -boxes[one],
        SortOrder.FEWEST_BOXES: lambda one: boxes[one],
        SortOrder.CHANGED: lambda _id: 0,  # the journal of this project is empty
    }[order]
    found = answer(project.store.location.database, request_for(project, ImageFilter(), order))
    assert found is not None
    shown = ShownImages.of(np.ones(len(images), np.bool_), found.keys)
    expected = sorted((record.id for record in images), key=key)
    assert [images[place].id for place in shown.places] == expected


def test_that_an_order_that_stays_is_not_asked_for(project: RandomProject) -> None:
    request = request_for(project, parse("boxes:0"))
    kept = SearchRequest(request.ids, request.paths, request.terms, None, request.findings)
    found = answer(project.store.location.database, kept)
    assert found is not None
    assert found.keys is None


def test_that_a_pattern_is_called_off_between_two_chunks(
    project: RandomProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = list[str]()
    request = request_for(project, parse("/a/"))

    class Pattern:
        def search(self, path: str) -> None:
            seen.append(path)
            request.cancel.set()

    monkeypatch.setattr(image_search, "compile_pattern", lambda _text: Pattern())
    monkeypatch.setattr(image_search, "_NAMES_AT_ONCE", 5)
    assert request.terms == {NameMatches("a")}
    assert answer(project.store.location.database, request) is None
    assert len(seen) == 5


@pytest.fixture
def search(project: RandomProject, qtbot: QtBot) -> Iterator[ImageSearch]:
    made = ImageSearch(project.store.location.database)
    yield made
    made.stop()


def test_that_only_the_newest_question_is_asked_and_answered(
    project: RandomProject, search: ImageSearch, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard, asked = list[SearchAnswer](), list[SearchRequest]()
    search.answered.connect(heard.append)
    monkeypatch.setattr(image_search, "answer", lambda path, request: asked.append(request) or answer(path, request))
    requests = [request_for(project, parse(f"boxes:{number}")) for number in range(5)]
    for request in requests:
        search.ask(request)
    with qtbot.waitSignal(search.answered, timeout=FOREVER_MS):
        pass
    assert [one.request for one in heard] == requests[-1:]
    assert asked == requests[-1:], "typing goes on: nothing is asked"
    assert [request.cancel.is_set() for request in requests] == [True] * 4 + [False]


def test_that_a_stale_answer_is_not_heard(
    project: RandomProject, search: ImageSearch, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, go_on, heard = threading.Event(), threading.Event(), list[SearchAnswer]()
    first, second = (request_for(project, parse(text)) for text in ("boxes:0", "boxes:1"))

    def held(path: object, request: SearchRequest) -> SearchAnswer | None:
        if request is first:
            begun.set()
            go_on.wait(FOREVER_MS / 1000)
        return answer(path, request)

    monkeypatch.setattr(image_search, "answer", held)
    search.answered.connect(heard.append)
    search.ask(first)
    qtbot.waitUntil(begun.is_set, timeout=FOREVER_MS)
    search.ask(second)
    go_on.set()
    qtbot.waitUntil(lambda: bool(heard), timeout=FOREVER_MS)
    assert [one.request for one in heard] == [second]


def test_that_nothing_is_asked_any_more_after_it_is_forgotten(project: RandomProject, search: ImageSearch) -> None:
    request = request_for(project, parse("boxes:0"))
    search.ask(request)
    assert search._settle.isActive()
    search.forget()
    assert request.cancel.is_set()
    assert not search._settle.isActive()


def test_that_a_project_that_cannot_be_read_is_a_sentence(project: RandomProject, qtbot: QtBot) -> None:
    search = ImageSearch(project.store.location.folder / "gone.db")
    with qtbot.waitSignal(search.failed, timeout=FOREVER_MS) as failed:
        search.ask(request_for(project, parse("boxes:0")))
    assert "gone.db cannot be read" in failed.args[0]
    search.stop()


def test_that_a_hundred_thousand_images_are_asked_about_with_a_query_for_each_word(
    project: RandomProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    queries = list[str]()
    opened = image_search.open_read_only

    def noting(path: object) -> object:
        connection = opened(path)
        connection.set_trace_callback(queries.append)
        return connection

    monkeypatch.setattr(image_search, "open_read_only", noting)
    count = 100_000
    terms = [clause.term for text in ("boxes:>2", "flag:note", "provenance:drawn") for clause in parse(text).clauses]
    names = list(itertools.repeat("a.png", count))
    request = SearchRequest(np.arange(1, count + 1), names, terms, SortOrder.MOST_BOXES, project.findings)
    found = answer(project.store.location.database, request)
    assert found is not None
    assert found.keys is not None
    assert all(len(array) == count for array in (*found.masks.values(), found.looked_at, found.keys))
    assert len([query for query in queries if query.startswith("SELECT")]) == 4, "three words and an order"
