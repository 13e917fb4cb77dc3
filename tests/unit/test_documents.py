"""What the documents say of keys, fields, options and exit codes, beside what the code knows of them."""

import argparse
import ast
import json
import re
import tomllib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import pytest

from deploy_suite import errors
from deploy_suite.entry import cli, preflighting
from deploy_suite.errors import UsageError
from deploy_suite.manifests import settings
from deploy_suite.model.finding import CheckResult, Finding, Outcome
from deploy_suite.model.location import Location
from deploy_suite.model.project import Commit
from deploy_suite.model.report import Report, Subject
from deploy_suite.reports import json as json_report

TOP: Final = Path(__file__).resolve().parents[2]
README, REPORT, DEPLOY_TOML, DEPLOYING = (
    (TOP / name).read_text(encoding="utf-8")
    for name in ("README.md", "docs/report.md", "docs/deploy-toml.md", "docs/deploying.md")
)
BLOCK: Final = re.compile(r"```(\w*)\n(.*?)```", re.DOTALL)
CODE: Final = re.compile(r"`([^`]+)`")
# Types as the tables of docs/report.md name them. A list of words is an enumeration of texts.
TYPES: Final = {"string": (str,), "integer": (int,), "number": (float, int), "boolean": (bool,), "object": (dict,)}


def rows(text: str) -> Iterator[list[str]]:
    """Yield the cells of each row of the tables in *text*, without their headings."""
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split(" | ")]
        if line.startswith("| `"):
            yield cells


def quoted(text: str) -> list[str]:
    """Return what stands in backticks in *text*, apart from its blocks."""
    return CODE.findall(BLOCK.sub("", text))


def section(text: str, heading: str) -> str:
    return text.split(f"{heading}\n", 1)[1].split("\n# ", 1)[0]


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    """Return a report as a program reads it, with one finding that has a place and one that has none."""
    commit = Commit(sha="a" * 40, tree="b" * 40, subject="Add search", branch="main")
    found = Finding(code="a", outcome=Outcome.FAILED, message="m", location=Location("a.py", 1), evidence=("line",))
    result = CheckResult(
        check="boot", service="web", target="render", seconds=1.0, findings=(found, replace(found, location=None))
    )
    subject = Subject(project="shop", commit=commit, service="web", target="render", python="3.12.1")
    report = Report(project="shop", commit=commit, subjects=(subject,), results=(result,), seconds=2.0, notes=("n",))
    read: dict[str, Any] = json.loads(json_report.render(report))
    return read


def typed(value: object, type_: str) -> bool:
    """Whether *value* has the *type_* of a table."""
    if any(typed(value, one) for one in type_.split(" or ") if one != type_):
        return True
    if type_ == "null":
        return value is None
    if type_.startswith("`{"):
        names = {name.strip() for name in type_.strip("`{}").split(",")}
        return isinstance(value, dict) and set(value) == names
    if type_.startswith(("`", "as above")):
        words = CODE.findall(type_) if type_.startswith("`") else ["note", *(outcome.value for outcome in Outcome)]
        return value in words
    return type(value) in TYPES[type_]


def test_a_report_has_the_fields_that_its_table_has_and_no_others(document: dict[str, Any]) -> None:
    about, _, of_finding = section(REPORT, "# The JSON report, schema 1").partition("A finding:")
    fields = {name: cells[1] for cells in rows(about) for name in CODE.findall(cells[0])}

    whole = {**{f"subject.{name}": value for name, value in document["subject"].items()}, **document}
    del whole["subject"]
    assert {name.removesuffix("[]") for name in fields} == set(whole)
    for name, type_ in fields.items():
        values = whole[name.removesuffix("[]")] if name.endswith("[]") else [whole[name]]
        assert values, name
        assert all(typed(value, type_) for value in values), name

    fields = {name: cells[1] for cells in rows(of_finding) for name in CODE.findall(cells[0])}
    for finding in document["findings"]:
        assert {name.removesuffix("[]") for name in fields} == set(finding)
        for name, type_ in fields.items():
            values = finding[name.removesuffix("[]")] if name.endswith("[]") else [finding[name]]
            assert all(typed(value, type_) for value in values), name


def test_every_field_of_any_answer_in_json_is_documented() -> None:
    words = set(re.findall(r"\w+", " ".join(quoted(REPORT))))
    lacking = {
        f"{module.name}: {key.value}"
        for module in (TOP / "deploy_suite" / "reports").glob("*.py")
        for function in ast.walk(ast.parse(module.read_text(encoding="utf-8")))
        if isinstance(function, ast.FunctionDef) and re.search("json|document|^_[a-z]+$", function.name)
        for one in ast.walk(function)
        if isinstance(one, ast.Dict)
        for key in one.keys
        if isinstance(key, ast.Constant) and isinstance(key.value, str) and key.value.isidentifier()
        if key.value not in words
    }

    assert lacking == set()


def test_the_examples_of_deploy_toml_are_read() -> None:
    examples = [text for text in (README, DEPLOY_TOML) for kind, text in BLOCK.findall(text) if kind == "toml"]

    assert len(examples) == 2
    for example in examples:
        read = settings.parse(example, file="deploy.toml")
        assert set(read.services) == set(tomllib.loads(example)["services"])
        assert all(one.probes for one in read.services.values())


# What each key takes, and what it does not.
KEYS: Final = {
    "name": ('"login"', "3"),
    "method": ('"post"', '"POTS"'),
    "path": ('"/x"', '"x"'),
    "headers": ('{ A = "b" }', "{ A = 1 }"),
    "json": ("[1, 2]", "2020-01-01"),
    "body": ('"text"', "1"),
    "expect.status": ("[200, 204]", '"200"'),
    "expect.json": ('{ "a.0.b" = 1 }', "[1]"),
    "expect.contains": ('"text"', "1"),
    "expect.latency_ms": ("0.5", '"5"'),
    "websocket": ("true", '"yes"'),
    "send": ('[{ a = 1 }, "b"]', '"b"'),
    "receive": ('["b", { "a.b" = 1 }]', "[1]"),
    "save": ('{ token = "a.b" }', '"a"'),
    "follow_redirects": ("true", "1"),
    "timeout_s": ("600", "601"),
}
NEEDING_WEBSOCKET: Final = {"send", "receive"}


def probe(key: str, value: str) -> str:
    beside = "websocket = true\n" if key in NEEDING_WEBSOCKET else ""
    return f"[[services.api.probes]]\n{beside}{key} = {value}\n"


def test_the_table_names_each_key_of_a_probe_and_no_other() -> None:
    documented = {name for cells in rows(DEPLOY_TOML) for name in CODE.findall(cells[0])}
    with pytest.raises(UsageError) as caught:
        settings.parse("[[services.api.probes]]\nzzzz = 1\nexpect = { zzzz = 1 }\n", file="deploy.toml")
    known = [line.rpartition("known are ")[2].split(", ") for line in caught.value.message.splitlines()[1:]]

    of_probe, of_expect = known
    assert documented == {*of_probe, *(f"expect.{name}" for name in of_expect)} - {"expect"}
    assert documented == set(KEYS)


@pytest.mark.parametrize("key", KEYS)
def test_each_key_of_a_probe_is_read_as_its_row_says(key: str) -> None:
    good, bad = KEYS[key]
    near = key[:-1] + key[-1] * 2

    settings.parse(probe(key, good), file="deploy.toml")
    with pytest.raises(UsageError) as wrong:
        settings.parse(probe(key, bad), file="deploy.toml")
    with pytest.raises(UsageError) as unknown:
        settings.parse(probe(near, good), file="deploy.toml")

    assert re.search(rf"deploy\.toml:\d: services\.api\.probes\[0\]\.{re.escape(key)}: ", wrong.value.message)
    assert f"{near}: unknown key; did you mean {key.rpartition('.')[2]!r}?" in unknown.value.message


def test_every_option_in_the_documents_is_one_of_its_command() -> None:
    """An option that stands beside no command of ours (pip's, curl's) is not looked at."""
    _, commands = cli.parser()
    options = {name: _options(parser) for name, parser in commands.choices.items()}
    every = set().union(*options.values())
    calls = [
        (command, option)
        for text in (README, DEPLOY_TOML, DEPLOYING, REPORT)
        for code in (*quoted(text), *(line for _, block in BLOCK.findall(text) for line in block.splitlines()))
        for command, rest in re.findall(r"(?:deploy-suite|^)[ ]?([a-z]+)((?: [^#`|]*)?)", code)
        if command in options
        for option in re.findall(r"(?<!\S)--[a-z-]+", rest)
    ]
    alone = {word for text in (README, DEPLOYING) for code in quoted(text) for word in re.findall("^--[a-z-]+", code)}

    assert len(calls) > 10
    assert [call for call in calls if call[1] not in options[call[0]]] == []
    assert alone <= every


def test_every_command_is_told_of_in_the_documents() -> None:
    _, commands = cli.parser()

    assert [
        name
        for name in commands.choices
        if f"deploy-suite {name}" not in README + DEPLOYING + REPORT and f"`{name}`" not in README + DEPLOYING
    ] == []


def test_every_exit_code_stands_in_the_tables_of_readme_and_help() -> None:
    table = section(README, "## Exit codes")
    documented = {int(line.split("|")[1]) for line in table.splitlines() if re.match(r"\| \d", line)}
    raised = {
        one.exit_code for one in vars(errors).values() if isinstance(one, type) and issubclass(one, errors.DeployError)
    }
    helped = {int(code) for code in re.findall(r"^  (\d+) ", str(cli.parser()[0].epilog), re.MULTILINE)}

    assert documented == helped
    assert {*raised, *preflighting.EXIT_CODES.values()} <= documented


def _options(parser: argparse.ArgumentParser) -> set[str]:
    return {option for action in parser._actions for option in action.option_strings}
