import re
import time

import pytest

from deploy_suite.knowledge.catalogue import LINE_LIMIT, CatalogueError, Cause, Signature, catalogue, family, parse
from deploy_suite.knowledge.diagnosis import diagnose
from deploy_suite.knowledge.explain import explain, listing
from deploy_suite.knowledge.statements import statements

# The families that a report, a finding and a log share. Rows may be added; these stay.
FAMILIES = [
    "dep-conflict",
    "missing-requirement",
    "missing-env-var",
    "build-failure",
    "port-in-use",
    "missing-system-lib",
    "gunicorn-module-path",
    "out-of-memory",
    "python-version-unsupported",
    "db-connection-refused",
    "gunicorn-not-installed",
    "stdlib-removed",
    "collectstatic-failed",
    "no-open-port",
    "numpy-abi",
    "alembic-missing-revision",
    "django-allowed-hosts",
    "file-permission-denied",
    "glibc-mismatch",
    "alembic-db-not-up-to-date",
    "celery-broker-refused",
    "compose-file-invalid",
    "crlf-line-endings",
    "docker-copy-missing-file",
    "entrypoint-not-executable",
    "git-submodule-failure",
    "hash-mismatch",
    "healthcheck-curl-missing",
    "migration-duplicate-table",
    "nginx-upstream-refused",
    "nltk-data-missing",
    "postgres-url-scheme",
    "python-runtime-unavailable",
    "redis-connection-refused",
    "shadowed-module",
    "ssh-host-key-verification",
    "system-sqlite-too-old",
    "bound-to-wrong-address",
    "container-name-conflict",
    "db-password-auth-failed",
    "django-csrf-trusted-origins",
    "django-settings-module-wrong",
    "docker-image-not-found",
    "docker-socket-permission",
    "exec-format-error",
    "externally-managed-environment",
    "git-large-file-rejected",
    "git-lfs-failure",
    "git-push-non-fast-forward",
    "gunicorn-worker-timeout",
    "heroku-no-buildpack-detected",
    "invalid-port-value",
    "lockfile-out-of-date",
    "migrations-not-run",
    "model-download-failed",
    "nginx-certificate-missing",
    "nginx-upstream-host-not-found",
    "no-space-left",
    "pydantic-v1-v2",
    "read-only-filesystem",
    "relative-import-no-parent",
    "requirements-encoding",
    "requirements-file-missing",
    "requirements-not-on-pypi",
    "slug-too-large",
    "sqlite-unable-to-open",
    "ssh-publickey-denied",
    "static-manifest-missing",
    "systemd-203-exec",
    "wsgi-asgi-mismatch",
    "alembic-multiple-heads",
    "browser-binary-missing",
    "circular-import",
    "db-host-unresolvable",
    "db-ssl-required",
    "db-too-many-connections",
    "dependency-resolution-impossible",
    "deprecated-pypi-name",
    "dockerfile-run-failed",
    "empty-secret-key",
    "event-loop-error",
    "git-push-refspec",
    "gunicorn-attribute-missing",
    "invalid-env-value",
    "missing-system-binary",
    "nginx-socket-permission",
    "nginx-upstream-socket-missing",
    "numpy2-removed-name",
    "port-var-not-expanded",
    "private-git-requirement",
    "spacy-model-missing",
    "start-command-wrong-module",
    "systemd-217-user",
    "template-not-found",
    "uvicorn-attribute-missing",
    "uvicorn-module-path",
    "alembic-config-missing",
    "case-sensitive-import",
    "missing-native-extension",
    "module-not-pushed",
    "postgres-data-version-mismatch",
    "python-built-without-module",
    "start-command-not-found",
    "systemd-bad-execstart",
    "wrong-python-environment",
    "wrong-root-directory",
    "gunicorn-worker-class-not-found",
]
CAUSES = catalogue().causes
SIGNATURES = [
    pytest.param(cause, signature, id=f"{cause.slug}-{number}")
    for cause in CAUSES.values()
    for number, signature in enumerate(cause.signatures)
]
CHECKS = {"", "boot", "config", "dependencies", "environment", "manifest", "migrations", "packages"}


def test_every_family_has_a_row_that_is_found_in_a_log() -> None:
    known = {family(slug) for slug in CAUSES}

    assert [name for name in FAMILIES if name not in known] == []
    assert [name for name in FAMILIES if not any(c.signatures for c in CAUSES.values() if c.family == name)] == []


@pytest.mark.parametrize("cause", CAUSES.values(), ids=lambda cause: cause.slug)
def test_a_row_says_all_a_person_needs(cause: Cause) -> None:
    assert cause.title[0] != " "
    assert not cause.title.endswith(".")
    assert cause.why.endswith((".", "!", "?", ")"))
    assert cause.caught_by in CHECKS
    assert all(source.startswith("https://") for source in cause.sources)


@pytest.mark.parametrize("cause", CAUSES.values(), ids=lambda cause: cause.slug)
def test_every_name_in_a_text_can_be_filled_by_each_signature(cause: Cause) -> None:
    wanted = set(re.findall(r"\{([a-z_]+)\}", cause.title + cause.fix))

    for signature in cause.signatures:
        groups = {*re.compile(signature.pattern).groupindex, *re.findall(r"\(\?P<(\w+)>", signature.near)}
        given = {name.rstrip("0123456789") for name in groups} | set(signature.defaults)
        given |= {"package"} if "module" in given else set()
        assert wanted - given - {"python", "wanted", "leaf", "port", "host", "user", "container"} == set()


@pytest.mark.parametrize(("cause", "signature"), SIGNATURES)
def test_a_signature_is_no_trap_for_the_matcher(cause: Cause, signature: Signature) -> None:
    seconds = max(
        _seconds(signature, worst[:LINE_LIMIT])
        for literal in signature.find
        for worst in (literal * 2000, literal + " " * 3000, f"{literal}'" + "a" * 3000, (literal + "/a.b ") * 400)
    )

    assert seconds < 0.2, cause.slug


def _seconds(signature: Signature, text: str) -> float:
    begun = time.thread_time()
    signature.pattern.search(text)
    return time.thread_time() - begun


def test_a_mebibyte_of_every_rows_literals_is_read_at_once() -> None:
    literals = " ".join(
        literal for cause in CAUSES.values() for signature in cause.signatures for literal in signature.find
    )
    one_line = f"{literals} " * (2**20 // len(literals))

    begun = time.perf_counter()
    diagnose(one_line)
    diagnose(one_line.replace(" ", "\n"))

    assert time.perf_counter() - begun < 8


def test_faults_of_rows_are_told_all_at_once() -> None:
    broken = """
[[cause]]
slug = "Not A Slug"
kind = "weather"
colour = "red"
[[cause.signature]]
pattern = "("
[[cause]]
slug = "lonely"
title = "t"
why = "w"
fix = "f"
kind = "build"
sources = ["https://example.com"]
explains = ["nobody"]
"""
    with pytest.raises(CatalogueError) as raised:
        parse({"a.toml": broken})

    told = str(raised.value)
    faults = ("colour: unknown key", "title: is required", "slug: is no slug", "kind: is none of", "find: is required")
    for fault in (*faults, "pattern: missing )", "lonely: nobody: no such cause"):
        assert fault in told


def test_explain_fills_in_the_parameter() -> None:
    shown = explain("missing-requirement:numpy")

    assert shown is not None
    assert shown.startswith("missing-requirement:numpy: numpy is imported but not installed\n\nWhy: ")
    assert "{" not in shown
    assert "Sources: https://" in shown


def test_explain_takes_no_part_of_a_rows_own_slug_for_a_name() -> None:
    shown = explain("dep-conflict:removed-attribute")

    assert shown is not None
    assert shown.startswith("dep-conflict:removed-attribute: MODULE no longer has `NAME`\n")


def test_explain_knows_nothing_of_what_is_no_cause() -> None:
    assert explain("no-such-cause") is None


def test_the_listing_names_every_row() -> None:
    causes, _, others = listing().partition("\n\nWhat checks say that went well, or that did not run:\n")

    assert [line.split()[0] for line in causes.splitlines()] == sorted(CAUSES)
    assert [line.split()[0] for line in others.splitlines()] == sorted(statements())
