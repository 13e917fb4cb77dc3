"""The releases that are rehearsed: what each changes in konan, and how it must end."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

Edit = tuple[str, str]

# A database that is a little away, so that a release may be slower by a share of something.
FAR_AWAY_S: Final = 0.03
_SLOWER_S: Final = FAR_AWAY_S * 1.5
_MIDDLEWARE: Final = """

@app.middleware("http")
async def _from_afar(request: Request, call_next: RequestResponseEndpoint) -> Response:
    await asyncio.sleep({seconds})
    return await call_next(request)
"""
_IMPORTS: Final = (
    "from fastapi import FastAPI\n",
    "from fastapi import FastAPI, Request, Response\nfrom starlette.middleware.base import RequestResponseEndpoint\n",
)
MAIN: Final = "examples/konan/app/main.py"
_HEALTH: Final = "examples/konan/app/routers/health.py"
_CONVERSING: Final = "examples/konan/app/conversing.py"
_MODELS: Final = "examples/konan/app/models.py"
# Only there is the variable set, and no manifest says so: a preflight cannot know what it leads to.
_FAILS_THERE: Final = (
    ("from time import perf_counter\n", "import os\nfrom time import perf_counter\n"),
    ("    match = nearest(", "    _TONES[os.environ.get('KONAN_TONE', 'plain')]\n    match = nearest("),
    ("NEAR_ENOUGH = 0.2\n", "NEAR_ENOUGH = 0.2\n_TONES = {'plain': ''}\n"),
)
_SEVENTH: Final = "examples/konan/migrations/versions/0007_headings.py"
_RENAMED: Final = '''"""The title of a conversation is called heading.

Revision ID: 0007
Revises: 0006
"""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.alter_column("conversations", "title", new_column_name="heading")


def downgrade() -> None:
    op.alter_column("conversations", "heading", new_column_name="title")
'''


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """One release.

    Shape: each answer takes `pause_s` more than konan's own; `edits` are replacements in the files of the first
    release, `added` new files; `variables` are set on the service before; `code` is the exit code of `deploy`,
    `outcome` the verdict in its answer; afterwards the commit of this release serves where `serves` is "new", else the
    one before; `deploys` counts what the target was made to begin; `says` stands in the answer.
    """

    name: str
    what: str
    pause_s: float = FAR_AWAY_S
    edits: Mapping[str, tuple[Edit, ...]] = field(default_factory=dict)
    added: Mapping[str, str] = field(default_factory=dict)
    variables: Mapping[str, str] = field(default_factory=dict)
    keeps_old_build: bool = False
    code: int = 0
    outcome: str = "live"
    serves: str = "old"
    deploys: int = 0
    is_pushed: bool = True
    says: tuple[str, ...] = ()


def far_away(seconds: float) -> tuple[Edit, ...]:
    """Return the edits of konan's main module by which each answer takes *seconds* more."""
    return (
        ("import logging\n", "import asyncio\nimport logging\n"),
        _IMPORTS,
        ("\napp = create_app()\n", "\napp = create_app()\n" + _MIDDLEWARE.format(seconds=seconds)),
    )


SCENES: Final = (
    Scene(
        name="first",
        what="konan as it stands, from a fresh clone",
        serves="new",
        deploys=1,
    ),
    Scene(
        name="next",
        what="a good release after it",
        edits={_HEALTH: (('"service": "konan"', '"service": "konan", "release": "2"'),)},
        serves="new",
        deploys=1,
    ),
    Scene(
        name="broken-boot",
        what="imports what is not installed",
        edits={MAIN: (("import logging\n", "import logging\n\nimport orjson_absent\n"),)},
        code=1,
        outcome="refused",
        is_pushed=False,
        says=("missing-requirement",),
    ),
    Scene(
        name="broken-boot-there",
        what="boots here and not there: a variable of the service",
        edits={
            MAIN: (
                ("import logging\n", "import logging\nimport os\n"),
                ("    return application\n", "    int(os.environ.get('KONAN_LIMIT', '1'))\n    return application\n"),
            )
        },
        variables={"KONAN_LIMIT": "unlimited"},
        code=1,
        outcome="failed",
        deploys=1,
        says=("KONAN_LIMIT",),
    ),
    Scene(
        name="failing-probe",
        what="boots there and fails a probe",
        edits={_CONVERSING: _FAILS_THERE},
        variables={"KONAN_TONE": "friendly"},
        code=1,
        outcome="rolled back",
        deploys=2,
        says=("chat answers from its passages",),
    ),
    Scene(
        name="slower",
        what=f"each answer takes {_SLOWER_S * 1e3:.0f} ms where it took {FAR_AWAY_S * 1e3:.0f}",
        pause_s=_SLOWER_S,
        code=1,
        outcome="rolled back",
        deploys=2,
        says=("slower",),
    ),
    Scene(
        name="old-build",
        what="the platform says live and keeps the old build",
        edits={_HEALTH: (('"service": "konan"', '"service": "konan", "release": "3"'),)},
        keeps_old_build=True,
        code=1,
        outcome="rolled back",
        deploys=2,
        says=("the old build still answers",),
    ),
    Scene(
        name="migration",
        what="renames a column that the old code reads, and fails a probe",
        edits={
            _MODELS: (
                (
                    'title: Mapped[str] = mapped_column(Text, server_default="Conversation")',
                    'title: Mapped[str] = mapped_column("heading", Text, server_default="Conversation")',
                ),
            ),
            _CONVERSING: _FAILS_THERE,
        },
        added={_SEVENTH: _RENAMED},
        variables={"KONAN_TONE": "friendly"},
        code=1,
        outcome="failed",
        serves="new",
        deploys=1,
        says=("alembic downgrade 0006",),
    ),
)
