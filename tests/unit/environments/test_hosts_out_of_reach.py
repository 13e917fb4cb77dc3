"""Which hosts a failed build says that it did not reach."""

import pytest

from deploy_suite.environments.reach import _not_reached


@pytest.mark.parametrize(
    ("log", "host"),
    [
        ("FetchError: request to https://fonts.googleapis.com/css2 failed", "fonts.googleapis.com"),
        ("Error: getaddrinfo ENOTFOUND fonts.gstatic.com", "fonts.gstatic.com"),
        ("curl: (6) Could not resolve host: install.python-poetry.org", "install.python-poetry.org"),
        ("fatal: unable to access 'https://github.com/a/b.git/': x", "github.com"),
        ("HTTPSConnectionPool(host='huggingface.co', port=443): Max retries exceeded", "huggingface.co"),
    ],
)
def test_a_host_is_taken_from_what_programs_say_of_it(log: str, host: str) -> None:
    assert list(_not_reached(f"{log}\n")) == [f"https://{host}"]


def test_addresses_that_were_merely_printed_are_not_asked() -> None:
    assert list(_not_reached("see https://example.org/docs\nLocal: http://localhost:3000\n")) == []
