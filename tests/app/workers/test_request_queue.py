from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from app.workers.messages import DetectRequest, Priority
from app.workers.request_queue import RequestQueue

ON_SCREEN, NEIGHBOUR, FOLDER = Priority


def request(request_id: int, image_id: int, priority: Priority) -> DetectRequest:
    return DetectRequest(request_id, image_id, Path(f"{image_id}.jpg"), priority)


def filled(*images: tuple[int, Priority]) -> RequestQueue:
    queue = RequestQueue()
    for request_id, (image_id, priority) in enumerate(images, start=1):
        queue.put(request(request_id, image_id, priority))
    return queue


def drain(queue: RequestQueue) -> list[tuple[int, Priority]]:
    """Take everything: (image id, priority it was served with)."""
    return [(taken.image_id, taken.priority) for taken in iter(queue.take, None)]


def image_ids(requests: tuple[DetectRequest, ...]) -> list[int]:
    return [left.image_id for left in requests]


def test_that_an_empty_queue_gives_nothing() -> None:
    assert RequestQueue().take() is None


def test_that_the_image_on_screen_overtakes_neighbours_and_neighbours_overtake_the_folder() -> None:
    queue = filled((1, FOLDER), (2, NEIGHBOUR), (3, ON_SCREEN))
    assert drain(queue) == [(3, ON_SCREEN), (2, NEIGHBOUR), (1, FOLDER)]


def test_that_neighbours_and_folder_are_first_come_first_served() -> None:
    queue = filled((5, FOLDER), (4, FOLDER), (3, NEIGHBOUR), (2, NEIGHBOUR))
    assert drain(queue) == [(3, NEIGHBOUR), (2, NEIGHBOUR), (5, FOLDER), (4, FOLDER)]


def test_that_a_newer_image_on_screen_supersedes_the_older_one() -> None:
    queue = filled((1, ON_SCREEN))
    assert image_ids(queue.put(request(2, 2, ON_SCREEN))) == [1]
    assert drain(queue) == [(2, ON_SCREEN)]


def test_that_a_superseded_image_on_screen_keeps_its_place_in_the_folder() -> None:
    queue = filled((1, FOLDER), (2, FOLDER))
    queue.promote(2, ON_SCREEN)
    assert queue.promote(1, ON_SCREEN) == ()
    assert drain(queue) == [(1, ON_SCREEN), (2, FOLDER)]


def test_that_asking_again_at_a_higher_priority_promotes_and_does_not_double() -> None:
    queue = filled((1, FOLDER), (2, FOLDER))
    assert [left.id for left in queue.put(request(9, 2, ON_SCREEN))] == [2]
    assert len(queue) == 2
    assert drain(queue) == [(2, ON_SCREEN), (1, FOLDER)]


def test_that_asking_again_at_a_lower_priority_does_not_demote() -> None:
    queue = filled((1, ON_SCREEN), (2, NEIGHBOUR))
    queue.put(request(3, 1, FOLDER))
    assert drain(queue) == [(1, ON_SCREEN), (2, NEIGHBOUR)]


def test_that_the_newest_request_of_an_image_is_the_one_served() -> None:
    queue = filled((1, FOLDER), (1, FOLDER))
    taken = queue.take()
    assert taken is not None
    assert taken.id == 2


def test_that_promoting_an_image_under_way_does_not_queue_it_again() -> None:
    queue = filled((1, ON_SCREEN), (2, FOLDER))
    queue.take()
    assert queue.promote(1, ON_SCREEN) == ()
    assert drain(queue) == [(2, FOLDER)]


def test_that_going_back_to_an_image_under_way_supersedes_the_one_on_screen() -> None:
    queue = filled((1, ON_SCREEN))
    queue.take()
    queue.put(request(2, 2, ON_SCREEN))
    assert image_ids(queue.promote(1, ON_SCREEN)) == [2]
    assert queue.take() is None


def test_that_clearing_a_line_leaves_images_that_stand_in_another() -> None:
    queue = filled((1, NEIGHBOUR), (2, NEIGHBOUR))
    queue.promote(1, ON_SCREEN)
    assert image_ids(queue.clear(NEIGHBOUR)) == [2]
    assert drain(queue) == [(1, ON_SCREEN)]


def test_that_dropped_images_leave_every_line_and_unknown_ones_are_ignored() -> None:
    queue = filled((1, FOLDER), (2, FOLDER))
    queue.promote(1, NEIGHBOUR)
    assert image_ids(queue.drop([1, 1, 7])) == [1]
    assert drain(queue) == [(2, FOLDER)]


def test_that_a_closed_queue_gives_back_what_it_had_and_what_it_gets() -> None:
    queue = filled((1, FOLDER), (2, ON_SCREEN))
    assert not RequestQueue().closed
    assert image_ids(queue.close()) == [1, 2]
    late = request(3, 3, ON_SCREEN)
    assert queue.put(late) == (late,)
    assert queue.promote(3, ON_SCREEN) == ()
    assert queue.closed
    assert queue.close() == ()
    assert queue.take() is None


class NaiveQueue:
    """The twin: a flat list of (priority, image id) in order of arrival, searched from the start each time."""

    def __init__(self) -> None:
        self.places: list[tuple[Priority, int]] = []

    def line_up(self, image_id: int, priority: Priority) -> None:
        if priority is ON_SCREEN:
            self.places = [place for place in self.places if place[0] is not ON_SCREEN]
        if (priority, image_id) not in self.places:
            self.places.append((priority, image_id))

    def promote(self, image_id: int, priority: Priority) -> None:
        if any(image == image_id for _, image in self.places):
            self.line_up(image_id, priority)
        elif priority is ON_SCREEN:
            self.clear(ON_SCREEN)

    def drop(self, image_id: int) -> None:
        self.places = [place for place in self.places if place[1] != image_id]

    def clear(self, priority: Priority) -> None:
        self.places = [place for place in self.places if place[0] is not priority]

    def take(self) -> tuple[int, Priority] | None:
        if not self.places:
            return None
        priority, image_id = min(self.places, key=lambda place: place[0])
        self.drop(image_id)
        return image_id, priority


ACTIONS = st.lists(
    st.tuples(
        st.sampled_from(["put", "promote", "take", "drop", "clear"]), st.integers(1, 5), st.sampled_from(Priority)
    ),
    max_size=40,
)


@given(ACTIONS)
def test_that_the_queue_equals_its_twin_and_each_request_comes_out_once(
    actions: list[tuple[str, int, Priority]],
) -> None:
    queue, twin = RequestQueue(), NaiveQueue()
    put: list[DetectRequest] = []
    out: list[DetectRequest] = []
    for action, image_id, priority in actions:
        if action == "put":
            put.append(request(len(put), image_id, priority))
            out += queue.put(put[-1])
            twin.line_up(image_id, priority)
        elif action == "promote":
            out += queue.promote(image_id, priority)
            twin.promote(image_id, priority)
        elif action == "drop":
            out += queue.drop([image_id])
            twin.drop(image_id)
        elif action == "clear":
            out += queue.clear(priority)
            twin.clear(priority)
        else:
            taken = queue.take()
            assert (None if taken is None else (taken.image_id, taken.priority)) == twin.take()
            out += [] if taken is None else [replace(taken, priority=put[taken.id].priority)]
        assert len(queue) == len({image for _, image in twin.places})
    rest = iter(twin.take, None)
    for taken, expected in zip(iter(queue.take, None), rest, strict=True):
        assert (taken.image_id, taken.priority) == expected
        out.append(replace(taken, priority=put[taken.id].priority))
    assert sorted(left.id for left in out) == [made.id for made in put]
    assert all(left == put[left.id] for left in out)


def test_that_no_request_is_lost_or_doubled_between_threads() -> None:
    queue, taken, all_put = RequestQueue(), [], threading.Event()

    def take_all() -> None:
        while not (all_put.is_set() and len(queue) == 0):
            request = queue.take()
            if request is not None:
                taken.append(request.id)

    taker = threading.Thread(target=take_all)
    taker.start()
    unserved = [left.id for i in range(3000) for left in queue.put(request(i, i % 50, Priority(i % 3)))]
    all_put.set()
    taker.join()
    assert sorted(taken + unserved) == list(range(3000))


def test_that_the_folder_shows_what_comes_next_and_keeps_it() -> None:
    queue = filled((4, FOLDER), (1, NEIGHBOUR), (3, FOLDER), (2, ON_SCREEN), (5, FOLDER))
    assert image_ids(queue.upcoming(2)) == [4, 3]
    assert image_ids(queue.upcoming(9)) == [4, 3, 5]
    queue.hold(held=True)
    assert queue.upcoming(9) == ()
    queue.hold(held=False)
    queue.promote(3, ON_SCREEN)
    assert drain(queue)[0] == (3, ON_SCREEN)
    assert queue.upcoming(9) == ()


def test_that_a_request_that_could_not_be_served_goes_before_the_others_of_its_line() -> None:
    queue = filled((1, Priority.FOLDER), (2, Priority.FOLDER), (3, Priority.NEIGHBOUR))
    neighbour, first = queue.take(), queue.take()
    assert (neighbour.image_id, first.image_id) == (3, 1)
    queue.put_back(first)
    queue.put_back(neighbour)
    assert [image_id for image_id, _ in drain(queue)] == [3, 1, 2]


def test_that_a_newer_request_of_an_image_is_not_replaced_by_one_that_comes_back() -> None:
    queue = filled((1, Priority.NEIGHBOUR))
    older = queue.take()
    newer = request(77, 1, Priority.FOLDER)
    queue.put(newer)
    queue.put_back(older)
    assert queue.take() == newer
    assert len(queue) == 0


def test_that_the_image_on_screen_keeps_its_place_where_another_comes_back() -> None:
    queue = filled((1, Priority.ON_SCREEN))
    older = queue.take()
    queue.put_back(older)
    assert drain(queue) == [(1, Priority.ON_SCREEN)]
    queue.put(request(78, 2, Priority.ON_SCREEN))
    queue.put_back(older)
    assert drain(queue) == [(2, Priority.ON_SCREEN), (1, Priority.NEIGHBOUR)]


def test_that_an_image_that_came_on_screen_while_it_was_served_comes_back_to_that_place() -> None:
    queue = filled((1, Priority.FOLDER), (2, Priority.FOLDER))
    under_way = queue.take()
    queue.promote(1, Priority.ON_SCREEN)
    queue.hold(held=True)
    queue.put_back(under_way)
    assert queue.take() == replace(under_way, priority=Priority.ON_SCREEN)
    queue.clear(Priority.ON_SCREEN)  # another image, which has its prediction
    queue.put_back(under_way)
    assert queue.take() is None
    queue.hold(held=False)
    assert drain(queue) == [(1, Priority.FOLDER), (2, Priority.FOLDER)]


def test_that_what_is_being_served_is_as_urgent_as_its_image_is_by_now() -> None:
    queue = filled((1, FOLDER), (2, NEIGHBOUR))
    taken = {one.image_id: one for one in iter(queue.take, None)}
    assert [queue.urgency(taken[image_id]) for image_id in (1, 2)] == [FOLDER, NEIGHBOUR]
    assert queue.promote(1, ON_SCREEN) == ()
    assert [queue.urgency(taken[image_id]) for image_id in (1, 2)] == [ON_SCREEN, NEIGHBOUR]
    assert queue.promote(2, ON_SCREEN) == ()
    assert [queue.urgency(taken[image_id]) for image_id in (1, 2)] == [FOLDER, ON_SCREEN]


def test_that_nothing_comes_back_to_a_closed_queue() -> None:
    queue = filled((1, Priority.FOLDER))
    older = queue.take()
    queue.close()
    queue.put_back(older)
    assert len(queue) == 0
