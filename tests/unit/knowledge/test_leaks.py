"""Which lines give a secret away, and which only look so. The samples are put together, so that no scanner trips."""

import pytest

from deploy_suite.knowledge.leaks import leaks, limit_of
from deploy_suite.model.push import AddedLine

_RANDOM = "q8Zt3LwX5vR7nB2mK9pD4sF6hJ1gC0yT8uE5aWbQ"
_KEY_LINE = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj"
_HEADING = "-----BEGIN RSA PRIVATE" + " KEY-----"


def found(*texts: str, path: str = "app.py") -> list[tuple[int, str]]:
    lines = [AddedLine(path=path, line=number, text=text, commit="c") for number, text in enumerate(texts, 1)]
    return [(line.line, what) for line, what in leaks(lines)]


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("AWS_KEY = '" + "AKIA" + "Q3EGVTZ7XWPK4NBM" + "'", "an AWS access key id"),
        ("token = '" + "ghp_" + _RANDOM[:36] + "'", "a GitHub token"),
        ("key: " + "sk_live_" + _RANDOM[:24], "a Stripe live key"),
        ("xoxb" + "-1789345602-" + _RANDOM[:24], "a Slack token"),
        ("OPENAI=" + "sk-proj-" + _RANDOM[:24] + "T3Blbk" + "FJ" + _RANDOM[:24], "an OpenAI key"),
        ("curl -H 'Authorization: Bearer " + "rnd_" + _RANDOM[:28] + "'", "a Render API key"),
        (
            "https://api.render.com/deploy/" + "srv-c9q8w7e6r5t4y3u2i1o0" + "?key=" + _RANDOM[:11],
            "a Render deploy hook",
        ),
        ("glpat" + "-" + _RANDOM[:20], "a GitLab token"),
    ],
)
def test_an_issued_key_is_told_by_its_form(text: str, what: str) -> None:
    assert found("x = 1", text) == [(2, what)]


@pytest.mark.parametrize(
    "text",
    [
        "AWS_KEY = 'AKIAIOSFODNN7EXAMPLE'",
        "AWS_KEY = 'AKIAAAAAAAAAAAAAAAAA'",
        "token = 'ghp_" + "x" * 36 + "'",
        "token = 'ghp_" + _RANDOM[:36] + "'  # gitleaks:allow",
        "SECRET_KEY = os.environ['SECRET_KEY']",
        "SECRET_KEY=not-in-an-env-file-42",
        "key = 'sk_test_" + _RANDOM[:24] + "'",
        _HEADING,
    ],
)
def test_what_is_made_up_allowed_or_no_key_is_left_alone(text: str) -> None:
    assert found(text, "x = 1") == []


def test_a_private_key_needs_its_text_below_or_beside() -> None:
    assert found(_HEADING, _KEY_LINE) == [(1, "a private key")]
    assert found(_HEADING, "Proc-Type: 4,ENCRYPTED", "", _KEY_LINE) == [(1, "a private key")]
    assert found('{"private_key": "' + _HEADING + "\\n" + _KEY_LINE + '"}') == [(1, "a private key")]
    assert found(f'if text.startswith("{_HEADING}"):', "    return load(text)", "", "", "", "", _KEY_LINE) == []


@pytest.mark.parametrize("path", [".env", "web/.env.production", ".env.local"])
def test_an_env_file_gives_its_secrets_away(path: str) -> None:
    lines = ("DEBUG=1", "export DJANGO_SECRET_KEY='k3j4h5g6f7d8s9a0'", "API_TOKEN=change-me-please-now")

    assert found(*lines, path=path) == [(2, "the value of DJANGO_SECRET_KEY")]


@pytest.mark.parametrize("path", [".env.example", ".env.test", "settings.env.py"])
def test_an_example_of_an_env_file_does_not(path: str) -> None:
    assert found("DJANGO_SECRET_KEY=k3j4h5g6f7d8s9a0", path=path) == []


def test_the_limit_is_known_where_it_is_documented() -> None:
    limit = limit_of("github.com")

    assert limit is not None
    assert (limit.most_bytes, limit.warns_bytes, limit_of("git.example")) == (100 * 2**20, 50 * 2**20, None)
