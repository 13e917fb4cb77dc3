"""A call with arguments that nobody takes: whose it is, the line that calls shows."""

import pytest

from deploy_suite.knowledge.diagnosis import LogVerdict, Seen, diagnose


def raised_at(file: str, code: str, said: str) -> str:
    return f'Traceback (most recent call last):\n  File "{file}", line 31, in call\n    {code}\n{said}'


_PACKAGE = "/usr/local/lib/python3.12/site-packages"
_OLDER = "got an unexpected keyword argument 'retries'"


@pytest.mark.parametrize(
    "log",
    [
        raised_at("/app/mail/service.py", "box = MailBox(retries=3)", f"TypeError: MailBox.__init__() {_OLDER}"),
        raised_at("/app/mail/service.py", "box = make(retries=3)", f"TypeError: make() {_OLDER}"),
        raised_at("C:\\shop\\main.py", "self.orders.load(retries=3)", f"TypeError: Orders.load() {_OLDER}"),
        raised_at(f"{_PACKAGE}/dramatiq/worker.py", "res = actor(*args, **kwargs)", f"TypeError: send() {_OLDER}"),
        raised_at(
            f"{_PACKAGE}/apscheduler/executors/base.py",
            "retval = job.func(*job.args, **job.kwargs)",
            "TypeError: send() missing 1 required positional argument: 'user'",
        ),
        raised_at(
            f"{_PACKAGE}/jwt/utils.py",
            'raise TypeError("Expected a string value")',
            "TypeError: Expected a string value",
        ),
        raised_at(
            f"{_PACKAGE}/passlib/utils/handlers.py",
            'raise exc.ExpectedStringError(secret, "secret")',
            "TypeError: secret must be unicode or bytes, not None",
        ),
        raised_at(
            f"{_PACKAGE}/markdown/core.py",
            "if not source.strip():",
            "AttributeError: 'list' object has no attribute 'strip'",
        ),
    ],
)
def test_a_call_in_the_projects_own_line_or_a_value_that_it_gave_is_no_clash_of_packages(log: str) -> None:
    assert diagnose(log).verdict is LogVerdict.UNKNOWN


@pytest.mark.parametrize(
    "log",
    [
        f"TypeError: MailBox.__init__() {_OLDER}",
        raised_at("/app/main.py", "uvicorn.run(app, retries=3)", f"TypeError: run() {_OLDER}"),
        raised_at(
            f"{_PACKAGE}/boxes/client.py", "session = Session(retries=3)", f"TypeError: Session.__init__() {_OLDER}"
        ),
        raised_at(
            f"{_PACKAGE}/boxes/client.py", "super().__init__(**kwargs)", f"TypeError: Client.__init__() {_OLDER}"
        ),
        raised_at(f"{_PACKAGE}/boxes/client.py", "conn.request(", f"TypeError: HTTPConnection.request() {_OLDER}"),
    ],
)
def test_a_package_that_calls_another_with_what_that_does_not_know_is_a_clash(log: str) -> None:
    found = diagnose(log).root

    assert found is not None
    assert (found.family, found.confidence < 0.7) == ("dep-conflict", True)


def test_what_an_exception_quotes_makes_it_no_line_that_harms_nothing() -> None:
    log = "google.auth.exceptions.OddError: {'kind': 'error_log', 'said': 'exit status 0', 'on_error': 1}"

    assert diagnose(log).seen == Seen(exception=log, line=1)
