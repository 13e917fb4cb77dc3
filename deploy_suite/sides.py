"""One service at one commit → built, with databases of its own: for who compares two commits of a project."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, TypeVar

from deploy_suite import imaging, staging, unstated
from deploy_suite.checks import build as build_check
from deploy_suite.checks.base import Built, Case, Findings
from deploy_suite.environments import bindings as binding
from deploy_suite.environments import recipe as recipes
from deploy_suite.environments import registry as environments
from deploy_suite.environments.plan import Plan
from deploy_suite.errors import CannotCheckError, UsageError
from deploy_suite.model.contract import Bindings, Contract
from deploy_suite.model.environment import BuildFailure, DatabaseAddress, Preferences
from deploy_suite.model.finding import CheckResult
from deploy_suite.model.secret import Secret
from deploy_suite.ports import DatabaseServer, Ports
from deploy_suite.project.loading import Project, load
from deploy_suite.targets.registry import TARGETS

_NOWHERE: Final = DatabaseAddress(host="127.0.0.1", port=5432, user="nobody", password=Secret(""), name="nowhere")
_MOST_ROUNDS: Final = 12
_Found = TypeVar("_Found")


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """A service at a commit."""

    project: Project
    case: Case

    @property
    def contract(self) -> Contract:
        """What its target promises and demands."""
        return self.case.contract

    @property
    def commit(self) -> str:
        """The full SHA."""
        return self.project.snapshot.commit.sha


def side(
    folder: Path, revision: str, *, target: str, service: str = "", preferences: Preferences, ports: Ports
) -> Side:
    """Return the service of the project in *folder* at *revision*; *service* "" is the only one.

    Raises: UsageError when there is no such commit or service.
    """
    project = load(folder, revision=revision, ports=ports)
    snapshot = project.snapshot
    if target not in TARGETS:
        raise UsageError(f"unknown target: {target}", remedy=f"choose from: {', '.join(TARGETS)}")
    reading = TARGETS[target].read(snapshot, project.settings, repository_slug=snapshot.commit.repository_slug)
    contract = _chosen(reading.contracts, service, snapshot.commit.short)
    limits = contract.limits.shortened(build_s=preferences.build_timeout_s, start_s=preferences.start_timeout_s)
    ports.curtain.add(binding.literals(contract))
    own, staged = imaging.staged(replace(contract, limits=limits), project, ports)
    case = Case(
        snapshot=staged.snapshot,
        contract=own,
        state=staged.state,
        preferences=preferences,
        repository=staged.repository,
    )
    return Side(project=staged, case=case)


def planned(one: Side, ports: Ports) -> Plan:
    """Return what its build would install; asks the package index. Raises: CannotCheckError."""
    databases = dict.fromkeys(binding.databases_needed(one.contract), _NOWHERE)
    bindings = _bound(one.case, databases, ports)
    return environments.planned(one.contract, one.case.snapshot, bindings, one.case.preferences, ports)


def built(one: Side, server: DatabaseServer | None, *, stage: str, ports: Ports) -> Built:
    """Return it built, or kept from an earlier run. Raises: CannotCheckError when it cannot be built here."""
    plan = planned(one, ports)
    if plan.recipe.may_use_database and server is not None:
        addresses = staging.databases(one.contract, server, stage)
        plan = replace(plan, bindings=staging.rebound(one.contract, plan.bindings, addresses, ports))
    outcome = environments.built(plan)
    if isinstance(outcome, BuildFailure):
        raise CannotCheckError(_told(outcome, one.case), remedy="deploy-suite preflight tells what its build needs")
    return Built(case=one.case, environment=outcome, bindings=plan.bindings, server=server)


@contextmanager
def standing(one: Side, *, stage: str, ports: Ports) -> Iterator[Built]:
    """Yield it built as preflight builds it: beside a PostgreSQL where its build command may write to one.

    Raises: CannotCheckError when it cannot be built here.
    """
    needs_one = recipes.read(one.contract, one.case.snapshot).may_use_database
    with ExitStack() as stack:
        server = None
        if needs_one and binding.databases_needed(one.contract):
            from deploy_suite.checks import migrations  # noqa: PLC0415  few builds need it

            wanted = migrations.wanted_extensions(one.case)
            foreign = one.case.preferences.database_url
            server = stack.enter_context(ports.databases.serve(foreign=foreign, extensions=wanted))
        yield built(one, server, stage=stage, ports=ports)


def on(made: Built, stage: str, *, template: str = "", ports: Ports) -> Built:
    """Return *made* with databases of its own, the first a copy of *template*, and all its variables bound anew."""
    addresses = staging.databases(made.case.contract, made.server, stage, template=template)
    return replace(made, bindings=_bound(made.case, addresses, ports))


def with_what_is_missing(
    made: Built, attempt: Callable[[Built], tuple[Findings, _Found]], *, check: str
) -> tuple[Built, _Found]:
    """Return what comes of *attempt*, made again with made-up values for the variables that it lacked.

    Shape: *attempt* returns its findings and what the caller wants of it; *made* is returned with those variables.
    """
    for _ in range(_MOST_ROUNDS):
        findings, found = attempt(made)
        contract = made.case.contract
        result = CheckResult(
            check=check, service=contract.service, target=contract.target, seconds=0.0, findings=findings
        )
        missing = unstated.found([result], contract, folder=made.case.snapshot.folder)
        if not missing:
            break
        made = replace(made, case=replace(made.case, contract=unstated.assumed(contract, missing)))
    return made, found


def _chosen(contracts: tuple[Contract, ...], service: str, commit: str) -> Contract:
    named = [one for one in contracts if not service or one.service == service]
    found = named or list(contracts[:1] if len(contracts) == 1 else ())  # a service may be called otherwise there
    if len(found) == 1:
        return found[0]
    names = ", ".join(one.service for one in contracts) or "none"
    raise UsageError(
        f"commit {commit} does not say which service is meant: {service or 'none was named'}; it has: {names}",
        remedy="name the service as the manifest does: --service NAME",
    )


def _bound(case: Case, addresses: Mapping[str, DatabaseAddress], ports: Ports) -> Bindings:
    folder = case.snapshot.folder / case.contract.root
    answers = binding.answers_in(case.repository / case.contract.root) if case.repository else {}
    bound = binding.bind(case.contract, databases=addresses, answers=answers, service_folder=folder)
    ports.curtain.add(binding.masker(case.contract, bound, addresses))
    return bound


def _told(failure: BuildFailure, case: Case) -> str:
    first = next(iter(build_check.findings(failure, case)), None)
    why = first.message if first else f"its build ends with exit code {failure.code}"
    return f"commit {case.snapshot.commit.short} cannot be built here: {why}"
