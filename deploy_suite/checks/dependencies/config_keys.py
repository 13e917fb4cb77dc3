"""A configuration key that a framework misses → the variables that the project takes its value from.

`app.config["SQLALCHEMY_DATABASE_URI"] = os.environ.get("DATABASE_URL")`: who sets a variable of the key's name changes
nothing.
"""

import re
from collections.abc import Sequence
from typing import Final

from deploy_suite.checks import environment_reads

_READ: Final = re.compile(environment_reads.CALL + r"|environ\[\s*['\"](?P<key>\w+)['\"]")
_ASKING: Final = re.compile(environment_reads.WITHOUT_VALUE)


def behind(name: str, texts: Sequence[str]) -> tuple[str, ...]:
    """Return the variables without a default that *texts* make the key *name* of; *name* where they read it, or none.

    Shape: *texts* are the sources of the project.
    """
    if any(name in (match["name"], match["key"]) for text in texts for match in _READ.finditer(text)):
        return (name,)
    given = (one for text in texts if name in text for one in environment_reads.behind({name}, [text], steps=2))
    return tuple(dict.fromkeys(match["name"] for one in given for match in _ASKING.finditer(one.value))) or (name,)
