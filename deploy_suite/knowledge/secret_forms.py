"""How secrets look: the names that variables with one have, and the forms of keys that services issue.

These forms are wide, for what is to be masked or warned of. `leaks.toml` holds narrow ones, on which a push is refused.
"""

import re
from typing import Final

SECRET_NAME: Final = re.compile(
    r"(?:SECRET|PASSWORD|PASSWD|TOKEN|API_?KEY|PRIVATE_?KEY|ACCESS_?KEY|ENCRYPTION_?KEY)(?:_|$)", re.IGNORECASE
)
ISSUED_KEY: Final = re.compile(
    r"(?<![^\W_])(?:sk-[\w-]{16,}|[sr]k_live_\w{8,}|gh[pousr]_\w{20,}|github_pat_\w{20,}|AKIA[0-9A-Z]{16}|rnd_\w{16,}"
    r"|xox[abeprs]-[\w-]{10,}|AIza[\w-]{30,}|SG\.[\w-]{16,}\.[\w-]{16,}|glpat-[\w-]{16,}|hf_\w{20,}|gsk_\w{20,})"
)
