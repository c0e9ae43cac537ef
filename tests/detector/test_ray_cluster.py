"""What workers a cluster has room for, and clusters that are not there, or not for us. This starts no cluster."""

from __future__ import annotations

import os
import socket
import sys

import pytest

from detector.ray_cluster import Pool, Wish, joined, machines_of, pool_of
from detector.types import DetectorError

MANY = 10_000


@pytest.mark.parametrize(
    ("machines", "wish", "threads", "pool"),
    [
        ([(2, 0)], Wish(), 2, Pool(2, 1, 0)),  # two workers to the cores that their threads fill
        ([(2, 0)], Wish(), 1, Pool(2, 1, 0)),
        ([(64, 0)], Wish(), 64, Pool(2, 32, 0)),
        ([(64, 0), (64, 0)], Wish(), 2, Pool(128, 1, 0)),
        ([(1, 0), (1, 0)], Wish(), 8, Pool(2, 1, 0)),
        ([(4, 0), (2, 0)], Wish(workers=2), 4, Pool(2, 2, 0)),  # three each is half of all, and would not fit
        ([(8, 0)], Wish(workers=3), 8, Pool(3, 2, 0)),
        ([(1, 0)], Wish(workers=4), 1, Pool(4, 0.25, 0)),
        ([(16, 4)], Wish(), 16, Pool(4, 4, 1)),
        ([(16, 4)], Wish(gpus=0.5), 16, Pool(8, 2, 0.5)),
        ([(16, 1), (16, 1)], Wish(gpus=0.4), 16, Pool(4, 8, 0.4)),  # two on each: a worker is on one GPU
        ([(16, 1), (64, 0)], Wish(), 16, Pool(1, 16, 1)),
        ([(16, 1)], Wish(gpus=0), 16, Pool(2, 8, 0)),
        ([(16, 1)], Wish(workers=5), 16, Pool(1, 16, 1)),  # GPUs are not shared unless asked for
        ([(0, 0), (2, 0)], Wish(), 2, Pool(2, 1, 0)),
    ],
)
def test_that_all_workers_of_a_pool_find_room(
    machines: list[tuple[float, float]], wish: Wish, threads: int, pool: Pool
) -> None:
    found = pool_of(machines, wish, threads, MANY)
    assert found == pool
    room = [min(int(cpus / pool.cpus), int(gpus / pool.gpus) if pool.gpus else MANY) for cpus, gpus in machines]
    assert sum(room) >= pool.workers


def test_that_there_are_no_more_workers_than_shards() -> None:
    assert pool_of([(64, 0)], Wish(), 2, 3) == Pool(3, 21, 0)


@pytest.mark.parametrize(
    ("machines", "wish"), [([], Wish()), ([(0, 0)], Wish()), ([(4, 0)], Wish(gpus=0.5)), ([(0, 1)], Wish())]
)
def test_that_a_cluster_with_too_little_is_a_sentence(machines: list[tuple[float, float]], wish: Wish) -> None:
    with pytest.raises(DetectorError, match="too little for a worker"):
        pool_of(machines, wish, 2, MANY)


def test_that_machines_that_have_left_do_not_count() -> None:
    said = [
        {"Alive": True, "Resources": {"CPU": 4.0, "GPU": 1.0, "memory": 5e9}},
        {"Alive": False, "Resources": {}},
        {"Alive": True, "Resources": {"CPU": 2.0}},
    ]
    assert machines_of(said) == [(4.0, 1.0), (2.0, 0.0)]


def test_that_nobody_at_an_address_is_a_sentence_at_once() -> None:
    pytest.importorskip("ray.data", reason="the extra `ray` is not installed")
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with (
        pytest.raises(DetectorError, match=r"There is no Ray cluster at .*start one with"),
        joined(f"127.0.0.1:{port}"),
    ):
        pass


@pytest.mark.parametrize(
    ("kind", "words", "sentence"),
    [
        pytest.param(
            "AuthenticationError",
            "Token authentication is enabled but no token was found",
            r"wants a token, .* set RAY_AUTH_MODE=token, and RAY_AUTH_TOKEN",
            id="it wants a token",
        ),
        pytest.param(
            "RpcError",
            "the connection was lost",
            r"There is no Ray cluster at 'auto'.*the connection was lost",
            id="it breaks off",
        ),
    ],
)
def test_that_a_cluster_that_cannot_be_joined_is_a_sentence(
    kind: str, words: str, sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ray = pytest.importorskip("ray", reason="the extra `ray` is not installed")
    pytest.importorskip("ray.data", reason="the extra `ray` is not installed")

    def refuse(**_: object) -> None:
        raise getattr(ray.exceptions, kind)(words)

    monkeypatch.setattr(ray, "init", refuse)
    with pytest.raises(DetectorError, match=sentence), joined("auto"):
        pass


@pytest.mark.parametrize("before", [None, "disabled"])
def test_that_the_environment_is_as_it_was_when_a_cluster_of_our_own_is_left(
    before: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("RAY_AUTH_MODE", raising=False)
    if before:
        monkeypatch.setenv("RAY_AUTH_MODE", before)
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(DetectorError, match="not installed"), joined(None):
        pass
    assert os.environ.get("RAY_AUTH_MODE") == before
    assert "RAY_AUTH_TOKEN" not in os.environ
