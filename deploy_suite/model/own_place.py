"""A path of the sources as the target has them → the same path in a copy of them on this machine."""

import re
from pathlib import Path, PurePosixPath
from typing import Final

# Where Render lays the repository: https://render.com/docs/environment-variables
SOURCE_ON_TARGET: Final = PurePosixPath("/opt/render/project/src")
_NAMED: Final = re.compile(rf"(?<![\w.-]){re.escape(str(SOURCE_ON_TARGET))}(?![\w.-])")


def here(text: str, top: Path) -> str:
    """Return *text*, a command or a variable's value, with that path led to the copy in *top*."""
    return _NAMED.sub(lambda _: str(top), text)
