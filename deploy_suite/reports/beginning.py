"""What a project needs for a start → text for a person."""

from collections.abc import Iterator, Sequence
from textwrap import indent

from deploy_suite.model.beginning import Beginning, FoundService, Proposed


def render_text(advice: Beginning, *, written: Sequence[str] = ()) -> str:
    """Return *advice* for a person; *written* are the files that were just made."""
    return "\n".join(_lines(advice, written)) + "\n"


def _lines(advice: Beginning, written: Sequence[str]) -> Iterator[str]:
    for one in advice.files:
        yield from _file(one, written)
    for service in advice.services:
        yield from _service(service)
    yield "next: deploy-suite preflight, then deploy-suite doctor"


def _file(one: Proposed, written: Sequence[str]) -> Iterator[str]:
    if one.path in written:
        yield f"{one.path}: written"
        return
    if one.is_done:
        yield f"{one.path}: is there"
        return
    yield f"{one.path}: is there and left alone; add:" if one.is_there else f"{one.path}:"
    yield indent(one.text, "    ").rstrip("\n")


def _service(one: FoundService) -> Iterator[str]:
    yield f"service {one.name} on {one.target.capitalize()}:"
    if not one.health_path:
        yield "  it states no health path: give it a route that asks what it cannot do without (its database)"
    elif one.is_guess:
        yield f"  {one.health_path} looks like its health path: state it in the manifest (healthCheckPath)"
    if one.is_known:
        yield "  deploy.toml says where it tells its commit"
        return
    if one.tells_already:
        yield "  its code knows its commit: say in deploy.toml where an answer tells it (commit = …)"
        return
    if not one.code:
        yield f"  let its answers tell its commit, as a header {one.header} or a field, and say where in deploy.toml"
        return
    yield f"  to tell its commit, {one.put}:"
    yield indent(one.code, "    ").rstrip("\n")
    yield f'  and in deploy.toml: commit = {{ header = "{one.header}" }} below [services.{one.name}]'
