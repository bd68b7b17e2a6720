"""The owner of an account lets our app use it: one command, and a file with the refresh token."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from typer.testing import CliRunner

from daemon.__main__ import app
from tests.servers.x import CLIENT, XServer


@pytest.fixture
def x():
    x = XServer()
    yield x
    x.close()


@pytest.fixture
def ask(x, tmp_path, monkeypatch):
    """Run the command; the owner answers the page as `answer` does."""
    secret = tmp_path / "app-secret"
    secret.write_text(CLIENT["client_secret"] + "\n")

    def run(answer, *more, to=tmp_path / "x-refresh-token"):
        shown = []
        monkeypatch.setattr("builtins.print", lambda *words: shown.append(" ".join(words)))

        def pasted(_question, **_how):
            (address,) = re.findall(r"https://\S+", "\n".join(shown))[:1]
            return answer(address)

        monkeypatch.setattr("typer.prompt", pasted)
        told = ("--client-id", CLIENT["client_id"], "--client-secret-file", str(secret))
        arguments = ["sign-in", "x", *told, "--to", str(to), "--api", x.url, *more]
        return CliRunner().invoke(app, arguments), "\n".join(shown)

    return run


def test_the_owner_agrees_and_the_token_lies_in_its_file(x, ask, tmp_path):
    """For us alone to read; neither it nor the code is shown."""
    done, shown = ask(x.agree)
    assert done.exit_code == 0, done.output
    path = tmp_path / "x-refresh-token"
    assert path.read_text() == "refresh-1\n"
    assert path.stat().st_mode & 0o777 == 0o600
    assert "refresh-1" not in shown + done.output
    address = re.findall(r"https://\S+", shown)[0]
    asked = {k: v[0] for k, v in parse_qs(urlsplit(address).query).items()}
    assert "offline.access" in asked["scope"]
    assert "dm.write" in asked["scope"]
    assert asked["code_challenge_method"] == "S256"


@pytest.mark.parametrize(
    "answer",
    [
        lambda address: (
            "https://localhost/signed-in?error=access_denied&state=" + state_of(address)
        ),
        lambda address: f"https://localhost/signed-in?code=another&state={state_of(address)}",
        lambda _address: "https://localhost/signed-in?code=a-code&state=anothers",
        lambda _address: "nothing of the kind",
    ],
)
def test_whoever_says_no_or_is_too_late_gets_a_sentence(ask, tmp_path, answer):
    """And no file."""
    done, _ = ask(answer)
    assert done.exit_code == 69, done.output
    assert "begin anew" in done.stderr or "cannot be reached" in done.stderr
    assert not (tmp_path / "x-refresh-token").exists()


def state_of(address):
    return parse_qs(urlsplit(address).query)["state"][0]


def test_a_file_that_is_there_is_not_written_over(ask, tmp_path):
    """It may be the token of another account."""
    path = tmp_path / "x-refresh-token"
    path.write_text("dear\n")
    done, _ = ask(lambda _address: "")
    assert done.exit_code == 73
    assert path.read_text() == "dear\n"


def test_a_folder_that_is_not_there_is_said_before_anybody_is_asked(ask, tmp_path):
    """A token is given once: it must have its place by then."""
    asked = []
    done, _ = ask(asked.append, to=tmp_path / "none" / "token")
    assert done.exit_code == 73
    assert "cannot be made" in done.stderr
    assert asked == []


def test_a_network_that_is_not_known_is_refused(tmp_path):
    """64, and which there are."""
    done = CliRunner().invoke(
        app, ["sign-in", "myspace", "--client-id", "c", "--to", str(tmp_path / "t")]
    )
    assert done.exit_code == 64
    assert "Known: x" in done.stderr
