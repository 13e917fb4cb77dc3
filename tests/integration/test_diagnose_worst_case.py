import time

import pytest

from deploy_suite.knowledge.catalogue import Cause, Signature, catalogue
from deploy_suite.knowledge.diagnosis import diagnose

SIGNATURES = [
    pytest.param(cause, signature, id=f"{cause.slug}-{number}")
    for cause in catalogue().causes.values()
    for number, signature in enumerate(cause.signatures)
]


@pytest.mark.integration
@pytest.mark.parametrize(("cause", "signature"), SIGNATURES)
def test_a_mebibyte_of_a_signatures_worst_case_is_read_at_once(cause: Cause, signature: Signature) -> None:
    literals = " ".join(signature.find)
    one_line = f"{literals} " * (2**20 // (len(literals) + 1))

    begun = time.perf_counter()
    diagnose(one_line)
    diagnose(one_line.replace(" ", "\n"))

    assert time.perf_counter() - begun < 4, cause.slug
