"""The part of the dependencies check that reads the snapshot alone."""

import posixpath
from collections.abc import Iterator
from dataclasses import replace
from pathlib import PurePosixPath

from deploy_suite.checks import root_directory
from deploy_suite.checks.base import Case, Findings
from deploy_suite.checks.dependencies import late_names, other_lists, own_modules, requirements, subject
from deploy_suite.checks.dependencies.requirements import Declared
from deploy_suite.checks.variables import needed
from deploy_suite.model import on_disk, python_series
from deploy_suite.model.finding import Finding, Outcome
from deploy_suite.model.project import EntryPoint
from deploy_suite.model.wording import counted
from deploy_suite.project import app_finder, module_places
from deploy_suite.tracing import bindings, sources
from deploy_suite.tracing.values import ImportKind, Trace

_SERVERS = ("gunicorn", "uvicorn")


def check(case: Case) -> Findings:
    """Return what the sources tell: own modules that are not in the commit, files that the target cannot read."""
    entry = case.contract.entry
    if entry is None:
        return (_no_entry(case),)
    declared = requirements.read(case)
    if entry.file is None:
        return (absent_entry(case, entry, is_sure=declared.is_pure), *_of_meant(case, entry, declared))
    if not on_disk.is_file(case.snapshot.folder / entry.file):
        return (_only_installed(entry),)
    traced = subject.trace(case, entry, known=subject.known_of(declared.names))
    found = tuple(_findings(case, entry, traced, declared))
    passed = () if any(f.outcome is Outcome.FAILED for f in found) else (_passed(entry, traced, case),)
    later = late_names.findings(case, traced)
    return (
        *found,
        *passed,
        *later,
        *needed.findings(case, entry, traced),
        *other_lists.findings(case, traced, declared),
    )


def _of_meant(case: Case, entry: EntryPoint, declared: Declared) -> Iterator[Finding]:
    """Yield what would be met next, were the start command mended: faults of the application that it must mean."""
    place = module_places.nearest(case.snapshot.folder, entry.module) if entry.attribute else None
    if place is not None:
        meant: EntryPoint | None = replace(entry, file=place.file, search_path=(place.folder,))
    else:
        meant = app_finder.meant(case.snapshot.folder, case.contract.root, wanted=entry)
    if meant is not None:
        traced = subject.trace(case, meant, known=subject.known_of(declared.names))
        yield from own_modules.findings(case, traced, declared)


def _findings(case: Case, entry: EntryPoint, traced: Trace, declared: Declared) -> Iterator[Finding]:
    yield from own_modules.findings(case, traced, declared)
    yield from _from_above(case, entry, traced, declared)
    if absent_attribute := _without_attribute(case, entry):
        yield absent_attribute
    yield from _outside(case, traced)


def _outside(case: Case, traced: Trace) -> Iterator[Finding]:
    """Yield one warning for all files outside of the service's root directory, at the import that leads out first.

    Of a start outside of it the commands' own check tells.
    """
    root, start = case.contract.root, case.contract.start
    found = [one for one in traced.modules if not PurePosixPath(one.file).is_relative_to(root)]
    if not found or not found[0].chain.hops or case.contract.container is not None:
        return
    first = found[0]
    others = f" and {counted(len(found) - 1, 'more file')}" if found[1:] else ""
    yield Finding(
        code=root_directory.CODE,
        outcome=Outcome.WARNING,
        message=f"the service imports {first.file}{others}, outside of its rootDir {root}",
        location=first.chain.last.location,
        evidence=(first.chain.shown(),),
        remedy=root_directory.remedy(root, start.location.file if start and start.location else "render.yaml"),
        certainty=root_directory.CERTAINTY,
    )


def _from_above(case: Case, entry: EntryPoint, traced: Trace, declared: Declared) -> Iterator[Finding]:
    """Yield the first import that names a folder from within, as only a start in the folder above it could."""
    if traced.changes_path or not declared.is_pure or case.contract.variable("PYTHONPATH") is not None:
        return
    inside = set(entry.search_path[0].parts) if entry.search_path else set()
    for found in traced.imports:
        is_own = found.name in inside and found.name not in subject.known_of(declared.names)
        files = own_modules.elsewhere(case, found.module) if is_own and found.kind is ImportKind.EAGER else ()
        if files:
            yield own_modules.not_on_path(found.module, files, found.chain)
            return


def _passed(entry: EntryPoint, traced: Trace, case: Case) -> Finding:
    count, fit = len(traced.files), len(set(traced.files) - set(traced.unfit))
    text = f"as text fit for the target's Python {python_series.of(case.python)}"
    also = f" and {text}" if fit == count else f" and {fit} of them certainly {text}" if fit else ""
    names = len({found.name for found in traced.imports})
    return Finding(
        code="own-modules",
        outcome=Outcome.PASSED,
        message=(
            f"{entry.file} leads to {count} of the project's files, all in the commit{also}, "
            f"and to {counted(names, 'third-party package')}"
        ),
        location=entry.location,
    )


def _no_entry(case: Case) -> Finding:
    start = case.contract.start
    return Finding(
        code="entry-point-unknown",
        outcome=Outcome.SKIPPED,
        message="what the start command imports cannot be told, so its imports are not traced",
        location=start.location if start else None,
        evidence=(start.text,) if start else (),
        remedy='name it in deploy.toml: [services.NAME] entry = "module:app"',
        required=False,
    )


def _only_installed(entry: EntryPoint) -> Finding:
    """Return that only the repository has the files of *entry*: an image may install a wheel of them alone."""
    return Finding(
        code="entry-point-unknown",
        outcome=Outcome.SKIPPED,
        message=f"the image has no {entry.file}, only what it installs of it, so the imports of {entry.module} are not "
        "traced",
        location=entry.location,
        remedy=f"none is needed: {entry.module} is imported as it is installed",
        required=False,
    )


def server(case: Case) -> str:
    """Return "gunicorn" or "uvicorn" where the start command runs one of them, else ""."""
    text = case.contract.start.text if case.contract.start else ""
    return next((name for name in _SERVERS if name in text), "")


def absent_entry(case: Case, entry: EntryPoint, *, is_sure: bool) -> Finding:
    """Return the finding for an entry module that is not where the start command says."""
    files = own_modules.elsewhere(case, entry.module)
    place = module_places.nearest(case.snapshot.folder, entry.module) if entry.attribute else None
    meant = None if place else app_finder.meant(case.snapshot.folder, case.contract.root, wanted=entry)
    return Finding(
        code=_code_of_absent(case, entry),
        outcome=Outcome.FAILED if is_sure else Outcome.WARNING,
        message=f"the start command names the module {entry.module}, which the commit does not have there",
        location=entry.location,
        evidence=(
            f"looked in: {', '.join(_folder(path) for path in entry.search_path)}",
            *((f"in the commit: {', '.join(files)}",) if files else ()),
            *((f"{meant.location} makes the application {meant.spec}",) if meant else ()),
        ),
        remedy=_into(case, place.folder) if place else _towards(case, entry, files, meant=meant),
        certainty="" if is_sure else "likely: the build may install or write the module",
    )


def _into(case: Case, folder: PurePosixPath) -> str:
    """Return how the server comes to import from *folder*."""
    inner = posixpath.relpath(str(folder), str(case.contract.root))
    option = {"gunicorn": "--chdir", "uvicorn": "--app-dir"}.get(server(case))
    way = f"`{option} {inner}`" if option else f"`cd {inner} &&` in front of the server"
    where = case.contract.start.location.file if case.contract.start and case.contract.start.location else ""
    return f"make {folder} the service's root directory, or write {way} in {where or 'the start command'}"


def _code_of_absent(case: Case, entry: EntryPoint) -> str:
    """Return the cause's name: of a file that is run it is the one under which the commands' own check tells it."""
    if not entry.attribute:
        return f"command-file-missing:{entry.module}.py"
    name = server(case)
    return f"{name}-module-path" if name else "start-command-wrong-module"


def _folder(path: PurePosixPath) -> str:
    return "the repository's top" if str(path) == "." else str(path)


def _towards(case: Case, entry: EntryPoint, files: tuple[str, ...], *, meant: EntryPoint | None) -> str:
    if meant and entry.attribute:
        where = entry.location.file if entry.location else "the start command"
        return f"write `{meant.spec}` in place of `{_written(case, entry)}` in {where}"
    if files and not entry.attribute:
        return f"run {files[0]}, by that path or from its folder"
    if not files:
        return f"commit {entry.module.replace('.', '/')}.py, or name the module that makes the application"
    root = str(entry.search_path[0])
    own = files[0].removeprefix("" if root == "." else f"{root}/")
    module = own.removesuffix("/__init__.py").removesuffix(".py").replace("/", ".")
    return f"start {module}:{entry.attribute}, or start the server in the folder of {files[0]}"


def _written(case: Case, entry: EntryPoint) -> str:
    """Return the entry as the command names it: gunicorn takes a module alone for its `application`."""
    text = case.contract.start.text if case.contract.start else ""
    return entry.module if entry.attribute == "application" and entry.spec not in text else entry.spec


def _without_attribute(case: Case, entry: EntryPoint) -> Finding | None:
    """Return the finding for a module that certainly lacks the application that the start command names."""
    if entry.file is None or not entry.attribute:
        return None
    tree = sources.read(case.snapshot.folder / entry.file, python_series.numbers(case.python)).tree
    names = bindings.names(tree) if tree else None
    attribute = entry.attribute.partition(".")[0]
    if tree is not None and bindings.is_module(tree, attribute, beside=case.snapshot.folder / entry.file.parent):
        return _module_for_application(case, entry, attribute)
    if names is None or attribute in names:
        return None
    name = server(case)
    holds = f"has: {', '.join(sorted(names)[:12])}" if names else "defines nothing"
    return Finding(
        code=f"{name}-attribute-missing" if name else "start-command-wrong-module",
        outcome=Outcome.FAILED,
        message=f"the start command names {entry.spec}, and {entry.file} has no {attribute!r}",
        location=entry.location,
        evidence=(f"{entry.file} {holds}",),
        remedy=in_place(case, entry) or f"name the application as {entry.file} does",
    )


def _module_for_application(case: Case, entry: EntryPoint, attribute: str) -> Finding:
    name = server(case)
    return Finding(
        code=f"{name}-attribute-missing" if name else "start-command-wrong-module",
        outcome=Outcome.FAILED,
        message=f"the start command names {entry.spec}, and {attribute!r} in {entry.file} is a module that it imports, "
        "no application",
        location=entry.location,
        evidence=(f"{entry.file}: import {attribute}", "Application object must be callable."),
        remedy=in_place(case, entry) or f"write `from {attribute} import {attribute}` in {entry.file}",
    )


def in_place(case: Case, entry: EntryPoint) -> str:
    """Return what to write in place of *entry*, whose module has no such attribute; "" where that is open."""
    folder, root = case.snapshot.folder, case.contract.root
    if other := app_finder.meant(folder, root, wanted=entry):
        return f"write `{other.spec}` in place of `{_written(case, entry)}`"
    if covered := app_finder.hidden(folder, root, wanted=entry):
        return _uncovered(covered, entry, case)
    made = app_finder.maker(folder, root, wanted=entry)
    if made is None:
        return ""
    words = {
        "gunicorn": f"'{entry.module}:{made.attribute}()'",
        "uvicorn": f"--factory {entry.module}:{made.attribute}",
    }
    how = f": write `{words[name]}` in place of `{_written(case, entry)}`" if (name := server(case)) else ""
    return f"name the factory that {made.location} defines{how}"


def _uncovered(covered: EntryPoint, entry: EntryPoint, case: Case) -> str:
    """Return how the file of *covered* comes to be imported, which the package of *entry* hides."""
    names = ("wsgi", "main", "server", "run")
    beside = (case.snapshot.folder / (covered.file or "")).parent
    free = (name for name in names if not on_disk.is_file(beside / f"{name}.py"))
    name = next(free, f"{covered.module.rpartition('.')[2]}_server")
    new = ".".join((*covered.module.split(".")[:-1], name)) + f":{covered.attribute}"
    return (
        f"Python imports {entry.file}, not {covered.location}, which makes {covered.attribute!r}: rename the file to "
        f"{name}.py, and write `{new}` in place of `{_written(case, entry)}`"
    )
