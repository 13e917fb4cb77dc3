"""A few rows of the clashes proved in real environments; `nox -s knowledge` proves them all."""

import pytest

from deploy_suite.knowledge import clashes
from tests.integration import clash_proofs

pytestmark = pytest.mark.integration

# Small ones: a failing import, a failing use, and a package that this Python cannot read.
SLUGS = ("dep-conflict:flask-login-werkzeug", "dep-conflict:openai-httpx-proxies", "dep-conflict:jose-python-jose")


@pytest.mark.parametrize("slug", SLUGS)
def test_a_known_clash_fails_as_it_says_and_its_repair_does_not(slug: str) -> None:
    (row,) = (row for row in clashes.rows() if row.slug == slug)
    if not clash_proofs.interpreter(row.python):
        pytest.skip(f"no Python {row.python} here")

    assert clash_proofs.proved(row).fault == ""


def test_a_row_that_does_not_hold_is_said_not_to() -> None:
    (row,) = (row for row in clashes.rows() if row.slug == SLUGS[2])
    if not clash_proofs.interpreter(row.python):
        pytest.skip(f"no Python {row.python} here")
    swapped = clashes.parse(
        f'[[clash]]\nslug = "{row.slug}"\nfails = "jose"\nerror = "SyntaxError: Missing"\nwhy = "x"\nfix = "x"\n'
        f'proof = "{row.repair}"\nrepair = "{row.proof}"\nsource = "https://x"\nrank = 1\npython = "{row.python}"\n'
        'members = { jose = "" }\n'
    )[0]

    assert clash_proofs.proved(swapped).fault.startswith("the proof does not fail with 'SyntaxError: Missing'")
