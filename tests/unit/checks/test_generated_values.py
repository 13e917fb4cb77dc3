"""What is said of a value that the code refuses and the target generates."""

from dataclasses import replace

from deploy_suite.checks import generated_values
from deploy_suite.model.contract import Generated, Literal, Variable
from deploy_suite.model.finding import Finding, Outcome
from deploy_suite.model.location import Location
from deploy_suite.model.secret import Secret
from tests.unit.checks.gunicorn_case import CONTRACT

REFUSED = Finding(
    code="invalid-env-value",
    outcome=Outcome.FAILED,
    message="the build failed: the value of SECRET_KEY cannot be read",
    location=Location("shop/settings.py", 81),
    remedy="look at the value",
)
PLACE = Location("render.yaml", 9)


def test_a_generated_value_that_is_refused_is_told_by_its_form() -> None:
    contract = replace(CONTRACT, variables=(Variable(name="SECRET_KEY", source=Generated(), location=PLACE),))

    assert generated_values.explained(REFUSED, contract) == replace(
        REFUSED,
        message="the build failed: the code refuses what the target generates for SECRET_KEY: 44 characters, 256 bits "
        "in base64",
        remedy="accept such a value in shop/settings.py:81, or write `sync: false` in place of `generateValue: true` "
        "(render.yaml:9) and give the target a value of your own",
    )


def test_a_value_that_the_manifest_states_is_told_as_it_was() -> None:
    stated = Variable(name="SECRET_KEY", source=Literal(Secret("short")), location=PLACE)

    assert generated_values.explained(REFUSED, replace(CONTRACT, variables=(stated,))) == REFUSED
