"""What an environment is made of into the key under which it is kept."""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from deploy_suite.environments import releases
from deploy_suite.environments.recipe import Recipe
from deploy_suite.environments.resolution import Resolved
from deploy_suite.model.contract import Bindings, Contract, Generated, Literal, Phase, Prompted, Variable
from deploy_suite.model.environment import Interpreter
from deploy_suite.model.project import Snapshot
from deploy_suite.model.secret import Secret

# Counts up when environments are made differently: those made before are then not used.
_FORMAT: Final = 2
_FOR_INSTALLERS: Final = re.compile(
    r"(?:PIP|UV|POETRY|PIPENV|CMAKE|MAKE|RUST|CARGO|NODE|NPM)_|(?:C|CXX|CPP|LD)FLAGS$|CC$|CXX$"
)
_REFERENCE: Final = re.compile(r"\$\{?(?P<name>[A-Za-z_]\w*)")


def key(
    contract: Contract,
    snapshot: Snapshot,
    bindings: Bindings,
    *,
    interpreter: Interpreter,
    recipe: Recipe,
    resolved: Resolved,
    mode: str,
) -> str:
    """Return the key: the same content, commands and index answers make the same environment."""
    parts = {
        "format": _FORMAT,
        "interpreter": [str(interpreter.path), interpreter.version, releases.machine()],
        "mode": mode,
        "tools": sorted((name, version) for name, version in contract.tool_versions.items() if name in recipe.tools),
        "folder": recipe.folder,
        "texts": recipe.texts,
        "files": {file: _digest(snapshot.folder / file) for file in sorted(_files(recipe))},
        "variables": dict(sorted(_variables(contract, bindings, recipe))),
        "versions": sorted(resolved.resolution.versions.items()),
        "tree": "" if recipe.is_pure else snapshot.commit.tree,
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:32]


def _files(recipe: Recipe) -> Iterator[str]:
    yield from recipe.requirement_files
    for install in recipe.installs:
        yield from install.files
        yield from install.constraints


def _digest(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return ""


def _variables(contract: Contract, bindings: Bindings, recipe: Recipe) -> Iterator[tuple[str, str]]:
    """Yield the variables that can change what is built; values as digests, for some are secret."""
    texts = "".join(text for _, text in recipe.texts) + "".join(line.text for line in recipe.lines)
    named = {match["name"] for match in _REFERENCE.finditer(texts)}
    for variable in contract.variables:
        matters = not recipe.is_pure or variable.name in named or _FOR_INSTALLERS.match(variable.name)
        if Phase.BUILD in variable.phases and matters:
            yield variable.name, _lasting(variable, bindings)


def _lasting(variable: Variable, bindings: Bindings) -> str:
    """Return what of the value stays the same from run to run: values made up for one run do not count."""
    match variable.source:
        case Literal() | Prompted() if variable.name not in bindings.dummies:
            return bindings.values.get(variable.name, Secret("")).digest()
        case Generated():
            return "generated"
        case source:
            return repr(source)


def installer_variables(contract: Contract, bindings: Bindings) -> Mapping[str, Secret]:
    """Return those variables of the build that speak to pip and uv."""
    return {
        variable.name: bindings.values[variable.name]
        for variable in contract.variables
        if Phase.BUILD in variable.phases
        and variable.name in bindings.values
        and variable.name.startswith(("PIP_", "UV_"))
    }
