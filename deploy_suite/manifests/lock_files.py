"""Lock files into pinned versions."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from packaging.utils import canonicalize_name

from deploy_suite.manifests import toml_document
from deploy_suite.manifests.errors import ManifestError
from deploy_suite.manifests.toml_document import as_array, as_table, value_at
from deploy_suite.model.location import Location

_MOST_CHARACTERS: Final = 20_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class LockFile:
    """What a lock file pins.

    Shape: `packages` maps canonical names onto versions; names with several versions, by platform or Python, are in
    `forked` instead. `development` are names that a plain installation leaves out, where the file tells.
    `content_hash` is what a Pipfile.lock stores of its manifest, "" for none.
    """

    packages: Mapping[str, str]
    forked: frozenset[str] = frozenset()
    development: frozenset[str] = frozenset()
    content_hash: str = ""
    values: Mapping[str, object] = field(default_factory=dict, repr=False, compare=False)


def parse_poetry(text: str, *, file: str = "poetry.lock") -> LockFile:
    """Return what a poetry.lock pins. Raises: ManifestError for text that is no TOML."""
    values = toml_document.values(text, file=file)
    packages, forked = _pins(as_array(values.get("package")))
    return LockFile(
        packages=packages,
        forked=forked,
        development=frozenset(_poetry_development(values)),
        values=values,
    )


def parse_uv(text: str, *, file: str = "uv.lock") -> LockFile:
    """Return what a uv.lock pins; the project itself and its workspace members are left out.

    Raises: ManifestError for text that is no TOML.
    """
    values = toml_document.values(text, file=file)
    packages, forked = _pins([part for part in as_array(values.get("package")) if not is_local(part)])
    return LockFile(
        packages=packages,
        forked=forked,
        values=values,
    )


def parse_pipenv(text: str, *, file: str = "Pipfile.lock") -> LockFile:
    """Return what a Pipfile.lock pins. Raises: ManifestError for text that is no JSON object."""
    values = _json_object(text, file)
    default, develop = as_table(values.get("default")), as_table(values.get("develop"))
    pins = {
        canonicalize_name(name): _text(as_table(pin).get("version")) for name, pin in {**develop, **default}.items()
    }
    main = {canonicalize_name(name) for name in default}
    return LockFile(
        packages={name: version.removeprefix("==") for name, version in pins.items() if version},
        development=frozenset(name for name in pins if name not in main),
        content_hash=_text(value_at(values, "_meta", "hash", "sha256")),
        values=values,
    )


def _pins(parts: object) -> tuple[Mapping[str, str], frozenset[str]]:
    versions: dict[str, set[str]] = {}
    for part in as_array(parts):
        name, version = as_table(part).get("name"), as_table(part).get("version")
        if isinstance(name, str) and isinstance(version, str):
            versions.setdefault(canonicalize_name(name), set()).add(version)
    single = {name: next(iter(found)) for name, found in versions.items() if len(found) == 1}
    return single, frozenset(versions.keys() - single.keys())


def _poetry_development(values: Mapping[str, object]) -> Iterator[str]:
    for part in as_array(values.get("package")):
        table = as_table(part)
        groups = as_array(table.get("groups"))
        name = table.get("name")
        if isinstance(name, str) and (table.get("category") == "dev" or (groups and "main" not in groups)):
            yield canonicalize_name(name)


def is_local(part: object) -> bool:
    """Return whether *part* of a uv.lock is the project itself or a member of its workspace."""
    source = as_table(as_table(part).get("source"))
    return any(kind in source for kind in ("virtual", "editable"))


def of_index(lock: LockFile) -> frozenset[str]:
    """Return the canonical names of what *lock* takes from the package index, and from no folder or address.

    Poetry names a source for what does not come from PyPI, uv one for each package.
    """
    parts = [as_table(part) for part in as_array(lock.values.get("package"))]
    if not parts:
        return frozenset(lock.packages)
    return frozenset(
        canonicalize_name(name)
        for part in parts
        if isinstance(name := part.get("name"), str)
        and ("source" not in part or "registry" in as_table(part.get("source")))
    )


def _json_object(text: str, file: str) -> Mapping[str, object]:
    if len(text) > _MOST_CHARACTERS:
        raise ManifestError(f"the file is longer than {_MOST_CHARACTERS:,} characters", Location(file))
    try:
        read = json.loads(text.removeprefix("\ufeff"))
    except (ValueError, RecursionError) as error:
        line = error.lineno if isinstance(error, json.JSONDecodeError) else 0
        message = f"the text is no JSON: {getattr(error, 'msg', error)}"
        raise ManifestError(message, Location(file, line), remedy=f"run `pipenv lock` to write {file} anew") from error
    if isinstance(read, dict):
        return read
    raise ManifestError("the text is no JSON object", Location(file), remedy=f"run `pipenv lock` to write {file} anew")


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
