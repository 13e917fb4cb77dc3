"""The words of a command into the words of the program that it runs in the end."""

import posixpath
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final

_ASSIGNMENT: Final = re.compile(r"(?P<name>[A-Za-z_]\w*)=(?P<value>.*)", re.DOTALL)
_PYTHON: Final = re.compile(r"(?:.*/)?(?:python|pypy)(?:\d+(?:\.\d+)*)?|py")
_SHELLS: Final = frozenset({"sh", "bash", "dash", "zsh", "ash", "ksh"})
_MOST_LAYERS: Final = 20


@dataclass(frozen=True, slots=True)
class Call:
    """A program call: its words, the variables set for it, and the folders that options such as `-C` move it to."""

    words: tuple[str, ...]
    assignments: tuple[tuple[str, str], ...] = ()
    folders: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Wrapper:
    """How a program that runs another one reads its options.

    Shape: `valued` are options that take the next word; `folder` those whose value is a folder to move to;
    `verbs` must follow the program ("run"); `operands` is the number of words before the program wrapped.
    """

    valued: frozenset[str] = frozenset()
    folder: frozenset[str] = frozenset()
    verbs: tuple[str, ...] = ()
    operands: int = 0
    takes_assignments: bool = False
    valued_after_verb: frozenset[str] = frozenset()


_UV_GLOBAL: Final = frozenset(
    {"--project", "--config-file", "--cache-dir", "--color", "--allow-insecure-host", "--python-preference"},
)
_UV_RUN: Final = frozenset(
    {
        *("--with", "--with-editable", "--with-requirements", "-w", "--extra", "--no-extra", "--group", "--no-group"),
        *(
            "--only-group",
            "--python",
            "-p",
            "--env-file",
            "--package",
            "--index",
            "--default-index",
            "--index-url",
            "-i",
        ),
        *("--extra-index-url", "--find-links", "-f", "--upgrade-package", "-P", "--refresh-package", "--link-mode"),
        *("--resolution", "--prerelease", "--exclude-newer", "--config-setting", "-C", "--reinstall-package"),
        *("--keyring-provider", "--python-platform", "--index-strategy", "--no-binary-package", "--no-build-package"),
    },
)

_WRAPPERS: Final[Mapping[str, _Wrapper]] = {
    "exec": _Wrapper(valued=frozenset({"-a"})),
    "command": _Wrapper(),
    "builtin": _Wrapper(),
    "nohup": _Wrapper(),
    "setsid": _Wrapper(),
    "time": _Wrapper(valued=frozenset({"-f", "-o", "--format", "--output"})),
    "env": _Wrapper(valued=frozenset({"-u", "--unset"}), folder=frozenset({"-C", "--chdir"}), takes_assignments=True),
    "nice": _Wrapper(valued=frozenset({"-n", "--adjustment"})),
    "ionice": _Wrapper(valued=frozenset({"-c", "-n", "--class", "--classdata"})),
    "stdbuf": _Wrapper(valued=frozenset({"-i", "-o", "-e"})),
    "timeout": _Wrapper(valued=frozenset({"-k", "-s", "--kill-after", "--signal"}), operands=1),
    "sudo": _Wrapper(
        valued=frozenset({"-u", "-g", "--user", "--group"}), folder=frozenset({"-D", "--chdir"}), takes_assignments=True
    ),
    "tini": _Wrapper(valued=frozenset({"-e", "-p"})),
    "dumb-init": _Wrapper(valued=frozenset({"-r", "--rewrite"})),
    "ddtrace-run": _Wrapper(),
    "opentelemetry-instrument": _Wrapper(
        valued=frozenset(
            {"--traces_exporter", "--metrics_exporter", "--logs_exporter", "--service_name", "--exporter_otlp_endpoint"}
        )
    ),
    "newrelic-admin": _Wrapper(verbs=("run-program",)),
    "poetry": _Wrapper(valued=frozenset({"-P", "--project"}), folder=frozenset({"-C", "--directory"}), verbs=("run",)),
    "pipenv": _Wrapper(valued=frozenset({"--python"}), verbs=("run",)),
    "pdm": _Wrapper(
        valued=frozenset({"-c", "--config"}),
        verbs=("run",),
        valued_after_verb=frozenset({"-p", "--project", "--venv"}),
    ),
    "rye": _Wrapper(verbs=("run",)),
    "hatch": _Wrapper(valued=frozenset({"-e", "--env", "-p", "--project"}), verbs=("run",)),
    "dotenv": _Wrapper(valued=frozenset({"-f", "--file"}), verbs=("run",)),
    "honcho": _Wrapper(valued=frozenset({"-e", "--env"}), verbs=("run",)),
    "doppler": _Wrapper(
        verbs=("run",), valued_after_verb=frozenset({"-p", "--project", "-c", "--config", "-t", "--token"})
    ),
    "infisical": _Wrapper(verbs=("run",), valued_after_verb=frozenset({"--env", "--path", "--projectId", "--token"})),
    "uv": _Wrapper(
        valued=_UV_GLOBAL,
        folder=frozenset({"--directory"}),
        verbs=("run",),
        valued_after_verb=_UV_GLOBAL | _UV_RUN,
    ),
}


def unwrapped(call: Call) -> Call:
    """Return the call that *call* makes in the end; *call* itself where it wraps nothing that is known."""
    for _ in range(_MOST_LAYERS):
        inner = _peeled(call)
        if inner is None:
            break
        call = inner
    return call


def script_of(words: tuple[str, ...]) -> tuple[str, bool] | None:
    """Return the text that `bash -c TEXT` runs and whether a flag stops it at errors; None for all other calls."""
    if not is_shell(words):
        return None
    flags, rest = shell_flags(words)
    if "c" not in flags or not rest:
        return None
    return rest[0], "e" in flags


def is_shell(words: tuple[str, ...]) -> bool:
    """Return whether *words* call a shell."""
    return bool(words) and posixpath.basename(words[0]) in _SHELLS


def shell_flags(words: tuple[str, ...]) -> tuple[frozenset[str], tuple[str, ...]]:
    """Return the one-letter flags of a shell's call (`-o errexit` as "e") and the words after its options."""
    flags: set[str] = set()
    at = 1
    while at < len(words) and words[at][:1] in {"-", "+"} and words[at] != "--":
        word = words[at]
        at += 1
        if word.startswith(("--", "+")):
            at += word in {"--rcfile", "--init-file", "+o", "+O"}
            continue
        flags.update(word[1:])
        if word.endswith(("o", "O")):
            flags.update({"errexit": "e", "pipefail": "P"}.get(words[at] if at < len(words) else "", ""))
            at += 1
    return frozenset(flags), words[at + (at < len(words) and words[at] == "--") :]


def _peeled(call: Call) -> Call | None:
    if not call.words:
        return None
    name = posixpath.basename(call.words[0])
    if _PYTHON.fullmatch(call.words[0]):
        return _python_module(call)
    wrapper = _WRAPPERS.get(name)
    if wrapper is None or (call.words[0] != name and name in {"exec", "command", "builtin"}):
        return None
    special: Callable[[Call], Call] | None = {"uv": _uv_program}.get(name)
    inner = _wrapped(call, wrapper)
    return special(inner) if special and inner else inner


def _wrapped(call: Call, wrapper: _Wrapper) -> Call | None:
    call = _without_options(call, wrapper.valued, wrapper)
    for verb in wrapper.verbs:
        if call.words[:1] != (verb,):
            return None
        call = _without_options(call, wrapper.valued | wrapper.valued_after_verb, wrapper)
    if wrapper.takes_assignments:
        call = _with_assignments(call)
    words = call.words[wrapper.operands :]
    return replace(call, words=words) if words else None


def _without_options(call: Call, valued: frozenset[str], wrapper: _Wrapper) -> Call:
    """Return *call* without its first word and the options after it."""
    at, folders = 1, call.folders
    while at < len(call.words) and call.words[at].startswith("-") and call.words[at] != "-":
        option, equals, value = call.words[at].partition("=")
        if option in _MODULE_OPTIONS and wrapper.verbs == ("run",):
            break
        at += 1
        if option == "--":
            break
        if option in valued | wrapper.folder and not equals:
            value = call.words[at] if at < len(call.words) else ""
            at += 1
        if option in wrapper.folder and value:
            folders = (*folders, value)
    return replace(call, words=call.words[at:], folders=folders)


_MODULE_OPTIONS: Final = frozenset({"-m", "--module"})


def _uv_program(call: Call) -> Call:
    """Return what `uv run` makes of its operand: a module after `-m`, a Python script, or a program."""
    first, *rest = call.words
    if first in _MODULE_OPTIONS and rest:
        return replace(call, words=tuple(rest))
    if first.endswith(".py"):
        return replace(call, words=("python", *call.words))
    return call


def _with_assignments(call: Call) -> Call:
    assignments = list(call.assignments)
    words = list(call.words)
    while words and (match := _ASSIGNMENT.fullmatch(words[0])):
        assignments.append((match["name"], match["value"]))
        words.pop(0)
    return replace(call, words=tuple(words), assignments=tuple(assignments))


def _python_module(call: Call) -> Call | None:
    """Return the module of `python [-u -X dev …] -m MODULE …` as the program."""
    at = 1
    while at < len(call.words) and call.words[at].startswith("-"):
        word = call.words[at]
        if word.startswith("--") or word == "-":
            return None
        letters = word[1:]
        for place, letter in enumerate(letters):
            rest = letters[place + 1 :]
            if letter == "m":
                words = ((rest,) if rest else ()) + call.words[at + 1 :]
                return replace(call, words=words) if words else None
            if letter == "c":
                return None
            if letter in "WX":
                at += not rest
                break
        at += 1
    return None
