from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

import pytest

from detector.remote_address import place_of
from detector.remote_places import (
    forget_remote,
    is_lent,
    keep_remote,
    kept_remote,
    kept_remotes,
    remotes_folder,
    require_local,
    settle_token,
)
from detector.types import DetectorError

TOKEN = "a-token-for-tests-only"


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "settings"))


def test_that_all_that_were_kept_are_listed():
    assert kept_remotes() == ()
    kept = [keep_remote(place_of(url), TOKEN) for url in ("http://127.0.0.1:9", "http://127.0.0.1:10")]
    (remotes_folder() / "notes.txt").write_text("something else")
    assert kept_remotes() == tuple(sorted(kept))


@pytest.mark.parametrize("url", ["http://127.0.0.1:8645", "https://gpu.example:443", "http://[::1]:9000"])
def test_that_a_place_is_kept_for_its_owner_alone(url):
    path = keep_remote(place_of(url), "an-older-token-for-tests")
    assert keep_remote(place_of(url), TOKEN) == path
    assert is_lent(path)
    assert kept_remote(path) == (place_of(url), TOKEN)
    if os.name == "posix":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [one.name for one in remotes_folder().iterdir()] == [path.name]


def test_that_one_that_came_with_images_is_not_taken(tmp_path):
    stranger = tmp_path / "images" / "model.remote"
    stranger.parent.mkdir()
    stranger.write_bytes(keep_remote(place_of("http://127.0.0.1:8645"), TOKEN).read_bytes())
    with pytest.raises(DetectorError, match="none of your own"):
        kept_remote(stranger)


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b'{"url": "http://127.0.0.1", "token": "short"}', b"[" * 9000])
def test_that_a_damaged_one_is_a_sentence(content):
    path = keep_remote(place_of("http://127.0.0.1:8645"), TOKEN)
    path.write_bytes(content)
    with pytest.raises(DetectorError, match=r"damaged|has no token"):
        kept_remote(path)
    path.unlink()
    with pytest.raises(DetectorError, match="cannot be read"):
        kept_remote(path)


def test_that_nothing_is_trained_from_a_model_that_is_elsewhere(tmp_path):
    require_local(None)
    require_local(tmp_path / "model.safetensors")
    with pytest.raises(DetectorError, match="training needs a model on this one"):
        require_local(keep_remote(place_of("http://127.0.0.1:8645"), TOKEN))


HERE = "http://127.0.0.1:8645"
GOOD = "the-token-that-was-answered"


def test_that_a_new_token_takes_the_place_of_the_old_one_once_it_was_answered():
    path = keep_remote(place_of(HERE), GOOD)
    settle_token(path, GOOD, is_good=True)
    assert keep_remote(place_of(HERE), "mistyped-mistyped") == path
    assert kept_remote(path)[1] == "mistyped-mistyped", "it is tried"
    keep_remote(place_of(HERE), "mistyped-once-more")
    settle_token(path, "mistyped-mistyped", is_good=True)
    assert kept_remote(path)[1] == "mistyped-once-more", "what another has typed meanwhile is not settled"
    settle_token(path, "mistyped-once-more", is_good=False)
    assert kept_remote(path)[1] == GOOD
    keep_remote(place_of(HERE), TOKEN)
    settle_token(path, TOKEN, is_good=True)
    assert kept_remote(path)[1] == TOKEN
    assert GOOD not in path.read_text()
    settle_token(path, TOKEN, is_good=False)
    assert kept_remote(path)[1] == TOKEN, "one that was answered stays: the detector may be started with it again"


def test_that_a_detector_whose_only_token_is_refused_is_not_kept():
    path = keep_remote(place_of(HERE), TOKEN)
    settle_token(path, TOKEN, is_good=False)
    assert kept_remotes() == ()


def test_that_the_old_token_stays_and_none_lies_about_where_the_new_one_cannot_be_kept(monkeypatch):
    path = keep_remote(place_of(HERE), TOKEN)

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(DetectorError, match=r"cannot be kept at .*: No space left"):
        keep_remote(place_of(HERE), GOOD)
    assert [one.name for one in remotes_folder().iterdir()] == [path.name]
    assert kept_remote(path)[1] == TOKEN


def test_that_a_detector_is_forgotten_and_no_file_of_anybody_else(tmp_path):
    path = keep_remote(place_of(HERE), TOKEN)
    forget_remote(path)
    forget_remote(path)
    assert kept_remotes() == ()
    stranger = tmp_path / "model.remote"
    stranger.write_text("{}")
    with pytest.raises(DetectorError, match="none of your own"):
        forget_remote(stranger)
    assert stranger.exists()
