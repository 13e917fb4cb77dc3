"""One expression into the variable that it asks for, and whether it can do without."""

import ast
from dataclasses import dataclass
from typing import Final

from deploy_suite.model.syntax_tree import text_of
from deploy_suite.tracing.variables.origins import READERS, Names

# The variables that these methods of django-environ take when none is named.
# Source: https://django-environ.readthedocs.io/en/latest/types.html
_OWN_NAMES: Final = {
    **dict.fromkeys(("db", "db_url"), "DATABASE_URL"),
    **dict.fromkeys(("cache", "cache_url"), "CACHE_URL"),
    **dict.fromkeys(("email", "email_url"), "EMAIL_URL"),
    **dict.fromkeys(("search", "search_url"), "SEARCH_URL"),
    **dict.fromkeys(("channels", "channels_url"), "CHANNELS_URL"),
}
# Methods of a reader that ask for nothing.
_OTHER_METHODS: Final = frozenset(
    [
        *("read_env", "prefixed", "seal", "dump", "validator", "add_parser", "parser_for", "unique", "from_string"),
        *("escape_proxy", "get", "db_url_config", "cache_url_config", "email_url_config", "search_url_config"),
        *("parse_value", "add_validator", "overwrite", "set", "export"),
    ]
)
_TO_NUMBER: Final = frozenset({"int", "float"})
_WAYS: Final = {
    "<environ>": "django-environ",
    "<environs>": "environs",
    "<decouple>": "python-decouple",
    "<starlette>": "Starlette's Config",
}


@dataclass(frozen=True, slots=True)
class Asked:
    """Shape: `is_required` says that the expression raises where the variable is not set; `is_bare` that it is None."""

    name: str
    way: str
    is_required: bool
    is_bare: bool = False


def asked(node: ast.AST, names: Names, *, prefix: str = "") -> Asked | None:
    """Return the variable that *node* itself asks for; *prefix* is that of the `with env.prefixed(…)` around it."""
    if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load) and names.dotted(node.value) == "os.environ":
        name = text_of(node.slice)
        return Asked(name, "os.environ", is_required=True) if name else None
    if isinstance(node, ast.Attribute) and (bare := _bare(node.value, names)):
        return Asked(bare.name, bare.way, is_required=True)
    if not isinstance(node, ast.Call):
        return None
    converted = isinstance(node.func, ast.Name) and node.func.id in _TO_NUMBER and node.args
    if converted and (bare := _bare(node.args[0], names)):
        return Asked(bare.name, bare.way, is_required=True)
    return _called(node, names, prefix)


def _bare(node: ast.expr, names: Names) -> Asked | None:
    """Return what *node* asks for where it is None without the variable."""
    found = asked(node, names) if isinstance(node, ast.Call) else None
    return found if found and found.is_bare else None


def _called(node: ast.Call, names: Names, prefix: str) -> Asked | None:
    origin = names.origin(node.func)
    if origin is None:
        return None
    reader, _, method = origin.dotted.partition(".")
    first = text_of(node.args[0]) if node.args else None
    if origin.dotted in {"os.getenv", "os.environ.get", "os.environ.pop"} and first:
        has_default = len(node.args) > 1 or bool(node.keywords)
        is_pop = origin.dotted.endswith("pop")
        return Asked(
            first, "os.environ", is_required=is_pop and not has_default, is_bare=not has_default and not is_pop
        )
    if reader not in READERS or "." in method or method in _OTHER_METHODS:
        return None
    name = first or (_OWN_NAMES.get(method) if reader == "<environ>" and not node.args else None)
    if not name or any(keyword.arg is None for keyword in node.keywords):
        return None
    name = f"{origin.prefix}{prefix}{name}"
    has_default = _has_default(node, reader=reader, method=method) or name in origin.defaults
    return Asked(name, _WAYS[reader], is_required=not has_default)


def _has_default(node: ast.Call, *, reader: str, method: str) -> bool:
    """Whether a default is given; what may be one counts, for the libraries differ in what the second word is.

    Sources: https://django-environ.readthedocs.io, https://github.com/sloria/environs,
    https://github.com/HBNetwork/python-decouple, https://www.starlette.io/config/
    """
    if any(keyword.arg in {"default", "load_default", "missing"} for keyword in node.keywords):
        return True
    is_cast_second = reader == "<starlette>" or (reader == "<environ>" and not method)
    return len(node.args) > (2 if is_cast_second else 1)
