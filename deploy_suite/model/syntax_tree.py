"""Python's own parser, one thread at a time.

Python 3.11 counts the depth of a tree that it makes for all threads together: where collecting garbage lets another in
meanwhile, the parser ends in a SystemError. Source: https://github.com/python/cpython/issues/106905
"""

import ast
import threading
from typing import Final

_PARSING: Final = threading.RLock()


def parse(source: str | bytes, *, version: tuple[int, int] | None = None) -> ast.Module:
    """Return the tree of *source*, read as Python *version* does as far as this one knows how.

    Raises: SyntaxError, ValueError, RecursionError, MemoryError, as `ast.parse`.
    """
    with _PARSING:
        return ast.parse(source, feature_version=version)
