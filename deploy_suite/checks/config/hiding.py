"""Commands whose failure nobody would notice: `|| true`, `;` and `&` after an install or a migration."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from deploy_suite.checks.config import failing, migrating, saying
from deploy_suite.checks.config.calls import Call
from deploy_suite.checks.config.subject import Subject
from deploy_suite.model.finding import Finding, Outcome

_IGNORING: Final = frozenset({"echo", "true", ":", "printf", "logger"})
_AHEAD: Final = 4


def problems(subject: Subject) -> Iterator[Finding]:
    """Yield installs and migrations whose failure would not stop the deploy."""
    for calls in subject.calls.texts:
        yield from _ignored(calls, subject)
        yield from _passed_over(calls, subject)


def what(call: Call) -> str:
    """Return what *call* does that must not fail unseen, "" for anything else."""
    if migrating.is_migration(call):
        return "migration"
    words = set(call.words)
    if call.program in {"pip", "pip3", "poetry", "pipenv", "uv"} and words & {"install", "sync"}:
        return "" if _renews_tools(call) else "installation"
    return "collection of static files" if "collectstatic" in words else ""


def _renews_tools(call: Call) -> bool:
    """Whether *call* only brings pip and its like up to date, without which the next install works as well."""
    named = {word for word in call.words if not word.startswith("-")} - {"pip", "install"}
    return (
        call.program in {"pip", "pip3", "uv"}
        and not {"-r", "-e"} & set(call.words)
        and "sync" not in call.words
        and (named <= {"wheel", "setuptools"})
    )


def _ignored(calls: Sequence[Call], subject: Subject) -> Iterator[Finding]:
    """Yield `… || echo …`, `… || true`, `… &` and `if ! …; then echo …; fi`."""
    for at, call in enumerate(calls):
        kind = what(call)
        if not kind or failing.ends_its_text(call, calls[at + 1 :], subject.calls):
            continue
        if call.written.is_condition:
            yield _hidden(call, subject, kind, "is only asked whether it succeeds, and what follows goes on either way")
            continue
        if call.written.after == "&":
            yield _hidden(call, subject, kind, "runs in the background, and nothing waits for it")
            continue
        joined = failing.joined(call, calls[at + 1 :], "&&")
        following = calls[at + len(joined) :][:_AHEAD]
        if joined[-1].written.after == "||" and following and _ignores(following):
            yield _hidden(call, subject, kind, f"is followed by `|| {saying.quoted(following[0])}`")


def _ignores(following: Sequence[Call]) -> bool:
    """Whether the alternative only says something, or stamps the database, and goes on."""
    first, *rest = following
    if any(failing.ends(call) for call in following):
        return False
    only_says = first.program in _IGNORING or (first.program == "exit" and first.words[:1] == ("0",))
    stamps = "stamp" in first.words and first.program in {"alembic", "flask"}
    retries = any(what(call) for call in rest if call.written.before == "||")
    return (only_says or stamps) and not retries


def _hidden(call: Call, subject: Subject, kind: str, how: str) -> Finding:
    mended = (
        "`exit 1` where it fails"
        if call.written.is_condition
        else f"`{saying.quoted(call)} && …`, or `set -e` before it"
    )
    return saying.of_call(
        subject,
        call,
        code=f"failure-hidden:{kind.partition(' ')[0]}",
        message=f"a failing {kind} would not stop the deploy: it {how}",
        remedy=f"let it fail: {mended}, in {saying.where(subject, call)}",
        certainty="certain that a failure would be hidden; whether it ever fails is another matter",
    )


def _passed_over(calls: Sequence[Call], subject: Subject) -> Iterator[Finding]:
    """Yield one finding a text whose installs or migrations are followed by more, without `set -e`.

    A service whose packages were not installed does not start, and the release before it goes on serving: a note.
    """
    last = next((call for call in reversed(calls) if call.written.words), None)
    followed = [
        (call, kind)
        for at, call in enumerate(calls)
        if call is not last
        and (kind := what(call))
        and call.written.after == ";"
        and not call.written.stops_at_errors
        and not call.written.is_condition
        and not call.written.is_conditional
        and not failing.ends_its_text(call, calls[at + 1 :], subject.calls)
    ]
    if followed:
        call, kind = followed[0]
        more = tuple(f"line {one.location.line}: {saying.quoted(one)}" for one, _ in followed[1:4] if one.location)
        said = saying.of_call(
            subject,
            call,
            code=f"failure-hidden:{kind.partition(' ')[0]}",
            message=f"a failing {kind} would not stop the commands after it, and the exit code of the last one counts",
            remedy=_joined(call, subject),
            certainty="certain that the shell goes on; the commands after it may fail for the same reason",
            evidence=more,
        )
        is_of_packages = {each for _, each in followed} == {"installation"}
        yield replace(said, outcome=Outcome.NOTE) if is_of_packages else said


def _joined(call: Call, subject: Subject) -> str:
    if call.script is not None:
        return f"write `set -o errexit` in the second line of {call.script}"
    return f"join the commands with `&&` in {saying.where(subject, call)}"
