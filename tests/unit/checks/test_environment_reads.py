"""From a name back to what the sources give it."""

import pytest

from deploy_suite.checks import environment_reads
from deploy_suite.checks.environment_reads import Given

CONFIG = """\
import os
URL = (
    os.getenv("A_URL")
    or os.getenv("B_URL")
)
config["KEY"]: str = URL
self.token = os.getenv("TOKEN")
"""
USE = "ADDRESS = settings.URL\nengine = make(address=ADDRESS, echo=True)\nfirst = second = ADDRESS\n"
READ = 'os.getenv("A_URL")\n    or os.getenv("B_URL")'


@pytest.mark.parametrize(
    ("names", "steps", "found"),
    [
        ({"URL"}, 1, [("URL", READ)]),
        ({"KEY"}, 1, [("config['KEY']", "URL")]),
        ({"config['KEY']"}, 2, [("config['KEY']", "URL"), ("URL", READ)]),
        ({"self.token"}, 1, [("self.token", 'os.getenv("TOKEN")')]),
        ({"token"}, 1, []),
        ({"address"}, 3, [("address", "ADDRESS"), ("ADDRESS", "settings.URL"), ("URL", READ)]),
        ({"first", "second"}, 1, [("first", "ADDRESS"), ("second", "ADDRESS")]),
    ],
)
def test_what_is_given_to_a_name_is_followed_step_by_step(
    names: set[str], steps: int, found: list[tuple[str, str]]
) -> None:
    given = environment_reads.behind(names, (CONFIG, USE, "no Python ("), steps=steps)

    assert [(one.place, one.value) for one in given] == found


def test_what_names_itself_is_followed_once() -> None:
    text = "url = url or other\nother = url\n"

    given = environment_reads.behind({"url"}, [text], steps=9)

    assert list(given) == [Given(text, "url", "url or other"), Given(text, "other", "url")]
