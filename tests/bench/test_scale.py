"""The arithmetic of `bench.scale`: what follows from the costs of one image for many, on many nodes."""

from __future__ import annotations

import pytest

from bench.scale import Costs, Projection, largest_list, lists_needed, nodes_worth, project

COSTS = Costs(listed=0.001, worked=0.1, kept=0.002, joined=0.003, start=10, size=100_000, held=1000)
"""A node does ten images a second, and the driver keeps five hundred."""


def test_that_a_run_is_its_start_its_listing_its_work_and_its_joining() -> None:
    assert project(COSTS, 1000, 1).seconds == pytest.approx(10 + 1 + 100 + 3)
    assert project(COSTS, 1000, 2).seconds == pytest.approx(10 + 1 + 50 + 3)


@pytest.mark.parametrize(
    ("costs", "images", "nodes", "storage", "bottleneck"),
    [
        (COSTS, 1000, 1, 1e9, "the workers"),
        (COSTS, 10, 1, 1e9, "the start"),
        (COSTS, 10**6, 1000, 1e9, "the driver, joining"),
        (COSTS._replace(joined=0.0), 10**6, 1000, 1e9, "the driver, keeping rows"),
        (COSTS._replace(listed=1.0), 10**6, 1, 1e9, "the driver, listing"),
        (COSTS, 10**6, 100, 1e6, "the storage"),
    ],
)
def test_that_what_most_of_the_time_waits_for_is_named(
    costs: Costs, images: int, nodes: int, storage: float, bottleneck: str
) -> None:
    assert project(costs, images, nodes, storage).bottleneck == bottleneck


def test_that_no_images_take_the_start_alone() -> None:
    assert project(COSTS, 0, 5) == Projection(10, "the start")


def test_that_more_nodes_than_are_worth_it_change_nothing() -> None:
    enough = nodes_worth(COSTS)
    assert enough == 50
    assert project(COSTS, 10**6, enough).seconds == pytest.approx(project(COSTS, 10**6, 10 * enough).seconds)
    assert project(COSTS, 10**6, enough - 1).seconds > project(COSTS, 10**6, enough).seconds
    assert nodes_worth(COSTS, storage=1e6) == 1


def test_that_the_memory_of_the_driver_bounds_its_list() -> None:
    assert largest_list(COSTS, 64e9) == 64_000_000
    assert lists_needed(COSTS, 10**6, 64e9) == 1
    assert lists_needed(COSTS, 64_000_000, 64e9) == 1
    assert lists_needed(COSTS, 10**9, 64e9) == 16
    assert lists_needed(COSTS, 0) == 1
