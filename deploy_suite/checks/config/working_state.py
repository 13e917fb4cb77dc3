"""What the working folder has and the target will not get."""

import shlex
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath
from typing import Final

from deploy_suite.checks.config import saying
from deploy_suite.checks.config.subject import Subject
from deploy_suite.checks.dependencies import unpushed
from deploy_suite.checks.dependencies.unpushed import Needed
from deploy_suite.model.finding import Finding
from deploy_suite.model.location import Location
from deploy_suite.project.loading import SETTINGS_FILE

_SHOWN: Final = 8
_NAMED: Final = 3
_SOURCES: Final = frozenset({".py", ".toml", ".lock", ".sh", ".ini", ".cfg", ".html", ".jinja", ".j2", ".sql", ".mako"})
_NAMES: Final = frozenset({"Procfile", "render.yaml", "Pipfile", ".python-version", "runtime.txt", "Dockerfile"})


def problems(subject: Subject) -> Iterator[Finding]:
    """Yield commits that are not pushed, changes and files that are not committed, and what is not here at all."""
    yield from _unpushed(subject)
    yield from _modified(subject)
    yield from _untracked(subject)
    yield from _absent(subject)


def _unpushed(subject: Subject) -> Iterator[Finding]:
    commits = subject.state.unpushed
    if commits:
        count = f"{len(commits)} commits are" if len(commits) > 1 else "a commit is"
        needed = unpushed.needed(subject.case)
        without = f", nor {', '.join(one.name for one in needed)}, which its start needs" if needed else ""
        yield saying.warning(
            "commit-not-pushed",
            f"{count} not pushed to {subject.state.upstream}: {_target(subject)} will not have this{without}",
            location=needed[0].listed.location if needed else None,
            evidence=(*_shown([f"{commit.short} {commit.subject}" for commit in commits]), *_shown_needs(needed)),
            remedy="git push",
            certainty="certain until it is pushed",
        )


def _shown_needs(needed: Sequence[Needed]) -> tuple[str, ...]:
    return _shown([one.shown() for one in needed])


def _target(subject: Subject) -> str:
    return subject.contract.target.capitalize()


def _modified(subject: Subject) -> Iterator[Finding]:
    found = [path for path in subject.state.modified if _may_concern(PurePosixPath(path), subject)]
    if found:
        yield saying.warning(
            "uncommitted-changes",
            f"the folder has changes that are not in the commit: {_target(subject)} will not have them",
            location=Location(found[0]),
            evidence=_shown(found),
            remedy=f"git add {_named(found, otherwise='--update')} && git commit && git push",
            certainty="certain; whether the service needs them is not known here",
        )


def _untracked(subject: Subject) -> Iterator[Finding]:
    found = [
        path
        for path in subject.state.untracked
        if _is_source(PurePosixPath(path)) and _may_concern(PurePosixPath(path), subject)
    ]
    if found:
        yield saying.warning(
            "untracked-files",
            f"the folder has files that git does not track: {_target(subject)} will not have them",
            location=Location(found[0]),
            evidence=_shown(found),
            remedy=f"git add {_named(found, otherwise='--all')} && git commit && git push, or name them in .gitignore",
            certainty="certain; whether the service needs them is not known here",
        )


def _absent(subject: Subject) -> Iterator[Finding]:
    absent = subject.state.absent
    if absent.submodules:
        yield saying.warning(
            "submodule-not-here",
            "submodules of the commit are not checked out here and could not be fetched: what they hold was left out",
            location=Location(".gitmodules"),
            evidence=_shown(absent.submodules),
            remedy="git submodule update --init --recursive",
            certainty="certain; whether the service needs them is not known here",
        )
    if absent.files:
        yield saying.warning(
            "content-not-here",
            "this repository lacks the content of files of the commit: they were left out",
            location=Location(absent.files[0]),
            evidence=_shown(absent.files),
            remedy="git fetch --refetch, or clone the repository again",
            certainty="certain; whether the service needs them is not known here",
        )


def _may_concern(path: PurePosixPath, subject: Subject) -> bool:
    """Whether the service may have the file: of a repository with several it gets its own folder, a container any.

    Source: https://render.com/docs/monorepo-support (files outside of the root directory are not available)
    """
    manifests = {SETTINGS_FILE, *([subject.manifest.file] if subject.manifest else ())}
    return subject.contract.container is not None or path.is_relative_to(subject.root) or str(path) in manifests


def _named(paths: Sequence[str], *, otherwise: str) -> str:
    """Return *paths* as arguments for git, or the option that stands for all where they are many."""
    return " ".join(map(shlex.quote, paths)) if len(paths) <= _NAMED else otherwise


def _is_source(path: PurePosixPath) -> bool:
    is_requirements = path.suffix == ".txt" and "requirements" in str(path)
    return path.suffix in _SOURCES or path.name in _NAMES or is_requirements


def _shown(texts: Sequence[str]) -> tuple[str, ...]:
    more = len(texts) - _SHOWN
    return (*texts[:_SHOWN], *((f"and {more} more",) if more > 0 else ()))
