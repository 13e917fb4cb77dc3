"""The level that a structured entry of a log states → what it says of the service: that a line was written."""

import re
from typing import Final

LOW_LEVELS: Final = frozenset({"debug", "info", "notice", "trace", "warn", "warning"})
# `"level": "info"`, `level=info`: not what warns.
_NAMES: Final = "info|debug|notice|trace|dbg|inf"
_MERE: Final = re.compile(
    rf'"(?:level|levelname|severity|log_level)": ?"(?i:{_NAMES})"'
    rf'|\b(?:level|lvl|severity|levelname)="?(?i:{_NAMES})\b"?'
)


def is_mere_information(text: str) -> bool:
    """Whether *text* is an entry that is information by its own level: neither trouble nor a sign of health."""
    return _MERE.search(text) is not None


def without_level(text: str) -> str:
    """Return *text*, an entry, without its level, which is no word of the program's."""
    return _MERE.sub("", text)
