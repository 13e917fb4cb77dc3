"""One line of a requirements file into the requirement and the options in it, as pip parts them."""

import shlex
from collections.abc import Iterator
from typing import Final

# The name of a word that is no option: pip reads over it.
IGNORED: Final = ""
_LONG_OPTIONS: Final = {
    **dict.fromkeys(("--requirement", "--constraint", "--editable", "--index-url", "--pypi-url", "--hash"), True),
    **dict.fromkeys(("--extra-index-url", "--find-links", "--no-binary", "--only-binary", "--trusted-host"), True),
    **dict.fromkeys(("--use-feature", "--global-option", "--install-option", "--config-settings"), True),
    **dict.fromkeys(("--config-setting", "--all-releases", "--only-final", "--uploaded-prior-to"), True),
    **dict.fromkeys(("--no-index", "--prefer-binary", "--require-hashes", "--no-require-hashes", "--pre"), False),
}
_SHORT_OPTIONS: Final = {
    "-r": "--requirement",
    "-c": "--constraint",
    "-e": "--editable",
    "-i": "--index-url",
    "-f": "--find-links",
    "-C": "--config-settings",
}


def split(text: str) -> tuple[str, str]:
    """Return the requirement and the options of a line: these start at the first word with a dash."""
    words = text.split(" ")
    at = next((at for at, word in enumerate(words) if word.startswith("-")), len(words))
    return " ".join(words[:at]), " ".join(words[at:])


def options(written: str) -> Iterator[tuple[str, str]]:
    """Yield the options in *written* with their values; other words as `IGNORED`, since pip reads over them.

    Raises: ValueError for what pip refuses.
    """
    words = shlex.split(written)
    while words and words[0] != "--":
        word = words.pop(0)
        if not word.startswith("-") or word == "-":
            yield IGNORED, word
            continue
        name, value, has_value = _option(word)
        if not _LONG_OPTIONS[name]:
            if has_value:
                raise ValueError(f"{name} takes no value")
        elif not has_value:
            if not words:
                raise ValueError(f"{name} needs a value")
            value = words.pop(0)
        yield name, value


def _option(word: str) -> tuple[str, str, bool]:
    """Return the long name, the value that stands in the same word, and whether there is one."""
    if word.startswith("--"):
        written, equals, value = word.partition("=")
        names = [name for name in _LONG_OPTIONS if name == written] or [
            name for name in _LONG_OPTIONS if name.startswith(written) and written != "--"
        ]
        if len(names) == 1:
            return names[0], value, bool(equals)
    elif word[:2] in _SHORT_OPTIONS:
        return _SHORT_OPTIONS[word[:2]], word[2:], bool(word[2:])
    raise ValueError(f"{word!r} is no option of a requirements file")
