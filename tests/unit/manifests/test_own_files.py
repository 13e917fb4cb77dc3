"""Which files of a folder are the project's own."""

from pathlib import Path, PurePosixPath

from deploy_suite.manifests import own_files
from tests.projects import write


def test_files_of_environments_and_packages_are_not_the_projects_own(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "shop/views.py": "",
            "main.py": "",
            "notes.txt": "",
            ".venv/lib/x.py": "",
            "env/pyvenv.cfg": "",
            "env/lib/y.py": "",
            "vendor/site-packages/z.py": "",
            "shop/settings/base.py": "",
            "shop/settings_local.py": "",
        },
    )

    assert [str(one) for one in own_files.python(tmp_path)] == [
        "main.py",
        "shop/settings_local.py",
        "shop/views.py",
        "shop/settings/base.py",
    ]
    assert [str(one) for one in own_files.settings(tmp_path)] == ["shop/settings_local.py", "shop/settings/base.py"]


def test_paths_are_those_of_the_folder_whatever_part_of_it_is_read(tmp_path: Path) -> None:
    write(tmp_path, {"api/main.py": "", "other.py": ""})

    assert [str(one) for one in own_files.python(tmp_path, PurePosixPath("api"))] == ["api/main.py"]
    assert list(own_files.python(tmp_path / "gone")) == []
