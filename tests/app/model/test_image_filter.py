"""The words of filters: what is read is what is written, and what is wrong is said of the word that is."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.model.annotations import Provenance
from app.model.filter_completion import complete
from app.model.filter_language import KEYS, FilterError, parse
from app.model.image_filter import (
    ANY,
    AtPlace,
    Boxes,
    CameAbout,
    Clause,
    Count,
    Disagrees,
    Figure,
    Figured,
    Flagged,
    FlagWord,
    FromModel,
    ImageFilter,
    InState,
    NameHas,
    NameMatches,
    OfCategory,
    Scored,
    Span,
    State,
    Unfinished,
)
from app.model.name_pattern import MOST_REPEATS, compile_pattern

names = st.text(min_size=1, max_size=12).filter(lambda name: "\x00" not in name)
counts = st.builds(
    lambda least, more: Count(least, None if more is None else least + more),
    st.integers(0, 999_999),
    st.none() | st.integers(0, 9_999),
)
scores = st.floats(0, 1).map(abs)
spans = st.tuples(scores, scores, st.booleans(), st.booleans()).filter(
    lambda made: made[0] < made[1] or (made[0] == made[1] and not (made[2] or made[3]))
)
patterns = st.sampled_from(("abc", "a/b", r"a\\/b", r"\d{4}_", "[/x]", "a b", "^x$", r"\."))
terms = st.one_of(
    names.map(NameHas),
    patterns.map(NameMatches),
    st.integers(0, 999_999_999).map(AtPlace),
    st.sampled_from(State).map(InState),
    st.builds(OfCategory, names, counts | st.just(ANY)),
    st.sampled_from(FlagWord).map(Flagged),
    st.sampled_from(Provenance).map(CameAbout),
    names.map(FromModel),
    counts.map(Boxes),
    spans.map(lambda made: Scored(Span(*made))),
    st.builds(Figured, st.sampled_from(Figure), counts),
    st.sampled_from((Disagrees(), Unfinished())),
)
filters = st.lists(st.builds(Clause, terms, st.booleans()), max_size=5).map(lambda made: ImageFilter(tuple(made)))


@given(filters)
@example(ImageFilter((Clause(FromModel(":")),)))
@example(ImageFilter((Clause(OfCategory(":bolt", ANY)),)))
def test_that_a_filter_is_read_as_it_was_written(made: ImageFilter) -> None:
    assert parse(made.text) == made


@given(st.text(alphabet='ab-:"/\\#<>=.,[]() 01' + "catego", max_size=20))
def test_that_any_text_is_a_filter_or_a_sentence_about_one_of_its_words(text: str) -> None:
    read = read_or_refused(text)
    if isinstance(read, FilterError):
        assert 0 <= read.start < len(text)
        assert str(read).startswith(f"“{text[read.start : read.start + 1]}")
        assert str(read).endswith(".")
    else:
        assert parse(read.text) == read


def read_or_refused(text: str) -> ImageFilter | FilterError:
    try:
        return parse(text)
    except FilterError as error:
        return error


def only(text: str) -> Clause:
    (clause,) = parse(text).clauses
    return clause


@pytest.mark.parametrize(
    ("text", "term"),
    [
        ("bolt", NameHas("bolt")),
        ("sub/10", NameHas("sub/10")),
        ('"two words"', NameHas("two words")),
        ('"disagrees"', NameHas("disagrees")),
        ("disagrees", Disagrees()),
        ("Unfinished", Unfinished()),
        ('"unfinished"', NameHas("unfinished")),
        ("#12", AtPlace(12)),
        ("#x", NameHas("#x")),
        (r"/a b\/c/", NameMatches("a b/c")),
        ("category:bolt", OfCategory("bolt")),
        ('category:"hex nut">=3', OfCategory("hex nut", Count(3))),
        ("category:bolt<3", OfCategory("bolt", Count(0, 2))),
        ("category:bolt=0", OfCategory("bolt", Count(0, 0))),
        ("category:bolt=2..5", OfCategory("bolt", Count(2, 5))),
        ("label::bolt", OfCategory("bolt")),
        ("score:0.3..0.6", Scored(Span(0.3, 0.6))),
        ("score::[0.3,0.6)", Scored(Span(0.3, 0.6, open_most=True))),
        ("score:>0.5", Scored(Span(0.5, 1.0, open_least=True))),
        ("score:..0.5", Scored(Span(0.0, 0.5))),
        ("State:Unreviewed", InState(State.UNREVIEWED)),
        ("checked::true", InState(State.REVIEWED)),
        ("checked:0", InState(State.UNREVIEWED)),
        ("boxes:>10", Boxes(Count(11))),
        ("boxes:[2,5)", Boxes(Count(2, 4))),
        ("extra:>0", Figured(Figure.EXTRA, Count(1))),
        ('model:"Version 3"', FromModel("Version 3")),
    ],
)
def test_what_words_mean(text: str, term: object) -> None:
    assert only(text) == Clause(term)
    assert only(f"-{text}") == Clause(term, negated=True)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("score:2..3", "“score:2..3”: a score lies between 0 and 1."),
        ("score:0.5", "“score:0.5”: a range of scores looks like 0.3..0.6, [0.3,0.6), >=0.3 or <0.6."),
        ("score:(0.5,0.5)", "“score:(0.5,0.5)”: no score lies in there."),
        ("ok size:3", '“size:3”: “size” is no key; a name with a colon goes in quotes, "like:this".'),
        (
            "state:done",
            "“state:done”: after the colon comes reviewed, unreviewed, empty, unsure, missing or unreadable.",
        ),
        ("boxes:many", "“boxes:many”: a number looks like 3, >3, <=3 or 3..5."),
        ("boxes:<0", "“boxes:<0”: there is no such number."),
        ('a "b c', '“"b c”: the closing " is missing.'),
        ("a -", "“-”: after the minus comes what is not wanted."),
        ("checked:maybe", "“checked:maybe”: after the colon comes 1, true, 0 or false."),
        ("/(/", "“/(/”: this is not a regular expression: missing ), unterminated subpattern at position 0."),
    ],
)
def test_what_is_said_of_what_is_wrong(text: str, sentence: str) -> None:
    with pytest.raises(FilterError) as caught:
        parse(text)
    assert str(caught.value) == sentence
    assert sentence.startswith(f"“{text[caught.value.start :]}")


@pytest.mark.parametrize("key", KEYS)
def test_that_a_key_alone_says_what_comes_after_it(key: str) -> None:
    with pytest.raises(FilterError, match=f"^“{key}:”: after the colon comes "):
        parse(f"{key}:")


@pytest.mark.parametrize(
    "text", ["(a+)+$", "(a|aa)*b", "((ab?c)x)+", "(a*)*", "(?:a+){2,}", "a*" * (MOST_REPEATS + 1), "x" * 300]
)
def test_that_a_pattern_that_could_take_for_ever_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"for ever|at most"):
        compile_pattern(text)


@pytest.mark.parametrize(
    "text", [r"^img_\d{4}\.jpg$", "(left|right)_", "(abc)+", "[(|)+*]+", r"\(a+\)+", "a.*?b", "(?:x+)?y", "(?P<n>a)b"]
)
def test_that_a_usual_pattern_is_not(text: str) -> None:
    assert compile_pattern(text).pattern == text


def test_that_beside_a_score_a_plain_category_is_that_of_the_suggestion() -> None:
    made = parse("category:bolt -category:nut category:screw>=2 score:0.3..0.6")
    assert [clause.term for clause in made.asked] == [
        OfCategory("nut"),
        OfCategory("screw", Count(2)),
        Scored(Span(0.3, 0.6), ("bolt",)),
    ]
    assert parse("category:bolt").asked == parse("category:bolt").clauses


def test_that_the_first_category_that_nobody_knows_is_named() -> None:
    made = parse("category:BOLT -label:nat label:nit")
    assert made.unknown_category(["bolt", "nut"]) == "nat"
    assert parse("category:BOLT x").unknown_category(["bolt"]) == ""


@pytest.mark.parametrize(
    ("text", "start", "words"),
    [
        ("", 0, []),
        ("x sta", 2, ["state:"]),
        ("-s", 0, ["-score:", "-state:", "-suggestions:"]),
        ("state:un", 0, ["state:unreviewed", "state:unsure", "state:unreadable"]),
        ("category:", 0, ["category:bolt", 'category:"hex nut"', "category:butt"]),
        ("category:b", 0, ["category:bolt", "category:butt"]),
        ('category:"hex n', 0, ['category:"hex nut"']),
        ("label::nu", 0, ['label:"hex nut"']),
        ("category:bolt", 0, []),
        ('category:"hex nut"', 0, []),
        ("state:reviewed", 0, ["state:unreviewed"]),
        ("dis", 0, ["disagrees"]),
        ("-unf", 0, ["-unfinished"]),
        ("state:reviewed ", 15, []),
        ("nokey:", 0, []),
    ],
)
def test_what_may_come_next(text: str, start: int, words: list[str]) -> None:
    found = complete(text, {"category": ["bolt", "hex nut", "butt"], "model": []})
    assert found.words == words
    assert not words or found.start == start
    assert found.is_whole == (text in ("category:bolt", 'category:"hex nut"', "state:reviewed"))


def test_that_a_number_and_a_range_say_what_they_hold() -> None:
    assert [n for n in range(6) if Count(2, 4).has(n)] == [2, 3, 4]
    assert Count(1).has(10**9)
    span = Span(0.3, 0.6, open_most=True)
    assert [score for score in (0.29, 0.3, 0.59, 0.6) if span.has(score)] == [0.3, 0.59]
