"""How a line of Python reads a variable, as the text of a pattern: for lines that no tree is at hand of."""

from typing import Final

# `os.getenv("NAME"`, `environ.get("NAME"`: the beginning of a call, whatever follows.
CALL: Final = r"(?:os\.)?(?:getenv|environ\.get)\(\s*['\"](?P<name>[A-Za-z_]\w*)['\"]"
WITHOUT_DEFAULT: Final = CALL + r"\s*\)"
# … or with one that is as good as none.
WITHOUT_VALUE: Final = CALL + r"\s*(?:,\s*(?:['\"]{2}|None)\s*)?\)"
