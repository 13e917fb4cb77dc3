"""A module that a log says is missing, in the project's own terms: which of its files, or where to add a package."""

from pathlib import PurePosixPath
from typing import Final

from deploy_suite.checks.base import Case
from deploy_suite.checks.dependencies import absent_packages, other_root, own_modules, requirements, subject
from deploy_suite.knowledge.diagnosis import DiagnosedCause
from deploy_suite.model.finding import Finding
from deploy_suite.project import app_finder, module_files
from deploy_suite.tracing.layout import Layout
from deploy_suite.tracing.values import Chain, ImportKind, MissingModule, Trace

_FAMILY: Final = "missing-requirement"
_SETTINGS: Final = "django-settings-module-wrong"
_CONFLICT: Final = "dep-conflict"


def own_module(root: DiagnosedCause, case: Case) -> Finding | None:
    """Return the finding for a module of the project's own, which no distribution brings.

    Shape: None where *root* is of another kind, or its module's top-level name is not the project's: the commit has no
    such package, and the working folder no such file.
    """
    module = root.values.get("module", "")
    top, _, rest = module.partition(".")
    if root.family == _SETTINGS and module:
        return _settings(module, case)
    if root.family == _CONFLICT:
        return _attribute(root, case)
    if root.family not in {_FAMILY, "module-not-pushed"} or not module:
        return None
    if kept := own_modules.kept_back(case, module, Chain()):
        return own_modules.missing(case, kept, requirements.read(case))
    if not rest:
        return None
    traced = trace(case)
    lack = next((one for one in traced.missing if one.module == module), None) if traced else None
    if lack is None:
        folder = _folder(case, top)
        if folder is None:
            return None
        stem = folder / PurePosixPath(*module.split("."))
        lack = MissingModule(
            module=module,
            kind=ImportKind.EAGER,
            chain=Chain(),
            expected=(f"{stem}.py", f"{stem}/__init__.py"),
        )
    return own_modules.missing(case, lack._replace(kind=ImportKind.EAGER), requirements.read(case))


def _attribute(root: DiagnosedCause, case: Case) -> Finding | None:
    """Return the finding for what a module of the project's own lacks; None for a package and where it hides one."""
    module, name, file = root.values.get("module", ""), root.values.get("name", ""), _own_file(root, case)
    if not (name and file) or "importer" in root.values or absent_packages.is_hidden(module, requirements.read(case)):
        return None
    return own_modules.nameless(name, file, evidence=tuple(line.text for line in root.evidence))


def _settings(module: str, case: Case) -> Finding | None:
    """Return the finding for settings that only import where the server starts in another folder."""
    traced = trace(case)
    lack = next((one for one in traced.missing if one.module == module), None) if traced else None
    return other_root.below(case, lack, own_modules.elsewhere(case, module)) if lack else None


def remedy(root: DiagnosedCause, case: Case) -> str:
    """Return what to do about *root*: of a missing package, by the file or the tool that the build installs from."""
    package = root.values.get("package", "")
    if root.family == _FAMILY and package:
        module, declared = root.values.get("module", ""), requirements.read(case)
        found = absent_packages.provider(module) if module else None
        is_guess = found is not None and not found.is_known and package == found.first
        return absent_packages.remedy(module, found, declared) if found and is_guess else declared.add(package)
    name, file = root.values.get("name", ""), _own_file(root, case)
    return own_modules.define(name, file) if root.family == own_modules.NAME_MISSING and file else root.fix


def _own_file(root: DiagnosedCause, case: Case) -> str:
    entry = case.contract.entry
    paths = (*(entry.search_path if entry else ()), case.contract.root)
    file = module_files.find(case.snapshot.folder, paths, module=root.values.get("module", ""))
    return str(file) if file else ""


def trace(case: Case) -> Trace | None:
    """Return what starting the application imports, also where the start command misspells it; None for no entry."""
    entry = case.contract.entry
    if entry is not None and entry.file is None:
        entry = app_finder.meant(case.snapshot.folder, case.contract.root, wanted=entry)
    return subject.trace(case, entry, known=frozenset()) if entry else None


def _folder(case: Case, top: str) -> PurePosixPath | None:
    """Return the folder in which the project has *top*; None where it has not, or requires a package of that name."""
    entry = case.contract.entry
    layout = Layout(case.snapshot.folder)
    for path in dict.fromkeys((*(entry.search_path if entry else ()), case.contract.root)):
        if layout.find(("" if str(path) == "." else str(path),), part=top, prefix=""):
            return path
    return None
