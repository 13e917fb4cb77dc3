"""A value that must not be shown, and the masking of every text that may hold one."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

MASK: Final = "***"
_SHORTEST_MASKED: Final = 6
_URL_PASSWORD: Final = re.compile(r"(?P<before>[a-zA-Z][\w+.-]*://[^\s:/@'\"]*:)(?P<password>[^\s@'\"]+)(?=@)")


class Secret:
    """Text that only an adapter may reveal.

    Not a subclass of `str`: such a class loses its mask the moment something quotes or joins it.
    """

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        """Hold *text*."""
        self._text = text

    def revealed(self) -> str:
        """Return the text itself; for adapters, at the last moment."""
        return self._text

    def __repr__(self) -> str:
        """Return the mask."""
        return MASK

    __str__ = __repr__

    def __eq__(self, other: object) -> bool:
        """Compare the texts."""
        return isinstance(other, Secret) and other.revealed() == self._text

    def __hash__(self) -> int:
        """Hash the text."""
        return hash(self._text)


@dataclass(frozen=True, slots=True)
class Masker:
    """Replaces known secret values, and passwords inside URLs, by a mask."""

    secrets: frozenset[str] = frozenset()

    @classmethod
    def of(cls, secrets: Iterable[Secret]) -> "Masker":
        """Return a masker of *secrets*; values too short to tell from ordinary text are left out."""
        return cls(frozenset(s.revealed() for s in secrets if len(s.revealed()) >= _SHORTEST_MASKED))

    def joined(self, other: "Masker") -> "Masker":
        """Return a masker that knows what both know."""
        return Masker(self.secrets | other.secrets)

    def masked(self, text: str) -> str:
        """Return *text* with each secret replaced, longest first so that no part of one is left."""
        for secret in sorted(self.secrets, key=len, reverse=True):
            text = text.replace(secret, MASK)
        return _URL_PASSWORD.sub(rf"\g<before>{MASK}", text)
