"""The words of a server's command line into its application and the folders it imports from."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

_DEFAULTED: Final = re.compile(r"\$\{\w+:?[-=](?P<default>[^}]*)\}")
_VARIABLE: Final = re.compile(r"\$(?:(?P<plain>[A-Za-z_]\w*)|\{(?P<name>\w+)(?::?-[^}]*)?\})")
_ATTACHED: Final = re.compile(r"-[A-Za-z].+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Arguments:
    """A command line read apart. Shape: `options` maps each option onto its last value, "" for one without."""

    positional: tuple[str, ...]
    options: Mapping[str, str]

    def value(self, *names: str) -> str:
        """Return the value of the first of *names* that was given, else ""."""
        return next((self.options[name] for name in names if name in self.options), "")

    def has(self, *names: str) -> bool:
        """Whether one of *names* was given."""
        return any(name in self.options for name in names)


@dataclass(frozen=True, slots=True, kw_only=True)
class Syntax:
    """Which options of a program stand alone; every other one takes a value. `--no-…` always stands alone."""

    flags: frozenset[str]


_COMMON: Final = frozenset({"-h", "--help", "--version", "--reload", "--debug"})

# Sources: https://docs.gunicorn.org/en/stable/settings.html · https://www.uvicorn.org/settings/ ·
# https://hypercorn.readthedocs.io/en/latest/how_to_guides/configuring.html · daphne/cli.py · granian/cli.py ·
# https://docs.pylonsproject.org/projects/waitress/en/stable/runner.html · flask/cli.py · fastapi_cli/cli.py
GUNICORN: Final = Syntax(
    flags=_COMMON
    | {
        "-v",
        "-D",
        "--daemon",
        "-R",
        "--capture-output",
        "--casefold-http-method",
        "--check-config",
        "--disable-redirect-access-to-syslog",
        "--do-handshake-on-connect",
        "--enable-stdio-inheritance",
        "--initgroups",
        "--log-syslog",
        "--permit-obsolete-folding",
        "--permit-unconventional-http-method",
        "--permit-unconventional-http-version",
        "--preload",
        "--print-config",
        "--proxy-protocol",
        "--reuse-port",
        "--spew",
        "--strip-header-spaces",
        "--suppress-ragged-eofs",
    },
)
UVICORN: Final = Syntax(
    flags=_COMMON
    | {"--factory", "--use-colors", "--proxy-headers", "--server-header", "--date-header", "--access-log"},
)
HYPERCORN: Final = Syntax(flags=_COMMON)
DAPHNE: Final = Syntax(flags=_COMMON | {"--proxy-headers"})
GRANIAN: Final = Syntax(
    flags=_COMMON | {"--factory", "--access-log", "--http2", "--websockets", "--respawn-failed-workers"}
)
WAITRESS: Final = Syntax(
    flags=_COMMON | {"--call", "--expose-tracebacks", "--log-untrusted-proxy-headers", "--ipv4", "--ipv6"},
)
FLASK: Final = Syntax(flags=_COMMON | {"--debugger", "--with-threads", "--without-threads"})
FASTAPI: Final = Syntax(flags=_COMMON | {"--proxy-headers"})
CELERY: Final = Syntax(flags=_COMMON | {"--no-color", "-q", "--quiet", "--skip-checks", "-E", "-B", "--beat", "-D"})
SIMPLE: Final = Syntax(flags=_COMMON)


def expanded(word: str) -> str:
    """Return *word* with `${NAME:-default}` replaced by its default: the best guess without the variable."""
    return _DEFAULTED.sub(lambda match: match["default"], word)


def filled(word: str, variables: Mapping[str, str]) -> str:
    """Return *word* with those of *variables* in it that have a value; the others stay as they are written."""
    return _VARIABLE.sub(lambda match: variables.get(match["plain"] or match["name"]) or match[0], word)


def parse(words: Sequence[str], syntax: Syntax) -> Arguments:
    """Return the positional words and the options in *words*, which begin after the program."""
    positional: list[str] = []
    options: dict[str, str] = {}
    rest = [expanded(word) for word in words]
    while rest:
        word = rest.pop(0)
        if word == "--":
            return Arguments(positional=(*positional, *rest), options=options)
        if not word.startswith("-") or word == "-":
            positional.append(word)
            continue
        name, given, value = _apart(word, syntax)
        takes_next = not given and name not in syntax.flags and not name.startswith("--no-") and bool(rest)
        options[name] = rest.pop(0) if takes_next else value
    return Arguments(positional=tuple(positional), options=options)


def _apart(word: str, syntax: Syntax) -> tuple[str, bool, str]:
    """Return the option's name, whether its value is attached (`--a=b`, `-w4`), and that value."""
    if word.startswith("--"):
        name, sign, value = word.partition("=")
        return name, bool(sign), value
    if word not in syntax.flags and _ATTACHED.fullmatch(word):
        return word[:2], True, word[2:].removeprefix("=")
    return word, False, ""
