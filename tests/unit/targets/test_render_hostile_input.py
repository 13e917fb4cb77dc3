import string
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from deploy_suite.errors import UsageError
from deploy_suite.knowledge.platforms.render import facts
from deploy_suite.model.contract import Literal
from deploy_suite.model.finding import Outcome
from deploy_suite.model.location import Location
from deploy_suite.model.secret import Secret
from deploy_suite.targets.base import Reading

Read = Callable[..., Reading]

BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join(['*' + before] * 9)}]\n" for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    "text",
    [
        "services: [\n",
        "a: b: c",
        "- 1\n",
        "just text",
        "\t",
        "",
        "---\na: 1\n---\nb: 2\n",
        BOMB,
        "? [a]\n: b\n",
        "\x00",
    ],
)
def test_what_is_no_blueprint_is_one_failed_finding(read: Read, text: str) -> None:
    reading = read({"render.yaml": text})

    assert reading.contracts == ()
    assert [(one.code, one.outcome, bool(one.remedy)) for one in reading.findings] == [
        ("render-yaml-invalid", Outcome.FAILED, True)
    ]


def test_a_blueprint_that_is_no_text_is_one_failed_finding(read: Read) -> None:
    reading = read({"render.yaml": b"\xff\xfe\x00\x01services"})

    assert [one.code for one in reading.findings] == ["render-yaml-invalid"]


def test_a_blueprint_in_latin_1_is_read_with_a_warning_at_its_line(read: Read) -> None:
    text = "# the shop\nservices:\n  - {type: web, name: caf\xe9, runtime: python, buildCommand: b, startCommand: s}\n"

    reading = read({"render.yaml": text.encode("latin-1")})

    (finding,) = (one for one in reading.findings if one.code == "render-yaml-encoding")
    assert (finding.outcome, finding.location) == (Outcome.WARNING, Location("render.yaml", 3))


def test_a_link_out_of_the_snapshot_is_not_followed(read: Read, tmp_path: Path) -> None:
    (tmp_path / "render.yaml").symlink_to("/dev/zero")

    with pytest.raises(UsageError):
        read({"README.md": ""})


SERVICE = "services:\n  - {type: web, name: shop, runtime: python, plan: free, buildCommand: b, startCommand: s}\n"


def test_the_health_path_of_a_block_of_yaml_is_asked_for_without_its_line_break(read: Read) -> None:
    text = "services:\n  - type: web\n    name: shop\n    runtime: python\n    healthCheckPath: |\n      /up\n"

    assert [one.health_path for one in read({"render.yaml": text}).contracts] == ["/up"]


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ('"/up\\x01"', "control character"),
        ('"/u\\x01p"', "control character"),
        ('"/u\\np"', "line break"),
        ("/" + "u" * 200_000, "200001 characters"),
    ],
    ids=["control at the end", "control", "line break", "long"],
)
def test_a_health_path_that_no_request_can_ask_for_is_told_at_its_line_and_not_asked_for(
    read: Read, path: str, said: str
) -> None:
    text = f"{SERVICE.replace('{', '').replace('}', '').replace(', ', chr(10) + '    ')}    healthCheckPath: {path}\n"

    reading = read({"render.yaml": text})

    told = [one for one in reading.findings if one.code == "render-health-path" and one.outcome is Outcome.FAILED]
    (contract,) = reading.contracts
    assert [str(one.location) for one in told] == ["render.yaml:8"]
    assert not contract.health_path
    assert said in told[0].message
    assert max(len(text) for one in told for text in (one.message, one.remedy, *one.evidence)) < 250


@pytest.mark.parametrize("key", ["MODE=hunter2hunter2", "SECRET=hunter2hunter2"])
def test_a_key_with_a_value_in_it_is_told_by_its_name_alone_wherever_it_is_told(read: Read, key: str) -> None:
    entry = f"{{key: {key}, value: 8c1f-77aa-1b2c, fromDatabase: {{name: no, property: port}}}}"
    text = SERVICE.replace("startCommand: s", f"startCommand: s, envVars: [{entry}, {entry}]")

    findings = read({"render.yaml": text}).findings

    assert "hunter2" not in repr(findings)
    assert f"render-repeated-key:{key.partition('=')[0]}=…" in [one.code for one in findings]


def test_a_runtime_of_the_wrong_type_is_told_once_and_makes_no_runtime_of_the_type(read: Read) -> None:
    reading = read({"render.yaml": SERVICE.replace("runtime: python", "runtime: [python]")})

    told = [
        (one.code, one.message.partition(", and")[0]) for one in reading.findings if "runtime" in one.code + one.message
    ]
    assert told == [
        ("render-wrong-type:runtime", "services[0].runtime must be a text"),
        ("service-not-checked", "shop is not checked: it states no runtime that can be read"),
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (SERVICE.replace("plan: free", "plan: ''"), "the plan of shop is empty"),
        (SERVICE + "databases:\n  - {name: db, plan: ' '}\n", "the plan of database db is empty"),
    ],
)
def test_an_empty_plan_is_told_as_one(read: Read, text: str, said: str) -> None:
    assert said in [one.message for one in read({"render.yaml": text}).findings]


def test_a_variable_that_no_process_can_have_is_not_given_to_one_and_its_value_not_told(read: Read) -> None:
    entries = "{key: TOKEN=hunter2hunter2, value: x}, {key: MODE, value: 'fa\\0st'}"
    text = SERVICE.replace("startCommand: s", f"startCommand: s, envVars: [{entries.replace(chr(39), chr(34))}]")

    reading = read({"render.yaml": text})

    (contract,) = reading.contracts
    mode = contract.variable("MODE")
    assert mode is not None
    assert mode.source == Literal(Secret("fast"))
    assert not [one.name for one in contract.variables if "=" in one.name]
    assert "render-impossible-key" in [one.code for one in reading.findings]
    assert "hunter2" not in repr(reading.findings)


def test_a_name_over_two_lines_is_told_on_one(read: Read) -> None:
    reading = read({"render.yaml": SERVICE.replace("name: shop", 'name: "a\\nb"')})

    assert [one.service for one in reading.contracts] == ["a b"]


def test_a_long_value_takes_no_time_that_grows_with_its_square(read: Read) -> None:
    def seconds(length: int) -> float:
        began = time.process_time()
        read(
            {
                "render.yaml": SERVICE.replace(
                    "startCommand: s", f"startCommand: s, envVars: [{{key: A, value: {'x' * length}}}]"
                )
            }
        )
        return time.process_time() - began

    seconds(10)
    assert seconds(100_000) < 5  # 44 s before


known = sorted({key for shape in facts().shapes.values() for key in shape.keys})
words = st.sampled_from(
    [*known, "web", "python", "free", "3.10", "off", "true", "null", "../..", "/etc", "a/b", "$PORT", ""]
)
scalars = st.one_of(
    words,
    st.integers(-5, 99999),
    st.booleans(),
    st.none(),
    st.floats(allow_nan=False),
    st.text(string.printable, max_size=8),
)
trees = st.recursive(
    scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(known), inner, max_size=5)),
    max_leaves=25,
)
services = st.dictionaries(st.sampled_from(sorted(facts().shapes["service"].keys)), trees, max_size=8)
blueprints = st.fixed_dictionaries(
    {"services": st.lists(services, min_size=1, max_size=3)},
    optional=dict.fromkeys(("databases", "envVarGroups", "projects", "ungrouped", "previews", "$schema"), trees),
)


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(blueprints)
def test_any_tree_is_read_without_a_fault_of_our_own(read: Read, tree: object) -> None:
    import yaml  # noqa: PLC0415

    try:
        reading = read({"render.yaml": yaml.safe_dump(tree)})
    except UsageError:
        return

    assert all(one.message and one.code for one in reading.findings)
    assert all(one.certainty for one in reading.findings if one.outcome is Outcome.WARNING)
