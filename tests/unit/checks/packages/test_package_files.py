"""What an environment's files say of its packages, and that it is read once."""

from pathlib import Path

from deploy_suite.checks.packages import binaries, reach
from deploy_suite.checks.packages.binaries import Compiled, File
from deploy_suite.checks.packages.numpy_api import NumpyApi
from tests.unit.checks.packages import tiny_elf
from tests.unit.checks.packages.installed_packages import install

OLD = b"\0numpy.core._multiarray_umath\0"


def file(
    path: str, *needs: str, module: str = "", numpy: NumpyApi = NumpyApi.NONE, glibc: tuple[int, ...] = ()
) -> File:
    return File(path=path, name=path.rpartition("/")[2], module=module, needs=needs, glibc=glibc, numpy=numpy)


def test_only_machine_code_counts_and_extensions_are_told_from_libraries(tmp_path: Path) -> None:
    install(
        tmp_path,
        "opencv_python",
        "4.8.1.78",
        {
            "cv2/__init__.py": b"",
            "cv2/cv2.abi3.so": tiny_elf.library(
                "libQt5.so.5", "libc.so.6", constants=OLD, versions={"libc.so.6": ["GLIBC_2.17"]}
            ),
            "cv2/qt/plugins/libqxcb.so": tiny_elf.library("libSM.so.6"),
            "opencv_python.libs/libQt5.so.5": tiny_elf.library("libGL.so.1"),
        },
        tag="cp37-abi3-manylinux_2_17_x86_64",
    )
    install(tmp_path, "six", "1.16.0", {"six.py": b""})
    install(tmp_path, "broken", "1", {"broken/x.so": b"no ELF", "broken/gone.so": None})

    assert binaries.read(tmp_path, tmp_path / "cache") == (
        Compiled(name="broken", version="1", modules=("broken",), files=(), is_made_here=False),
        Compiled(
            name="opencv-python",
            version="4.8.1.78",
            modules=("cv2",),
            files=(
                file(
                    "cv2/cv2.abi3.so",
                    "libQt5.so.5",
                    "libc.so.6",
                    module="cv2",
                    numpy=NumpyApi.ONLY_FIRST,
                    glibc=(2, 17),
                ),
                file("cv2/qt/plugins/libqxcb.so", "libSM.so.6"),
                file("opencv_python.libs/libQt5.so.5", "libGL.so.1"),
            ),
            is_made_here=False,
            built_for=(2, 17),
        ),
    )


def test_what_was_read_is_kept_until_a_record_changes(tmp_path: Path) -> None:
    site, cache = tmp_path / "site", tmp_path / "cache"
    install(site, "native", "1", {"native.so": tiny_elf.library("libc.so.6")}, tag="cp312-cp312-linux_x86_64")
    first = binaries.read(site, cache)
    (site / "native.so").write_bytes(b"what is not read again may be anything")

    again = binaries.read(site, cache)
    install(site, "native", "1", {"native.so": tiny_elf.library("libpq.so.5")}, tag="cp312-cp312-linux_x86_64")

    assert first == again
    assert [one.is_made_here for one in first] == [True]
    assert [file.needs for one in binaries.read(site, cache) for file in one.files] == [("libpq.so.5",)]


def test_a_top_level_name_that_several_share_belongs_to_none(tmp_path: Path) -> None:
    install(tmp_path, "protobuf", "5", {"google/_upb/_message.abi3.so": tiny_elf.library("libc.so.6")})
    install(tmp_path, "google_cloud_storage", "2", {"google/cloud/storage/__init__.py": b""})

    assert [(one.name, one.modules) for one in binaries.read(tmp_path, tmp_path / "cache")] == [("protobuf", ())]


def test_libraries_are_followed_from_the_extensions_and_plug_ins_are_not() -> None:
    files = (
        file("cv2/cv2.abi3.so", "libQt5.so.5", "libc.so.6", "ld-linux-x86-64.so.2", module="cv2"),
        file("cv2/qt/plugins/libqxcb.so", "libSM.so.6"),
        file("opencv_python.libs/libQt5.so.5", "libGL.so.1", "libQt5.so.5"),
    )
    one = Compiled(name="opencv-python", version="4", modules=("cv2",), files=files, is_made_here=False)

    found = reach.foreign(one, reach.bundled([one]))

    assert [(each.name, each.by) for each in found] == [
        ("libc.so.6", "cv2/cv2.abi3.so"),
        ("libGL.so.1", "opencv_python.libs/libQt5.so.5"),
    ]


def test_extension_modules_that_a_package_can_do_without_are_passed_over() -> None:
    files = (
        file("numba/tbbpool.so", "libtbb.so.12", module="tbbpool"),
        file("numba/core.so", "libm.so.6", module="core"),
    )
    one = Compiled(name="numba", version="0.60.0", modules=("numba",), files=files, is_made_here=False)

    assert [each.name for each in reach.foreign(one, reach.bundled([one]))] == ["libm.so.6"]
