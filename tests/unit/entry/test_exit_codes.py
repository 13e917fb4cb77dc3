"""The exit codes that commands give, by the words of verdicts that they do not import until they have one."""

from deploy_suite.entry import deploying, redeploying, verifying
from deploy_suite.model.probe import ProbeVerdict
from deploy_suite.model.release import ReleaseVerdict


def test_exit_codes_stand_for_verdicts_that_there_are() -> None:
    told = {*deploying._CODES, *deploying._IS_BACK, *redeploying._CODES}

    assert told - {verdict.value for verdict in ReleaseVerdict} == set()


def test_verifying_has_an_exit_code_for_each_verdict() -> None:
    assert set(verifying._CODES) == {verdict.value for verdict in ProbeVerdict}


def test_a_release_that_is_live_or_not_needed_ends_well_and_one_that_nobody_knows_of_does_not() -> None:
    assert {deploying._CODES[verdict.value] for verdict in (ReleaseVerdict.LIVE, ReleaseVerdict.NOTHING)} == {0}
    assert deploying._CODES[ReleaseVerdict.INCONCLUSIVE.value] == 3
