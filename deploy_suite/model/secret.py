"""A value that must not be shown, and the masking of every text that may hold one."""

import hashlib
import re
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

MASK: Final = "***"
_SHORTEST_MASKED: Final = 6
_SHORTEST_LINE: Final = 12  # of a text of several lines, such as a private key, each line is a secret of its own
_SHORTEST_PART: Final = 8  # a text that was cut to a width may end in the beginning of a secret
_URL_PASSWORD: Final = re.compile(r"(?P<before>://[^\s:/@'\"]{0,200}:)(?P<password>[^\s'\"]{1,400})(?=@)")
_URL_TOKEN: Final = re.compile(r"(?P<before>://)\w{20,200}(?=(?::[^\s'\"@]*)?@)")
# Forms of keys that services issue, as wide as masking wants them.
ISSUED_KEY: Final = re.compile(
    r"(?<![^\W_])(?:sk-[\w-]{16,}|[sr]k_live_\w{8,}|gh[pousr]_\w{20,}|github_pat_\w{20,}|AKIA[0-9A-Z]{16}|rnd_\w{16,}"
    r"|xox[abeprs]-[\w-]{10,}|AIza[\w-]{30,}|SG\.[\w-]{16,}\.[\w-]{16,}|glpat-[\w-]{16,}|hf_\w{20,}|gsk_\w{20,})"
    r"|(?<!\d)\d{8,10}:AA[\w-]{33}(?![\w-])"  # Telegram's, which stand behind "bot" in the addresses of its API
)

# How shlex and bash write a quote within quotes, and how Python's pages, Jinja's and XML write what would be a mark.
_QUOTES_IN_SHELL: Final = ("'\"'\"'", "'\\''")
_IN_XML: Final = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_MARKS_IN_PAGES: Final = tuple(
    str.maketrans({**_IN_XML, **quotes})
    for quotes in ({"'": "&#x27;", '"': "&quot;"}, {"'": "&#39;", '"': "&#34;"}, {"'": "&#39;", '"': "&quot;"}, {})
)


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

    def digest(self) -> str:
        """Return what tells it from other texts and shows nothing of it."""
        return hashlib.sha256(self._text.encode("utf-8", "surrogatepass")).hexdigest()

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
    """Replaces known secret values, passwords inside URLs and keys of a known form by a mask."""

    secrets: frozenset[str] = frozenset()

    @classmethod
    def of(cls, secrets: Iterable[Secret]) -> "Masker":
        """Return a masker of *secrets* in all the forms in which programs print them.

        Values too short to tell from ordinary text are left out.
        """
        texts = (form for secret in secrets for form in _forms(secret.revealed()))
        return cls(frozenset(text for text in texts if len(text) >= _SHORTEST_MASKED))

    def joined(self, other: "Masker") -> "Masker":
        """Return a masker that knows what both know."""
        return Masker(self.secrets | other.secrets)

    def masked(self, text: str) -> str:
        """Return *text* with each secret replaced, longest first so that no part of one is left."""
        for secret in sorted(self.secrets, key=len, reverse=True):
            text = text.replace(secret, MASK)
        text = _URL_PASSWORD.sub(rf"\g<before>{MASK}", text)
        text = ISSUED_KEY.sub(MASK, _URL_TOKEN.sub(rf"\g<before>{MASK}", text))
        begun = [secret for secret in self.secrets if secret[:_SHORTEST_PART] in text and not _is_address(secret)]
        return "\n".join(_without_part(line, begun) for line in text.split("\n")) if begun else text


def _is_address(secret: str) -> bool:
    """Whether *secret* begins with a word that anybody may write."""
    return "://" in secret or "%3A" in secret


def _without_part(line: str, secrets: Iterable[str]) -> str:
    """Return *line* without the beginning of a secret at its end, where a limit of width cut the rest off."""
    end = line.rstrip("… ")
    for secret in secrets:
        at = end.rfind(secret[:_SHORTEST_PART])
        if at >= 0 and secret.startswith(end[at:]):
            return end[:at] + MASK + line[len(end) :]
    return line


class Curtain:
    """What a run has found to be secret so far. Threads may add to it while others use it."""

    __slots__ = ("_lock", "_masker")

    def __init__(self, masker: Masker | None = None) -> None:
        """Begin with what *masker* knows."""
        self._masker = masker or Masker()
        self._lock = threading.Lock()

    @property
    def masker(self) -> Masker:
        """A masker of all that is known now."""
        return self._masker

    def add(self, masker: Masker) -> None:
        """Hide what *masker* knows too."""
        with self._lock:
            self._masker = self._masker.joined(masker)

    def masked(self, text: str) -> str:
        """Return *text* with each secret known now replaced."""
        return self._masker.masked(text)


def _forms(text: str) -> Iterator[str]:
    """Yield *text* as it is, and as URLs, JSON, Python and base64 hold it; the password of an address alone too."""
    import base64  # noqa: PLC0415  who has no secrets starts 4 ms sooner without these
    import json  # noqa: PLC0415
    from urllib.parse import quote, quote_plus  # noqa: PLC0415

    yield text
    for plain in dict.fromkeys((text.strip(), *_passwords(text))):
        data = _bytes(plain)
        yield from (plain, quote(data, safe=""), quote(data), quote_plus(data))
        yield from (json.dumps(plain)[1:-1], json.dumps(plain, ensure_ascii=False)[1:-1], repr(plain)[1:-1])
        yield from (ascii(plain)[1:-1], repr(data)[2:-1])
        yield from (plain.replace("'", quote_in_shell) for quote_in_shell in _QUOTES_IN_SHELL)
        yield from (shown.translate(marks) for marks in _MARKS_IN_PAGES for shown in (plain, repr(plain)[1:-1]))
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            yield from _in_base64(data, encode)
        yield from (data.hex(), data.hex().upper())
    lines = text.splitlines()
    if len(lines) > 1:
        yield from (line.strip() for line in lines if len(line.strip()) >= _SHORTEST_LINE)


def _in_base64(data: bytes, encode: Callable[[bytes], bytes]) -> Iterator[str]:
    """Yield what base64 makes of *data*, alone and within something else, as in `user:password` of Basic authorization.

    Three bytes become four letters, so there are three ways; letters that hold bits of the neighbours are left out.
    """
    yield encode(data).decode().rstrip("=")
    for ahead in range(3):
        begin, end = -(-ahead * 8 // 6), (ahead + len(data)) * 8 // 6
        yield encode(bytes(ahead) + data).decode()[begin:end]


def _bytes(text: str) -> bytes:
    """Return *text* as programs hold it: bytes of an environment that are no UTF-8 are surrogates here."""
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:  # an escape in YAML or JSON names half a character
        return text.encode("utf-8", "surrogatepass")


def _passwords(text: str) -> Iterator[str]:
    match = _URL_PASSWORD.search(text)
    if match:
        from urllib.parse import unquote  # noqa: PLC0415  as above

        yield match["password"]
        yield unquote(match["password"])
