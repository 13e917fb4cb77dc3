"""What a lock file takes from the package index, and what from elsewhere."""

import json

from deploy_suite.manifests import lock_files

UV = """
[[package]]
name = "Flask"
version = "3.1.0"
source = { registry = "https://pypi.org/simple" }

[[package]]
name = "shop"
version = "0.1.0"
source = { editable = "." }

[[package]]
name = "shared"
version = "0.1.0"
source = { directory = "../shared" }

[[package]]
name = "fork"
version = "1.0"
source = { git = "https://example.com/fork?rev=1#1" }
"""
POETRY = """
[[package]]
name = "flask"
version = "3.1.0"

[[package]]
name = "shared"
version = "0.1.0"

[package.source]
type = "directory"
url = "../shared"
"""


def test_only_what_comes_from_the_index_can_be_gone_from_it() -> None:
    pipenv = json.dumps({"default": {"flask": {"version": "==3.1.0"}, "shared": {"path": "../shared"}}})

    assert lock_files.of_index(lock_files.parse_uv(UV)) == {"flask"}
    assert lock_files.of_index(lock_files.parse_poetry(POETRY)) == {"flask"}
    assert lock_files.of_index(lock_files.parse_pipenv(pipenv)) == {"flask"}
