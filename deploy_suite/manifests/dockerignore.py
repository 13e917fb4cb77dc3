"""A .dockerignore into what it leaves out of a build context."""

import re
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final

_SEPARATOR: Final = "/"
_RANGE: Final = re.compile(r"(?P<first>.)(?:-(?P<last>.))?", re.DOTALL)
_MOST_CHARACTERS: Final = 1000


@dataclass(frozen=True, slots=True)
class Rule:
    """One line. Shape: `is_exception` is that of a line with `!`; `line` counts from 1."""

    pattern: re.Pattern[str]
    is_exception: bool
    line: int
    text: str


@dataclass(frozen=True, slots=True)
class Ignoring:
    """All lines of a file, in their order."""

    rules: tuple[Rule, ...] = ()

    def rule_for(self, path: PurePosixPath) -> Rule | None:
        """Return the rule that leaves out *path*, relative to the context, None when it gets in: the last one counts.

        A rule that fits a folder fits all that lies in it.
        """
        names = [str(path), *(str(parent) for parent in path.parents if parent.parts)]
        found = None
        for rule in self.rules:
            if any(rule.pattern.fullmatch(name) for name in names):
                found = None if rule.is_exception else rule
        return found


def parse(text: str) -> Ignoring:
    """Return the rules of *text*.

    Source: https://docs.docker.com/build/concepts/context/#dockerignore-files
    """
    rules = []
    for number, line in enumerate(text.removeprefix("\ufeff").splitlines(), start=1):
        written = line.strip()
        if not written or line.startswith("#"):
            continue
        bare = written.removeprefix("!").strip()
        cleaned = _SEPARATOR.join(part for part in bare.split(_SEPARATOR) if part not in {"", "."})
        if cleaned:
            rules.append(Rule(pattern(cleaned), written.startswith("!"), number, written))
    return Ignoring(tuple(rules))


def pattern(glob: str) -> re.Pattern[str]:
    """Return the regular expression of a pattern: `**` spans folders, `*` and `?` do not."""
    parts: list[str] = []
    at = 0
    glob = re.sub(r"(?:\*\*/){2,}", "**/", re.sub(r"\*{3,}", "**", glob))[:_MOST_CHARACTERS]
    while at < len(glob):
        part, at = _part(glob, at)
        parts.append(part)
    try:
        return re.compile("".join(parts), re.DOTALL)
    except re.error:
        return re.compile(re.escape(glob))


def _member(found: re.Match[str]) -> str:
    """Return a character or a range of a class for a regular expression."""
    first, last = found["first"], found["last"]
    return re.escape(first) if last is None else f"{re.escape(first)}-{re.escape(last)}"


def _part(glob: str, at: int) -> tuple[str, int]:
    if glob.startswith("**/", at):
        return r"(?:.*/)?", at + 3
    if glob.startswith("**", at):
        return r".*", at + 2
    character = glob[at]
    if character == "[" and (end := glob.find("]", at + 2)) > 0:
        inner = glob[at + 1 : end]
        is_negated = inner[0] in "^!"
        members = _RANGE.sub(_member, inner[is_negated:])
        return f"[{'^' * is_negated}{members}]", end + 1
    if character == "\\" and at + 1 < len(glob):
        return re.escape(glob[at + 1]), at + 2
    known = {"*": "[^/]*", "?": "[^/]"}
    return known.get(character, re.escape(character)), at + 1
