"""Quoted text → the same without passwords, tokens and keys."""

import re
from typing import Final

from deploy_suite.model.secret import MASK, Masker

_ASSIGNED: Final = re.compile(
    r"(?i)(?P<before>[\w-]*(?:passw(?:or)?d|passphrase|secret(?:_?key)?|token|api_?key|access_?key|private_?key|credential"
    r"|dsn|authorization)[\w-]{0,20}[\"']?\s{0,3}[:=]\s{0,3}(?:bearer |basic |token )?[\"']?)"
    r"(?P<value>(?![\"'\s]|\*\*\*|is |not |must |required|None\b|missing)[^\s\"',;&]{4,})"
)
_SHAPES: Final = re.compile(
    r"\b(?:sk-[\w-]{16,}|gh[pousr]_\w{20,}|github_pat_\w{20,}|xox[abp]-[\w-]{10,}|AKIA[0-9A-Z]{16}|AIza[\w-]{30,}"
    r"|rnd_\w{16,}|SG\.[\w-]{16,}\.[\w-]{16,}|eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]{8,}|hf_\w{20,}|glpat-[\w-]{16,}|sk_(?:live|test)_\w{10,})"
)


def shown(text: str, masker: Masker) -> str:
    """Return *text* as it may be shown: known secrets, passwords in URLs and what looks like a key are masked."""
    text = masker.masked(text)
    text = _SHAPES.sub(MASK, text)
    return _ASSIGNED.sub(rf"\g<before>{MASK}", text)
