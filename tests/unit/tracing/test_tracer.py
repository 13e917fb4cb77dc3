"""Entry points into traces."""

import ast
import sys
import time
import timeit
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

import pytest

from deploy_suite.model.project import EntryPoint, Framework
from deploy_suite.tracing import django_settings
from deploy_suite.tracing.tracer import trace
from deploy_suite.tracing.values import Chain, Hop, ImportKind, Lack, ThirdPartyImport, Trace
from tests.projects import write

KNOWN = frozenset({"alembic", "redis", "numpy", "corsheaders", "django"})


def traced(
    folder: Path,
    files: Mapping[str, str],
    *,
    module: str = "main",
    attribute: str = "app",
    python: str = "3.12",
    bases: tuple[str, ...] = (".",),
    is_factory: bool = False,
    framework: Framework = Framework.OTHER,
) -> Trace:
    write(folder, files)
    file = PurePosixPath(bases[0], *module.split("."))
    entry = EntryPoint(
        module=module,
        attribute=attribute,
        framework=framework,
        file=file.with_name(f"{file.name}.py"),
        search_path=tuple(PurePosixPath(base) for base in bases),
        is_factory=is_factory,
    )
    return trace(entry, folder=folder, python=python, known=KNOWN)


def found(result: Trace) -> dict[str, tuple[str, str]]:
    """Return kind and chain of each third-party name."""
    names = dict.fromkeys(item.name for item in result.imports)
    strongest = ((name, result.strongest(name)) for name in names)
    return {name: (item.kind.label, item.chain.shown()) for name, item in strongest if item}


def kinds(result: Trace) -> dict[str, str]:
    return {name: kind for name, (kind, _) in found(result).items()}


def test_the_chain_of_the_gazelle_outage_has_its_three_hops(tmp_path: Path) -> None:
    """The chain of a real outage: `ModuleNotFoundError: No module named 'numpy'` three imports away from the start."""
    files = {
        "api/main.py": "import os\n" + "\n" * 24 + "from api.assistant import router as assistant_router\napp = 1\n",
        "api/assistant.py": "\n" * 16
        + "from modules.assistant.services.vector_search import get_vector_search\nrouter = 1\n",
        "modules/assistant/services/vector_search.py": "\n" * 10 + "import numpy as np\n",
    }

    result = traced(tmp_path, files, module="api.main")

    shown = "api/main.py:26 → api/assistant.py:17 → modules/assistant/services/vector_search.py:11 import numpy"
    assert found(result) == {"numpy": ("eager", shown)}
    assert result.imports == (
        ThirdPartyImport(
            name="numpy",
            module="numpy",
            names=(),
            kind=ImportKind.EAGER,
            chain=Chain(
                (
                    Hop("api/main.py", 26, "from api.assistant import router"),
                    Hop(
                        "api/assistant.py", 17, "from modules.assistant.services.vector_search import get_vector_search"
                    ),
                    Hop("modules/assistant/services/vector_search.py", 11, "import numpy"),
                )
            ),
        ),
    )


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        ("import numpy", "eager"),
        ("from numpy import array", "eager"),
        ("import numpy.linalg as n", "eager"),
        ("class A:\n    import numpy", "eager"),
        ("with open('x') as f:\n    import numpy", "eager"),
        ("import importlib\nnp = importlib.import_module('numpy')", "eager"),
        ("np = __import__('numpy.linalg')", "eager"),
        ("def f():\n    import numpy", "deferred"),
        ("async def f():\n    import numpy", "deferred"),
        ("class A:\n    def f(self):\n        import numpy", "deferred"),
        ("try:\n    import numpy\nexcept ImportError:\n    numpy = None", "guarded"),
        ("try:\n    import numpy\nexcept (KeyError, ModuleNotFoundError):\n    pass", "guarded"),
        ("try:\n    import numpy\nexcept Exception as e:\n    print(e)", "guarded"),
        ("try:\n    import numpy\nexcept:\n    pass", "guarded"),
        ("from contextlib import suppress\nwith suppress(ImportError):\n    import numpy", "guarded"),
        ("def f():\n    try:\n        import numpy\n    except ImportError:\n        pass", "guarded"),
        ("try:\n    import numpy\nexcept ImportError:\n    raise RuntimeError('install numpy')", "eager"),
        ("import sys\ntry:\n    import numpy\nexcept ImportError:\n    sys.exit(1)", "eager"),
        ("try:\n    import numpy\nexcept KeyError:\n    pass", "eager"),
        ("try:\n    pass\nfinally:\n    import numpy", "eager"),
        ("try:\n    import json\nexcept ImportError:\n    import numpy", "conditional"),
        ("from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import numpy", "typing-only"),
        ("import typing as t\nif t.TYPE_CHECKING:\n    import numpy", "typing-only"),
        ("from typing import TYPE_CHECKING\nif not TYPE_CHECKING:\n    import numpy", "eager"),
        ("import os\nif os.getenv('X'):\n    import numpy", "conditional"),
        ("for x in y:\n    import numpy", "conditional"),
        ("import sys\nif sys.version_info >= (3, 12):\n    import numpy", "eager"),
        ("import sys\nif sys.version_info[0] >= 3:\n    import numpy", "eager"),
        ("import sys\nif sys.platform.startswith('linux') and sys.version_info > (3, 8):\n    import numpy", "eager"),
        ("import sys\nif sys.platform == 'win32':\n    pass\nelse:\n    import numpy", "eager"),
        ("def f():\n    import numpy\nimport numpy", "eager"),
        ("try:\n    import numpy\nexcept ImportError:\n    pass\ndef f():\n    import numpy", "deferred"),
    ],
)
def test_each_import_has_the_kind_of_its_surroundings(tmp_path: Path, source: str, kind: str) -> None:
    assert kinds(traced(tmp_path, {"main.py": source})) == {"numpy": kind}


@pytest.mark.parametrize(
    "source",
    [
        "import sys\nif sys.version_info < (3, 12):\n    import numpy",
        "import sys\nif sys.platform == 'win32':\n    import numpy",
        "import os\nif os.name == 'nt':\n    import numpy",
        "if False:\n    import numpy",
        "if __name__ == '__main__':\n    import numpy",
        "import os, sys, json\nfrom collections import abc\nimport importlib.metadata",
        "print('import numpy')  # import numpy",
    ],
)
def test_what_the_target_never_imports_is_left_out(tmp_path: Path, source: str) -> None:
    assert kinds(traced(tmp_path, {"main.py": source})) == {}


def test_the_main_block_runs_when_the_file_is_the_program(tmp_path: Path) -> None:
    files = {
        "main.py": "if __name__ == '__main__':\n    import uvicorn\n    uvicorn.run('web.app:app', port=1)\n",
        "web/app.py": "import fastapi\n",
    }

    result = traced(tmp_path, files, attribute="")

    assert found(result) == {
        "uvicorn": ("eager", "main.py:2 import uvicorn"),
        "fastapi": ("eager", "main.py:3 → web/app.py:1 import fastapi"),
    }


MAIN = "import sys\ndef other():\n    import tensorflow\ndef main():\n{}\nif __name__ == '__main__':\n    {}\n"


@pytest.mark.parametrize("call", ["main()", "sys.exit(main())", "code = main()", "with open('x'):\n        main()"])
def test_what_the_main_function_of_a_program_imports_runs_at_start(tmp_path: Path, call: str) -> None:
    body = "    try:\n        serve()\n    except KeyboardInterrupt:\n        pass\n"
    serving = "def serve():\n    import uvicorn\n    uvicorn.run('web.app:app', port=1)\n"
    files = {"main.py": serving + MAIN.format(body, call), "web/app.py": "import fastapi\n"}

    assert kinds(traced(tmp_path, files, attribute="")) == {
        "uvicorn": "eager",
        "fastapi": "eager",
        "tensorflow": "deferred",
    }


@pytest.mark.parametrize(
    "body",
    [
        "    if sys.argv[1:] == ['other']:\n        other()",
        "    if not sys.argv[1:]:\n        return\n    other()",
        "    for each in sys.argv:\n        other()",
        "    try:\n        other()\n    except Exception:\n        pass",
        "    def inner():\n        other()\n    inner",
    ],
)
def test_what_the_main_function_of_a_program_may_leave_out_is_not_certain(tmp_path: Path, body: str) -> None:
    files = {"main.py": MAIN.format(body, "main()")}

    assert kinds(traced(tmp_path, files, attribute="")) == {"tensorflow": "deferred"}


def test_a_weak_chain_makes_a_weak_import(tmp_path: Path) -> None:
    files = {
        "main.py": "import strong\ndef f():\n    import late\ntry:\n    import maybe\nexcept ImportError:\n    pass\n",
        "strong.py": "import a\n",
        "late.py": "import b\nimport a\ntry:\n    import c\nexcept ImportError:\n    pass\n",
        "maybe.py": "import d\n",
    }

    assert kinds(traced(tmp_path, files)) == {"a": "eager", "b": "deferred", "c": "guarded", "d": "guarded"}


def test_packages_relative_and_star_imports_are_followed(tmp_path: Path) -> None:
    files = {
        "app/__init__.py": "import a\n",
        "app/main.py": "from . import views, models\nfrom .api.v1 import *\nfrom ..app import extra\n",
        "app/views.py": "import b\n",
        "app/models/__init__.py": "from .user import User\n",
        "app/models/user.py": "import c\n",
        "app/api/v1/__init__.py": "from ...deep import thing\n",
        "app/deep.py": "import d\nthing = 1\n",
        "app/extra.py": "import e\n",
        "app/unused.py": "import z\n",
    }

    result = traced(tmp_path, files, module="app.main")

    assert list(kinds(result)) == ["a", "b", "c", "d"]
    assert [lack.lack for lack in result.missing] == [Lack.NO_PARENT]
    assert "app/unused.py" not in result.files


def test_namespace_packages_and_several_folders_are_searched_in_order(tmp_path: Path) -> None:
    files = {
        "src/main.py": "import tools.one\nimport tools.two\nimport shared\n",
        "src/tools/one.py": "import a\n",
        "lib/tools/two.py": "import b\n",
        "src/shared.py": "import c\n",
        "lib/shared.py": "import z\n",
    }

    assert list(kinds(traced(tmp_path, files, bases=("src", "lib")))) == ["a", "b", "c"]


def test_folders_that_the_code_puts_on_the_path_are_searched(tmp_path: Path) -> None:
    files = {
        "main.py": "import sys, os\n"
        "from pathlib import Path\n"
        "BASE = Path(__file__).resolve().parent\n"
        "sys.path.insert(0, str(BASE / 'apps'))\n"
        "sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), 'libs'))\n"
        "import one\nimport two\n",
        "apps/one.py": "import a\n",
        "libs/two.py": "import b\n",
    }

    result = traced(tmp_path, files)

    assert (list(kinds(result)), result.changes_path) == (["a", "b"], True)


@pytest.mark.parametrize(("marker", "expected"), [({}, ["a"]), ({"src/app/__init__.py": ""}, ["a"])])
def test_a_package_that_is_imported_stays_the_one_whatever_the_path_becomes(
    tmp_path: Path, marker: dict[str, str], expected: list[str]
) -> None:
    files = {
        "src/app/main.py": "from .service import x\n",
        "src/app/service.py": "import sys\nfrom pathlib import Path\n"
        "sys.path.insert(0, str(Path(__file__).parents[2]))\nfrom .db import y\nfrom app.db import z\n",
        "src/app/db.py": "import a\n",
        "app.py": "import b\n",
    }

    result = traced(tmp_path, {**files, **marker}, module="app.main", bases=("src",))

    assert (list(kinds(result)), result.missing) == (expected, ())


def test_a_folder_of_migrations_is_not_taken_for_the_package(tmp_path: Path) -> None:
    files = {"main.py": "from alembic import command\n", "alembic/env.py": "", "alembic/versions/1.py": ""}

    assert found(traced(tmp_path, files)) == {"alembic": ("eager", "main.py:1 from alembic import command")}


def test_import_circles_end(tmp_path: Path) -> None:
    files = {"main.py": "import one\n", "one.py": "import two\nimport a\n", "two.py": "import one\nimport b\n"}

    assert list(kinds(traced(tmp_path, files))) == ["b", "a"]


def test_a_deep_chain_does_not_exhaust_the_stack(tmp_path: Path) -> None:
    files = {f"m{n}.py": f"import m{n + 1}\n" for n in range(3000)}
    files |= {"main.py": "import m0\n", "m3000.py": "import a\n"}

    result = traced(tmp_path, files)

    assert kinds(result) == {"a": "eager"}
    assert len(result.files) == 3002


def test_what_a_factory_imports_counts_as_imported_at_start(tmp_path: Path) -> None:
    files = {
        "wsgi.py": "from web import create_app\napp = create_app('x')\n",
        "web/__init__.py": "from .making import create_app\n",
        "web/making.py": "def create_app(name):\n"
        "    from .views import views\n"
        "    register()\n"
        "    return views\n"
        "def register():\n"
        "    import a\n"
        "def unused():\n"
        "    import b\n",
        "web/views.py": "import c\nviews = 1\n",
    }

    by_value = traced(tmp_path, files, module="wsgi")
    by_name = traced(tmp_path, files, module="web.making", attribute="create_app", is_factory=True)

    assert kinds(by_value) == {"c": "eager", "a": "eager", "b": "deferred"}
    assert kinds(by_name) == {"c": "eager", "a": "eager", "b": "deferred"}
    assert found(by_value)["c"][1] == "wsgi.py:1 → web/__init__.py:1 → web/making.py:2 → web/views.py:1 import c"


def test_djangos_settings_name_what_it_imports(tmp_path: Path) -> None:
    files = {
        "site1/__init__.py": "",
        "site1/wsgi.py": "import os\nfrom django.core.wsgi import get_wsgi_application\n"
        "os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'site1.settings.live')\n"
        "application = get_wsgi_application()\n",
        "site1/settings/__init__.py": "",
        "site1/settings/base.py": "THIRD = ['corsheaders', 'rest_framework.apps.RestConfig']\n"
        "INSTALLED_APPS = ['django.contrib.admin', *THIRD]\n"
        "INSTALLED_APPS += ['blog.apps.BlogConfig']\n"
        "if DEBUG:\n    INSTALLED_APPS.append('debug_toolbar')\n"
        "MIDDLEWARE = ['whitenoise.middleware.WhiteNoiseMiddleware'] + []\n"
        "ROOT_URLCONF = 'site1.urls'\n"
        "CACHES = {'default': {'BACKEND': 'django_redis.cache.RedisCache'}}\n",
        "site1/settings/live.py": "from .base import *\nimport dj_database_url\n",
        "site1/urls.py": "from blog import views\n",
        "blog/__init__.py": "",
        "blog/apps.py": "class BlogConfig:\n    def ready(self):\n        import blog.signals\n",
        "blog/models.py": "import a\n",
        "blog/admin.py": "import b\n",
        "blog/signals.py": "import c\n",
        "blog/views.py": "import d\n",
    }

    result = traced(tmp_path, files, module="site1.wsgi", attribute="application", framework=Framework.DJANGO)

    assert kinds(result) == {
        "django": "eager",
        "dj_database_url": "eager",
        "corsheaders": "eager",
        "rest_framework": "eager",
        "b": "eager",
        "a": "eager",
        "c": "eager",
        "whitenoise": "eager",
        "d": "eager",
        "debug_toolbar": "conditional",
        "django_redis": "deferred",
    }
    assert result.settings_module == "site1.settings.live"
    assert found(result)["corsheaders"][1] == (
        'site1/wsgi.py:3 → site1/settings/live.py:1 → site1/settings/base.py:1 INSTALLED_APPS "corsheaders"'
    )


def test_modules_that_the_commit_lacks_are_told_with_their_files(tmp_path: Path) -> None:
    files = {
        "main.py": "from app import config, routes\nimport app.services.mail\nfrom app.Models import User\n",
        "app/__init__.py": "",
        "app/routes.py": "",
        "app/services/__init__.py": "",
        "app/models.py": "User = 1\n",
    }

    result = traced(tmp_path, files)

    assert [(lack.module, lack.lack, lack.expected, lack.variant) for lack in result.missing] == [
        ("app.config", Lack.ABSENT, ("app/config.py", "app/config/__init__.py"), ""),
        ("app.services.mail", Lack.ABSENT, ("app/services/mail.py", "app/services/mail/__init__.py"), ""),
        ("app.Models", Lack.OTHER_CASE, ("app/Models.py", "app/Models/__init__.py"), "app/models.py"),
    ]
    assert kinds(result) == {}


@pytest.mark.parametrize(
    "package",
    [
        "config = 1\n",
        "from os import path as config\n",
        "from other import *\n",
        "def __getattr__(name): ...\n",
        "globals()['config'] = 1\n",
        "__path__ = []\n",
        "def config(): ...\n",
        "class config: ...\n",
        "for config in (1, 2): ...\n",
    ],
)
def test_names_that_a_package_may_have_are_not_called_missing(tmp_path: Path, package: str) -> None:
    result = traced(tmp_path, {"main.py": "from app import config\n", "app/__init__.py": package, "other.py": ""})

    assert result.missing == ()


def test_compiled_modules_are_modules(tmp_path: Path) -> None:
    files = {"main.py": "from app import fast\nimport speed\n", "app/__init__.py": "", "app/fast.cpython-312.so": ""}

    result = traced(tmp_path, files | {"speed.pyx": ""})

    assert (result.missing, kinds(result)) == ((), {})


def test_a_file_in_the_way_of_a_package_is_a_shadow_when_it_lacks_what_is_taken(tmp_path: Path) -> None:
    files = {
        "main.py": "import redis\nfrom calendar import monthrange\nfrom numpy import mine\n",
        "redis.py": "from redis import Redis\n",
        "calendar.py": "class Event: ...\n",
        "numpy.py": "mine = 1\n",
    }

    result = traced(tmp_path, files)

    assert [(one.name, one.file, one.lacking, one.is_standard_library) for one in result.shadows] == [
        ("redis", "redis.py", ("redis",), False),
        ("calendar", "calendar.py", ("monthrange",), True),
    ]


@pytest.mark.parametrize(
    ("source", "python", "line"),
    [
        ("x = (\n", "3.11", 1),
        ("<<<<<<< HEAD\nx = 1\n=======\n", "3.14", 1),
        ("def f():\nreturn 1\n", "3.14", 2),
        ("match x:\n    case 1:\n        pass\n", "3.9", 1),
        ("try:\n    pass\nexcept* ValueError:\n    pass\n", "3.10", 1),
    ],
)
def test_files_that_the_target_cannot_read_are_told(tmp_path: Path, source: str, python: str, line: int) -> None:
    result = traced(tmp_path, {"main.py": "import broken\n", "broken.py": source}, python=python)

    assert [(one.file, one.line, one.kind, one.chain.shown()) for one in result.syntax_problems] == [
        ("broken.py", line, ImportKind.EAGER, "main.py:1 import broken")
    ]


@pytest.mark.parametrize(
    ("source", "python"),
    [
        ("match x:\n    case 1:\n        pass\n", "3.10"),
        ("try:\n    pass\nexcept ValueError, KeyError:\n    pass\n", "3.14"),
        ("name = t'{x}'\n", "3.14"),
        ("f'{x!r:>{width}} {\"a\"}'\n", "3.9"),
        ("try:\n    type X = int\nfinally:\n    pass\n", "3.12"),
    ],
)
def test_syntax_that_a_newer_target_may_read_is_no_fault(tmp_path: Path, source: str, python: str) -> None:
    result = traced(tmp_path, {"main.py": "import new\n", "new.py": source + "import a\n"}, python=python)

    assert result.syntax_problems == ()
    assert kinds(result) == {"a": "eager"}


def test_a_try_without_its_end_is_a_fault_for_every_python(tmp_path: Path) -> None:
    result = traced(tmp_path, {"main.py": "import new\n", "new.py": "try:\n    a = 1\nb = 2\n"}, python="3.14")

    assert [(one.file, one.line) for one in result.syntax_problems] == [("new.py", 3)]


def test_letters_that_are_no_utf_8_are_a_fault_for_every_python(tmp_path: Path) -> None:
    (tmp_path / "new.py").write_bytes(b"a = 1\nb = '\xfc'\n")

    result = traced(tmp_path, {"main.py": "import new\n"}, python="3.14")

    assert [(one.file, one.line) for one in result.syntax_problems] == [("new.py", 2)]


def test_modules_that_the_targets_python_lost_are_packages_now(tmp_path: Path) -> None:
    files = {"main.py": "from distutils.util import strtobool\nimport imghdr\nimport tomllib\n"}

    assert (kinds(traced(tmp_path, files, python="3.10")), kinds(traced(tmp_path, files, python="3.13"))) == (
        {"tomllib": "eager"},
        {"distutils": "eager", "imghdr": "eager"},
    )


def test_tracing_costs_little_more_than_parsing(tmp_path: Path) -> None:
    body = "import os\nfrom typing import Any\n" + "def f(a: Any) -> Any:\n    return [x for x in a if x]\n\n" * 40
    files = {f"pkg/m{n}.py": f"from pkg import m{n + 1}\n{body}" for n in range(405)}
    write(tmp_path, {"main.py": "import pkg.m0\n", "pkg/__init__.py": "", "pkg/m405.py": "", **files})

    def parsing() -> None:
        for name in files:
            ast.parse((tmp_path / name).read_bytes())

    # Of the processor's time, which what else runs here takes no part of.
    parsing_s = min(timeit.repeat(parsing, timer=time.process_time, number=1, repeat=3))
    tracing_s = min(timeit.repeat(lambda: traced(tmp_path, {}), timer=time.process_time, number=1, repeat=3))

    assert len(traced(tmp_path, {}).files) == 408
    assert tracing_s < 4 * parsing_s


def test_django_imports_what_further_settings_and_included_urls_name(tmp_path: Path) -> None:
    files = {
        "site1/wsgi.py": "import os\nos.environ['DJANGO_SETTINGS_MODULE'] = 'site1.settings'\napplication = 1\n",
        "site1/settings.py": (
            "ROOT_URLCONF = 'site1.urls'\n"
            "LOGGING = {'handlers': {'a': {'class': 'logtail.Handler'}, 'b': {'()': 'site1.log.make'}}}\n"
            "AUTHENTICATION_BACKENDS = ['axes.backends.AxesBackend', 'django.contrib.auth.backends.ModelBackend']\n"
            "TEMPLATES = [{'BACKEND': 'django_jinja.backend.Jinja2'}]\n"
            "STORAGES = {'staticfiles': {'BACKEND': 'whitenoise.storage.CompressedStaticFilesStorage'}}\n"
        ),
        "site1/log.py": "import rich\n",
        "site1/urls.py": (
            "from django.urls import include, path\n"
            "urlpatterns = [path('a', include('polls.urls')), path('b', include(('shop.urls', 'shop')))]\n"
        ),
        "polls/urls.py": "import pandas\n",
        "shop/urls.py": "import stripe\n",
        "site1/__init__.py": "",
        "polls/__init__.py": "",
        "shop/__init__.py": "",
    }

    result = traced(tmp_path, files, module="site1.wsgi", attribute="application", framework=Framework.DJANGO)

    assert kinds(result) == {
        "django": "eager",
        "rich": "eager",
        "logtail": "eager",
        "pandas": "eager",
        "stripe": "eager",
        "axes": "deferred",
        "django_jinja": "deferred",
        "whitenoise": "deferred",
    }
    assert result.missing == ()


def test_a_project_that_is_itself_a_known_package_is_traced_as_its_own(tmp_path: Path) -> None:
    files = {
        "numpy/__init__.py": "from numpy.version import number\n",
        "numpy/version.py": "number = 1\n",
        "numpy/core/__init__.py": "",
        "numpy/core/multiarray.py": "import cffi\n",
        "numpy/main.py": "from numpy.core import multiarray\nfrom numpy import version\n",
    }

    result = traced(tmp_path, files, module="numpy.main")

    assert result.shadows == ()
    assert result.files == (
        "numpy/__init__.py",
        "numpy/version.py",
        "numpy/main.py",
        "numpy/core/__init__.py",
        "numpy/core/multiarray.py",
    )
    assert kinds(result) == {"cffi": "eager"}


@pytest.mark.parametrize(
    ("source", "what"),
    [
        ('x = f"{d["a"]}"\n', "uses its own quotes"),
        ("x = f\"{d['a\\n']}\"\n", "has a comment or a backslash"),
        ('x = f"""{d[\n# why\n0]}"""\n', "has a comment or a backslash"),
    ],
)
def test_fields_of_f_strings_that_only_newer_pythons_read_are_told(tmp_path: Path, source: str, what: str) -> None:
    told = [problem.message for problem in traced(tmp_path, {"main.py": source}, python="3.11").syntax_problems]

    # A Python that cannot read such a string itself says so in its own words.
    is_read = sys.version_info >= (3, 12)
    assert told == [f"an f-string that {what} inside a field needs Python 3.12"] if is_read else len(told) == 1


@pytest.mark.parametrize(
    ("chosen", "module", "line"),
    [
        ("settings = 'a.live' if 'RENDER' in os.environ else 'a.desk'", "a.live", 2),
        ("settings = 'a.desk' if 'RENDER' not in os.environ else 'a.live'", "a.live", 2),
        ("settings = 'a.live' if 'HEROKU' in environ else 'a.desk'", "a.desk", 2),
        ("settings = 'a.live'", "a.live", 2),
        ("settings = 'a.live' if is_live() else 'a.desk'", "a.live", 2),
        ("other = 'a.live'", "", 0),
    ],
)
def test_a_settings_module_that_a_variable_decides_is_the_one_of_the_target(
    chosen: str, module: str, line: int
) -> None:
    text = f"import os\n{chosen}\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', settings)\n"

    assert django_settings.named_in(text.encode(), {"RENDER"}) == (module, line)


def test_functions_that_the_entry_module_calls_run_with_it(tmp_path: Path) -> None:
    files = {
        "main.py": "from work import init_work, later\napp = object()\nwork = init_work(app)\ninit_db()\n"
        "def init_db():\n    import a\ndef unused():\n    later()\nif work:\n    later()\n",
        "work.py": "def init_work(app):\n    import jobs\ndef later():\n    import c\n",
        "jobs.py": "import b\n",
    }

    for attribute in ("app", ""):
        found = kinds(traced(tmp_path, files, module="main", attribute=attribute))
        assert found == {"a": "eager", "b": "eager", "c": "deferred"}


@pytest.mark.parametrize("python", ["2.7", "3.99999999999999999999"])
def test_a_python_that_no_parser_here_knows_is_traced_as_far_as_the_sources_tell(tmp_path: Path, python: str) -> None:
    result = traced(tmp_path, {"main.py": "import flask\nprint(1)\n"}, python=python)

    assert ([one.name for one in result.imports], result.syntax_problems) == (["flask"], ())
