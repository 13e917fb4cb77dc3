"""Run with `python -m pytest` in examples/konan, after `pip install -r requirements.txt pytest`."""

import runpy
from pathlib import Path

import numpy as np
import pytest

from app.embedding import DIMENSIONS, embed

REVISION = Path(__file__).parents[1] / "migrations/versions/0005_first_passages.py"


def test_a_vector_has_length_one_and_one_number_a_dimension() -> None:
    vector = embed("How can I change my password?")

    assert vector.shape == (DIMENSIONS,)
    assert float(np.linalg.norm(vector)) == pytest.approx(1.0, abs=1e-6)


def test_a_text_without_words_is_the_zero_vector() -> None:
    assert not embed("?!").any()


def test_related_words_lie_nearer_than_others() -> None:
    asked = embed("change my passwords")

    assert asked @ embed("To change your password, write to us.") > 0.2 > asked @ embed("The library closes at nine.")


def test_the_passages_of_the_revision_lie_where_the_application_looks() -> None:
    revision = runpy.run_path(str(REVISION))

    for text in revision["FIRST"].values():
        assert np.array_equal(revision["embed"](text), embed(text))
