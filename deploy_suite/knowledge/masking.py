"""Quoted text → the same without passwords, tokens and keys."""

import re
from typing import Final

from deploy_suite.model.secret import MASK, Masker

_ASSIGNED: Final = re.compile(
    r"(?i)(?P<before>[\w-]*(?:passw(?:or)?d|passphrase|secret(?:_?key)?|token|api_?key|access_?key|private_?key|credential"
    r"|dsn|authorization)[\w-]{0,20}(?<!error)(?<!exception)[\"']?\s{0,3}[:=]\s{0,3}(?:bearer |basic |token )?[\"']?)"
    r"(?P<value>(?![\"'\s]|\*\*\*|is |not |must |required|None\b|missing|invalid )[^\s\"',;&]{4,})"
)
_NO_LEAKS: Final = re.compile(  # to be hidden all the same: a session's token, a key to a test account
    r"\b(?:eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]{8,}|[sr]k_test_\w{10,})"
)


def shown(text: str, masker: Masker) -> str:
    """Return *text* as it may be shown: known secrets, passwords in URLs and what looks like a key are masked."""
    text = masker.masked(text)
    text = _NO_LEAKS.sub(MASK, text)
    return _ASSIGNED.sub(rf"\g<before>{MASK}", text)
