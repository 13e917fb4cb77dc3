"""A value that cannot be used → the same where it is the target that makes it up."""

import re
from dataclasses import replace
from typing import Final

from deploy_suite.model.contract import Contract, Generated
from deploy_suite.model.finding import Finding

_CODE: Final = "invalid-env-value"
_OF: Final = re.compile(r"the value of (?P<name>\w+) cannot be read")


def explained(finding: Finding, contract: Contract) -> Finding:
    """Return *finding*, of a variable whose value the target generates, with what is known of such a value.

    Source: https://render.com/docs/blueprint-spec#setting-environment-variables
    """
    match = _OF.search(finding.message) if finding.code.partition(":")[0] == _CODE else None
    variable = contract.variable(match["name"]) if match else None
    if match is None or variable is None or not isinstance(variable.source, Generated):
        return finding
    refused = f"the code refuses what the target generates for {match['name']}: 44 characters, 256 bits in base64"
    where = f" ({variable.location})" if variable.location else ""
    return replace(
        finding,
        message=f"{finding.message[: match.start()]}{refused}",
        remedy=f"accept such a value in {finding.location or 'the code'}, or write `sync: false` in place of "
        f"`generateValue: true`{where} and give the target a value of your own",
    )
