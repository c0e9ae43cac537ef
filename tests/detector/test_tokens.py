from __future__ import annotations

import os
import stat

import pytest

from detector import tokens
from detector.types import DetectorError


def test_that_a_token_is_made_once_for_its_owner_alone(tmp_path):
    path = tmp_path / "new" / "token"
    token = tokens.token_of_file(path)
    assert len(token) >= 40
    assert tokens.token_of_file(path) == tokens.read_token(path) == token
    if os.name == "posix":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with pytest.raises(DetectorError, match="cannot be written"):
        tokens.write_token(path, "another-token-of-some-length")
    assert tokens.read_token(path) == token


@pytest.mark.skipif(os.name != "posix", reason="other systems keep no such modes")
def test_that_a_token_that_others_may_read_is_no_secret(tmp_path):
    path = tmp_path / "token"
    path.write_text(tokens.make_token())
    path.chmod(0o644)
    with pytest.raises(DetectorError, match="chmod 600"):
        tokens.token_of_file(path)


@pytest.mark.parametrize("content", [b"", b"short", b"two words that are long enough", "ü".encode() * 20, b"x" * 600])
def test_that_what_is_no_token_is_refused_without_telling_it(tmp_path, content):
    path = tmp_path / "token"
    path.write_bytes(content)
    with pytest.raises(DetectorError, match="has no token") as refused:
        tokens.read_token(path)
    assert "two words" not in str(refused.value)


def test_that_the_file_comes_before_the_environment(tmp_path, monkeypatch):
    monkeypatch.delenv(tokens.VARIABLE, raising=False)
    with pytest.raises(DetectorError, match="--token-file"):
        tokens.chosen_token(None)
    monkeypatch.setenv(tokens.VARIABLE, "from-the-environment")
    assert tokens.chosen_token(None) == "from-the-environment"
    path = tmp_path / "token"
    tokens.write_token(path, "from-the-file-itself")
    assert tokens.chosen_token(path) == "from-the-file-itself"
    with pytest.raises(DetectorError, match="cannot be read"):
        tokens.chosen_token(tmp_path / "gone")


def test_that_only_the_token_itself_is_let_in():
    token = tokens.make_token()
    assert tokens.is_allowed(f"Bearer {token}", token)
    for wrong in ("", token, f"bearer {token}", f"Bearer {token} ", f"Bearer {token[:-1]}", "Bearer é", "Bearer "):
        assert not tokens.is_allowed(wrong, token)
