"""TOML text into values and lines."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deploy_suite.manifests.errors import ManifestError
from deploy_suite.manifests.toml_document import parse
from deploy_suite.model.location import Location

TEXT = """\
top = 1
a."b c".d = [ 1,
  # comment
  {x = 2}, "y" ]
[project.'q'] # x
dependencies = [
  "a",
  'b',
]
[[x.y]]
k = 1
[[x.y]]
k = '''
z
'''
[x.y.sub]
z = 2
"""


def test_each_key_and_item_has_its_line() -> None:
    assert parse(TEXT, file="f").lines == {
        ("top",): 1,
        ("a",): 2,
        ("a", "b c"): 2,
        ("a", "b c", "d"): 2,
        ("a", "b c", "d", 0): 2,
        ("a", "b c", "d", 1): 4,
        ("a", "b c", "d", 1, "x"): 4,
        ("a", "b c", "d", 2): 4,
        ("project",): 5,
        ("project", "q"): 5,
        ("project", "q", "dependencies"): 6,
        ("project", "q", "dependencies", 0): 7,
        ("project", "q", "dependencies", 1): 8,
        ("x",): 10,
        ("x", "y"): 10,
        ("x", "y", 0): 10,
        ("x", "y", 0, "k"): 11,
        ("x", "y", 1): 12,
        ("x", "y", 1, "k"): 13,
        ("x", "y", 1, "sub"): 16,
        ("x", "y", 1, "sub", "z"): 17,
    }


def test_every_line_belongs_to_a_value_that_is_there() -> None:
    document = parse(TEXT, file="f")

    assert [path for path in document.lines if document.get(*path) is None] == []


def test_a_place_that_is_not_written_is_that_of_the_nearest_around_it() -> None:
    document = parse(TEXT, file="f")

    assert document.location("x", "y", 1, "nothing") == Location("f", 12)
    assert document.location("nothing") == Location("f")


@pytest.mark.parametrize(
    ("text", "line"),
    [("a = 1\na = 2", 2), ("a = ", 1), ("[a\n", 1), ("a = " + "[" * 5_000, 0), ("x = 1\na = '''\n", 3)],
)
def test_what_is_no_toml_is_refused_with_its_line(text: str, line: int) -> None:
    with pytest.raises(ManifestError) as caught:
        parse(text, file="f")

    assert caught.value.location == Location("f", line)
    assert caught.value.message.startswith("the text is no TOML: ")


def test_a_very_long_text_is_refused_before_it_is_read() -> None:
    with pytest.raises(ManifestError, match="longer than 20,000,000 characters"):
        parse("#" * 20_000_001, file="f")


KEYS = st.text(st.characters(codec="utf-8", exclude_characters="\r"), min_size=1, max_size=6)


def quoted(key: str) -> str:
    escaped = "".join(f"\\U{ord(letter):08X}" for letter in key)
    return f'"{escaped}"'


@settings(deadline=None)
@given(st.lists(KEYS, unique=True, min_size=1, max_size=8))
def test_keys_of_any_spelling_keep_their_line(keys: list[str]) -> None:
    text = "".join(f"{quoted(key)} = [\n 0,\n 1]\n" for key in keys)

    lines = parse(text, file="f").lines

    assert lines == {
        path: line
        for place, key in enumerate(keys)
        for path, line in (((key,), 3 * place + 1), ((key, 0), 3 * place + 2), ((key, 1), 3 * place + 3))
    }
