from __future__ import annotations

import threading

import pytest

from detector.reading_ahead import READ_AHEAD, ReadAhead, in_order


class Reader:
    """Reads `bytes` of a length; records what it reads, and waits for `allowed` where it is gated."""

    def __init__(self, *, gated: bool = False) -> None:
        self.read: list[int] = []
        self.threads: set[int] = set()
        self.allowed = threading.Semaphore(0 if gated else 10_000)
        self.changed = threading.Condition()

    def __call__(self, number: int) -> bytes:
        with self.changed:
            self.read.append(number)
            self.threads.add(threading.get_ident())
            self.changed.notify_all()
        assert self.allowed.acquire(timeout=30)
        if number < 0:
            raise ValueError(f"{number} cannot be read")
        return bytes(number)

    def wait_for(self, count: int) -> list[int]:
        with self.changed:
            assert self.changed.wait_for(lambda: len(self.read) >= count, 30)
            return list(self.read)


@pytest.fixture
def reader():
    return Reader()


def settled(ahead: ReadAhead[int, bytes]) -> None:
    """Wait until nothing is under way: each result begins the next when it is there."""
    while under_way := [future for future in ahead._begun.values() if not future.done()]:
        for future in under_way:
            future.exception(timeout=30)
    with ahead._lock:
        pass  # the last to be done has begun what there was room for


def test_that_what_is_wanted_is_read_before_it_is_taken_each_once(reader):
    ahead = ReadAhead(reader, len, threads=1)
    ahead.want([3, 1, 2])
    assert reader.wait_for(3) == [3, 1, 2]
    assert [ahead.take(number) for number in (3, 1, 2)] == [bytes(3), bytes(1), bytes(2)]
    assert reader.read == [3, 1, 2]
    assert threading.get_ident() not in reader.threads
    ahead.close()


def test_that_what_was_not_wanted_is_read_by_whoever_takes_it(reader):
    ahead = ReadAhead(reader, len)
    assert ahead.take(5) == bytes(5)
    assert reader.threads == {threading.get_ident()}
    ahead.close()


def test_that_bytes_ahead_are_bounded(reader):
    ahead = ReadAhead(reader, len, threads=2, most_bytes=1000)
    ahead.want(range(300, 320))
    settled(ahead)
    most = []
    for number in range(300, 320):
        most.append(ahead.bytes)
        assert len(ahead.take(number)) == number
        settled(ahead)
    assert 600 < max(most) <= 1000
    assert sorted(reader.read) == list(range(300, 320))
    ahead.close()


def test_that_images_larger_than_the_bound_are_read_one_at_a_time(reader):
    ahead = ReadAhead(reader, len, threads=4, most_bytes=100)
    ahead.want([500, 501, 502])
    settled(ahead)
    assert reader.read == [500]
    assert ahead.take(500) == bytes(500)
    assert reader.wait_for(2) == [500, 501]
    ahead.close()


def test_that_nothing_more_is_begun_of_what_is_not_wanted_any_more():
    reader = Reader(gated=True)
    ahead = ReadAhead(reader, len, threads=1)
    ahead.want([1, 2, 3])
    reader.wait_for(1)
    ahead.want([9])
    reader.allowed.release(5)
    assert ahead.take(9) == bytes(9)
    assert reader.read == [1, 9]
    assert ahead.bytes == 0
    ahead.close()


def test_that_an_error_of_reading_comes_when_it_is_taken(reader):
    ahead = ReadAhead(reader, len)
    ahead.want([-1, 4])
    settled(ahead)
    assert ahead.peek(-1) is None
    with pytest.raises(ValueError, match="-1 cannot be read"):
        ahead.take(-1)
    assert ahead.take(4) == bytes(4)
    ahead.close()


def test_that_peeking_shows_what_is_read_and_leaves_it():
    reader = Reader(gated=True)
    ahead = ReadAhead(reader, len)
    ahead.want([4])
    assert ahead.peek(4) is None
    reader.allowed.release()
    settled(ahead)
    assert ahead.peek(4) == ahead.take(4) == bytes(4)
    assert ahead.peek(4) is None
    ahead.close()


def test_that_closing_leaves_no_thread(reader):
    before = threading.active_count()
    ahead = ReadAhead(reader, len)
    ahead.want(range(10))
    ahead.take(0)
    ahead.close()
    ahead.close()
    assert threading.active_count() == before


def test_that_everything_comes_in_order_and_is_read_once(reader):
    assert [len(one) for one in in_order(reader, range(200), len)] == list(range(200))
    assert sorted(reader.read) == list(range(200))


def test_that_reading_in_order_stays_a_few_ahead_and_ends_with_the_generator():
    before, reader = threading.active_count(), Reader()
    results = in_order(reader, range(1000), len)
    next(results)
    results.close()
    assert len(reader.read) <= READ_AHEAD + 1
    assert threading.active_count() == before


def test_that_an_error_comes_in_its_turn(reader):
    results = in_order(reader, [1, -1], len)
    assert next(results) == bytes(1)
    with pytest.raises(ValueError, match="cannot be read"):
        next(results)
