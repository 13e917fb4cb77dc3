"""A line → whether it complains, by the words that anybody uses who does."""

import re
from typing import Final

_LOGGER_NAME: Final = re.compile(r"\b\w+\.errors?\b(?! *:)")
# What a line that complains holds one of, but for the words for which the signatures of causes are looked for too.
LITERALS: Final = (
    "ERROR",
    "CRITICAL",
    "rejected",
    "declined",
    "not expected)",
    "due to signal",
    "xceptions.",
    '", line ',
    "can't be",
    "an't find",
    "nable to ",
    "is required",
    "timed out",
    "ERR!",
    "nvalid",
    "doesn't match any",
    "not installed",
    "not supported",
    "not available",
    "successfully",
    "nsupported",
    "nreachable",
    "navailable",
    "xpired",
    "xceeded",
    "orbidden",
    "nauthorized",
    "not allowed",
    "not valid",
    "not exist",
    "nexpected EOF",
    '"s":"F"',
    "code=H",
    "exited ",
)
_GENERAL: Final = re.compile(
    r"(?i)\b(?:\w*error|fatal|failed|failure|exception|panic|crash(?:ed)?|aborted|killed|rejected|declined|critical)\b"
    r"|exited (?:with (?:code|status) )?[1-9]|exit(?:ed)? (?:code|status):? [1-9]|returned a non-zero code"
    r"|core dumped|Segmentation fault|not expected\)|terminated due to signal \d"
    r"|\b(?:cannot|can't|could not|couldn't|unable to|denied|refused|timed out|is required|no such"
    r"|not (?:be )?(?:found|installed|supported|allowed|valid|created|available)|not \w{3,10} successfully"
    r"|doesn't match any|unexpected EOF|(?:does not|doesn't) exist(?=[.:!]|$)"
    r"|invalid|unsupported|unreachable|unavailable|expired|exceeded|forbidden|unauthorized)\b"
    r"|^npm ERR! "
    r"|\bcode=H\d\d\b"  # how Heroku's router answers itself
    r'|"s":"F"'  # how mongod writes that it ends
)

# What is no mere warning, whoever gave it that level.
_GRAVE: Final = re.compile(
    r"(?i)\b(?:fatal|panic|crash(?:ed)?|aborted|killed|core dumped|exited|terminated|given up)\b"
)


def complains(text: str) -> bool:
    """Whether *text* says that something went wrong; a logger's name says nothing."""
    return bool(_GENERAL.search(_LOGGER_NAME.sub("", text)))


def is_grave(text: str) -> bool:
    """Whether *text* speaks of an end."""
    return bool(_GRAVE.search(text))
