"""What a project needs for a start → text for a person."""

from collections.abc import Iterator, Sequence
from textwrap import indent, wrap
from typing import Final

from deploy_suite.model.beginning import Beginning, FoundService, Proposed

_WIDTH: Final = 79


def render_text(advice: Beginning, *, written: Sequence[str] = ()) -> str:
    """Return *advice* for a person; *written* are the files that were just made."""
    return "\n".join(_lines(advice, written)) + "\n"


def _lines(advice: Beginning, written: Sequence[str]) -> Iterator[str]:
    for one in advice.files:
        yield from _file(one, written)
    for service in advice.services:
        yield ""
        yield from _service(service)
    yield ""
    yield from _next(advice, written)


def _next(advice: Beginning, written: Sequence[str]) -> Iterator[str]:
    lacking = [one.path for one in advice.files if not one.is_there and one.path not in written]
    yield "next:"
    if lacking:
        yield f"  deploy-suite init --write    writes {', '.join(lacking)}"
    if lacking or written:
        yield "  git add … && git commit      what is not committed is not checked"
    yield "  deploy-suite preflight       would it work there?"
    yield "  deploy-suite doctor          what does this machine lack for a deploy?"


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
        yield from _said("it states no health path: give it a route that asks what it cannot do without (its database)")
    elif one.is_guess:
        yield from _said(f"{one.health_path} looks like its health path: state it in the manifest (healthCheckPath)")
    if one.is_known:
        yield "  deploy.toml says where it tells its commit"
        return
    if one.tells_already:
        yield from _said("its code knows its commit: say in deploy.toml where an answer tells it (commit = …)")
        return
    if not one.code:
        yield from _said(
            f"let its answers tell its commit, as a header {one.header} or a field, and say where in deploy.toml"
        )
        return
    yield from _said(f"for verify and deploy to see which commit answers, put this {one.put}:")
    yield indent(one.code, "    ").rstrip("\n")
    yield f'  and in deploy.toml, below [services.{one.name}]: commit = {{ header = "{one.header}" }}'


def _said(sentence: str) -> list[str]:
    return wrap(sentence, _WIDTH, initial_indent="  ", subsequent_indent="  ", break_on_hyphens=False)
