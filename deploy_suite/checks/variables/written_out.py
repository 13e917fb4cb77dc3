"""A database on localhost at which nothing answers → the line that fixes its address, where no variable changes it."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Final

from deploy_suite.manifests import own_files
from deploy_suite.model.finding import Finding, Outcome
from deploy_suite.model.location import Location
from deploy_suite.model.syntax_tree import text_of
from deploy_suite.project import snapshot_files
from deploy_suite.tracing.sources import own_syntax

CODE: Final = "db-connection-refused:localhost-in-container"
_HERE: Final = r"(?:localhost|127\.0\.0\.1)"
_PORTS: Final = {"postgres": "5432", "postgresql": "5432", "mysql": "3306", "mariadb": "3306", "mongodb": "27017"}
_URL: Final = re.compile(rf"(?P<kind>{'|'.join(_PORTS)})(?:\+\w+)?://(?:[^/\s]*@)?{_HERE}(?::(?P<port>\d+))?(?:[/?]|$)")
_OWN_HOST: Final = re.compile(_HERE)
_DSN: Final = re.compile(rf"\bhost={_HERE}(?:\s|$)")
_CONNECTING: Final = re.compile(r"connect|pool|mongoclient", re.IGNORECASE)
# What may hold an address that is not in the sources.
_ELSEWHERE: Final = re.compile(
    r"BaseSettings|[Dd]ynaconf|[Cc]onfig[Pp]arser|dotenv_values|safe_load|tomllib|json\.load\(|from_envvar"
    r"|from_prefixed_env|(?:environ(?:\.get)?|getenv)\s*[\[(]\s*(?!['\"])|environ\.copy|\*os\.environ"
)
_READ: Final = re.compile(
    r"(?:(?:environ(?:\.get)?|getenv)\s*[\[(]|\b(?:config|env(?:\.\w+)?)\s*\()\s*['\"](?P<name>\w+)['\"]"
)
_OF_ADDRESS: Final = re.compile(r"URL|URI|DSN|HOST|ADDR|DATABASE|DB|PG|SQL|MONGO|CONN|SERVER", re.IGNORECASE)
_TESTS: Final = frozenset({"test", "tests"})


def place(folder: Path, root: PurePosixPath, said: str) -> Location | None:
    """Return the line of the service's sources that fixes the address which *said*, an exception, complains of.

    None where it is of another machine, or where anything that the sources read may change it.
    """
    if not _OWN_HOST.search(said):
        return None
    found: list[Location] = []
    for file in own_files.python(folder, root):
        if _TESTS & set(file.parts) or file.name.startswith("test_"):
            continue
        text = snapshot_files.text(folder, file) or ""
        if _ELSEWHERE.search(text) or any(_OF_ADDRESS.search(match["name"]) for match in _READ.finditer(text)):
            return None
        tree = own_syntax(text) if _OWN_HOST.search(text) else None
        found += (
            (Location(str(file), line) for line, port in _written(tree) if not port or port in said) if tree else ()
        )
    return found[0] if found else None


def finding(location: Location, evidence: tuple[str, ...]) -> Finding:
    """Return what it means that *location* fixes the address."""
    return Finding(
        code=CODE,
        outcome=Outcome.FAILED,
        message="the address of the database is written out here as localhost, where the target runs the service "
        "alone, and nothing that the code reads changes it",
        location=location,
        evidence=evidence,
        remedy='read it from a variable, such as `os.environ["DATABASE_URL"]`, and give that the address of the '
        "database (render.yaml: `fromDatabase`)",
    )


def _written(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Yield the lines that write such an address out, each with its port, "" where it is told apart."""
    for node in ast.walk(tree):
        match node:
            case ast.Assign(value=value) | ast.AnnAssign(value=ast.expr() as value):
                yield from _of_text(value)
            case ast.Call(args=arguments, keywords=keywords):
                for value in (*arguments, *(one.value for one in keywords)):
                    yield from _of_text(value)
                if _CONNECTING.search(ast.unparse(node.func)):
                    hosts = (one.value for one in keywords if one.arg == "host")
                    yield from ((one.lineno, "") for one in hosts if _OWN_HOST.fullmatch(_text(one)))
            case _:
                pass


def _of_text(value: ast.expr) -> Iterator[tuple[int, str]]:
    text = _text(value)
    if url := _URL.match(text):
        yield value.lineno, url["port"] or _PORTS[url["kind"]]
    elif _DSN.search(text):
        yield value.lineno, ""


def _text(value: ast.expr) -> str:
    """Return a string of the sources, "_" for what is put into it; "" for anything else."""
    if isinstance(value, ast.JoinedStr):
        return "".join(_text(part) if isinstance(part, ast.Constant) else "_" for part in value.values)
    return text_of(value) or ""
