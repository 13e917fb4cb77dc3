"""How long to fuzz, from which seed, and on which further files: the environment into one value."""

import os
import random
from dataclasses import dataclass
from pathlib import Path
from typing import Final

SECONDS: Final = "DEPLOY_SUITE_FUZZ_S"
SEED: Final = "DEPLOY_SUITE_FUZZ_SEED"
FILES: Final = "DEPLOY_SUITE_FUZZ_FILES"
_DEFAULT_S: Final = 60.0


@dataclass(frozen=True, slots=True)
class Budget:
    """Shape: `seconds` are for all readers together; `files` is a folder of real projects to mutate, or None."""

    seconds: float
    seed: int
    files: Path | None


def _given() -> Budget:
    folder = os.environ.get(FILES)
    return Budget(
        seconds=float(os.environ.get(SECONDS) or _DEFAULT_S),
        seed=int(os.environ.get(SEED) or random.SystemRandom().randrange(10**9)),
        files=Path(folder) if folder else None,
    )


BUDGET: Final = _given()
