"""Classes of pydantic's settings into the variables that making one of them needs.

Source: https://docs.pydantic.dev/latest/concepts/pydantic_settings/
"""

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from deploy_suite.model.location import Location
from deploy_suite.model.syntax_tree import text_of
from deploy_suite.tracing.variables.origins import Names
from deploy_suite.tracing.variables.values import Making, VariableRead

_BASES: Final = frozenset({"pydantic_settings.BaseSettings", "pydantic.BaseSettings", "pydantic.v1.BaseSettings"})
# With these a value may come from where no reading of the sources looks.
_OPEN: Final = frozenset(
    [
        *("settings_customise_sources", "customise_sources", "__init__", "__new__", "secrets_dir", "yaml_file"),
        *("toml_file", "json_file", "cli_parse_args", "alias_generator", "fields", "prepare_field", "parse_env_var"),
        *("pyproject_toml_table_header", "env_prefix_target"),
    ]
)
_BEFORE: Final = ("model_validator", "root_validator", "validator", "field_validator")


@dataclass(frozen=True, slots=True)
class Field:
    """A field. Shape: `aliases` are the names that the environment has for it instead of its own."""

    name: str
    line: int
    is_required: bool
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SettingsClass:
    """A class as its file states it. Shape: `config` holds the literal settings; `is_open` that others may fill it."""

    name: str
    file: str
    bases: tuple[str, ...]
    fields: Mapping[str, Field]
    config: Mapping[str, object] = field(default_factory=dict)
    is_open: bool = False


def classes(tree: ast.Module, names: Names, file: str) -> Iterator[SettingsClass]:
    """Yield the classes in *tree*; which of them are settings only their bases tell, perhaps in other files."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef) and node.bases:
            yield _read(node, names, file)


def required(makings: Sequence[Making], known: Mapping[str, SettingsClass | None]) -> Iterator[VariableRead]:
    """Yield what *makings* need; *known* are the classes by name, None for a name that several files define."""
    for making in makings:
        line = _line(making.name, known)
        if line and "**" not in making.given and not making.given & {"_env_file", "_secrets_dir", "_env_prefix"}:
            yield from _of_class(line, making)


def _line(name: str, known: Mapping[str, SettingsClass | None]) -> tuple[SettingsClass, ...]:
    """Return the class and those that it inherits from, () where that does not lead to pydantic's own alone."""
    line: list[SettingsClass] = []
    pending = [name]
    is_settings = False
    while pending:
        one = pending.pop(0)
        if one in _BASES:
            is_settings = True
            continue
        found = known.get(one.rpartition(".")[2])
        if found is None or found in line or found.is_open:
            return ()
        line.append(found)
        pending += found.bases
    return tuple(line) if is_settings else ()


def _of_class(line: Sequence[SettingsClass], making: Making) -> Iterator[VariableRead]:
    config = {key: value for one in reversed(line) for key, value in one.config.items()}
    fields = {name: (one, owner) for owner in reversed(line) for name, one in owner.fields.items()}
    prefix, delimiter = str(config.get("env_prefix") or ""), str(config.get("env_nested_delimiter") or "")
    is_exact = bool(config.get("case_sensitive"))
    for one, owner in fields.values():
        if not one.is_required or one.name in making.given or set(one.aliases) & making.given:
            continue
        own = f"{prefix}{one.name}"
        names = one.aliases or (own,)
        yield VariableRead(
            names=names if is_exact else tuple(name.upper() for name in names),
            location=Location(owner.file, one.line),
            kind=making.kind,
            way=f"{owner.name}, a settings class",
            is_exact=is_exact,
            prefix=f"{own}{delimiter}" if delimiter else "",
        )


def _read(node: ast.ClassDef, names: Names, file: str) -> SettingsClass:
    fields = [_field(one) for one in node.body if isinstance(one, ast.AnnAssign)]
    config = dict(_config(node))
    defined = {one.name for one in node.body if isinstance(one, ast.FunctionDef | ast.ClassDef)}
    return SettingsClass(
        name=node.name,
        file=file,
        bases=tuple(_base(base, names) for base in node.bases),
        fields={one.name: one for one in fields if one},
        config=config,
        is_open=bool(_OPEN & (defined | set(config))) or any(map(_fills, node.body)) or bool(node.keywords),
    )


def _base(base: ast.expr, names: Names) -> str:
    dotted = names.dotted(base)
    return dotted if dotted in _BASES else ast.unparse(base)


def _fills(node: ast.stmt) -> bool:
    """Whether a method may put in values before they are looked for."""
    if not isinstance(node, ast.FunctionDef):
        return False
    return any(
        isinstance(call, ast.Call)
        and ast.unparse(call.func).rpartition(".")[2] in _BEFORE
        and any(keyword.arg in {"pre", "mode", "always"} and _is_early(keyword.value) for keyword in call.keywords)
        for call in node.decorator_list
    )


def _is_early(value: ast.expr) -> bool:
    return isinstance(value, ast.Constant) and value.value in {True, "before", "wrap"}


def _field(node: ast.AnnAssign) -> Field | None:
    written = ast.unparse(node.annotation)
    if not isinstance(node.target, ast.Name) or node.target.id.startswith("_") or "ClassVar" in written:
        return None
    if node.target.id == "model_config":
        return None
    is_optional = "Optional" in written or "None" in written or written in {"Any", "typing.Any"}
    calls = [call for call in (node.value, *_metadata(node.annotation)) if _is_field(call)]
    aliases = tuple(dict.fromkeys(name for call in calls for name in _aliases(call)))
    is_unread = any(_hides_alias(call) for call in calls)
    without_default = node.value is None or _is_ellipsis(node.value) or (bool(calls) and node.value in calls)
    has_default = any(_has_default(call) for call in calls)
    return Field(
        name=node.target.id,
        line=node.lineno,
        is_required=without_default and not has_default and not is_optional and not is_unread,
        aliases=aliases,
    )


def _metadata(annotation: ast.expr) -> list[ast.expr]:
    if isinstance(annotation, ast.Subscript) and ast.unparse(annotation.value).endswith("Annotated"):
        return annotation.slice.elts[1:] if isinstance(annotation.slice, ast.Tuple) else []
    return []


def _is_field(node: ast.expr | None) -> bool:
    return isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] == "Field"


def _is_ellipsis(node: ast.expr | None) -> bool:
    return isinstance(node, ast.Constant) and node.value is Ellipsis


def _keywords(call: ast.expr | None) -> dict[str | None, ast.expr]:
    return {keyword.arg: keyword.value for keyword in call.keywords} if isinstance(call, ast.Call) else {}


def _has_default(call: ast.expr | None) -> bool:
    keywords = _keywords(call)
    first = call.args[0] if isinstance(call, ast.Call) and call.args else keywords.get("default")
    return "default_factory" in keywords or None in keywords or (first is not None and not _is_ellipsis(first))


def _aliases(call: ast.expr | None) -> Iterator[str]:
    keywords = _keywords(call)
    for key in ("validation_alias", "alias", "env"):
        value = keywords.get(key)
        if isinstance(value, ast.Call) and ast.unparse(value.func).endswith("AliasChoices"):
            yield from filter(None, map(text_of, value.args))
        elif isinstance(value, ast.List | ast.Tuple | ast.Set):
            yield from filter(None, map(text_of, value.elts))
        elif text := text_of(value):
            yield text
        if value is not None:
            return


def _hides_alias(call: ast.expr | None) -> bool:
    """Whether a name is given in a form that reading does not follow."""
    keywords = _keywords(call)
    named = [keywords[key] for key in ("validation_alias", "alias", "env") if key in keywords]
    return bool(named) and not tuple(_aliases(call))


def _config(node: ast.ClassDef) -> Iterator[tuple[str, object]]:
    """Yield what `model_config` or `class Config` set; what is no literal is an empty text."""
    for one in node.body:
        if isinstance(one, ast.ClassDef) and one.name in {"Config", "Meta"}:
            for inner in one.body:
                if isinstance(inner, ast.Assign) and isinstance(inner.targets[0], ast.Name):
                    yield inner.targets[0].id, _literal(inner.value, inner.targets[0].id)
                elif isinstance(inner, ast.FunctionDef):
                    yield inner.name, True
        value = one.value if isinstance(one, ast.Assign | ast.AnnAssign) else None
        targets = one.targets if isinstance(one, ast.Assign) else [one.target] if isinstance(one, ast.AnnAssign) else []
        if any(isinstance(target, ast.Name) and target.id == "model_config" for target in targets):
            yield from _of_config(value)


def _of_config(value: ast.expr | None) -> Iterator[tuple[str, object]]:
    if isinstance(value, ast.Call):
        for keyword in value.keywords:
            yield keyword.arg or "alias_generator", _literal(keyword.value, keyword.arg or "")
    elif isinstance(value, ast.Dict):
        for key, inner in zip(value.keys, value.values, strict=True):
            yield text_of(key) or "alias_generator", _literal(inner, text_of(key) or "")
    else:
        yield "alias_generator", True


def _literal(value: ast.expr, name: str) -> object:
    if isinstance(value, ast.Constant):
        return value.value
    return "" if name not in {"env_prefix", "env_nested_delimiter", "case_sensitive"} else "\0"
