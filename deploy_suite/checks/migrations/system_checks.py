"""What Django's system checks say when they stop a command → each error, and the line that it is about."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from deploy_suite.checks.base import Built
from deploy_suite.model.location import Location

# Source: https://docs.djangoproject.com/en/stable/topics/checks/#messages; only errors (E) stop a command.
_ERROR: Final = re.compile(
    r"^(?P<subject>[^\s:][^\n]*?): \((?P<id>[\w.]+\.E\d+)\) (?P<text>[^\n]+)(?:\n\tHINT: (?P<hint>[^\n]+))?",
    re.MULTILINE,
)
_OF_MODEL: Final = re.compile(r"(?P<app>\w+)\.(?P<model>\w+)(?:\.(?P<field>\w+))?")
_OF_CLASS: Final = re.compile(r"<class '(?P<module>[\w.]+)\.(?P<name>\w+)'>")
_MOST_SHOWN: Final = 4
_LARGEST: Final = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckError:
    """One error. Shape: `subject` is "app.Model.field", "app.Model", "<class '…'>" or "?"; `hint` may be ""."""

    subject: str
    id: str
    text: str
    hint: str

    @property
    def shown(self) -> str:
        """The error as Django prints it, in one line."""
        return f"{'' if self.subject == '?' else f'{self.subject}: '}({self.id}) {self.text}"


def errors(message: str) -> tuple[CheckError, ...]:
    """Return the errors in *message*, that of a SystemCheckError; none where it is of another exception."""
    return tuple(
        CheckError(
            subject=match["subject"], id=match["id"], text=match["text"].strip(), hint=(match["hint"] or "").strip()
        )
        for match in _ERROR.finditer(message)
    )


def evidence(found: Sequence[CheckError]) -> Iterator[str]:
    """Yield the lines that show *found*."""
    for one in found[:_MOST_SHOWN]:
        yield one.shown
        if one.hint:
            yield f"HINT: {one.hint}"
    if len(found) > _MOST_SHOWN:
        yield f"and {len(found) - _MOST_SHOWN} more"


def place(found: Sequence[CheckError], built: Built) -> Location | None:
    """Return the line of the project's own that the first of *found* is about, None where it is none."""
    top = built.environment.top
    root = top / built.case.contract.root
    named = _OF_MODEL.fullmatch(found[0].subject) if found else None
    if named:
        for file in _of_app(root, named["app"]):
            if line := _line(file, named["model"], named["field"] or ""):
                return Location(file.relative_to(top).as_posix(), line)
    named = _OF_CLASS.fullmatch(found[0].subject) if found else None
    file = root.joinpath(*named["module"].split(".")).with_suffix(".py") if named else root
    line = _line(file, named["name"], "") if named else 0
    return Location(file.relative_to(top).as_posix(), line) if line else None


def _of_app(root: Path, label: str) -> Iterator[Path]:
    for pattern in (f"{label}/models.py", f"{label}/models/*.py", f"*/{label}/models.py", f"*/{label}/models/*.py"):
        yield from sorted(root.glob(pattern))


def _line(file: Path, name: str, field: str) -> int:
    """Return the line of the class *name*, or of its *field*, in *file*; 0 for none."""
    try:
        text = file.read_text(encoding="utf-8", errors="replace") if file.stat().st_size <= _LARGEST else ""
    except OSError:
        return 0
    begin = 0
    for number, line in enumerate(text.splitlines(), start=1):
        if re.match(rf"class {re.escape(name)}\b", line):
            begin = number
        elif begin and line[:1].strip() and line.startswith(("class ", "def ")):
            break
        elif begin and field and re.match(rf"\s+{re.escape(field)}\s*[:=]", line):
            return number
    return begin
