"""RUN lines into what can be run here of them, what is left out, and what stands in the way."""

import itertools
import posixpath
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from deploy_suite.images import placing
from deploy_suite.manifests import shell
from deploy_suite.manifests.shell import SimpleCommand

_PYTHON: Final = re.compile(r"python(?:3(?:\.\d+)?)?")
_INSTALLERS: Final = frozenset({"pip", "pip3", "uv", "poetry", "pipenv"})
_OTHER_INSTALLERS: Final = frozenset(
    {"conda", "mamba", "micromamba", "pdm", "hatch", "rye", "pipx", "pixi", "virtualenv"}
)
_ANY_PYTHON: Final = re.compile(r"(?:python|pip)[\d.]*")
_PIP: Final = re.compile(r"pip(?:3(?:\.\d+)?)?")
# What a shell does by itself, or to files below the working folder.
_PLAIN: Final = frozenset(
    {"cd", "echo", "set", "export", "true", ":", "test", "[", "[[", "pwd", "ls", "exit", "printf", "unset", "env"}
)
_ON_FILES: Final = frozenset(
    {"mkdir", "touch", "cp", "mv", "rm", "chmod", "ln", "sed", "cat", "find", "install", "rmdir"}
)
# Of these each operand is a file by itself, whatever becomes of the others.
_ONE_BY_ONE: Final = frozenset({"mkdir", "touch", "chmod", "rmdir"})
# What changes the system of the image, and nothing that Python imports from the project or its environment.
_ON_SYSTEM: Final = frozenset(
    [
        *("apt-get", "apt", "apk", "dpkg", "yum", "dnf", "microdnf", "apt-key", "add-apt-repository", "apt-cache"),
        *("useradd", "adduser", "groupadd", "addgroup", "usermod", "userdel", "deluser", "chpasswd", "passwd"),
        *("chown", "chgrp", "setcap", "locale-gen", "update-locale", "update-ca-certificates", "ldconfig", "tee"),
        *("dpkg-reconfigure", "localedef", "gpg", "id", "which"),
        *("update-alternatives", "sleep", "date", "uname", "crontab", "a2enmod", "strip", "xargs", "grep"),
        *("ssh-keyscan", "nproc", "getent", "hash", "command", "type", "apt-mark", "awk", "sort", "head"),
        *("truncate", "umask", "mkfifo", "tail", "wc", "cut", "tr", "stat", "md5sum", "sha256sum", "sync"),
    ]
)
_MAKES_FOLDER: Final = re.compile(r"\bmkdir(?=\s)(?!\s+-p)")
_MAKERS: Final = frozenset({"cp", "mv", "ln", "install", "tar", "unzip"})
_FETCHERS: Final = frozenset({"curl", "wget", "git"})
_SHELLS: Final = frozenset({"sh", "bash", "dash"})
_PACKAGE_TOOLS: Final = frozenset({"apt-get", "apt", "apk"})
_PACKAGE: Final = re.compile(r"[a-z0-9][a-z0-9.+-]*(?:[=:].*)?")
_VALUED: Final = frozenset({"-t", "--virtual", "-o", "--repository", "-X", "--target-release"})
_SYSTEM_TOP: Final = (
    "/usr",
    "/var",
    "/etc",
    "/tmp",  # noqa: S108  a folder of the image
    "/root",
    "/opt",
    "/bin",
    "/lib",
    "/home",
    "~",
    "/run",
    "/usr/local",
)


@dataclass(slots=True)
class Enacted:
    """One RUN. Shape: `text` is what runs here, in the lines of the file, "" for nothing."""

    text: str = ""
    left_out: list[str] = field(default_factory=list)
    packages: list[str] = field(default_factory=list)
    obstacle: str = ""


def read(source: str) -> Enacted:
    """Return what can be run here of *source*, whose paths are those of the tree already."""
    enacted = Enacted()
    script = shell.parse(source)
    judged = [(command, _kept(command)) for command in script.commands]
    for command, kept in judged:
        if command.program in _PACKAGE_TOOLS:
            enacted.packages += packages(command.words)
        if kept is None and command.program:
            enacted.left_out.append(" ".join(command.text.split()) or " ".join(command.words))
    unknown = [command for command, kept in judged if kept is None and not _is_of_system(command)]
    is_ours = any(kept is not None and kept.program not in _PLAIN for _, kept in judged)
    if unknown:
        enacted.obstacle = f"it runs `{_short(unknown[0])}`, of which nothing is known here"
    elif not is_ours:
        return enacted
    elif _is_chain(script):
        enacted.text = _joined(judged)
    elif all(kept == command for command, kept in judged):
        enacted.text = _where_all_is_there(f"( {source.strip(chr(10))} )")
    else:
        enacted.obstacle = "it mixes installing with branches or loops around what cannot be run here"
    return enacted


def uses_python(source: str) -> bool:
    """Whether *source* calls Python or one of its installers, so that it may make modules."""
    programs = {posixpath.basename(shell.unwrapped(one).program) for one in shell.parse(source).commands}
    return any(one in _INSTALLERS or one in _OTHER_INSTALLERS or _ANY_PYTHON.fullmatch(one) for one in programs)


def packages(words: Iterable[str]) -> list[str]:
    """Return the packages that a call of apt-get or apk installs."""
    found: list[str] = []
    pending = list(words)[1:]
    verbs = [word for word in pending if word in {"install", "add"}]
    if not verbs:
        return []
    pending = pending[pending.index(verbs[0]) + 1 :]
    while pending:
        word = pending.pop(0)
        if word in _VALUED:
            pending = pending[1:]
        elif _PACKAGE.fullmatch(word):
            found.append(re.split(r"[=:]", word)[0])
    return found


def _short(command: SimpleCommand) -> str:
    text = " ".join(command.text.split()) or " ".join(command.words)
    longest = 80
    return text if len(text) <= longest else f"{text[:longest]}…"


def _kept(command: SimpleCommand) -> SimpleCommand | None:
    """Return the command as it is run here, None where it is not."""
    program = posixpath.basename(command.program)
    if not command.words:
        return command
    if program == "cd":
        return None if _is_outside(command) else command
    if program in _PLAIN or (program in _ON_FILES and not _is_outside(command)):
        return command
    if not _is_inside(command):
        return None
    if program in _ONE_BY_ONE:
        return _inside_part(command)
    if program in _INSTALLERS or _PIP.fullmatch(program):
        return placing.placed(command, is_pip=_PIP.fullmatch(program) is not None)
    if _PYTHON.fullmatch(program):
        return _python(command)
    inner = shell.unwrapped(command)
    if inner.words != command.words and posixpath.basename(inner.program) in _INSTALLERS:
        return placing.placed(inner, is_pip=False)
    return command if _is_framework(command) else None


def _is_framework(command: SimpleCommand) -> bool:
    """Whether the program is one that Python packages of web projects bring for their builds."""
    return command.program in {"flask", "django-admin", "alembic", "playwright", "nltk", "spacy", "pybabel"} or (
        command.program.endswith("manage.py")
    )


def _python(command: SimpleCommand) -> SimpleCommand | None:
    rest = command.words[1:]
    if rest[:2] == ("-m", "build"):
        return placing.own_package(command)
    if rest[:2] == ("-m", "venv") or rest[:2] == ("-m", "virtualenv"):
        return None
    if rest[:2] == ("-m", "pip"):
        return placing.placed(replace(command, words=("pip", *rest[2:])), is_pip=True)
    if not rest or rest == ("-",):
        return None if command.before == "|" else command
    return replace(command, words=("python", *rest), text=re.sub(r"^\s*\S+", "python", command.text, count=1))


def _is_inside(command: SimpleCommand) -> bool:
    """Whether the command runs below the working folder."""
    return command.folder_is_known and not command.folder.startswith(("/", ".."))


def _is_outside(command: SimpleCommand) -> bool:
    """Whether a command on files may touch what lies outside of the working folder: that is this machine's own here."""
    return not _is_inside(command) or any(map(_is_path_outside, command.words[1:]))


def _is_path_outside(word: str) -> bool:
    is_open = "$" in word or "`" in word or word == "-"
    return is_open or word.startswith((*_SYSTEM_TOP, "/", "~")) or ".." in word.split("/")


def _inside_part(command: SimpleCommand) -> SimpleCommand | None:
    """Return *command* for those of its files that lie in the tree, None where none does."""
    words = tuple(word for word in command.words if word == command.words[0] or not _is_path_outside(word))
    fewest = 1 + (posixpath.basename(command.program) == "chmod")
    operands = [word for word in words[1:] if not word.startswith("-")]
    return replace(command, words=words, text=" ".join(map(placing.quoted, words))) if len(operands) >= fewest else None


def _is_of_system(command: SimpleCommand) -> bool:
    """Whether leaving *command* out changes nothing below the working folder, and nothing that Python imports."""
    program = posixpath.basename(command.program)
    operands = [word for word in command.words[1:] if not word.startswith("-")]
    if program in _MAKERS:
        return bool(operands) and operands[-1].startswith(_SYSTEM_TOP)
    if program in _FETCHERS:
        return _fetches_for_system(command, program, operands)
    if program in _SHELLS:
        return all(word.startswith(_SYSTEM_TOP) or command.before == "|" for word in operands)
    if program in {"cd", "source", "."}:
        return True
    if _PYTHON.fullmatch(program) or program in _INSTALLERS:
        return _is_inside(command)
    return program in _ON_SYSTEM or program in _ON_FILES


def _fetches_for_system(command: SimpleCommand, program: str, operands: Sequence[str]) -> bool:
    """Whether what *command* fetches goes into the image's own system, or to no file at all."""
    saves = [after for word, after in itertools.pairwise(command.words) if word in {"-o", "-O", "--output"}]
    if not all(path.startswith((*_SYSTEM_TOP, "-", "/dev")) for path in saves):
        return False
    if program == "git":
        return "config" in operands or (operands[-1] if operands else command.folder).startswith(_SYSTEM_TOP)
    is_kept = "-O" in saves or (program == "wget" and not saves and command.after != "|")
    return not is_kept or "config" in operands or command.folder.startswith(_SYSTEM_TOP)


def _is_chain(script: shell.Script) -> bool:
    return not script.functions and not any(
        command.is_conditional or command.is_condition or command.before in {"&", "|"} for command in script.commands
    )


def _where_all_is_there(text: str) -> str:
    """Return *text* for a tree that holds from the beginning what the image is given line by line."""
    return _MAKES_FOLDER.sub("mkdir -p", text)


def _joined(judged: list[tuple[SimpleCommand, SimpleCommand | None]]) -> str:
    """Return the commands that are kept, each in its line, in a shell of their own."""
    lines: dict[int, list[str]] = {}
    last = 0
    was_kept = True
    goes_on = any(command.before == ";" for command, _ in judged)
    for command, kept in judged:
        if kept is None or (command.before == "||" and not was_kept):
            was_kept = False
            continue
        if last:
            lines[last].append(command.before if command.before in {"||", ";"} and was_kept else "&&")
        text = _where_all_is_there(" ".join(kept.text.replace("\\\n", " ").split("\n")))
        lines.setdefault(command.line, []).append(text)
        last = command.line
        was_kept = True
    if not lines:
        return ""
    first = min(lines)
    lines[first].insert(0, "( set +e;" if goes_on else "(")
    lines[last].append(")")
    return "\n".join(" ".join(lines.get(number, [])) for number in range(1, max(lines) + 1))
