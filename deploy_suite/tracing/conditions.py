"""The test of an `if` into true, false or unknown for a target."""

import ast
import operator
from collections.abc import Callable, Mapping
from typing import Final

_PLATFORM: Final = "linux"
_OS_NAME: Final = "posix"
_PATCH_UNKNOWN: Final = 99
_COMPARISONS: Final[Mapping[type[ast.cmpop], Callable[[tuple[int, ...], tuple[int, ...]], bool]]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}


def is_typing_only(test: ast.expr) -> bool:
    """Whether *test* is TYPE_CHECKING."""
    name = test.attr if isinstance(test, ast.Attribute) else test.id if isinstance(test, ast.Name) else ""
    return name == "TYPE_CHECKING"


def is_main(test: ast.expr) -> bool:
    """Whether *test* is `__name__ == "__main__"`."""
    if not isinstance(test, ast.Compare) or not isinstance(test.ops[0], ast.Eq):
        return False
    sides = (test.left, test.comparators[0])
    named = any(isinstance(side, ast.Name) and side.id == "__name__" for side in sides)
    return named and any(isinstance(side, ast.Constant) and side.value == "__main__" for side in sides)


def value(test: ast.expr, version: tuple[int, int], *, is_program: bool) -> bool | None:
    """Return what *test* is on Linux with Python *version*, None where that cannot be told.

    Shape: *is_program* says that the file runs as `__main__`.
    """
    if is_typing_only(test):
        return False
    if is_main(test):
        return is_program
    if isinstance(test, ast.Constant):
        return bool(test.value)
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        inner = value(test.operand, version, is_program=is_program)
        return None if inner is None else not inner
    if isinstance(test, ast.BoolOp):
        return _joined(test, version, is_program=is_program)
    if isinstance(test, ast.Compare) and len(test.ops) == 1:
        return _compared(test, version)
    if isinstance(test, ast.Call):
        return _platform_call(test)
    return None


def _joined(test: ast.BoolOp, version: tuple[int, int], *, is_program: bool) -> bool | None:
    decides = isinstance(test.op, ast.Or)
    values = [value(part, version, is_program=is_program) for part in test.values]
    if decides in values:
        return decides
    return None if None in values else not decides


def _compared(test: ast.Compare, version: tuple[int, int]) -> bool | None:
    left, other, sign = test.left, test.comparators[0], test.ops[0]
    name = ast.unparse(left)
    if name in {"sys.platform", "os.name", "platform.system()"} and isinstance(other, ast.Constant):
        ours = {"sys.platform": _PLATFORM, "os.name": _OS_NAME}.get(name, "Linux")
        return (
            ours == other.value
            if isinstance(sign, ast.Eq)
            else ours != other.value
            if isinstance(sign, ast.NotEq)
            else None
        )
    if name in {"sys.version_info", "sys.version_info[:2]"} and isinstance(other, ast.Tuple):
        return _version_compared(sign, version, other)
    if name in {"sys.version_info[0]", "sys.version_info.major"} and isinstance(other, ast.Constant):
        return _numbers(sign, (version[0],), (other.value,)) if isinstance(other.value, int) else None
    if name in {"sys.version_info[1]", "sys.version_info.minor"} and isinstance(other, ast.Constant):
        return _numbers(sign, (version[1],), (other.value,)) if isinstance(other.value, int) else None
    return None


def _version_compared(sign: ast.cmpop, version: tuple[int, int], other: ast.Tuple) -> bool | None:
    wanted = tuple(part.value for part in other.elts if isinstance(part, ast.Constant) and isinstance(part.value, int))
    if len(wanted) != len(other.elts) or not wanted or type(sign) not in _COMPARISONS:
        return None
    if len(wanted) > len(version) and wanted[:2] == version:
        return None
    # sys.version_info has more parts than the tuple it is compared with, so it is greater when those agree.
    return _COMPARISONS[type(sign)]((*version, _PATCH_UNKNOWN), wanted)


def _numbers(sign: ast.cmpop, ours: tuple[int, ...], wanted: tuple[int, ...]) -> bool | None:
    if isinstance(sign, ast.Eq):
        return ours == wanted
    if isinstance(sign, ast.NotEq):
        return ours != wanted
    compare = _COMPARISONS.get(type(sign))
    return compare(ours, wanted) if compare else None


def _platform_call(test: ast.Call) -> bool | None:
    if ast.unparse(test.func) != "sys.platform.startswith" or not test.args:
        return None
    prefix = test.args[0]
    return (
        _PLATFORM.startswith(prefix.value)
        if isinstance(prefix, ast.Constant) and isinstance(prefix.value, str)
        else None
    )
