"""A call of pip into what it asks for, and into the call of uv that does the same.

Standard library only: what stands in for pip in a build imports it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

# Options with a value, and what they are called in uv. Source: https://pip.pypa.io/en/stable/cli/pip_install/
_VALUED: Final = {
    "--requirement": "--requirements",
    "--constraint": "--constraints",
    "--editable": "--editable",
    "--index-url": "--index-url",
    "--extra-index-url": "--extra-index-url",
    "--find-links": "--find-links",
    "--no-binary": "--no-binary",
    "--only-binary": "--only-binary",
    "--trusted-host": "--allow-insecure-host",
}
_PLACES: Final = frozenset({"--index-url", "--extra-index-url", "--find-links"})
_FLAGS: Final = {
    "--upgrade": "--upgrade",
    "--no-deps": "--no-deps",
    "--no-dependencies": "--no-deps",
    "--pre": "--prerelease=allow",
    "--no-index": "--no-index",
    "--require-hashes": "--require-hashes",
    "--force-reinstall": "--reinstall",
    "--no-build-isolation": "--no-build-isolation",
}
# What changes how pip works or talks, but not what it installs.
_IDLE_VALUED: Final = frozenset(
    ["--timeout", "--default-timeout", "--retries", "--progress-bar", "--root-user-action", "--cache-dir", "--cert"]
)
_IDLE_FLAGS: Final = frozenset(
    [
        "--no-cache-dir",
        "--disable-pip-version-check",
        "--no-input",
        "--no-warn-script-location",
        "--no-warn-conflicts",
        "--no-color",
        "--compile",
        "--no-compile",
        "--break-system-packages",
        "--use-pep517",
        "--quiet",
        "--verbose",
        "--no-python-version-warning",
        "--no-clean",
    ]
)
_SHORT: Final = {
    "r": "--requirement",
    "c": "--constraint",
    "e": "--editable",
    "i": "--index-url",
    "f": "--find-links",
    "U": "--upgrade",
    "q": "--quiet",
    "v": "--verbose",
}
_IDLE_VARIABLES: Final = frozenset(
    [
        "NO_CACHE_DIR",
        "DISABLE_PIP_VERSION_CHECK",
        "NO_INPUT",
        "ROOT_USER_ACTION",
        "DEFAULT_TIMEOUT",
        "TIMEOUT",
        "RETRIES",
        "PROGRESS_BAR",
        "QUIET",
        "VERBOSE",
        "BREAK_SYSTEM_PACKAGES",
        "NO_WARN_SCRIPT_LOCATION",
        "NO_COLOR",
        "CACHE_DIR",
        "CLIENT_CERT",
        "NO_PYTHON_VERSION_WARNING",
    ]
)
# Source: https://docs.astral.sh/uv/reference/environment/
_VARIABLES: Final = {
    "INDEX_URL": "UV_DEFAULT_INDEX",
    "EXTRA_INDEX_URL": "UV_INDEX",
    "FIND_LINKS": "UV_FIND_LINKS",
    "CERT": "SSL_CERT_FILE",
    "TRUSTED_HOST": "UV_INSECURE_HOST",
    "PROXY": "HTTPS_PROXY",
}


@dataclass(frozen=True, slots=True)
class PipInstall:
    """What a call of `pip install` asks for.

    Shape: `requirements` are its words without an option; `options` what else shapes the answer, in uv's words.
    """

    requirements: tuple[str, ...] = ()
    editables: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    constraints: tuple[str, ...] = ()
    options: tuple[str, ...] = ()

    @property
    def index_options(self) -> tuple[str, ...]:
        """Those of the options that say where to look, each with its value."""
        pairs = zip(self.options, self.options[1:], strict=False)
        return tuple(word for pair in pairs if pair[0] in _PLACES for word in pair)

    def uv_arguments(self) -> tuple[str, ...]:
        """Return the arguments that make uv install the same."""
        return (
            *self.options,
            *(word for file in self.constraints for word in ("--constraints", file)),
            *(word for file in self.files for word in ("--requirements", file)),
            *(word for path in self.editables for word in ("--editable", path)),
            *self.requirements,
        )


def read(arguments: Sequence[str]) -> PipInstall | None:
    """Return what `pip ARGUMENTS` installs, None when it is no install or has an option that uv does not have."""
    try:
        words = tuple(_words(arguments))
    except _NotKnownError:
        return None
    plain = [value for name, value in words if not name]
    if plain[:1] != ["install"]:
        return None
    found = PipInstall(
        requirements=tuple(plain[1:]),
        editables=_values(words, "--editable"),
        files=_values(words, "--requirement"),
        constraints=_values(words, "--constraint"),
        options=tuple(_options(words)),
    )
    return found if found.requirements or found.editables or found.files else None


def uv_settings(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that tell uv what *environment* tells pip, as far as uv has words for it."""
    found: dict[str, str] = {}
    for short, value in _said_to_pip(environment):
        if short in _VARIABLES:
            found.setdefault(_VARIABLES[short], ",".join(value.split()) if short == "FIND_LINKS" else value)
    return found


def means_more_to_pip(environment: Mapping[str, str]) -> bool:
    """Return whether *environment* tells pip something that uv has no words for."""
    return any(short not in _VARIABLES and short not in _IDLE_VARIABLES for short, _ in _said_to_pip(environment))


def _said_to_pip(environment: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for name, value in environment.items():
        if name.startswith("PIP_") and value:
            yield name.removeprefix("PIP_"), value


class _NotKnownError(Exception):
    """A word that only pip itself understands."""


def _words(arguments: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield (option, value); ("", word) for a word without option."""
    pending = list(arguments)
    while pending:
        word = pending.pop(0)
        if word in {"--", "-"}:
            raise _NotKnownError
        if word.startswith("--"):
            yield _long(word, pending)
        elif word.startswith("-"):
            yield from _cluster(word[1:], pending)
        else:
            yield "", word


def _long(word: str, pending: list[str]) -> tuple[str, str]:
    name, equals, value = word.partition("=")
    if name in _VALUED or name in _IDLE_VALUED:
        return name, value if equals else _next(pending)
    if equals or (name not in _FLAGS and name not in _IDLE_FLAGS):
        raise _NotKnownError
    return name, ""


def _cluster(letters: str, pending: list[str]) -> Iterator[tuple[str, str]]:
    """Yield the options in "qr", "rrequirements.txt", "Ur"."""
    while letters:
        name = _SHORT.get(letters[0])
        letters = letters[1:]
        if name is None:
            raise _NotKnownError
        if name in _VALUED:
            yield name, letters or _next(pending)
            return
        yield name, ""


def _next(pending: list[str]) -> str:
    if not pending:
        raise _NotKnownError
    return pending.pop(0)


def _values(words: Sequence[tuple[str, str]], option: str) -> tuple[str, ...]:
    return tuple(value for name, value in words if name == option)


def _options(words: Sequence[tuple[str, str]]) -> Iterator[str]:
    for name, value in words:
        if name in _FLAGS:
            yield _FLAGS[name]
        elif name in _VALUED and name not in {"--editable", "--requirement", "--constraint"}:
            yield from (_VALUED[name], value)
