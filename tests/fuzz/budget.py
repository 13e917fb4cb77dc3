"""How long to fuzz, from which seed, and on which further files: the environment into one value."""

import os
import random
from dataclasses import dataclass
from pathlib import Path
from typing import Final

SECONDS: Final = "DEPLOY_SUITE_FUZZ_S"
SEED: Final = "DEPLOY_SUITE_FUZZ_SEED"
FILES: Final = "DEPLOY_SUITE_FUZZ_FILES"
RANDOM: Final = "random"
_FIXED: Final = 20261122


@dataclass(frozen=True, slots=True)
class Budget:
    """Shape: `seconds` are for all readers together; None gives each one round, the same on every machine.

    `files` is a folder of real projects to mutate, or None.
    """

    seconds: float | None
    seed: int
    files: Path | None


def _given() -> Budget:
    folder, seconds, seed = (os.environ.get(name) for name in (FILES, SECONDS, SEED))
    return Budget(
        seconds=float(seconds) if seconds else None,
        seed=random.SystemRandom().randrange(10**9) if seed == RANDOM else int(seed or _FIXED),
        files=Path(folder) if folder else None,
    )


BUDGET: Final = _given()
