"""A service of a Blueprint that Render builds from a Dockerfile into a contract, or into why there is none."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import Final

from deploy_suite.images import lints, overrides, reading
from deploy_suite.images.reading import Made
from deploy_suite.knowledge import import_names
from deploy_suite.knowledge.platforms.render import facts
from deploy_suite.manifests.settings import ServiceSettings
from deploy_suite.model import python_series
from deploy_suite.model.contract import Container, Contract, Literal, Phase, PythonRequest, Variable
from deploy_suite.model.finding import Finding, Outcome
from deploy_suite.model.location import Location
from deploy_suite.model.project import CommandText, EntryPoint, Snapshot
from deploy_suite.model.secret import Secret
from deploy_suite.project import entry_points, module_files, snapshot_files
from deploy_suite.targets import uncopied
from deploy_suite.targets.render import contracts, image_notes, service_spec
from deploy_suite.targets.render.blueprint import Blueprint, ServiceResource
from deploy_suite.targets.render.service_spec import ServiceSpec
from deploy_suite.tracing import tracer

_TOP: Final = PurePosixPath()


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is to be built. Shape: `contexts` are the folders that may be the build context, the likeliest first."""

    file: PurePosixPath
    contexts: tuple[PurePosixPath, ...]
    command: CommandText | None = None
    target: str = ""

    @property
    def is_sure(self) -> bool:
        """Whether the build context is certain."""
        return len(self.contexts) == 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """A contract, None where `reason` says why it cannot be rehearsed or the findings say what fails before."""

    contract: Contract | None
    findings: tuple[Finding, ...] = ()
    reason: str = ""


def of_service(
    service: ServiceResource, blueprint: Blueprint, snapshot: Snapshot, *, settings: ServiceSettings, slug: str
) -> Read:
    """Return the contract of *service*, whose runtime is docker."""
    request = requested(service, snapshot)
    if request is None:
        return Read(contract=None, reason="the commit has no Dockerfile where its manifest says")
    spec = service_spec.stated(service, blueprint, snapshot)
    made = read(request, spec, snapshot, settings=settings, slug=slug)
    return replace(made, findings=(*made.findings, *contracts.port_problems(service, spec.variables)))


def requested(service: ServiceResource, snapshot: Snapshot) -> Request | None:
    """Return what Render builds; paths count from the repository's top, or from rootDir, which its pages leave open.

    Source: https://render.com/docs/blueprint-spec#docker, https://render.com/docs/monorepo-support
    """
    root = module_files.normal(PurePosixPath((service.text("rootDir") or "").strip().lstrip("/"))) or _TOP
    written = (service.text("dockerfilePath") or "Dockerfile").strip().lstrip("/")
    context = service.text("dockerContext")
    for base in dict.fromkeys((root, _TOP) if service.text("dockerfilePath") is None else (_TOP, root)):
        file = module_files.normal(base / written)
        if file is None or not snapshot_files.find(snapshot.folder, file):
            continue
        inside = module_files.normal(base / (context or "").strip().lstrip("/"))
        stated = (inside,) if context and inside is not None else tuple(dict.fromkeys((base, file.parent)))
        return Request(file=file, contexts=stated, command=service_spec.command(service, "dockerCommand"))
    return None


def read(request: Request, spec: ServiceSpec, snapshot: Snapshot, *, settings: ServiceSettings, slug: str) -> Read:
    """Return the contract of what *request* builds, run as *spec* says."""
    given = {one.name: one.source.value.revealed() for one in spec.variables if isinstance(one.source, Literal)}
    tried = [
        reading.read(
            snapshot.folder,
            request.file,
            context=context,
            given=given,
            target=request.target,
            command=request.command.text if request.command else "",
        )
        for context in request.contexts
    ]
    found = [made for made in tried if made is not None]
    if not found:
        return Read(contract=None, reason=f"{request.file} has no stage")
    made = next((one for one in found if not any(_is_missing(finding) for finding in _lints(one, request))), found[0])
    problems = _lints(made, request)
    if any(finding.outcome is Outcome.FAILED for finding in problems):
        return Read(contract=None, findings=problems)
    reason = _cannot(made)
    if reason:
        return Read(contract=None, findings=problems, reason=reason)
    contract = _contract(made, request, spec, snapshot, settings=settings, slug=slug)
    lost = tuple(_lost(made, contract, snapshot)) if request.is_sure else ()
    if lost:
        return Read(contract=None, findings=(*problems, *lost))
    return Read(contract=contract, findings=(*problems, *image_notes.of(made)))


def _lost(made: Made, contract: Contract, snapshot: Snapshot) -> Iterator[Finding]:
    """Yield modules that the start imports and the image does not get."""
    if contract.entry is None or len(made.layout.origins) == len(made.context.files()):
        return
    traced = tracer.trace(
        contract.entry,
        folder=snapshot.folder,
        python=contract.python.version,
        known=import_names.top_levels(),
        reads_all=False,
    )
    yield from uncopied.modules(made, contract.entry, traced)


def _lints(made: Made, request: Request) -> tuple[Finding, ...]:
    return (*lints.problems(made, is_sure=request.is_sure), *overrides.problems(made))


def _is_missing(finding: Finding) -> bool:
    return finding.code == "docker-copy-missing-file"


def _cannot(made: Made) -> str:
    if made.obstacles:
        first = made.obstacles[0]
        return f"{made.file}:{first.line}: {first.reason}, and nothing runs a container here"
    return f"{made.file} names no program that the container runs" if made.start is None else ""


def _contract(
    made: Made, request: Request, spec: ServiceSpec, snapshot: Snapshot, *, settings: ServiceSettings, slug: str
) -> Contract:
    own = tuple(_phased(one, made) for one in spec.variables)
    start = _start(made, request)
    base = contracts.assembled(
        replace(spec, variables=own),
        snapshot,
        root=made.layout.root,
        settings=settings,
        python=_python(made),
        build=CommandText(text=made.build, location=Location(str(made.file), 1)) if made.build else None,
        start=start,
        slug=slug,
        is_image=True,
    )
    stated = {one.name for one in base.variables}
    brought = tuple(
        _variable(name, value, line, made) for name, (value, line) in made.environment.items() if name not in stated
    )
    variables = (*base.variables, *brought)
    return replace(
        base,
        variables=variables,
        entry=base.entry if settings.entry or not start else _entry(start, snapshot, base.root, variables),
        image=made.state.base,
        image_packages=made.packages,
        container=_container(made),
    )


def _entry(
    start: CommandText, snapshot: Snapshot, root: PurePosixPath, variables: Sequence[Variable]
) -> EntryPoint | None:
    known = {one.name: one.source.value.revealed() for one in variables if isinstance(one.source, Literal)}
    return entry_points.from_command(start, folder=snapshot.folder, root=root, variables=known)


def _phased(variable: Variable, made: Made) -> Variable:
    """Return *variable* as a build sees it: only where the Dockerfile declares an argument of that name.

    Source: https://render.com/docs/docker#building-your-image
    """
    return variable if variable.name in made.declared else replace(variable, phases=frozenset({Phase.RUN}))


def _variable(name: str, value: str, line: int, made: Made) -> Variable:
    return Variable(name=name, source=Literal(Secret(value)), location=Location(str(made.file), line))


def _start(made: Made, request: Request) -> CommandText | None:
    if made.start is None:
        return None
    if not made.start.line and request.command is not None:
        return CommandText(text=made.start.text, location=request.command.location)
    return CommandText(text=made.start.text, location=Location(str(made.file), made.start.line))


def _python(made: Made) -> PythonRequest:
    version = made.base.version if made.base else ""
    line = made.dockerfile.stages[-1].line
    if version:
        return PythonRequest(
            version=version, origin=f"image {made.state.base}", location=Location(str(made.file), line)
        )
    newest, *older = dict.fromkeys(python_series.of(row.version) for row in facts().python_defaults)
    return PythonRequest(
        version=newest,
        origin=f"image {made.state.base}, whose tag names no version",
        is_pinned=False,
        location=Location(str(made.file), line),
        alternatives=tuple(older),
    )


def _container(made: Made) -> Container:
    return Container(
        dockerfile=str(made.file),
        workdir=str(made.state.workdir),
        files=tuple((str(place), str(origin)) for place, origin in sorted(made.layout.origins.items())),
        written=tuple((str(place), text) for place, text in sorted(made.layout.written.items())),
        left_out=made.left_out,
        stand_ins=made.stand_ins,
    )
