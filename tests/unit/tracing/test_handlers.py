"""Which deferred imports a request leads to."""

from collections.abc import Mapping
from pathlib import Path, PurePosixPath

import pytest

from deploy_suite.model.location import Location
from deploy_suite.model.project import EntryPoint, Framework
from deploy_suite.tracing.handlers import Handlers, Reached
from deploy_suite.tracing.tracer import trace

LATER = "def heavy():\n    import numpy\n"


def reached(folder: Path, files: Mapping[str, str], framework: Framework = Framework.OTHER) -> Reached | None:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    entry = EntryPoint(module="main", file=PurePosixPath("main.py"), framework=framework)
    traced = trace(entry, folder=folder, python="3.12")
    assert {found.kind.label for found in traced.imports if found.name == "numpy"} == {"deferred"}
    handlers = Handlers(traced, folder, (3, 12))
    leading = (handlers.leading_to(found.chain) for found in traced.imports if found.name == "numpy")
    return next(filter(None, leading), None)


@pytest.mark.parametrize(
    ("main", "handler", "line"),
    [
        ("@app.get('/')\ndef index():\n    import numpy\n", "index", 2),
        (f"{LATER}\n@app.post('/x')\nasync def x(a=Depends(heavy)):\n    return a\n", "x", 5),
        ("from work import heavy\n\n@router.get('/')\ndef index():\n    return heavy()\n", "index", 4),
        ("import work\n\n@app.route('/')\ndef index():\n    return work.heavy()\n", "index", 4),
        ("from work import middle\n\n@celery.task\ndef job():\n    middle()\n", "job", 4),
        ("from work import heavy\n\ndef view(request):\n    heavy()\n\nurlpatterns = [path('', view)]\n", "view", 6),
        (
            "from work import Store\n\nstore = Store()\n\n@app.get('/')\ndef index():\n    return store.numbers()\n",
            "index",
            6,
        ),
        (
            "class Index(View):\n    def get(self):\n        import numpy\n\napp.add_url_rule('/', view_func=Index)\n",
            "Index.get",
            5,
        ),
    ],
)
def test_a_handler_leads_to_what_it_names(tmp_path: Path, main: str, handler: str, line: int) -> None:
    work = (
        f"{LATER}\ndef middle():\n    heavy()\n\nclass Store:\n    def numbers(self):\n        import numpy\n"
        if "work" in main
        else ""
    )

    found = reached(tmp_path, {"main.py": f"app = 1\n{main}", "work.py": work})

    assert found == Reached(handler, Location("main.py", line + 1))


@pytest.mark.parametrize(
    "main",
    [
        f"{LATER}\n@app.get('/')\ndef index():\n    return 1\n",
        f"{LATER}\n@functools.lru_cache\ndef other():\n    heavy()\n",
        "class A:\n    x = property()\n\n    @x.setter\n    def x(self, value):\n        import numpy\n",
    ],
)
def test_what_no_handler_names_is_not_reached(tmp_path: Path, main: str) -> None:
    assert reached(tmp_path, {"main.py": f"import functools\napp = 1\n{main}"}) is None


def test_an_own_module_that_a_handler_imports_leads_on(tmp_path: Path) -> None:
    files = {
        "main.py": "app = 1\n@app.get('/')\ndef index():\n    import work\n",
        "work.py": "import numpy\n",
    }

    assert reached(tmp_path, files) == Reached("index", Location("main.py", 3))


@pytest.mark.parametrize(
    ("body", "line", "foreseen"),
    [
        ("    import numpy\n", None, False),
        ("    if kind == 'a':\n        import numpy\n", 4, False),
        ("    if kind == 'b':\n        pass\n    elif kind == 'a':\n        import numpy\n", 6, False),
        ("    match kind:\n        case 'a':\n            import numpy\n", 4, False),
        ("    if kind:\n        pass\n    import numpy\n", None, False),
        ("    try:\n        import numpy\n    except ImportError:\n        raise\n", None, False),
        (
            "    if kind:\n        try:\n            import numpy\n        except ImportError:\n            raise\n",
            4,
            True,
        ),
        (
            "    if kind == 'a':\n        try:\n            import numpy\n        except KeyError:\n            pass\n",
            4,
            False,
        ),
    ],
)
def test_the_condition_by_which_a_handler_comes_to_an_import_is_known(
    tmp_path: Path, *, body: str, line: int | None, foreseen: bool
) -> None:
    found = reached(tmp_path, {"main.py": f"app = 1\n@app.get('/')\ndef index(kind):\n{body}"})

    choice = Location("main.py", line) if line else None
    assert found == Reached("index", Location("main.py", 3), choice, foreseen)
