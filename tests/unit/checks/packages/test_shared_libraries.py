"""What is read of shared libraries, whole and broken."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy_suite.checks.packages import elf, numpy_api
from deploy_suite.checks.packages.binaries import newest
from deploy_suite.checks.packages.elf import Binary
from deploy_suite.checks.packages.numpy_api import NumpyApi
from tests.unit.checks.packages import tiny_elf

OLD = b"\0numpy.core._multiarray_umath\0"
NEW = b"\0numpy._core._multiarray_umath\0numpy.core._multiarray_umath\0"


def built_for(constants: bytes, *, writable: bytes = b"") -> NumpyApi:
    data = tiny_elf.library("libc.so.6", constants=constants, writable=writable)
    binary = elf.read(data)
    assert binary
    return numpy_api.built_for(data, binary)


@pytest.mark.parametrize("wide", [True, False])
@pytest.mark.parametrize("order", ["<", ">"])
def test_names_needs_and_versions_are_read_in_every_form(wide: bool, order: str) -> None:  # noqa: FBT001
    versions = {"libc.so.6": ["GLIBC_2.14", "GLIBC_2.38"], "libstdc++.so.6": ["GLIBCXX_3.4.30"]}
    data = tiny_elf.library(
        "libGL.so.1",
        "libc.so.6",
        "libstdc++.so.6",
        name="own.so",
        versions=versions,
        constants=b"abc",
        wide=wide,
        order=order,
    )

    read = elf.read(data)

    assert read == Binary(
        name="own.so",
        needs=("libGL.so.1", "libc.so.6", "libstdc++.so.6"),
        versions={"libc.so.6": ("GLIBC_2.14", "GLIBC_2.38"), "libstdc++.so.6": ("GLIBCXX_3.4.30",)},
        constants=((data.index(b"abc"), data.index(b"abc") + 3),),
    )


def test_the_newest_c_library_is_told_by_numbers_and_other_versions_do_not_count() -> None:
    assert newest(["GLIBC_2.4", "GLIBC_2.34", "GLIBC_2.2.5", "GLIBC_PRIVATE", "GLIBCXX_3.4.30"]) == (2, 34)
    assert newest([]) == ()


def test_a_file_that_is_cut_off_anywhere_is_read_or_is_none_and_never_raises() -> None:
    data = tiny_elf.library("libGL.so.1", name="own.so", versions={"libc.so.6": ["GLIBC_2.38"]}, constants=OLD)

    whole = elf.read(data)

    assert whole
    for end in range(len(data)):
        part = elf.read(data[:end])
        assert part is None or set(part.needs) <= {"libGL.so.1", *("libGL.so.1"[:n] for n in range(11))}


@given(st.binary(max_size=400), st.integers(min_value=0, max_value=380))
def test_no_bytes_raise(noise: bytes, at: int) -> None:
    data = tiny_elf.library("libGL.so.1", versions={"libc.so.6": ["GLIBC_2.38"]})
    spoilt = data[:at] + noise + data[at + len(noise) :]

    elf.read(noise)
    read = elf.read(spoilt)

    assert read is None or isinstance(read.needs, tuple)


def test_the_headers_of_numpy_1_and_2_are_told_apart() -> None:
    assert built_for(OLD) is NumpyApi.ONLY_FIRST
    assert built_for(NEW) is NumpyApi.BOTH
    assert built_for(b"\0numpy.core.multiarray failed to import\0") is NumpyApi.ONLY_FIRST
    assert built_for(b"\0numpy._core.multiarray failed to import\0") is NumpyApi.BOTH


def test_what_looks_numpy_up_while_it_runs_and_what_only_speaks_of_it_are_for_none() -> None:
    assert built_for(b"\0numpy.core.multiarray\0") is NumpyApi.NONE
    assert built_for(b"\0", writable=OLD) is NumpyApi.NONE
