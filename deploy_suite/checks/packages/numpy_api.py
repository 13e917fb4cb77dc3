"""The bytes of an extension module into the versions of NumPy's C API that it was built for.

NumPy's headers put the names of the modules that they import into each extension that includes them. Those of 1.x know
`numpy.core` only; those of 2.x try `numpy._core` first, and what is built with them runs with both. Cython's own code
names what failed to import in the same two ways. What looks NumPy up while it runs (pybind11, rust-numpy) names only
`numpy.core.multiarray`, and works with both.
Sources: https://numpy.org/doc/stable/dev/depending_on_numpy.html#numpy-2-0-specific-advice,
https://github.com/numpy/numpy/blob/v2.0.0/numpy/_core/code_generators/generate_numpy_api.py,
https://github.com/numpy/numpy/blob/v1.26.4/numpy/core/code_generators/generate_numpy_api.py
"""

from enum import Enum
from typing import Final

from deploy_suite.checks.packages.elf import Binary, Bytes

_SECOND: Final = (b"numpy._core._multiarray_umath", b"numpy._core.multiarray failed to import")
_FIRST: Final = (b"numpy.core._multiarray_umath", b"numpy.core.multiarray failed to import")


class NumpyApi(Enum):
    """What an extension module was built for."""

    NONE = "none"
    ONLY_FIRST = "1"
    BOTH = "1 and 2"


def built_for(data: Bytes, binary: Binary) -> NumpyApi:
    """Return which NumPy the extension module *data* can be used with; NONE where it does not ask for its C API."""
    if _holds(data, binary, _SECOND):
        return NumpyApi.BOTH
    return NumpyApi.ONLY_FIRST if _holds(data, binary, _FIRST) else NumpyApi.NONE


def _holds(data: Bytes, binary: Binary, names: tuple[bytes, ...]) -> bool:
    return any(data.find(name, start, end) >= 0 for start, end in binary.constants for name in names)
