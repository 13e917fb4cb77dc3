"""How variables that hold a secret are called.

The forms of keys that services issue are `model.secret.ISSUED_KEY`, wide, for what is to be masked or warned of.
`leaks.toml` holds narrow ones, on which a push is refused.
"""

import re
from typing import Final

SECRET_NAME: Final = re.compile(
    r"(?:SECRET|PASSWORD|PASSWD|TOKEN|API_?KEY|PRIVATE_?KEY|ACCESS_?KEY|ENCRYPTION_?KEY)(?:_|$)", re.IGNORECASE
)
