"""A service of a few lines with Alembic's migrations, in a repository with an older and a newer commit."""

import subprocess
import textwrap
from collections.abc import Mapping
from pathlib import Path

from tests.integration.migration_projects import ENV, INI, revision

_IDENTITY = ("-c", "user.name=test", "-c", "user.email=test@example.com", "-c", "init.defaultBranch=main")
REQUIREMENTS = "alembic\nsqlalchemy\npsycopg[binary]\n"
MODELS = textwrap.dedent(
    """
    from sqlalchemy import Column, Integer, String
    from sqlalchemy.orm import declarative_base

    Base = declarative_base()


    class User(Base):
        __tablename__ = "users"
        id = Column(Integer, primary_key=True)
        name = Column(String(50), nullable=False)
        nick = Column(String(50))
    """
)
MAIN = textwrap.dedent(
    """
    import http.server, json, os, signal
    import sqlalchemy as sa
    from sqlalchemy.orm import Session
    from models import User

    engine = sa.create_engine(os.environ["DATABASE_URL"].replace("postgresql://", "postgresql+psycopg://"))


    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            status, body = 200, b"fine"
            if self.path == "/users":
                try:
                    with Session(engine) as session:
                        body = json.dumps([one.name for one in session.query(User)]).encode()
                except sa.exc.SQLAlchemyError as error:
                    status, body = 500, str(error).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *words):
            pass


    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    http.server.ThreadingHTTPServer(("0.0.0.0", int(os.environ["PORT"])), Handler).serve_forever()
    """
)
USERS = (
    'op.create_table("users", sa.Column("id", sa.Integer, primary_key=True), '
    'sa.Column("name", sa.String(50), nullable=False), sa.Column("nick", sa.String(50)))'
)
FIRST = {"migrations/versions/0001.py": revision("0001", None, USERS, 'op.drop_table("users")')}


def manifest(*, start: str = "python main.py", pre_deploy: str = "alembic upgrade head") -> str:
    """Return a render.yaml with one web service called shop, and its database."""
    before = f"    preDeployCommand: {pre_deploy}\n" if pre_deploy else ""
    return (
        "services:\n  - type: web\n    name: shop\n    runtime: python\n    plan: starter\n"
        f"    buildCommand: pip install -r requirements.txt\n{before}    startCommand: {start}\n"
        "    healthCheckPath: /\n"
        "    envVars:\n      - key: PYTHON_VERSION\n        value: 3.12.8\n      - key: DATABASE_URL\n"
        "        fromDatabase:\n          name: shop-db\n          property: connectionString\n"
        "databases:\n  - name: shop-db\n    plan: basic-256mb\n"
    )


def files(*, probes: bool = True, models: str = MODELS, **of_manifest: str) -> dict[str, str]:
    """Return the files of the older commit."""
    asked = '[[services.shop.probes]]\nname = "users are listed"\npath = "/users"\n' if probes else ""
    return {
        "render.yaml": manifest(**of_manifest),
        "requirements.txt": REQUIREMENTS,
        "deploy.toml": asked,
        "alembic.ini": INI,
        "migrations/env.py": ENV,
        "migrations/script.py.mako": "",
        "models.py": models,
        "main.py": MAIN,
        **FIRST,
    }


def commit(folder: Path, changed: Mapping[str, str], message: str) -> str:
    """Commit *changed* in the repository *folder*, which is made where there is none, and return the id."""
    if not (folder / ".git").exists():
        folder.mkdir(parents=True, exist_ok=True)
        _git(folder, "init", "-q")
    for name, text in changed.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    _git(folder, "add", "-A")
    _git(folder, "commit", "-q", "--allow-empty", "-m", message)
    return _git(folder, "rev-parse", "HEAD")


def _git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(("git", *_IDENTITY, *arguments), cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout.strip()
