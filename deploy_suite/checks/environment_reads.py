"""How a line of Python reads a variable, as the text of a pattern: where no tree is to be had, or a traceback quotes it."""

from typing import Final

# `os.getenv("NAME"`, `environ.get("NAME"`: the beginning of a call, whatever follows.
CALL: Final = r"(?:os\.)?(?:getenv|environ\.get)\(\s*['\"](?P<name>[A-Za-z_]\w*)['\"]"
WITHOUT_DEFAULT: Final = CALL + r"\s*\)"
# … or with one that is as good as none.
WITHOUT_VALUE: Final = CALL + r"\s*(?:,\s*(?:['\"]{2}|None)\s*)?\)"
