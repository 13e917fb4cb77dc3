"""Findings about the project's own modules: not in the commit, in another case, not on the path, not readable."""

import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Final

from deploy_suite.checks.base import Case
from deploy_suite.checks.dependencies import absent_settings, other_root, when_met
from deploy_suite.checks.dependencies.requirements import Declared
from deploy_suite.model.finding import Finding, Outcome
from deploy_suite.model.location import Location
from deploy_suite.tracing.values import Chain, ImportKind, Lack, MissingModule, Shadow, SyntaxProblem, Trace

NAME_MISSING: Final = "import-name-missing"
_SKIPPED: Final = frozenset({"node_modules", "venv", "env", "site-packages", "__pycache__"})
_TOLD: Final = frozenset({ImportKind.EAGER, ImportKind.DEFERRED})


def findings(case: Case, trace: Trace, declared: Declared) -> Iterator[Finding]:
    """Return what is wrong with the project's own modules, as far as the sources tell."""
    yield from (syntax(problem) for problem in trace.syntax_problems if problem.kind in _TOLD)
    yield from (missing(case, lack, declared) for lack in trace.missing if lack.kind in _TOLD)
    yield from (shadow(found) for found in trace.shadows if found.kind is ImportKind.EAGER)


def define(name: str, file: str) -> str:
    """Return what to do about a *name* that is asked of *file*, which does not have it."""
    return f"define {name} in {file}, or mend what asks for it; where it is there at the desk, commit and push {file}"


def nameless(name: str, file: str, *, evidence: tuple[str, ...]) -> Finding:
    """Return the finding for a *name* that the project's own *file* does not have, and that is asked of it."""
    return Finding(
        code=NAME_MISSING,
        outcome=Outcome.FAILED,
        message=f"the project's own {file} has no {name!r}, which is asked of it",
        evidence=evidence,
        remedy=define(name, file),
    )


def syntax(problem: SyntaxProblem) -> Finding:
    """Return the finding for a file that the target's Python cannot read."""
    chain = problem.chain.shown() if problem.chain.hops else "the entry point itself"
    return Finding(
        code="app-syntax-error",
        outcome=when_met.outcome(problem.kind),
        message=f"{problem.file} is no valid Python for the target: {problem.message}",
        location=Location(problem.file, problem.line),
        evidence=(f"{problem.file}:{problem.line}: {problem.text}".removesuffix(": "), f"imported by: {chain}"),
        remedy=f"mend {problem.file}:{problem.line}",
        certainty=when_met.certainty(problem.kind, runs="the function that imports the file"),
        reproduce=f"python -m py_compile {problem.file}",
    )


def missing(case: Case, lack: MissingModule, declared: Declared) -> Finding:
    """Return the finding for a module of the project that the commit does not hold."""
    if lack.lack is Lack.OTHER_CASE:
        return _other_case(lack)
    if lack.lack is Lack.NO_PARENT:
        return _no_parent(lack)
    local = _kept_back(case, lack)
    if not local and (found := other_root.below(case, lack, elsewhere(case, lack.module))):
        return found
    file = local or (lack.expected[0] if lack.expected else lack.module)
    is_sure = declared.is_pure or bool(local)
    is_eager = lack.kind is ImportKind.EAGER
    unsure = "" if is_sure else "likely: the build runs more than an installer, which might write the module"
    outcome = Outcome.FAILED if is_eager and is_sure else Outcome.WARNING
    certainty = unsure if is_eager else when_met.certainty(lack.kind)
    if not local and (of_settings := absent_settings.traced(case, lack, outcome=outcome, certainty=certainty)):
        return of_settings
    return Finding(
        code=f"module-not-pushed:{lack.module}",
        outcome=outcome,
        message=f"{lack.module} is imported, and the commit has no such module"
        + (f": {local} is in your folder, but not in the commit" if local else ""),
        location=lack.chain.last.location if lack.chain.hops else None,
        evidence=tuple(filter(None, (lack.chain.shown(), f"looked for: {', '.join(lack.expected) or lack.module}"))),
        remedy=_commit(local, is_ignored=_is_ignored(case, local)) if local else f"commit {file}, or remove the import",
        certainty=certainty,
        reproduce=f"git ls-files {file}",
    )


def kept_back(case: Case, module: str, chain: Chain) -> MissingModule | None:
    """Return the lack of a module that nothing importable has, where the working folder holds its file uncommitted."""
    entry = case.contract.entry
    top = module.partition(".")[0]
    stems = [base / top for base in (*(entry.search_path if entry else ()), case.contract.root)]
    expected = tuple(dict.fromkeys(f"{stem}{end}" for stem in stems for end in (".py", "/__init__.py")))
    lack = MissingModule(module=module, kind=ImportKind.EAGER, chain=chain, expected=expected)
    return lack if _kept_back(case, lack) else None


def _commit(file: str, *, is_ignored: bool) -> str:
    if not is_ignored:
        return f"git add {file} && git commit"
    return (
        f"git add -f {file} && git commit, and take it out of .gitignore; where it holds secrets, read them from "
        "variables of the environment in its place"
    )


def _is_ignored(case: Case, file: str) -> bool:
    return any(file == one or (one.endswith("/") and file.startswith(one)) for one in case.state.ignored)


def _kept_back(case: Case, lack: MissingModule) -> str:
    """Return the file of the working folder that would satisfy the import and is not committed."""
    state = case.state
    present = (*state.untracked, *state.ignored)
    for file in lack.expected:
        for path in present:
            if path == file or (path.endswith("/") and file.startswith(path)):
                return file
    return ""


def _other_case(lack: MissingModule) -> Finding:
    return Finding(
        code=f"case-sensitive-import:{lack.module}",
        outcome=when_met.outcome(lack.kind),
        message=f"{lack.module} is imported, but the file is {lack.variant}: Linux tells upper from lower case",
        location=lack.chain.last.location,
        evidence=(lack.chain.shown(), f"in the commit: {lack.variant}"),
        remedy=f"write the import as the file is called, or rename it with `git mv` ({lack.variant})",
        certainty=when_met.certainty(lack.kind),
    )


def _no_parent(lack: MissingModule) -> Finding:
    hop = lack.chain.last
    return Finding(
        code="relative-import-no-parent",
        outcome=when_met.outcome(lack.kind),
        message=f"{hop.file} uses a relative import, but the start command loads it as a top-level module",
        location=hop.location,
        evidence=(lack.chain.shown(),),
        remedy=f"import absolutely in {hop.file}, or start the package from the folder above (package.module:app)",
        certainty=when_met.certainty(lack.kind, runs="the function"),
    )


def shadow(found: Shadow) -> Finding:
    """Return the finding for a file of the project that stands in the way of a package."""
    what = "the standard library's module" if found.is_standard_library else "the package"
    return Finding(
        code=f"shadowed-module:{found.name}",
        outcome=Outcome.WARNING,
        message=f"{found.file} is found in place of {what} {found.name}",
        location=Location(found.file),
        evidence=(found.chain.shown(), f"{found.file} has no {', '.join(found.lacking)}"),
        remedy=f"rename {found.file}, and what imports it",
        certainty="likely: it depends on whether the server has imported the real one before",
    )


def elsewhere(case: Case, module: str) -> tuple[str, ...]:
    """Return the files of the repository that are *module* but in a folder that the entry point cannot import from."""
    top, found = case.snapshot.folder, []
    tail = PurePosixPath(*module.split("."))
    for base, folders, names in os.walk(top):
        folders[:] = sorted(name for name in folders if not name.startswith(".") and name not in _SKIPPED)
        relative = PurePosixPath(Path(base).relative_to(top).as_posix())
        for name in sorted(names):
            if not name.endswith(".py"):
                continue
            file = relative / name
            stem = file.parent if name == "__init__.py" else file.with_suffix("")
            if stem.parts[-len(tail.parts) :] == tail.parts:
                found.append(str(file))
    return tuple(found)


def not_on_path(module: str, files: tuple[str, ...], chain: Chain) -> Finding:
    """Return the finding for an own module that the server cannot see from where it starts."""
    file = files[0]
    tail = module.replace(".", "/")
    folder = file.removesuffix("/__init__.py").removesuffix(".py").removesuffix(tail).rstrip("/")
    return Finding(
        code=f"module-not-on-path:{module}",
        outcome=Outcome.FAILED,
        message=f"{module} is imported, and {file} is not where the server looks for it",
        location=chain.last.location if chain.hops else None,
        evidence=tuple(filter(None, (chain.shown(), f"in the commit: {', '.join(files)}"))),
        remedy="import it by its full name from the folder that the server starts in, or start the server in "
        + (folder or "the repository's top"),
    )
