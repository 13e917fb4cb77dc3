import pytest

from deploy_suite.knowledge import clashes


def test_every_row_is_met_by_its_proof_and_not_by_its_repair():
    for clash in clashes.rows():
        proof, repair = (
            dict(pin.split("==") for pin in text.split(",")[0].split()) for text in (clash.proof, clash.repair)
        )
        assert clash.is_met(proof), clash.slug
        assert not clash.is_met(repair), clash.slug


def test_every_row_names_its_source_and_its_fix():
    assert all(clash.source.startswith("https://") and clash.fix and clash.error for clash in clashes.rows())


@pytest.mark.parametrize("versions", [{}, {"flask": "2.2.2"}, {"flask": "2.2.2", "werkzeug": "odd version"}])
def test_what_is_not_known_is_no_clash(versions):
    assert clashes.met(versions) == ()
