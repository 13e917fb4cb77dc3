"""Names that one file of a project forgets to import, and others do not."""

from pathlib import Path

from deploy_suite import mending
from deploy_suite.checks.dependencies import meant_imports, unmet
from deploy_suite.checks.dependencies.meant_imports import Meant
from deploy_suite.model.location import Location
from deploy_suite.model.mend import Mend
from tests.unit.checks.gunicorn_case import case

FILES = {
    "main.py": "from routes import auth, users\nfrom starlette.requests import Request\nimport numpy as np\napp = 1\n",
    "routes/__init__.py": "",
    "routes/auth.py": '"""Logging in."""\nfrom __future__ import division\nfrom fastapi import (\n    APIRouter,\n)\n'
    "def login(request: Request, x=np): ...\n",
    "routes/users.py": "import jwt\nfrom fastapi import Depends, Request\n",
    "routes/broken.py": "from x import Request (\n",
}


def test_what_the_same_folder_imports_is_meant_and_else_what_all_files_do(tmp_path: Path) -> None:
    folder = case(tmp_path, FILES).snapshot.folder
    files = tuple(FILES)

    assert meant_imports.find("Request", "routes/auth.py", files, folder) == Meant(
        "Request", "from fastapi import Request", Location("routes/users.py", 2)
    )
    assert meant_imports.find("np", "routes/auth.py", files, folder) == Meant(
        "np", "import numpy as np", Location("main.py", 3)
    )
    assert meant_imports.find("Request", "elsewhere/x.py", files, folder) is None
    assert meant_imports.find("Unknown", "routes/auth.py", files, folder) is None


def test_the_copy_has_the_imports_in_front_of_the_first_one_so_that_no_line_moves(tmp_path: Path) -> None:
    subject = case(tmp_path / "top", FILES)

    (found,) = unmet.findings(subject, resolved={})

    assert (found.code, found.location) == ("app-name-error", Location("routes/auth.py", 6))
    assert found.remedy == (
        "add to routes/auth.py: `import numpy as np`, as main.py:3 has it; "
        "`from fastapi import Request`, as routes/users.py:2 has it"
    )
    assert found.mend == Mend(
        file="routes/auth.py",
        line=3,
        text="import numpy as np; from fastapi import Request; ",
        says="np, Request are imported in routes/auth.py",
        is_in_front=True,
    )
    mended = mending.applied((found.mend,), subject.snapshot, tmp_path / "mended").folder / "routes/auth.py"
    assert mended.read_text().splitlines()[2] == (
        "import numpy as np; from fastapi import Request; from fastapi import ("
    )


def test_a_file_without_an_import_is_left_alone(tmp_path: Path) -> None:
    folder = case(tmp_path, {"a.py": "x = 1\n"}).snapshot.folder

    assert meant_imports.mend((Meant("np", "import numpy as np", Location("b.py", 1)),), "a.py", folder) is None
