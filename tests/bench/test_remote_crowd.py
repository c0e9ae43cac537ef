"""What the bench of a remote detector counts: images that are lost, and half requests that are under way."""

from __future__ import annotations

import socket
import threading

import numpy as np
import pytest

from bench import remote_detection
from bench.remote_detection import CLIENTS, HALVES, Harm, Served
from detector.types import AwayError

IMAGE = np.zeros((4, 5, 3), dtype=np.uint8)


class Sometimes:
    """A detector that loses one image in five."""

    def __init__(self) -> None:
        self.asked = 0

    def predict(self, _image) -> None:
        self.asked += 1
        if self.asked % 5 == 0:
            raise AwayError("The detector does not answer.")

    def close(self) -> None:
        pass


def test_that_images_that_are_lost_are_counted(monkeypatch, capsys):
    monkeypatch.setattr(Served, "open", lambda _: Sometimes())
    crowd = remote_detection._crowd(Served(0, ""), IMAGE, 10)
    assert crowd.lost == 2 * CLIENTS
    assert capsys.readouterr().err.count("lost: The detector does not answer.") == crowd.lost


def test_that_a_crowd_of_which_nothing_is_left_has_no_figures(monkeypatch):
    def refuse(_self, _image) -> None:
        raise AwayError("The detector does not answer.")

    monkeypatch.setattr(Sometimes, "predict", refuse)
    monkeypatch.setattr(Served, "open", lambda _: Sometimes())
    with pytest.raises(SystemExit, match="All 30 images were lost"):
        remote_detection._crowd(Served(0, ""), IMAGE, 3)


def test_that_half_requests_that_are_given_up_are_begun_anew_as_they_were():
    over, done = threading.Event(), Harm()
    waiting, ended = [], 0
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(30)
        port = server.getsockname()[1]
        thread = threading.Thread(target=remote_detection._hold, args=(port, b"POST", over, done))
        thread.start()
        try:
            while ended < 4 * HALVES:
                one, _ = server.accept()
                if b"x" in one.recv(64):  # as a `serve` does, it gives up those that stop within their body
                    one.close()
                    ended += 1
                else:
                    waiting.append(one)
        finally:
            over.set()
            thread.join()
            for one in waiting:
                one.close()
    assert len(waiting) == HALVES // 2
    assert done.halves >= 4 * HALVES
