"""A rehearsed import that ended on an absent module into the finding that says whose module it is."""

from deploy_suite.checks.dependencies import absent_packages, absent_settings, evidence, own_modules, static
from deploy_suite.checks.dependencies.fault import OF_SURROUNDINGS, Fault, as_diagnosed, failed, needs_real_values
from deploy_suite.checks.dependencies.rehearsed_import import Raised
from deploy_suite.checks.drivers import doubtful_addresses, of_settings
from deploy_suite.knowledge import diagnosis
from deploy_suite.model.finding import Finding, Outcome
from deploy_suite.tracing import standard_library
from deploy_suite.tracing.layout import Layout
from deploy_suite.tracing.values import Chain, ImportKind, MissingModule, ThirdPartyImport


def finding(fault: Fault) -> Finding | None:
    """Return what an absent module means: the exception itself, or one that it was raised from and names."""
    if any(one.type == "ImportError" and ".so: " in one.message for one in fault.rehearsed.raised):
        return None  # what is absent was tried only beside an extension that is there and does not load
    for index, one in enumerate(fault.rehearsed.raised):
        name = one.missing if one.type == "ModuleNotFoundError" else ""
        if name and (index == 0 or name.partition(".")[0].lower() in fault.outer.message.lower()):
            readings = (_lost_part_of_python, _made_up_driver, _lost_part_of_package, _module)
            return next(filter(None, (reading(fault, one, name) for reading in readings)))
    return None


def _lost_part_of_python(fault: Fault, one: Raised, name: str) -> Finding | None:
    """A module of the standard library: the Python of this machine was built without it, which says nothing."""
    interpreter = fault.built.environment.interpreter
    major, minor = (int(part) for part in interpreter.series.split("."))
    if name.partition(".")[0] not in standard_library.names((major, minor)):
        return None
    return Finding(
        code=f"python-built-without-module:{name}",
        outcome=Outcome.SKIPPED,
        message=f"Python {interpreter.version} of this machine was built without {name}; the target's has it",
        location=evidence.place(one),
        evidence=evidence.quoted(one),
        remedy=f"install a complete Python {interpreter.series} here, or choose another with --python",
    )


def _lost_part_of_package(fault: Fault, one: Raised, name: str) -> Finding | None:
    """A submodule that the installed release of its package does not have."""
    packages = fault.built.environment.packages
    installed = sorted(absent_packages.provider(name).names & set(packages))
    if "." not in name or not installed:
        return None
    code = f"dep-conflict:{installed[0]}"
    told = diagnosis.diagnose(fault.rehearsed.text).root
    if told is not None and not _says_no_more(told, code):
        return None if told.family in OF_SURROUNDINGS else as_diagnosed(fault, told)
    version = packages[installed[0]]
    return failed(
        fault,
        code=code,
        message=f"{name} is imported {fault.when}, and the installed {installed[0]} {version} does not have it",
        remedy=f"pin {installed[0]} to a release that has {name} ({version} has not), or change the import",
        location=evidence.place(one),
    )


def _says_no_more(told: diagnosis.DiagnosedCause, code: str) -> bool:
    """Whether the log alone tells less than what is installed does."""
    return told.slug == code or told.family in {
        "missing-requirement",
        "module-not-pushed",
        "start-command-wrong-module",
    }


def _made_up_driver(fault: Fault, one: Raised, name: str) -> Finding | None:
    """A database driver that a made-up URL asks for: on the target the URL may name another database."""
    urls = doubtful_addresses(name, fault.built)
    is_asked_by_package = bool(one.frames) and not one.frames[-1].is_own
    if not urls or not is_asked_by_package:
        return None
    return needs_real_values(fault, urls, f"{name} is not installed, and only a made-up URL asks for it")


def _module(fault: Fault, one: Raised, name: str) -> Finding:
    if not one.own_frames and (fault.entry.module == name or fault.entry.module.startswith(f"{name}.")):
        return static.absent_entry(fault.built.case, fault.entry, is_sure=True)
    asked = of_settings(name, fault.traced)
    chain = asked if asked.hops else evidence.chain(one, fault.traced, module=name)
    top = name.partition(".")[0]
    layout = Layout(fault.built.case.snapshot.folder)
    bases = tuple("" if str(path) == "." else str(path) for path in fault.entry.search_path)
    is_own = layout.find(bases, part=top, prefix="") is not None and top not in fault.built.environment.packages
    traced = next((lack for lack in fault.traced.missing if lack.module == name), None)
    if traced or (is_own and "." in name):
        lack = traced or MissingModule(module=name, kind=ImportKind.EAGER, chain=chain)
        return own_modules.missing(fault.built.case, _eager(lack), fault.declared)
    return absent(fault, name, chain)


def absent(fault: Fault, module: str, chain: Chain, *, names: tuple[str, ...] = ()) -> Finding:
    """Return the finding for a module that nothing importable has: a file of the project's own, or a package."""
    if lack := own_modules.kept_back(fault.built.case, module, chain):
        return own_modules.missing(fault.built.case, lack, fault.declared)
    is_known = absent_packages.provider(module, names=names).is_known
    part = None if is_known else _part(fault, module, chain)
    if part is not None:
        return absent(fault, part.module, chain, names=part.names)
    full = next((found.module for found in fault.traced.imports if found.name == module), module)
    files = () if is_known else own_modules.elsewhere(fault.built.case, full)
    if files:
        return own_modules.not_on_path(full, files, chain)
    settings = None if is_known else absent_settings.finding(fault, module)
    return settings or absent_packages.finding(module, chain, built=fault.built, declared=fault.declared, names=names)


def _part(fault: Fault, module: str, chain: Chain) -> ThirdPartyImport | None:
    """Return the import at the end of *chain* where several distributions share *module*, and it names a known one.

    Python says `No module named 'azure'` of `from azure.identity import …`, which no distribution of that name has.
    """
    if not chain.hops:
        return None
    for found in fault.traced.imports:
        is_there = found.name == module and found.chain.hops and found.chain.last.location == chain.last.location
        if is_there and found.module != module and absent_packages.provider(found.module, names=found.names).is_known:
            return found
    return None


def _eager(lack: MissingModule) -> MissingModule:
    return MissingModule(
        module=lack.module,
        kind=ImportKind.EAGER,
        chain=lack.chain,
        lack=lack.lack,
        expected=lack.expected,
        variant=lack.variant,
    )
