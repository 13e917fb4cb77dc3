"""Results that ended on a variable which nothing states → the finding about it, and the contract to go on with."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Final

from deploy_suite.checks import secret_keys
from deploy_suite.checks.variables import addresses, complaints, fallbacks, needed, stated
from deploy_suite.checks.variables.needed import Wanted
from deploy_suite.model.contract import Contract, Prompted, Variable
from deploy_suite.model.finding import CheckResult, Finding, Outcome
from deploy_suite.model.location import Location
from deploy_suite.project import snapshot_files

_SETTINGS_MODULE: Final = "DJANGO_SETTINGS_MODULE"
_NEEDS_VALUES: Final = "needs-real-values"
_ADDRESS: Final = re.compile(r"\b0x[0-9a-f]+\b")  # of an object in memory: another one at each start
_COUNTED: Final = frozenset({Outcome.FAILED, Outcome.WARNING})
_WORD: Final = re.compile(r"[A-Z_]\w*")
_NEEDS: Final[Mapping[str, str]] = {
    "environment": "the build needs {name}",
    "migrations": "the migrations need {name}",
    "imports": "the application needs {name} as soon as it is imported",
    "boot": "the service needs {name} to start",
}


def found(results: Sequence[CheckResult], contract: Contract, *, folder: Path | None = None) -> tuple[Finding, ...]:
    """Return one finding for each variable that a check ended on and *contract* does not have.

    Shape: *folder* holds the sources, if they are at hand: they know the prefix that a settings class leaves out where
    it complains.
    """
    known = {variable.name.upper() for variable in contract.variables}
    told: dict[str, Finding] = {}
    met = [finding for result in results for finding in result.findings]
    own = {
        name: given
        for finding in met
        if (name := complaints.variable(finding)) and (given := complaints.given_in_place(name, finding))
    }
    met += _of_empty_keys(met, contract, folder)
    met += fallbacks.told(met, contract, folder) if folder else []
    for finding in met:
        without = addresses.behind(finding, folder, contract.root)
        for asked in without or complaints.variables(finding, folder):
            name = own.get(asked, "") or complaints.prefixed(asked, finding, folder)
            if name not in known:
                told.setdefault(name, _finding(name, asked, finding, contract))
    return tuple(told.values())


def _of_empty_keys(met: Sequence[Finding], contract: Contract, folder: Path | None) -> list[Finding]:
    """Return what Django's empty key is told as where the settings take it from a variable that nothing states."""
    found = next((one for one in met if one.code == secret_keys.CODE and one.outcome in _COUNTED), None)
    unset = secret_keys.unset(folder, contract) if found and folder else None
    if found is None or unset is None:
        return []
    return [replace(found, code=f"missing-env-var:{unset.name}", location=unset.location)]


def kept(
    before: Sequence[CheckResult], after: Sequence[CheckResult], *, told: Sequence[Finding], folder: Path
) -> list[CheckResult]:
    """Return *after*, made with values for what *told* names, with the failures of *before* that those did not change.

    What an application ended on without a made-up value is not the value's doing, unless its file reads the variable.
    """
    names = re.compile("|".join(map(re.escape, filter(None, map(complaints.variable, told)))) or r"(?!)", re.IGNORECASE)

    def is_sure(finding: Finding) -> bool:
        place = finding.location
        text = snapshot_files.text(folder, PurePosixPath(place.file)) if place else None
        is_met = finding.outcome is Outcome.FAILED and not complaints.variable(finding) and bool(finding.evidence)
        return is_met and text is not None and not names.search(text)

    sure = {_met(result, one): one for result in before for one in result.findings if is_sure(one)}

    def said_before(result: CheckResult, finding: Finding) -> Finding:
        return sure.get(_met(result, finding), finding) if finding.code == _NEEDS_VALUES else finding

    return [replace(one, findings=tuple(said_before(one, finding) for finding in one.findings)) for one in after]


def _met(result: CheckResult, finding: Finding) -> tuple[str, Location | None, tuple[str, ...]]:
    return result.check, finding.location, tuple(_ADDRESS.sub("", line) for line in finding.evidence)


def beside(
    found: Sequence[Finding], read: Sequence[Finding], contract: Contract, *, wanted: Sequence[Wanted] = ()
) -> tuple[Finding, ...]:
    """Return *found* with what reading the sources says is wanted too, so that it need not be met one by one.

    Shape: *read* is what the check of the sources tells as findings, *wanted* all that is asked for on the way.
    """
    told = {complaints.variable(one): one for one in found}
    told |= {
        name: replace(one, check=found[0].check)
        for one in read
        if (name := complaints.variable(one)) and name not in told
    }
    for one in wanted:
        name = one.read.names[0].upper()
        told.setdefault(name, replace(_finding(name, name, _read(one, found[0]), contract), check=found[0].check))
    known = {variable.name.upper() for variable in contract.variables} - {complaints.variable(one) for one in found}
    return tuple(one for name, one in told.items() if name not in known)


def _read(one: Wanted, met: Finding) -> Finding:
    """Return what the sources say of *one*, as if the check that ends on it had met it."""
    read = one.read
    said = f"{read.location}: asked for by {read.way}, without a default"
    return replace(met, check=one.check, location=read.location, evidence=(said,), reproduce="")


def settled(read: CheckResult, told: Sequence[Finding], rest: Sequence[CheckResult]) -> CheckResult:
    """Return *read*, what the sources say, without what executing them told again or proved wrong."""
    names = frozenset(map(complaints.variable, told))
    has_imported = any(one.check == "imports" and not one.outcome.is_no_pass for one in rest)

    def is_settled(finding: Finding) -> bool:
        name = complaints.variable(finding)
        return has_imported or name in names if name else _is_told(finding, names)

    return replace(read, findings=tuple(one for one in read.findings if not is_settled(one)))


def is_listed(note: Finding, told: Sequence[Finding]) -> bool:
    """Whether *note*, which lists variables that nothing states, lists none that *told* does not name."""
    return _is_told(note, frozenset(filter(None, map(complaints.variable, told))))


def _is_told(listed: Finding, names: frozenset[str]) -> bool:
    """Whether *listed*, a note about several variables, has no line that names none of *names*."""
    words = (set(_WORD.findall(line.upper())) for line in listed.evidence)
    return listed.code == needed.CODE and bool(listed.evidence) and all(names & line for line in words)


def assumed(contract: Contract, findings: Sequence[Finding]) -> Contract:
    """Return *contract* with the variables of *findings*, as if the target asked for their values."""
    names = [name for finding in findings if (name := complaints.variable(finding))]
    return replace(
        contract, variables=(*contract.variables, *(Variable(name=name, source=Prompted()) for name in names))
    )


def told(results: Sequence[CheckResult], findings: Sequence[Finding]) -> list[CheckResult]:
    """Return *results* with each of *findings* in front, in the check that met it."""
    return [
        replace(result, findings=(*(one for one in findings if one.check == result.check), *result.findings))
        for result in results
    ]


def names(findings: Sequence[Finding]) -> str:
    """Return the variables of *findings*, for a sentence."""
    return ", ".join(filter(None, map(complaints.variable, findings)))


def _finding(name: str, asked: str, met: Finding, contract: Contract) -> Finding:
    """Return the finding about the variable *name*, which *met* asks for as *asked*."""
    files = stated.files(contract)
    manifest = files[0] if files else "no manifest"
    needs = _NEEDS.get(met.check, "the service needs {name}").format(name=f"the variable {name}")
    return Finding(
        code=f"missing-env-var:{name}",
        outcome=Outcome.FAILED if files else Outcome.WARNING,
        message=f"{needs}, and {manifest} {'does not state it' if files else 'says whether the target has it'}",
        location=met.location,
        evidence=complaints.about(asked, met.evidence),
        remedy=f"{_choosing(name, met.location)}{_stating(name, manifest, contract)}; a value for the preflight alone "
        "goes into .env.preflight",
        certainty=("" if files else "the deploy fails unless the variable is set by hand on the target; ")
        + "the checks went on with a made-up value",
        reproduce=met.reproduce,
        check=met.check,
        service=met.service,
        target=met.target,
    )


def _choosing(name: str, place: Location | None) -> str:
    """Return what the line that starts Django is to have before it, as wsgi.py and asgi.py of a new project have it."""
    if name != _SETTINGS_MODULE or place is None or not place.file.endswith(".py"):
        return ""
    return f'write `os.environ.setdefault("{name}", …)` before {place}, with the settings that manage.py names; or '


def _stating(name: str, manifest: str, contract: Contract) -> str:
    """Return where *name* is to be stated: in the file that describes the service, else on the target itself."""
    described = contract.location.file if contract.location else ""
    file = manifest if manifest.endswith((".yaml", ".yml")) else described
    if not file.endswith((".yaml", ".yml")):
        return f"set {name} on the target's own page of {contract.service}, or state it in a render.yaml"
    of = f"{contract.service} in {file}"
    return f"add `- key: {name}` with `sync: false`, a value or `fromDatabase` to the envVars of {of}"
