"""Letters that standard output cannot take, as JSON and Python both write them: the answer stays whole and valid."""

import codecs
import json
from typing import Final

HANDLER: Final = "deploy-suite.escaped"


def _escaped(error: UnicodeError) -> tuple[str, int]:
    r"""Return the letters at fault as `\u00fc`, beyond 16 bits as a pair of those; `\xfc` is no JSON."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return json.dumps(error.object[error.start : error.end])[1:-1], error.end


codecs.register_error(HANDLER, _escaped)
