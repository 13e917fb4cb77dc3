"""A variant into what preflight says of it, and how that differs from what it must say."""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tests.outages.cases import Cause, Variant

_GRAVE: Final = frozenset({"failed", "warning"})
_TEXTS: Final = ("message", "certainty", "remedy", "reproduce")
_LIMIT_S: Final = 900
_PROGRAM: Final = (sys.executable, "-m", "deploy_suite", "preflight", "--format", "json")


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """How it came out.

    Shape: `named` are "code file:line" of what is told above a note; `reused` is the time of a kept verdict, or "".
    """

    variant: Variant
    named: tuple[str, ...]
    differences: tuple[str, ...]
    seconds: float
    reused: str = ""

    @property
    def is_right(self) -> bool:
        """Whether preflight said what it must, and nothing else."""
        return not self.differences


@dataclass(frozen=True, slots=True)
class _Named:
    """One finding above a note."""

    row: dict[str, Any]

    @property
    def place(self) -> str:
        location = self.row["location"] or {"file": "", "line": None}
        return f"{location['file']}:{location['line']}" if location["line"] else str(location["file"])

    @property
    def cause(self) -> tuple[str, str]:
        """The service and the code."""
        return self.row["service"], self.row["code"]

    @property
    def text(self) -> str:
        return "\n".join([*(self.row[key] for key in _TEXTS), *self.row["evidence"]])

    def __str__(self) -> str:
        return f"{self.row['code']} {self.place or '(no place)'}"

    def names(self, cause: Cause, place: str) -> bool:
        """Whether this is the cause: its code, at its place, of its service and as grave."""
        return (
            (self.row["code"], self.place, self.row["outcome"]) == (cause.code, place, cause.outcome)
            and cause.service in {"", self.row["service"]}
        )  # fmt: skip


def judge(variant: Variant, *options: str) -> Verdict:
    """Return what preflight says of *variant* in a repository that is thrown away."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="outage-") as folder:
        clone = variant.repository(Path(folder))
        done = subprocess.run(
            (*_PROGRAM, "--project", str(clone), *variant.arguments, *options),
            capture_output=True,
            text=True,
            check=False,
            timeout=_LIMIT_S,
        )
        seconds = time.monotonic() - began
        try:
            report = json.loads(done.stdout)
        except ValueError:
            told = f"no report, exit code {done.returncode}: {done.stderr.strip()[-600:]}"
            return Verdict(variant=variant, named=(), differences=(told,), seconds=seconds)
        found = _told(_grave(report["findings"]))
        places = {cause: cause.place(clone) for cause in variant.causes}
    return Verdict(
        variant=variant,
        named=tuple(dict.fromkeys(map(str, found))),
        differences=tuple(differences(variant, report["findings"], places, code=done.returncode)),
        seconds=seconds,
        reused=report["reused"] or "",
    )


def _grave(rows: Sequence[dict[str, Any]]) -> list[_Named]:
    return [_Named(row) for row in rows if row["outcome"] in _GRAVE]


def _told(found: Sequence[_Named]) -> list[_Named]:
    """Return of each cause the gravest finding, the first of several: what a later check meets again is an echo.

    A failure without a parameter echoes the one with it: what a traceback shows as `numpy-abi` is the
    `numpy-abi:opencv-python` that the files have shown.
    """
    told: dict[tuple[str, str], _Named] = {}
    for one in sorted(found, key=lambda one: one.row["outcome"] != "failed"):
        told.setdefault(one.cause, one)
    failed = [cause for cause, one in told.items() if one.row["outcome"] == "failed"]
    named = {(service, code.partition(":")[0]) for service, code in failed if ":" in code}
    return [one for cause, one in told.items() if not (cause in named and cause in failed)]


def differences(
    variant: Variant, rows: Sequence[dict[str, Any]], places: dict[Cause, str], *, code: int
) -> Iterator[str]:
    """Yield how the findings in *rows* and the exit *code* differ from what *variant* must get."""
    found = _told(_grave(rows))
    others = [_Named(row) for row in rows if row["outcome"] in {"note", "skipped"}]
    for cause, place in places.items():
        named = [one for one in (*found, *others) if one.names(cause, place)]
        if not named:
            yield f"not named: {cause.code} {place} ({cause.outcome})"
            continue
        said = "\n".join(one.text for one in named)
        yield from (f"{cause.code} {place} does not say {text!r}" for text in cause.says if text not in said)
    for one in found:
        if not any(one.names(cause, place) for cause, place in places.items()):
            whose = one.row["service"] or "project"
            yield f"named besides: {one} ({one.row['outcome']}, {whose}): {one.row['message']}"
    if code != variant.exit:
        skipped = [row["message"] for row in rows if row["outcome"] == "skipped" and row["required"]]
        yield f"exit code {code}, expected {variant.exit}" + (f"; skipped: {'; '.join(skipped)}" if skipped else "")
