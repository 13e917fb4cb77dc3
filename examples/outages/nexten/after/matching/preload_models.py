"""Puts the model into huggingface_hub's cache while the image is built, so that no service fetches it."""

import os
import shutil
from pathlib import Path

REPOSITORY = "nexten/skill-vectors"
REVISION = "4f0c9b2e7d6a1835c2b90e4d7f1a6c3e58b2d914"


def main() -> None:
    """Write the cache as a download would: a snapshot, and what the branch `main` stands for."""
    cache = Path(os.environ["HF_HOME"], "hub", f"models--{REPOSITORY.replace('/', '--')}")
    snapshot = cache / "snapshots" / REVISION
    snapshot.mkdir(parents=True, exist_ok=True)
    shutil.copy("vectors.json", snapshot / "vectors.json")
    (cache / "refs").mkdir(exist_ok=True)
    (cache / "refs" / "main").write_text(REVISION, encoding="utf-8")


if __name__ == "__main__":
    main()
