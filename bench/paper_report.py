"""What was measured beside what the paper claims: tables in Markdown, and a sentence a claim on whether it holds.

The figures of the paper are those of Ren et al., "Faster R-CNN", IEEE TPAMI 39 (6), 2017, by its tables.
"""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING, Any, NamedTuple

from bench.proposing import LIMITS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

Cell = dict[str, Any]
Figures = dict[str, float]

METHODS = ("RPN", "Selective Search")
ORDER_OF_MAGNITUDE = 10.0
NEARLY_NOTHING = 0.1  # of the time that the convolutions take
AS_GOOD = 0.005  # of AP50, by which more proposals may be better
LEARNT = 0.1  # of AP50: a detector below that says nothing
CLEARLY = 0.01  # of AP50, by which fewer anchors have to be worse


class Claim(NamedTuple):
    """A sentence of the paper, its figures there, those of one set here, and whether they agree with the sentence."""

    part: str
    words: str
    paper: str
    wanted: tuple[str, ...]
    shown: Callable[[Figures], str]
    holds: Callable[[Figures], bool]


CLAIMS = (
    Claim(
        "proposals",
        "Selective Search is an order of magnitude slower than the network that proposes",
        "table 5: 1510 ms on a CPU, 151 ms on a K40",
        ("Selective Search ms", "RPN ms"),
        lambda of: f"{of['Selective Search ms']:.0f} ms, {of['RPN ms']:.0f} ms",
        lambda of: of["Selective Search ms"] >= ORDER_OF_MAGNITUDE * of["RPN ms"],
    ),
    Claim(
        "proposals",
        "the layers that the RPN adds to the shared ones cost nearly nothing beside them",
        "table 5: 10 ms beside 141 ms",
        ("convolutions ms", "RPN layers ms"),
        lambda of: f"{of['RPN layers ms']:.1f} ms beside {of['convolutions ms']:.1f} ms",
        lambda of: of["RPN layers ms"] <= NEARLY_NOTHING * of["convolutions ms"],
    ),
    Claim(
        "proposals",
        "with fewer proposals the recall of Selective Search drops more quickly than that of the RPN",
        "figure 4",
        ("Selective Search recall@1000", "RPN recall@1000"),
        lambda of: ", ".join(f"{points(lost(of, method)):.1f}" for method in METHODS[::-1]) + " from 1000 to 300",
        lambda of: lost(of, "Selective Search") > lost(of, "RPN"),
    ),
    Claim(
        "counts",
        "300 proposals are as good as 1000",
        "table 10: mAP 69.9, 69.8",
        ("AP50@300", "AP50@1000"),
        lambda of: f"{points(of['AP50@300']):.1f}, {points(of['AP50@1000']):.1f}",
        lambda of: of["AP50@1000"] - of["AP50@300"] <= AS_GOOD,
    ),
    Claim(
        "anchors",
        "one anchor shape is clearly worse than nine",
        "table 8: mAP 65.8 to 66.7, 69.9",
        ("one AP50", "nine AP50"),
        lambda of: f"{points(of['one AP50']):.1f}, {points(of['nine AP50']):.1f}",
        lambda of: of["nine AP50"] - of["one AP50"] >= CLEARLY,
    ),
    Claim(
        "sharing",
        "features that both stages share are better than those of two networks",
        "tables 2 and 3: mAP 59.9, 58.7 (ZF); 69.9, 68.5 (VGG-16)",
        ("shared AP50", "unshared AP50"),
        lambda of: f"{points(of['shared AP50']):.1f}, {points(of['unshared AP50']):.1f}",
        lambda of: of["shared AP50"] > of["unshared AP50"],
    ),
)


def points(share: float) -> float:
    """Return a share of one in points of a hundred."""
    return 100 * share


def lost(of: Figures, method: str) -> float:
    """Return the recall at IoU 0.5 that `method` loses from 1000 proposals to 300."""
    return of[f"{method} recall@1000"] - of[f"{method} recall@300"]


def report(cells: Sequence[Cell]) -> Iterator[str]:
    """Yield the lines: recall and time of the proposals, the claims with their figures, a sentence for each claim."""
    yield from recall_table(cells)
    sets = values(cells, "set")
    claims = judged(cells)
    if claims:
        seeds = values(cells, "seed")
        yield f"| the paper | its figures | {' | '.join(sets)} |"
        yield "| --- |" + " --- |" * (1 + len(sets))
        yield from (f"| {one.claim.words} | {one.claim.paper} | {' | '.join(map(one.shown, sets))} |" for one in claims)
        yield ""
        yield f"{one_or_more(len(seeds), 'seed')}, {listed([str(views) for views in values(cells, 'views')])} views."
    yield from (f"- {one.sentence}" for one in claims)


class Judged(NamedTuple):
    """A claim and the figures of each set that has them."""

    claim: Claim
    figures: dict[str, Figures]

    def shown(self, name: str) -> str:
        """Return the figures of a set as the table has them, empty where there are none."""
        return self.claim.shown(self.figures[name]) if name in self.figures else ""

    def holds(self, name: str) -> bool | None:
        """Return whether the claim holds on a set, or None where a detector learnt too little to tell."""
        of = self.figures[name]
        precisions = [of[key] for key in self.claim.wanted if "AP50" in key]
        return self.claim.holds(of) if not precisions or max(precisions) >= LEARNT else None

    @property
    def sentence(self) -> str:
        """Where the claim holds, where it does not, and where that is not decided."""
        verbs = {True: "holds on", False: "does not hold on", None: "is not decided, for want of training, on"}
        by_verdict = {verdict: [name for name in self.figures if self.holds(name) is verdict] for verdict in verbs}
        said = [f"{verbs[verdict]} {listed(names)}" for verdict, names in by_verdict.items() if names]
        return f"{self.claim.words[0].upper()}{self.claim.words[1:]}: {'; '.join(said)}."


def judged(cells: Sequence[Cell]) -> list[Judged]:
    """Return the claims that the cells say something about."""
    found = []
    for claim in CLAIMS:
        by_set = {name: mean_figures(cells, claim.part, name) for name in values(cells, "set")}
        by_set = {name: of for name, of in by_set.items() if all(key in of for key in claim.wanted)}
        if by_set:
            found.append(Judged(claim, by_set))
    return found


def recall_table(cells: Sequence[Cell]) -> Iterator[str]:
    """Yield the table of what each method proposes on each set."""
    rows = []
    for name in values(cells, "set"):
        of = mean_figures(cells, "proposals", name)
        for method in (method for method in METHODS if f"{method} ms" in of):
            found = [f"{of[f'{method} {kind}@{limit}']:.3f}" for kind in ("recall", "AR") for limit in LIMITS]
            rows.append(f"| {name}, {method} | {of[f'{method} ms']:.0f} | {' | '.join(found)} |")
    if rows:
        heads = [f"{kind}@{limit}" for kind in ("recall", "AR") for limit in LIMITS]
        yield f"| proposals | ms per image | {' | '.join(heads)} |"
        yield "| --- |" + " ---: |" * (1 + len(heads))
        yield from rows
        yield ""


def mean_figures(cells: Sequence[Cell], part: str, name: str) -> Figures:
    """Return the figures of a part and a set, means over the seeds; empty where there is no cell."""
    mine = [cell["figures"] for cell in cells if (cell["part"], cell["set"]) == (part, name)]
    keys = set.intersection(*map(set, mine)) if mine else set()
    return {key: statistics.fmean(figures[key] for figures in mine) for key in sorted(keys)}


def values(cells: Sequence[Cell], key: str) -> list[Any]:
    """Return the values of `key`, each once, as they come."""
    return list(dict.fromkeys(cell[key] for cell in cells))


def listed(names: Sequence[str]) -> str:
    """Return names as a sentence has them."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def one_or_more(number: int, noun: str) -> str:
    """Return a number with its noun."""
    return f"{number} {noun}{'s' * (number != 1)}"
