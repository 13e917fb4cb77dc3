"""Exceptions of an import that speak of a system which could not be reached."""

import pytest

from deploy_suite.checks.dependencies import surroundings
from deploy_suite.checks.dependencies.rehearsed_import import Raised

NO_RECORD = "The DNS query name does not exist: _mongodb._tcp.cluster0.example.net."


@pytest.mark.parametrize(
    ("kind", "bases", "message"),
    [
        ("ConfigurationError", ("ConfigurationError", "PyMongoError"), NO_RECORD),
        ("NXDOMAIN", ("NXDOMAIN", "DNSException", "Exception"), "None of DNS query names exist"),
        ("gaierror", ("gaierror", "OSError"), "[Errno -2] Name or service not known"),
    ],
)
def test_a_name_that_no_dns_answers_for_is_a_connection(kind: str, bases: tuple[str, ...], message: str) -> None:
    assert surroundings.is_connection((raised(kind, bases, message),))


def test_an_address_that_is_refused_for_its_form_is_none() -> None:
    wrong = raised("ConfigurationError", ("ConfigurationError", "PyMongoError"), "Invalid URI host: none given")

    assert not surroundings.is_connection((wrong,))


def raised(kind: str, bases: tuple[str, ...], message: str) -> Raised:
    return Raised(type=kind, module="package", message=message, frames=(), bases=bases)
