"""What is told of files that a service uses outside of its root directory, by whatever way it comes to them.

Whether they are there the target's pages leave open: that on monorepos (https://render.com/docs/monorepo-support) says
that they are not, the tutorial on Blueprints that a build has the whole repository.
"""

from pathlib import PurePosixPath
from typing import Final

CODE: Final = "outside-root-directory"
CERTAINTY: Final = (
    "uncertain: Render's page on monorepos (https://render.com/docs/monorepo-support) says that such files are not "
    "there, its tutorial on Blueprints that a build has the whole repository; the checks went on with all of it"
)


def remedy(root: PurePosixPath, manifest: str) -> str:
    """Return how to be sure, with the file *manifest* that names *root*."""
    return (
        f"to be sure, move what is used into {root}, or take `rootDir:` out of {manifest} and begin each command with "
        f"`cd {root} && `"
    )
