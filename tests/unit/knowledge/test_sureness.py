"""How sure an answer is told to be follows the weight of the signature, as answers on unseen logs bore it out."""

import itertools

import pytest

from deploy_suite.knowledge.catalogue import Catalogue, parse
from deploy_suite.knowledge.diagnosis import diagnose
from deploy_suite.reports.diagnosis import render_text

ROW = """
[[cause]]
slug = "{slug}"
title = "t"
why = "w"
fix = "f"
kind = "configuration"
sources = ["https://example.com"]

[[cause.signature]]
find = ["{says}"]
pattern = '''{says}'''
weight = {weight}
"""


def rows(*weights: float) -> Catalogue:
    return parse(
        {
            f"{n}.toml": ROW.format(slug=f"cause-{n}", says=f"Error {chr(97 + n)}", weight=weight)
            for n, weight in enumerate(weights)
        }
    )


def told(*weights: float) -> tuple[float, ...]:
    text = "\n".join(f"Error {chr(97 + n)}" for n in range(len(weights)))
    return tuple(cause.confidence for cause in diagnose(text, rows=rows(*weights)).causes)


@pytest.mark.parametrize("weight", [0.88, 0.9, 0.95, 0.99])
def test_words_that_proved_right_are_told_as_they_are_weighed(weight: float) -> None:
    assert told(weight) == (weight,)


@pytest.mark.parametrize("weight", [0.7, 0.75, 0.8, 0.85, 0.87, 0.879])
def test_words_that_were_wrong_in_one_of_five_logs_are_told_as_likely(weight: float) -> None:
    assert 0.6 <= told(weight)[0] < 0.7
    assert "How sure: likely" in render_text(diagnose("Error a", rows=rows(weight)))


@pytest.mark.parametrize("weight", [0.4, 0.5, 0.59])
def test_a_guess_stays_one(weight: float) -> None:
    assert told(weight) == (weight,)


def test_what_is_surer_stays_surer() -> None:
    one_by_one = [told(weight / 100)[0] for weight in range(40, 100)]

    assert all(less <= more for less, more in itertools.pairwise(one_by_one))


def test_the_best_cause_stays_the_best() -> None:
    assert told(0.85, 0.8) == tuple(sorted(told(0.85, 0.8), reverse=True))
    assert diagnose("Error a\nError b", rows=rows(0.8, 0.85)).causes[0].slug == "cause-1"


CUT_OFF = 'Traceback (most recent call last):\n  File "/srv/app/main.py", line 3, in <module>\n'


def test_a_log_that_goes_on_to_another_exception_makes_a_cause_less_sure() -> None:
    found = diagnose(f"Error a\n{CUT_OFF}ZeroDivisionError: division by zero\n", rows=rows(0.95))

    assert found.causes[0].confidence < 0.7


def test_one_that_is_cut_off_in_the_traceback_that_follows_is_less_sure_too() -> None:
    assert diagnose(f"Error a\n{CUT_OFF}", rows=rows(0.95)).causes[0].confidence < 0.7


def test_after_an_exception_a_traceback_that_is_cut_off_is_taken_for_the_same_again() -> None:
    found = diagnose(f"{CUT_OFF}ValueError: Error a\n{CUT_OFF}", rows=rows(0.95))

    assert found.causes[0].confidence == 0.95


@pytest.mark.parametrize(("raised", "is_sure"), [("whitenoise.storage.MissingFileError", True), ("ValueError", False)])
def test_a_static_file_that_is_missing_is_surely_of_collectstatic_only_where_that_alone_says_so(
    raised: str, *, is_sure: bool
) -> None:
    storage = "<whitenoise.storage.CompressedManifestStaticFilesStorage object at 0x7f4842d13200>"

    (cause,) = diagnose(f"{raised}: The file 'js/a.js.map' could not be found with {storage}.\n").causes

    assert cause.slug == "collectstatic-failed"
    assert (cause.confidence >= 0.88) is is_sure
