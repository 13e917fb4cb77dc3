"""Rows of causes/*.toml ⇄ typed values, checked as a whole when they are read."""

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any, Final

from deploy_suite.knowledge import clash_causes

LINE_LIMIT: Final = 2000
_SLUG: Final = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*(:[\w.+-]+)?")
_PLACEHOLDER: Final = re.compile(r"\{([a-z_]+)\}")
_BOUND: Final = re.compile(r"<<(\w+)>>")
_ROW_KEYS: Final = frozenset(
    {
        *("slug", "title", "why", "fix", "python", "parameter", "kind", "platforms", "sources", "caught_by"),
        *("mistaken_for", "explains", "transient", "signature"),
    }
)
_SIGNATURE_KEYS: Final = frozenset(
    {"find", "pattern", "near", "across", "unless", "weight", "slug", "defaults", "transient", "unsure"}
)


class Kind:
    """Where in the life of a deploy a cause strikes; edges between kinds stand for what always follows."""

    ALL: Final = (
        "repository",
        "build",
        "configuration",
        "start",
        "database",
        "server",
        "request",
        "symptom",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """What a program prints when the cause struck.

    Shape: a line is looked at only if it holds one of the literals in `find`; `near` must and `unless` must not match
    in the lines around it, which are those of its own service (with `across` those of every container); `<<name>>` in
    them stands for what the pattern's group captured. Named groups of `pattern` and `near` fill the row's texts.
    `weight` is how sure a match is; an `unsure` one is the best guess, and told as no more. `transient` words are also
    those of services that come up without: signs of health after them take them back, as with a cause of that kind.
    """

    find: tuple[str, ...]
    pattern: re.Pattern[str]
    near: str
    across: bool
    unless: str
    weight: float
    slug: str
    defaults: Mapping[str, str]
    transient: bool
    unsure: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """One row. Texts hold `{name}` where a signature's group is filled in.

    Shape: `explains` names slugs, families or `@kind`; `caught_by` is the preflight check, or "" when none can.
    `python` is the series of Python that `fix` offers to pin.
    A `transient` cause is often seen while other services still start: signs of health after it take it back.
    """

    slug: str
    title: str
    why: str
    fix: str
    python: str
    kind: str
    parameter: str
    platforms: tuple[str, ...]
    sources: tuple[str, ...]
    caught_by: str
    mistaken_for: tuple[str, ...]
    explains: tuple[str, ...]
    transient: bool
    signatures: tuple[Signature, ...]

    @property
    def family(self) -> str:
        """The slug without its parameter."""
        return family(self.slug)


def family(slug: str) -> str:
    """Return *slug* without its parameter."""
    return slug.partition(":")[0]


class CatalogueError(ValueError):
    """The rows contradict themselves: a fault of the suite."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Catalogue:
    """All causes by slug, the lines that harm nothing, and the signs of health (with the literals to look for).

    Shape: `harmless_blocks` announce a traceback that was caught; `recovered` says that what a service waited for came;
    `working` stands in what programs say while all is well, `warned` in what only warns, and `aside` in what says
    nothing of the service: that it was told to end, or what the platform does beside it.
    """

    causes: Mapping[str, Cause]
    harmless: re.Pattern[str]
    harmless_blocks: re.Pattern[str]
    healthy: re.Pattern[str]
    recovered: re.Pattern[str]
    working: re.Pattern[str]
    warned: re.Pattern[str]
    aside: re.Pattern[str]
    literals: tuple[str, ...]

    def row(self, slug: str) -> Cause | None:
        """Return the row of *slug*, else the one that says why (`family:package-why`), else that of its family."""
        name, _, parameter = slug.partition(":")
        whys = (f"{name}:{parameter[at + 1 :]}" for at, one in enumerate(parameter) if one == "-")
        return next((self.causes[one] for one in (slug, *whys, name) if one in self.causes), None)


@cache
def catalogue() -> Catalogue:
    """Return the rows that come with the suite."""
    folder = files("deploy_suite.knowledge") / "causes"
    texts = {entry.name: entry.read_text(encoding="utf-8") for entry in _toml(folder)}
    return parse(texts, further=clash_causes.raw())


def _toml(folder: Traversable) -> Iterable[Traversable]:
    return sorted((e for e in folder.iterdir() if e.name.endswith(".toml")), key=lambda entry: entry.name)


def parse(texts: Mapping[str, str], *, further: Iterable[Mapping[str, Any]] = ()) -> Catalogue:
    """Return the catalogue in *texts* (file name → TOML) and in *further* rows, which may add to those.

    Raises: CatalogueError with all faults at once.
    """
    documents = {name: tomllib.loads(text) for name, text in texts.items()}
    causes, faults = _rows(documents)
    for raw in further:
        kept, more = causes.get(raw["slug"]), _cause(raw)
        causes[more.slug] = replace(kept, signatures=(*kept.signatures, *more.signatures)) if kept else more
    faults += _edge_faults(causes)
    if faults:
        raise CatalogueError("\n".join(faults))

    def listed(table: str, key: str) -> list[str]:
        return [one for document in documents.values() for one in document.get(table, {}).get(key, [])]

    healthy = listed("healthy", "patterns")
    return Catalogue(
        causes=causes,
        harmless=_any_of(listed("harmless", "patterns")),
        harmless_blocks=_any_of(listed("harmless", "blocks")),
        healthy=_any_of(healthy),
        recovered=_any_of([*healthy, *listed("healthy", "recovered")]),
        working=_any_of(listed("healthy", "working")),
        warned=_any_of(listed("harmless", "warned")),
        aside=_any_of(listed("harmless", "aside")),
        literals=(*listed("healthy", "find"), *listed("harmless", "find")),
    )


def _rows(documents: Mapping[str, Mapping[str, Any]]) -> tuple[dict[str, Cause], list[str]]:
    """Return the causes by slug, and what is wrong with the rows of the others."""
    causes: dict[str, Cause] = {}
    faults: list[str] = []
    for name, document in documents.items():
        for raw in document.get("cause", []):
            found = _row_faults(raw)
            if not found and raw["slug"] in causes:
                found = ["is there twice"]
            faults += [f"{name}: {raw.get('slug', '?')}: {fault}" for fault in found]
            if not found:
                causes[raw["slug"]] = _cause(raw)
    return causes, faults


def _any_of(patterns: Iterable[str]) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns) or r"(?!)")


def _row_faults(raw: Mapping[str, Any]) -> list[str]:
    found = [f"{key}: unknown key" for key in raw if key not in _ROW_KEYS]
    found += [f"{key}: is required" for key in ("slug", "title", "why", "fix", "kind", "sources") if not raw.get(key)]
    if not _SLUG.fullmatch(raw.get("slug", "")):
        found.append("slug: is no slug")
    if raw.get("kind") not in Kind.ALL:
        found.append(f"kind: is none of {', '.join(Kind.ALL)}")
    for number, signature in enumerate(raw.get("signature", []), 1):
        found += [f"signature {number}: {fault}" for fault in _signature_faults(signature)]
    return found


def _signature_faults(raw: Mapping[str, Any]) -> list[str]:
    found = [f"{key}: unknown key" for key in raw if key not in _SIGNATURE_KEYS]
    found += [f"{key}: is required" for key in ("find", "pattern") if not raw.get(key)]
    for key in ("pattern", "near", "unless"):
        try:
            re.compile(bound(raw.get(key, ""), {}))
        except re.error as error:
            found.append(f"{key}: {error}")
    return found


def _edge_faults(causes: Mapping[str, Cause]) -> list[str]:
    known = {*causes, *(cause.family for cause in causes.values()), *(f"@{kind}" for kind in Kind.ALL)}
    return [
        f"{cause.slug}: {target}: no such cause"
        for cause in causes.values()
        for target in (*cause.explains, *cause.mistaken_for)
        if target not in known
    ]


def _cause(raw: Mapping[str, Any]) -> Cause:
    return Cause(
        slug=raw["slug"],
        title=raw["title"],
        why=raw["why"],
        fix=raw["fix"].strip(),
        python=raw.get("python", ""),
        kind=raw["kind"],
        parameter=raw.get("parameter", ""),
        platforms=tuple(raw.get("platforms", ["any"])),
        sources=tuple(raw["sources"]),
        caught_by=raw.get("caught_by", ""),
        mistaken_for=tuple(raw.get("mistaken_for", [])),
        explains=tuple(raw.get("explains", [])),
        transient=raw.get("transient", False),
        signatures=tuple(_signature(s) for s in raw.get("signature", [])),
    )


def _signature(raw: Mapping[str, Any]) -> Signature:
    return Signature(
        find=tuple(raw["find"]),
        pattern=re.compile(raw["pattern"]),
        near=raw.get("near", ""),
        across=raw.get("across", False),
        unless=raw.get("unless", ""),
        weight=float(raw.get("weight", 0.9)),
        slug=raw.get("slug", ""),
        defaults=raw.get("defaults", {}),
        transient=raw.get("transient", False),
        unsure=raw.get("unsure", False),
    )


def bound(pattern: str, values: Mapping[str, str]) -> str:
    """Return *pattern* with each `<<name>>` replaced by the literal that was captured under that name."""
    return _BOUND.sub(lambda m: re.escape(values.get(m[1], "")), pattern)


def filled(text: str, values: Mapping[str, str]) -> str:
    """Return *text* with `{name}` replaced by its value; what is unknown reads `<name>`."""
    return _PLACEHOLDER.sub(lambda m: values.get(m[1], f"<{m[1]}>"), text)
