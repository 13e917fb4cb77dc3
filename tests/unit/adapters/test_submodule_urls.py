"""What a relative URL of a .gitmodules means."""

import pytest

from deploy_suite.adapters.git_submodules import url_of


@pytest.mark.parametrize(
    ("text", "base", "meant"),
    [
        ("https://example.com/lib.git", "https://example.com/org/app.git", "https://example.com/lib.git"),
        ("../lib.git", "https://example.com/org/app.git", "https://example.com/org/lib.git"),
        ("../lib.git", "https://example.com/org/app.git/", "https://example.com/org/lib.git"),
        ("../../other/lib", "https://example.com/org/app", "https://example.com/other/lib"),
        ("./lib", "https://example.com/org/app", "https://example.com/org/app/lib"),
        ("../lib", "git@example.com:org/app.git", "git@example.com:org/lib"),
        ("../lib", "git@example.com:app.git", "git@example.com:lib"),
        ("../lib", "", ""),
    ],
)
def test_a_relative_url_is_relative_to_where_the_repository_came_from(text: str, base: str, meant: str) -> None:
    assert url_of(text, base=base) == meant
