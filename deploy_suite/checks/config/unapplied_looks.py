"""Commands that ask whether every migration is applied, where nothing has applied them yet."""

from collections.abc import Iterator

from deploy_suite.checks.config import failing, migrating, saying
from deploy_suite.checks.config.calls import Call
from deploy_suite.checks.config.subject import Subject
from deploy_suite.model.contract import ServiceKind
from deploy_suite.model.finding import Finding


def problems(subject: Subject) -> Iterator[Finding]:
    """Yield the first of them that ends its step before a command of the web service applies migrations."""
    looking = first(subject)
    if looking is None:
        return
    command = saying.quoted(looking)
    yield saying.of_call(
        subject,
        looking,
        code="migrations-not-run",
        message=f"`{command}` fails as long as a migration is not applied, and no command of the service applies them "
        "before it",
        remedy=f"apply them there: write `{_applying(looking)}` in place of `{command}` in "
        f"{saying.where(subject, looking)}",
        certainty="certain for a new database and for each new migration, unless a person, a job or another service "
        "applies it first",
    )


def first(subject: Subject) -> Call | None:
    """Return that command, None where there is none, or where it cannot be told what runs before it."""
    if subject.contract.kind is not ServiceKind.WEB or subject.is_assumed:
        return None
    for call in subject.calls.calls:
        if migrating.is_migration(call) or call.step in subject.calls.uncertain:
            return None
        is_asked = call.always_runs and not call.written.is_condition
        if migrating.is_look(call) and is_asked and failing.ends_the_step(call, subject.calls):
            return call
    return None


def _applying(call: Call) -> str:
    """Return the command that applies what *call* asks for."""
    words = call.written.words
    if "migrate" in words:
        return " ".join((*words[: words.index("migrate")], "migrate --no-input"))
    verb = next(word for word in words if word in {"check", "current"})
    return " ".join((*words[: words.index(verb)], "upgrade head" if call.program == "alembic" else "upgrade"))
