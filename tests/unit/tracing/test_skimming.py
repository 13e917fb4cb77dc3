"""The text of files into imports, against what the parser says of the same files."""

import ast
import sysconfig
from pathlib import Path

import pytest

from deploy_suite.tracing import sources
from deploy_suite.tracing.skimming import skim
from deploy_suite.tracing.statements import Imported, Reader
from deploy_suite.tracing.values import ImportKind

FILES = sorted(Path(sysconfig.get_path("stdlib")).glob("[a-m]*.py"))[:120]
ODD = (
    'x = """\nimport hidden\n"""\nimport seen\n',
    "x = '''it's \\'''\nimport hidden\n'''\nimport seen\n",
    "if True: import seen\n",
    "import a; import b\n",
    "import a, b.c as d, e # comment\n",
    "from .a import (  # why (not)\n    b,\n    c as d,\n)\n",
    "from.a import b\n",
    "from . import(a, b)\n",
    "from a \\\n    import b\n",
    "x = 1 + \\\n2\nfrom a import \\\n    b\n",
    "x = 'import a: import b'\n",
    "# class: import a\n",
    "class A(\n    B,\n):\n    '''It will\n    import things.\n    '''\n\n    def f(self):\n        import seen\n",
    "class A:\n    def f(self): import seen\n\n    def g(self):\n        import other\n",
    "def f(a=lambda: 1,\n      b=':'):\n    import seen\n    return 1\n",
    "def f():\n    try:\n        import a\n    except ImportError:\n        print(1)\n        raise\n",
    "try:\n    import a\nexcept ImportError:\n    a = None\nelse:\n    import b\nfinally:\n    import c\n",
    "@cache\ndef f():\n\timport seen\n",
    "async def f():\n    async with x:\n        import seen\n",
    "import importlib\nx = importlib.import_module('seen')\n",
    "x = f(\n    importlib.import_module('seen'),\n    1,\n)\n",
    "x = import_module(\n    # which one\n    'seen',\n)\ny = import_module (r'other')\nz = import_module(name)\n",
    "x = __import__('seen')\ny = __import__(name)\nz = (import_module)('other')\n",
    "uvicorn.run('seen:app')\n\n\ndef f():\n    asyncio.run(main())\n    uvicorn.run(\n        ('other:app'),\n    )\n",
    "from a import b  # import c\nimport d  # import e: f\nfrom g import (  # import h: i\n    j,\n)\nimport k\n",
    "class A:\n    # it: import a\n\n    # more\n    b = import_module('seen')\n\n    def f(self):\n        import c\n",
    "\timport broken\n",
    "import é\n",
    "import a\r\nimport b\r\n",
    "# coding: latin-1\nimport a\n",
    "",
)


def told(found: list[Imported]) -> set[Imported]:
    return set(found)


def parsed(data: bytes) -> set[Imported]:
    reader = Reader(version=(3, 12))
    reader.read(ast.parse(data).body, ImportKind.EAGER)
    return told(reader.found)


def read(data: bytes) -> set[Imported]:
    return told(list(sources.imports(sources.Source(data, (3, 12)), Reader(version=(3, 12)))))


@pytest.mark.parametrize("text", [text for text in ODD if not text.startswith("\t")])
def test_text_tells_the_same_imports_as_a_parser(text: str) -> None:
    data = text.encode()

    assert read(data) == parsed(data)


def test_real_files_tell_the_same_imports_as_a_parser() -> None:
    differing = [path.name for path in FILES if read(path.read_bytes()) != parsed(path.read_bytes())]

    assert differing == []


def test_most_real_files_need_no_parser_for_the_whole_of_them() -> None:
    unsure = [path.name for path in FILES if skim(path.read_bytes()) is None]

    assert len(unsure) < len(FILES) / 10


def test_a_file_that_is_no_python_still_tells_its_plain_imports() -> None:
    assert read(b"import a\nx = (\nfrom b import c\n") == {
        Imported("a", 1, ImportKind.EAGER),
        Imported("b", 3, ImportKind.EAGER, ("c",)),
    }
