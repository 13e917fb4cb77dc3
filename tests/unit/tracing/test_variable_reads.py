"""Which variables a start cannot do without, as far as the sources tell."""

import textwrap
from pathlib import Path, PurePosixPath

import pytest

from deploy_suite.model.location import Location
from deploy_suite.model.project import EntryPoint
from deploy_suite.tracing.values import ImportKind
from deploy_suite.tracing.variables import collect
from deploy_suite.tracing.variables.values import Reads

DECOUPLE = "from decouple import config\n"
ENVIRON = "import environ\nenv = environ.Env(DEBUG=(bool, False))\n"
ENVIRONS = "from environs import Env\nenv = Env()\n"
STARLETTE = "from starlette.config import Config\nconfig = Config('.env')\n"
V2 = "from pydantic import AliasChoices, Field\nfrom pydantic_settings import BaseSettings, SettingsConfigDict\n"


def read(folder: Path, files: dict[str, str], *, attribute: str = "app", is_factory: bool = False) -> Reads:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text))
    first = next(iter(files))
    entry = EntryPoint(module="main", attribute=attribute, file=PurePosixPath(first), is_factory=is_factory)
    return collect.read(tuple(files), folder=folder, version=(3, 12), entry=entry)


def certain(reads: Reads) -> list[str]:
    eager = (one for one in reads.required if one.kind is ImportKind.EAGER)
    return sorted("|".join(one.names) for one in eager)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("import os\nX = os.environ['X']\n", ["X"]),
        ("from os import environ as e\nclass C:\n    x = e['X']\n", ["X"]),
        ("import os as system\nenv = system.environ\nx = {'a': [env['X']]}\n", ["X"]),
        ("import os\ndef f(a=os.environ['X']): ...\n", ["X"]),
        ("import os\nx = os.environ.get('X')\ny = os.getenv('Y', '')\nz = os.environ.pop('Z', None)\n", []),
        ("import os\nx = int(os.getenv('X'))\ny = float(os.environ.get('Y', 1))\n", ["X"]),
        ("from os import getenv\nhosts = getenv('HOSTS').split(',')\n", ["HOSTS"]),
        ("import os\nx = os.getenv('X')\nif not x:\n    raise RuntimeError('X')\n", ["X"]),
        (
            "import os, sys\nx = os.getenv('X')\ny = os.getenv('Y')\nif x is None or not y:\n    sys.exit(1)\n",
            ["X", "Y"],
        ),
        ("import os\nif not os.getenv('X'):\n    raise SystemExit\n", ["X"]),
        ("import os\nif 'X' not in os.environ:\n    raise KeyError('X')\n", ["X"]),
        ("import os\nx = os.getenv('X')\ny = os.getenv('Y')\nif not all([x, y]):\n    raise ValueError\n", ["X", "Y"]),
        ("import os\nx = os.getenv('X')\nassert x, 'X is not set'\nassert 'plain text'\n", ["X"]),
        ("import os\nassert 'X' in os.environ and os.getenv('Y')\n", ["X", "Y"]),
        ("import os\nx = os.getenv('X')\nif not x:\n    x = 'default'\n", []),
        ("import os\nx = os.getenv('X')\nx = 'other'\nif not x:\n    raise ValueError\n", []),
        ("import os\nc = {}\nc['k'] = os.getenv('X')\nif not c['k']:\n    raise ValueError\n", ["X"]),
        ("import os\na.c['k'] = os.getenv('X')\na.c.update(y)\nif not a.c['k']:\n    raise ValueError\n", []),
        ("import os\na.c['k'] = os.getenv('X')\nconfigure(a)\nif not a.c['k']:\n    raise ValueError\n", []),
        ("import os\na.k = os.getenv('X')\nif a.k is None:\n    raise ValueError\n", ["X"]),
    ],
)
def test_what_pythons_own_functions_ask_for(tmp_path: Path, text: str, names: list[str]) -> None:
    assert certain(read(tmp_path, {"main.py": text})) == names


@pytest.mark.parametrize(
    "text",
    [
        "import os\nif os.getenv('A') == 'b':\n    x = os.environ['X']\n",
        "import os\nif 'X' in os.environ:\n    x = os.environ['X']\n",
        "import os\nx = os.environ['X'] if 'X' in os.environ else ''\n",
        "import os\nx = os.getenv('A') or os.environ['X']\n",
        "import os\ntry:\n    x = os.environ['X']\nexcept KeyError:\n    x = ''\n",
        "import os\ntry:\n    x = os.environ['X']\nexcept Exception:\n    print('no X')\n",
        "import contextlib, os\nwith contextlib.suppress(KeyError):\n    x = os.environ['X']\n",
        "import os\ndef handler():\n    return os.environ['X']\n",
        "import os\nf = lambda: os.environ['X']\n",
        "import os\nx = [os.environ['X'] for _ in ()]\n",
        "import os\nfor name in names:\n    os.environ['X']\n",
        "import os\nfrom typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    os.environ['X']\n",
        "import os\ndef f():\n    if cached:\n        return 1\n    return os.environ['X']\nf()\n",
        "import os\nif __name__ == '__main__':\n    os.environ['X']\n",
        "import os\ndel os.environ['X']\nos.environ['X'] = '1'\n",
        "environ = {}\nx = environ['X']\n",
        "import os\nasync def f():\n    os.environ['X']\nf()\n",
        "import os\ndef f():\n    yield os.environ['X']\nf()\n",
    ],
)
def test_what_may_not_run_or_may_do_without_is_not_certain(tmp_path: Path, text: str) -> None:
    assert certain(read(tmp_path, {"main.py": text})) == []


@pytest.mark.parametrize(
    "text",
    [
        "import os\ntry:\n    x = os.environ['X']\nexcept KeyError:\n    raise RuntimeError('set X')\n",
        "import os\ntry:\n    import b\n    x = os.environ['X']\nexcept ImportError:\n    b = None\n",
        "import os\nimport sys\nif sys.version_info >= (3, 9):\n    x = os.environ['X']\n",
        "import os\ndef load():\n    return os.environ['X']\nx = load()\n",
        "import os\ndef one():\n    return two()\ndef two():\n    return os.environ['X']\nx = one()\n",
    ],
)
def test_what_certainly_runs_is_certain(tmp_path: Path, text: str) -> None:
    assert certain(read(tmp_path, {"main.py": text})) == ["X"]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        (f"{DECOUPLE}x = config('X', cast=int)\ny = config('Y', default=1)\nz = config('Z', 1)\n", ["X"]),
        ("import decouple\nx = decouple.config('X')\n", ["X"]),
        ("from decouple import AutoConfig\nread = AutoConfig('.')\nx = read('X')\n", ["X"]),
        ("from decouple import Config, RepositoryEnv\nconfig = Config(RepositoryEnv('x'))\nx = config('X')\n", []),
        (f"{ENVIRON}x = env('X')\ny = env.str('Y', 'd')\nz = env.bool('Z', default=True)\nd = env('DEBUG')\n", ["X"]),
        (
            f"{ENVIRON}d = env.db()\nc = env.cache('C')\ne = env.db('E', default='x')\nenv.read_env('x')\n",
            ["C", "DATABASE_URL"],
        ),
        (f"{ENVIRON}x = env('X', int)\ny = env('Y', int, 1)\nroot = environ.Path('a')\n", ["X"]),
        (
            f"{ENVIRONS}x = env('X')\ny = env.int('Y', 1)\nwith env.prefixed('P_'):\n    z = env.str('Z')\n",
            ["P_Z", "X"],
        ),
        ("from environs import env\nx = env.str('X')\n", ["X"]),
        (f"{STARLETTE}x = config('X', cast=str)\ny = config('Y', bool, False)\nz = config('Z', default=1)\n", ["X"]),
        ("from starlette.config import Config\nc = Config(env_prefix='A_')\nx = c('X')\n", ["A_X"]),
    ],
)
def test_what_libraries_are_asked_for(tmp_path: Path, text: str, names: list[str]) -> None:
    assert certain(read(tmp_path, {"main.py": text})) == names


def test_a_reader_made_in_another_file_is_known_where_it_is_imported(tmp_path: Path) -> None:
    files = {"main.py": "from core.env import env\nimport os\nx = env('X')\n", "core/env.py": ENVIRON}

    assert certain(read(tmp_path, files)) == ["X"]


def test_a_factory_runs_where_the_server_calls_it(tmp_path: Path) -> None:
    files = {"main.py": "import os\ndef create_app():\n    x = os.environ['X']\n"}

    assert certain(read(tmp_path, files, attribute="create_app", is_factory=True)) == ["X"]
    assert certain(read(tmp_path, files)) == []


def test_a_function_of_another_file_runs_where_it_is_called(tmp_path: Path) -> None:
    files = {
        "main.py": "from app.config import load\nload()\n",
        "app/config.py": "import os\ndef load():\n    os.environ['X']\n",
        "app/other.py": "import os\ndef load():\n    os.environ['Y']\n",
    }

    assert certain(read(tmp_path, files)) == ["X"]


def test_what_the_code_sets_itself_is_given(tmp_path: Path) -> None:
    text = "import os\nos.environ['A'] = '1'\nos.environ.setdefault('B', '2')\nos.environ.update({'C': '3'}, D='4')\n"

    assert read(tmp_path, {"main.py": text}).given == {"A", "B", "C", "D"}


@pytest.mark.parametrize(
    ("body", "names"),
    [
        ("url: str\n    port: int = 1\n    _x: str\n", ["URL"]),
        ("model_config = SettingsConfigDict(env_prefix='app_')\n    url: str\n", ["APP_URL"]),
        ("class Config:\n        env_prefix = 'APP_'\n    url: str\n", ["APP_URL"]),
        ("model_config = {'env_prefix': 'A_', 'case_sensitive': True}\n    Url: str\n", ["A_Url"]),
        ("a: str = Field(...)\n    b: str = Field(default='x')\n    c: list = Field(default_factory=list)\n", ["A"]),
        (
            "a: str = Field(alias='KEY')\n    b: str = Field(env='B1')\n    c: str = Field(env=['C1', 'C2'])\n",
            ["B1", "C1|C2", "KEY"],
        ),
        ("a: str = Field(validation_alias=AliasChoices('KEY', 'API_KEY'))\n", ["KEY|API_KEY"]),
        ("a: str = Field(validation_alias=names)\n", []),
        ("a: Annotated[str, Field(alias='KEY')]\n", ["KEY"]),
        ("a: str | None\n    b: Optional[int]\n    c: ClassVar[str]\n    d: Any\n", []),
        ("a: str\n    @model_validator(mode='before')\n    def fill(cls, values): return values\n", []),
        ("a: str\n    @model_validator(mode='after')\n    def check(self): return self\n", ["A"]),
        ("a: str\n    @classmethod\n    def settings_customise_sources(cls): ...\n", []),
        ("model_config = SettingsConfigDict(secrets_dir='/run')\n    a: str\n", []),
        ("model_config = SettingsConfigDict(**common)\n    a: str\n", []),
        ("a: str\n    def __init__(self): ...\n", []),
    ],
)
def test_settings_classes_need_their_fields(tmp_path: Path, body: str, names: list[str]) -> None:
    text = f"{V2}class Settings(BaseSettings):\n    {body}settings = Settings()\n"

    assert certain(read(tmp_path, {"main.py": text})) == names


def test_settings_that_are_not_made_at_start_need_nothing_then(tmp_path: Path) -> None:
    text = f"{V2}class Settings(BaseSettings):\n    url: str\ndef get():\n    return Settings()\n"

    assert certain(read(tmp_path, {"main.py": text})) == []
    assert certain(read(tmp_path, {"main.py": f"{text}settings = get()\n"})) == ["URL"]
    assert certain(read(tmp_path, {"main.py": f"{text}settings = Settings(url='x')\n"})) == []
    assert certain(read(tmp_path, {"main.py": f"{text}settings = Settings(**given)\n"})) == []


def test_settings_inherit_and_are_found_in_other_files(tmp_path: Path) -> None:
    files = {
        "main.py": "from app.config import settings\n",
        "app/config.py": (
            f"{V2}from app.base import Base\nclass Settings(Base):\n"
            "    model_config = SettingsConfigDict(env_prefix='P_')\n    a: str = 'x'\nsettings = Settings()\n"
        ),
        "app/base.py": f"{V2}class Base(BaseSettings):\n    a: str\n    b: str\n",
    }

    (found,) = read(tmp_path, files).required

    assert (found.names, found.location, found.way) == (("P_B",), Location("app/base.py", 5), "Base, a settings class")


def test_classes_that_are_no_settings_or_have_unknown_bases_need_nothing(tmp_path: Path) -> None:
    text = f"{V2}class A(BaseModel):\n    a: str\nclass B(Mixin, BaseSettings):\n    b: str\nA()\nB()\n"

    assert certain(read(tmp_path, {"main.py": text})) == []


def test_names_of_settings_do_not_mind_the_case_and_may_be_nested(tmp_path: Path) -> None:
    text = (
        f"{V2}class Settings(BaseSettings):\n    model_config = SettingsConfigDict(env_nested_delimiter='__')\n"
        "    db: Database\nsettings = Settings()\n"
    )

    (found,) = read(tmp_path, {"main.py": text}).required

    assert [found.is_met_by(frozenset({name})) for name in ("db", "DB__HOST", "DBX", "X")] == [True, True, False, False]


def test_files_that_cannot_be_read_ask_for_nothing(tmp_path: Path) -> None:
    assert read(tmp_path, {"main.py": "import os\nos.environ['X'\n"}) == Reads()
