"""What is read out of an environment's files: packages, what does not fit, what points into the source."""

from pathlib import Path

import pytest
from packaging.requirements import Requirement

from deploy_suite.checks.dependencies import installed
from deploy_suite.environments import packages, relocation
from deploy_suite.environments.consistency import Inconsistency, Problem, problems, unknown_extras
from deploy_suite.model.environment import Environment, Interpreter


def venv(top: Path) -> Path:
    site = top / "venv/lib/python3.12/site-packages"
    site.mkdir(parents=True)
    (top / "venv/bin").mkdir()
    return top / "venv"


def install(
    folder: Path, name: str, version: str, *, headers: str = "", tag: str = "py3-none-any", files: str = ""
) -> None:
    info = packages.site_packages(folder) / f"{name}-{version}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{headers}\n")
    (info / "WHEEL").write_text(f"Wheel-Version: 1.0\nTag: {tag}\n")
    (info / "RECORD").write_text(files)
    for line in files.splitlines():  # newer readers of RECORD pass over what is not there
        file = packages.site_packages(folder) / line.partition(",")[0]
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()


def environment(folder: Path) -> Environment:
    return Environment(
        key="k",
        interpreter=Interpreter(path=Path("/python"), version="3.12.1"),
        venv=folder,
        workdir=folder,
        top=folder,
        packages={},
        search_path="",
        home=folder,
    )


def test_names_are_canonical_and_old_forms_are_read_too(tmp_path: Path) -> None:
    folder = venv(tmp_path)
    site = packages.site_packages(folder)
    install(folder, "typing_extensions", "4.9.0")
    (site / "Flask_Old-1.2-py3.12.egg-info").mkdir()
    (site / "Flask_Old-1.2-py3.12.egg-info/PKG-INFO").write_text("Name: Flask-Old\nVersion: 1.2\n\n")
    (site / "own.egg-info").mkdir()
    (site / "own.egg-info/PKG-INFO").write_text("Name: own\nVersion: 3\n\n")
    (site / "broken.dist-info").mkdir()

    assert packages.installed(folder) == {"flask-old": "1.2", "own": "3", "typing-extensions": "4.9.0"}


def test_an_environment_without_packages_is_empty(tmp_path: Path) -> None:
    assert packages.installed(tmp_path) == {}


def test_modules_of_a_package_and_what_was_compiled_here_are_known(tmp_path: Path) -> None:
    folder = venv(tmp_path)
    listed = "psycopg2/__init__.py,,\npsycopg2/_psycopg.so,,\npsycopg2_binary.libs/libpq.so,,\n../../../bin/x.py,,\n"
    install(folder, "psycopg2_binary", "2.9.9", tag="cp312-cp312-linux_x86_64", files=listed)
    install(folder, "uvloop", "1", tag="cp312-cp312-manylinux_2_17_x86_64", files="")
    install(folder, "six", "1.16.0", files="six.py,,\nsix-1.16.0.dist-info/METADATA,,\n")

    assert packages.modules(folder, "psycopg2-binary") == ("psycopg2",)
    assert packages.modules(folder, "six") == ("six",)
    assert packages.modules(folder, "numpy") == ()
    assert packages.compiled_here(folder) == {"psycopg2-binary"}


def test_what_pip_check_would_say_is_found(tmp_path: Path) -> None:
    folder = venv(tmp_path)
    headers = (
        "Requires-Dist: starlette<0.20\nRequires-Dist: anyio>=3\nRequires-Dist: old; python_version < '3.8'\n"
        "Requires-Dist: httpx; extra == 'test'\nRequires-Dist: not a requirement !!\nRequires-Dist: h11[x]==1.*\n"
    )
    install(folder, "fastapi", "0.1", headers=headers)
    install(folder, "starlette", "0.30.0")
    install(folder, "h11", "1.5rc1")

    found = problems(environment(folder))

    assert found == (
        Problem(
            kind=Inconsistency.WRONG_VERSION,
            distribution="fastapi",
            version="0.1",
            requirement="starlette<0.20",
            wanted="starlette",
            installed="0.30.0",
        ),
        Problem(
            kind=Inconsistency.MISSING, distribution="fastapi", version="0.1", requirement="anyio>=3", wanted="anyio"
        ),
    )
    assert [str(problem) for problem in found] == [
        "fastapi 0.1 requires starlette<0.20, but starlette 0.30.0 is installed",
        "fastapi 0.1 requires anyio>=3, which is not installed",
    ]


def test_what_an_installer_alone_needs_is_not_looked_at(tmp_path: Path) -> None:
    folder = venv(tmp_path)
    install(folder, "poetry", "2", headers="Requires-Dist: virtualenv\nRequires-Dist: httpx\n")
    install(folder, "virtualenv", "21", headers="Requires-Dist: packaging>=26\n")
    install(folder, "packaging", "25")
    install(folder, "httpx", "1", headers="Requires-Dist: idna>=4\n")
    install(folder, "idna", "3")
    install(folder, "my-client", "1", headers="Requires-Dist: httpx\n")

    assert [str(problem) for problem in problems(environment(folder))] == [
        "httpx 1 requires idna>=4, but idna 3 is installed"
    ]


def test_an_extra_that_a_package_does_not_have_is_found(tmp_path: Path) -> None:
    folder = venv(tmp_path)
    install(folder, "gunicorn", "21.2.0", headers="Provides-Extra: gevent\nProvides-Extra: set_proc\n")
    wanted = [
        Requirement(text)
        for text in (
            "gunicorn[uvicorn]==21.2.0",
            "gunicorn[Set-Proc]",
            "absent[x]",
            "gunicorn[old]; python_version < '3'",
        )
    ]

    found = unknown_extras(environment(folder), wanted)

    assert [str(problem) for problem in found] == [
        "the project asks for gunicorn[uvicorn]==21.2.0, but there is no extra 'uvicorn'; there are: gevent, set-proc"
    ]


@pytest.fixture
def editable(tmp_path: Path) -> Path:
    folder = venv(tmp_path / "kept")
    site = packages.site_packages(folder)
    (site / "__editable__.own-1.pth").write_text(f"{tmp_path}/kept/src/lib\n")
    (site / "six.py").write_text("x = 1\n")
    (site / "pkg").mkdir()
    (folder / "bin/gunicorn").write_text(f"#!{folder}/bin/python\n")
    (folder / "bin/gunicorn").chmod(0o755)
    (folder / "bin/python").symlink_to("/usr/bin/env")
    (folder / "lib64").symlink_to("lib")
    (folder / "pyvenv.cfg").write_text("home = /usr/bin\n")
    return folder


def test_a_relocated_environment_leads_to_the_copy_and_links_the_rest(editable: Path, tmp_path: Path) -> None:
    source, copy, target = tmp_path / "kept/src", tmp_path / "run/src", tmp_path / "run/venv"

    assert relocation.is_needed(editable, source)
    relocation.relocated(editable, target, source=source, copy=copy)

    site = packages.site_packages(target)
    assert (site / "__editable__.own-1.pth").read_text() == f"{copy}/lib\n"
    assert (target / "bin/gunicorn").read_text() == f"#!{target}/bin/python\n"
    assert (target / "bin/gunicorn").stat().st_mode & 0o111
    assert (site / "pkg").resolve() == packages.site_packages(editable) / "pkg"
    assert (site / "six.py").resolve() == packages.site_packages(editable) / "six.py"
    assert (target / "bin/python").readlink() == Path("/usr/bin/env")
    assert (target / "lib64").readlink() == Path("lib")
    assert (target / "pyvenv.cfg").read_text() == "home = /usr/bin\n"
    assert not relocation.is_needed(target, source)


def test_an_environment_that_points_nowhere_needs_no_relocation(tmp_path: Path) -> None:
    folder = venv(tmp_path)
    install(folder, "six", "1.16.0")

    assert not relocation.is_needed(folder, tmp_path / "src")


def test_metadata_that_is_no_utf_8_and_lists_with_empty_lines_are_read_all_the_same(tmp_path: Path) -> None:
    folder = venv(tmp_path)
    install(folder, "old", "1.0", files="old/__init__.py,,\n\n")
    info = packages.site_packages(folder) / "old-1.0.dist-info"
    (info / "METADATA").write_bytes("Name: old\nVersion: 1.0\nAuthor: Jos\xe9\n\n".encode("latin-1"))

    (one,) = packages.distributions(folder)

    assert packages.metadata(one)["Name"] == "old"
    assert packages.modules(folder, "old") == ("old",)
    assert installed.read(folder).providers == {"old": frozenset({"old"})}


def test_what_the_older_form_demands_is_read_without_its_extras(tmp_path: Path) -> None:
    info = packages.site_packages(venv(tmp_path)) / "old-1.0.egg-info"
    info.mkdir()
    (info / "requires.txt").write_text('six>=1\n\n[:python_version < "3.8"]\ntyping\n\n[test]\npytest\n')
    (info / "installed-files.txt").write_text("../old/__init__.py\nPKG-INFO\n")

    (one,) = packages.distributions(tmp_path / "venv")

    assert list(one.requires) == ["six>=1", 'typing ; python_version < "3.8"']
    assert [str(file) for file in one.files] == ["old/__init__.py", "PKG-INFO"]
