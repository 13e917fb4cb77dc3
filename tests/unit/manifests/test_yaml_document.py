"""YAML text into nodes."""

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from deploy_suite.manifests.errors import ManifestError
from deploy_suite.manifests.yaml_document import Block, Entry, Items, Node, Scalar, ScalarKind, parse
from deploy_suite.model.location import Location

TEXT, FLOAT, BOOLEAN, NULL = ScalarKind.TEXT, ScalarKind.FLOAT, ScalarKind.BOOLEAN, ScalarKind.NULL


def block(text: str) -> Block:
    node = parse(text, file="render.yaml")
    assert isinstance(node, Block)
    return node


def refusal(text: str) -> ManifestError:
    with pytest.raises(ManifestError) as caught:
        parse(text, file="render.yaml")
    return caught.value


def test_nodes_know_their_lines_and_keep_their_spelling() -> None:
    node = parse("services:\n  - type: web\n    envVars:\n      - key: PYTHON_VERSION\n        value: 3.10\n", file="r")

    version = Block(
        (
            Entry("key", 4, Scalar("PYTHON_VERSION", TEXT, is_quoted=False, line=4)),
            Entry("value", 5, Scalar("3.10", FLOAT, is_quoted=False, line=5)),
        ),
        4,
    )
    service = Block(
        (Entry("type", 2, Scalar("web", TEXT, is_quoted=False, line=2)), Entry("envVars", 3, Items((version,), 4))), 2
    )
    assert node == Block((Entry("services", 1, Items((service,), 2)),), 1)


@pytest.mark.parametrize(
    ("written", "text", "kind", "is_quoted"),
    [
        ("3.10", "3.10", FLOAT, False),
        ('"3.10"', "3.10", TEXT, True),
        ("'3.10'", "3.10", TEXT, True),
        ("3.11.4", "3.11.4", TEXT, False),
        ("off", "off", BOOLEAN, False),
        ("Yes", "Yes", BOOLEAN, False),
        ("0777", "0777", ScalarKind.INTEGER, False),
        ("~", "~", NULL, False),
        ("", "", NULL, False),
        ("!!str 3.10", "3.10", TEXT, False),
        ("!secret x", "x", TEXT, False),
        ("2024-01-01", "2024-01-01", TEXT, False),
        ("|\n  a\n  b", "a\nb\n", TEXT, False),
        (">-\n  a\n  b", "a b", TEXT, False),
        ('"a\\tb"', "a\tb", TEXT, True),
    ],
)
def test_scalars_are_kept_as_written(written: str, text: str, kind: ScalarKind, *, is_quoted: bool) -> None:
    assert block(f"key: {written}\n").get("key") == Scalar(text, kind, is_quoted=is_quoted, line=1)


def test_keys_that_are_no_text_become_text() -> None:
    assert [entry.key for entry in block("1: a\non: b\nnull: c\n3.10: d\n").entries] == ["1", "on", "null", "3.10"]


def test_of_duplicate_keys_the_last_counts_and_all_are_kept() -> None:
    node = block("name: a\nname: b\n")

    assert len(node.entries) == 2
    assert node.get("name") == Scalar("b", TEXT, is_quoted=False, line=2)
    assert node.get("other") is None


def test_merge_keys_bring_in_what_the_block_does_not_set_itself() -> None:
    node = block("a: &a {x: 1, y: 1}\nb: &b {y: 2, z: 2}\nc:\n  <<: [*a, *b]\n  x: 3\n").get("c")

    assert isinstance(node, Block)
    assert {entry.key: node.get(entry.key) for entry in node.entries} == {
        "x": Scalar("3", ScalarKind.INTEGER, is_quoted=False, line=5),
        "y": Scalar("1", ScalarKind.INTEGER, is_quoted=False, line=1),
        "z": Scalar("2", ScalarKind.INTEGER, is_quoted=False, line=2),
    }


@pytest.mark.parametrize("text", ["", "\n\n", "# a comment\n", "---\n", "---\n---\n"])
def test_text_without_content_is_none(text: str) -> None:
    assert parse(text, file="render.yaml") is None


def test_a_byte_order_mark_is_no_part_of_the_first_key() -> None:
    assert block("\ufeffservices: []\n").entries[0].key == "services"


@pytest.mark.parametrize(
    ("text", "line", "part"),
    [
        ("a:\n\tb: 1\n", 2, "\\t"),
        ("a: b: c\n", 1, "mapping values are not allowed"),
        ("a: 1\n---\nb: 2\n", 3, "more than one document"),
        ("a: 'x\nb: 1\n", 3, "unexpected end"),
        ("x: 1\n? [a, b]\n: c\n", 2, "a key is a list"),
        ("a: *nope\n", 1, "undefined alias"),
        ("a: 1\nb:\n  <<: 3\n", 3, "merge key"),
        ("a: 1\nb: \x00\n", 2, "U+0000"),
        ("a: &a [*a]\n", 1, "nests deeper"),
        ("%YAML 9.1\n---\na\n", 1, "incompatible"),
    ],
)
def test_what_is_no_yaml_is_refused_with_its_line(text: str, line: int, part: str) -> None:
    error = refusal(text)

    assert error.location == Location("render.yaml", line)
    assert part in error.message
    assert "render.yaml" in error.remedy


def test_an_escape_that_no_character_has_is_refused() -> None:
    assert refusal('a: "\\UFFFFFFFF"\n').location == Location("render.yaml")


def test_a_tab_is_named_in_the_remedy() -> None:
    assert refusal("a:\n\tb: 1\n").remedy == "indent line 2 of render.yaml with spaces; YAML allows no tabs there"


def test_a_bomb_of_aliases_is_refused_quickly() -> None:
    levels = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    levels += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10)]

    assert "unfolds into more than 50,000 nodes" in refusal("\n".join(levels)).message


@pytest.mark.parametrize("opening", ["[", "{a: ", "- "])
def test_deep_nesting_is_refused_and_does_not_exhaust_the_stack(opening: str) -> None:
    assert "nests deeper than 60 levels" in refusal(opening * 20_000).message


def test_a_very_long_text_is_refused_before_it_is_read() -> None:
    told = refusal("a" * 1_000_001)

    assert "longer than 1,000,000 characters" in told.message
    assert told.remedy.startswith("leave in ")


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


def shape(node: Node | None) -> object:
    match node:
        case Block():
            return [(entry.key, shape(entry.value)) for entry in node.entries]
        case Items():
            return [shape(item) for item in node.items]
        case Scalar(kind=ScalarKind.TEXT):
            return node.text
        case _:
            return ...


def expected(value: object) -> object:
    if isinstance(value, dict):
        return [(key, expected(item)) for key, item in value.items()]
    if isinstance(value, list):
        return [expected(item) for item in value]
    return value if isinstance(value, str) else ...


@settings(deadline=None)
@given(VALUES)
def test_what_was_dumped_is_read_back(value: object) -> None:
    text = yaml.safe_dump({"value": value}, sort_keys=False)

    assert shape(parse(text, file="x.yaml")) == [("value", expected(value))]
