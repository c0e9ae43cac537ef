from __future__ import annotations

import os
import stat

import pytest

from detector.remote_address import place_of
from detector.remote_places import (
    is_remote,
    keep_remote,
    kept_remote,
    kept_remotes,
    remotes_folder,
    require_local,
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
    assert is_remote(path)
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
