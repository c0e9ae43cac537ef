from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from bench import __main__ as runner
from bench.figures import Figure, Target, at_most, heading, line, share, show, times_faster, times_more

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("target", "ours", "peer", "ratio", "held"),
    [
        (at_most(2_000), 2_000.0, None, None, True),
        (at_most(2_000), 2_000.1, None, None, False),
        (share(0.4), 40.0, 100.0, 0.4, True),
        (share(0.4), 41.0, 100.0, 0.41, False),
        (times_faster(4), 25.0, 100.0, 4.0, True),
        (times_faster(4), 26.0, 100.0, 100 / 26, False),
        (times_more(2), 200.0, 100.0, 2.0, True),
        (times_more(2), 199.0, 100.0, 1.99, False),
        (times_more(2), 199.0, None, None, None),
        (None, 50.0, 100.0, 0.5, None),
        (None, 50.0, None, None, None),
    ],
)
def test_that_a_promise_is_held_up_to_its_figure(
    target: Target | None, ours: float, peer: float | None, ratio: float | None, held: bool | None
) -> None:
    figure = Figure("what", ours, "ms", peer, "a peer", target)
    assert figure.ratio == pytest.approx(ratio)
    assert figure.held is held


def test_that_a_busy_machine_is_judged_by_its_processor_and_that_is_said() -> None:
    late = Figure("what", 40.0, target=at_most(16.7), worked=16.0)
    assert (late.held, late.verdict) == (True, "held by the processor")
    assert "processor 16.00 ms" in line(late)
    assert Figure("what", 40.0, target=at_most(16.7), worked=17.0).verdict == "MISSED"
    assert Figure("what", 10.0, target=at_most(16.7), worked=17.0).verdict == "held"
    assert Figure("what", 50.0, peer=100.0, target=share(0.4), worked=1.0).verdict == "MISSED"


def test_that_a_line_says_all_of_it_under_its_headings() -> None:
    with_peer = line(Figure("export", 3.0, "s", 12.6, "json.dump", times_faster(4), "of a million boxes"))
    assert with_peer.split("  ")[-1] == "(of a million boxes)"
    assert " ".join(with_peer.split()) == "export 3.00 s 12.60 s json.dump 4.20 x >= 4 x held (of a million boxes)"
    alone = line(Figure("memory", 1_234.0, "MB"))
    assert " ".join(alone.split()) == "memory 1,234 MB"
    assert heading().index("ours") + 4 == with_peer.index("3.00 s") + 6 == alone.index("1,234 MB") + 8
    assert heading().index("peer") + 4 == with_peer.index("12.60 s") + 7


@pytest.mark.parametrize("target", [None, at_most(3), share(0.5), times_faster(2), times_more(2)])
def test_that_a_figure_goes_through_json_unchanged(target: Target | None) -> None:
    figure = Figure("what", 1.5, "s", 3.0, "a peer", target, "a note", 0.5)
    fields = json.loads(json.dumps(figure.to_fields()))
    assert Figure.from_fields(fields) == figure
    assert (fields["ratio"], fields["held"]) == (figure.ratio, figure.held)


def test_that_a_table_is_printed_as_its_figures_come(capsys: pytest.CaptureFixture[str]) -> None:
    printed = []

    def figures() -> object:
        for number in range(2):
            printed.append(len(capsys.readouterr().out.splitlines()))
            yield Figure(f"figure {number}", 1.0)

    assert [one.title for one in show(figures())] == ["figure 0", "figure 1"]
    assert printed == [1, 1], "the heading, then the figure before"


def test_that_every_benchmark_names_its_promises_and_its_peer() -> None:
    known = runner.benchmarks()
    assert {"start", "stall", "detection", "sliders", "canvas", "finetune", "store", "lists"} <= set(known)
    assert next(iter(known)) == "start"
    for name, said in known.items():
        assert "peer" in said.lower(), name


def fake(figures: list[Figure], code: int = 0) -> object:
    def measured(_name: str, *, quick: bool) -> object:
        yield from figures
        if code:
            raise runner.subprocess.CalledProcessError(code, "bench")

    return measured


@pytest.mark.parametrize(
    ("figures", "code", "expected"),
    [
        ([Figure("good", 1.0, target=at_most(2)), Figure("no promise", 9.0)], 0, 0),
        ([Figure("bad", 3.0, target=at_most(2)), Figure("good", 1.0, target=at_most(2))], 0, 1),
        ([Figure("not measured", 3.0, target=share(2))], 0, 0),
        ([Figure("good", 1.0, target=at_most(2))], 3, 1),
    ],
)
def test_that_the_exit_code_says_whether_all_promises_are_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, figures: list[Figure], code: int, expected: int
) -> None:
    monkeypatch.setattr(runner, "measured", fake(figures, code))
    target = tmp_path / "figures.json"
    assert runner.main(["store", "--quick", "--json", str(target)]) == expected
    written = json.loads(target.read_text())
    rows = [row for row in written["figures"] if "failed" not in row]
    assert [Figure.from_fields({k: v for k, v in row.items() if k != "benchmark"}) for row in rows] == figures
    assert [row["failed"] for row in written["figures"] if "failed" in row] == ([code] if code else [])


def test_that_only_what_is_there_can_be_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as refused:
        runner.main(["nothing"])
    assert refused.value.code == 2
    assert "there is no nothing here" in capsys.readouterr().err


def test_that_the_list_measures_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert runner.main(["--list"]) == 0
    assert any(
        text.startswith("store ") and "Promises 12 and 13" in text for text in capsys.readouterr().out.splitlines()
    )


def test_that_a_benchmark_answers_from_a_process_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "bench").mkdir()
    code = (
        "from bench.figures import Figure\ndef figures(*, quick=False):\n    print('aside')\n"
        "    yield Figure('made up', 2.0 if quick else 1.0)\n"
    )
    for name in ("__init__", "__main__", "figures"):
        source = runner.FOLDER / f"{name}.py"
        (tmp_path / "bench" / f"{name}.py").write_text(source.read_text(encoding="utf-8"), encoding="utf-8")
    (tmp_path / "bench" / "odd.py").write_text(f'"""Promise 3: of a test. It has no peer."""\n{code}')
    monkeypatch.setattr(runner, "FOLDER", tmp_path / "bench")
    assert list(runner.benchmarks()) == ["odd"]
    assert [figure.ours for figure in runner.measured("odd", quick=True)] == [2.0]
    (tmp_path / "bench" / "odd.py").write_text(f'"""Promise 3: of a test."""\n{code}    raise OSError\n')
    with pytest.raises(runner.subprocess.CalledProcessError):
        list(runner.measured("odd", quick=False))
