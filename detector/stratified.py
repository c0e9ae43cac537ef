"""Groups of images dealt out to parts of a dataset, each with its share of every category. No torch.

Iterative stratification: Sechidis, Tsoumakas and Vlahavas, "On the stratification of multi-label data", ECML PKDD 2011,
with groups in the place of single examples. Shapes: G groups, P parts, K categories.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from detector.near_copies import chance

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray


def deal_out(
    sizes: ArrayLike, shown: ArrayLike, shares: Sequence[float], names: Sequence[str], seed: int = 0
) -> list[int]:
    """Return (G,) the part, from 0 on, that each group goes to; the same for the same arguments, in whatever order.

    `sizes` (G,) is the number of images of a group, `shown` (G, K) how many of them show a category, `shares` (P,) the
    part of all images that each part is to have. The rarest category is dealt out first, its largest groups before the
    small ones, each to the part that lacks most of it; groups without a category come last. `names` (G,), which differ,
    and `seed` decide where nothing else does.
    """
    numbers = np.asarray(sizes, dtype=np.float64)  # (G,)
    of_category = np.asarray(shown, dtype=np.float64)  # (G, K)
    portions = np.asarray(shares, dtype=np.float64) / max(sum(shares), 1e-12)  # (P,)
    lacking = portions * numbers.sum()  # (P,)
    lacking_of = portions[:, None] * of_category.sum(axis=0)  # (P, K)
    luck = np.array([chance(f"{seed} {name}") for name in names])  # (G,)
    part_of = np.full(len(numbers), -1)
    waiting = of_category.copy()
    while (left := np.where((rest := waiting.sum(axis=0)) > 0, rest, np.inf)).min(initial=np.inf) < np.inf:
        category = int(left.argmin())
        members = np.flatnonzero(waiting[:, category])
        for group in members[np.lexsort((luck[members], -waiting[members, category]))]:
            part = _neediest(lacking_of[:, category], lacking, portions, f"{seed} {names[group]}")
            part_of[group] = part
            lacking[part] -= numbers[group]
            lacking_of[part] -= of_category[group]
        waiting[members] = 0
    alone = np.flatnonzero(part_of < 0)
    for group in alone[np.lexsort((luck[alone], -numbers[alone]))]:
        part = _neediest(lacking, lacking, portions, f"{seed} {names[group]}")
        part_of[group] = part
        lacking[part] -= numbers[group]
    return [int(part) for part in part_of]


def _neediest(
    lacking_of: NDArray[np.float64], lacking: NDArray[np.float64], portions: NDArray[np.float64], text: str
) -> int:
    """Return the part that lacks most of a category; of equals the one that lacks most images, then by chance."""
    open_ = np.where(portions > 0, lacking_of, -np.inf)
    equals = np.flatnonzero(open_ >= open_.max() - 1e-9)
    equals = equals[lacking[equals] >= lacking[equals].max() - 1e-9]
    return int(equals[int(chance(f"part {text}") * len(equals))])
