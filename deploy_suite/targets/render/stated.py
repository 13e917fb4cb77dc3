"""The services that a render.yaml states: their names, and where they say that they are healthy."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from deploy_suite.manifests import yaml_document
from deploy_suite.manifests.errors import ManifestError
from deploy_suite.manifests.yaml_document import Block
from deploy_suite.targets.render import blueprint, nodes
from deploy_suite.targets.render.blueprint import ServiceResource
from deploy_suite.targets.render.lints import paths

_NAME: Final = "render.yaml"
_NOT_DEPLOYED: Final = frozenset({"keyvalue"})


def stated(folder: Path, top: Path) -> Sequence[str]:
    """Return what the Blueprint in *folder*, else the one at *top*, calls its services; those in *folder* alone if any.

    A Blueprint that cannot be read states nothing here: preflight says what is wrong with it.
    """
    return [one.name for one in _services(folder, top)]


def branches(folder: Path, top: Path) -> Sequence[str]:
    """Return the branches from which those services are deployed, each once, where the Blueprint names them."""
    named = (nodes.text(one.block.get("branch")) for one in _services(folder, top))
    return list(dict.fromkeys(branch for branch in named if branch))


def health_paths(folder: Path, top: Path) -> Mapping[str, str]:
    """Return the health path of each service that `stated` names, "" for one without."""
    return {one.name: one.health_path for one in _services(folder, top)}


def _services(folder: Path, top: Path) -> Sequence[ServiceResource]:
    for place in dict.fromkeys((folder, top)):
        root = _document(place / _NAME)
        if root is not None:
            services = [
                one for one in blueprint.read(root, file=_NAME).services if one.name and one.type not in _NOT_DEPLOYED
            ]
            relative = folder.resolve().relative_to(top.resolve())
            below = [one for one in services if (at := paths.root_of(one)) and at.is_relative_to(relative)]
            return below or services
    return ()


def _document(file: Path) -> Block | None:
    try:
        root = yaml_document.parse(file.read_text(encoding="utf-8"), file=_NAME)
    except (OSError, UnicodeDecodeError, ManifestError):
        return None
    return root if isinstance(root, Block) else None
