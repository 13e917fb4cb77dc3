"""The way back over migrations of Django and of Flask-Migrate, really migrated and really started."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from deploy_suite import sides
from deploy_suite.checks.migrations import script
from deploy_suite.model.environment import Preferences
from deploy_suite.model.secret import Curtain
from deploy_suite.ports import Ports
from deploy_suite.releases import planning
from deploy_suite.releases.compatibility import Openness
from deploy_suite.releases.permission import Passage
from deploy_suite.way_back import proven
from deploy_suite.wiring import opened
from tests.integration.passage_project import commit, manifest

pytestmark = pytest.mark.integration

SETTINGS = """import os
from urllib.parse import urlsplit

url = urlsplit(os.environ["DATABASE_URL"])
SECRET_KEY = "x"
ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = "site_of_shop.urls"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
INSTALLED_APPS = ["django.contrib.contenttypes", "django.contrib.auth", "shop"]
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": url.path[1:], "USER": url.username, "PASSWORD": url.password, "HOST": url.hostname, "PORT": url.port,
    }
}
"""
URLS = """from django.http import JsonResponse
from django.urls import path
from shop.models import Item

urlpatterns = [
    path("", lambda request: JsonResponse({})),
    path("items", lambda request: JsonResponse([one.name for one in Item.objects.all()], safe=False)),
]
"""
WSGI = """import os
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "site_of_shop.settings")
application = get_wsgi_application()
"""
MANAGE = """import os, sys

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "site_of_shop.settings")
from django.core.management import execute_from_command_line

execute_from_command_line(sys.argv)
"""
FIRST = """from django.db import migrations, models

class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [migrations.CreateModel("Item", fields=[
        ("id", models.BigAutoField(primary_key=True)),
        ("name", models.CharField(max_length=50)),
        ("colour", models.CharField(max_length=50, null=True)),
    ])]
"""
NEXT = """from django.db import migrations, models

class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [{operation}]
"""
MODELS = """from django.db import models

class Item(models.Model):
    name = models.CharField(max_length=50)
    colour = models.CharField(max_length=50, null=True)
"""
DJANGO = {
    "render.yaml": manifest(
        start="gunicorn site_of_shop.wsgi:application", pre_deploy="python manage.py migrate --no-input"
    ),
    "requirements.txt": "django\npsycopg[binary]\ngunicorn\n",
    "deploy.toml": '[[services.shop.probes]]\npath = "/items"\n',
    "manage.py": MANAGE,
    "site_of_shop/__init__.py": "",
    "site_of_shop/settings.py": SETTINGS,
    "site_of_shop/urls.py": URLS,
    "site_of_shop/wsgi.py": WSGI,
    "shop/__init__.py": "",
    "shop/models.py": MODELS,
    "shop/migrations/__init__.py": "",
    "shop/migrations/0001_initial.py": FIRST,
}
ADDS = {
    "shop/migrations/0002_size.py": NEXT.format(
        operation='migrations.AddField("item", "size", models.IntegerField(null=True))'
    )
}
REMOVES = {"shop/migrations/0002_plain.py": NEXT.format(operation='migrations.RemoveField("item", "colour")')}

FLASK_MAIN = """import os
from flask import Flask
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy

app = Flask(__name__)
app.config["SQLALCHEMY_DATABASE_URI"] = os.environ["DATABASE_URL"].replace("postgresql://", "postgresql+psycopg://")
db = SQLAlchemy(app)
Migrate(app, db)


class Item(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    colour = db.Column(db.String(50))


@app.get("/")
def index():
    return {"count": Item.query.count()}
"""
FLASK_ENV = """from alembic import context
from flask import current_app

engine = current_app.extensions["migrate"].db.engine
with engine.connect() as connection:
    context.configure(connection=connection, target_metadata=current_app.extensions["migrate"].db.metadata)
    with context.begin_transaction():
        context.run_migrations()
"""
REVISION = """import sqlalchemy as sa
from alembic import op

revision = {name!r}
down_revision = {after!r}

def upgrade():
    {does}

def downgrade():
    pass
"""
MAKES = 'op.create_table("item", sa.Column("id", sa.Integer, primary_key=True), sa.Column("colour", sa.String(50)))'
FLASK = {
    "render.yaml": manifest(start="gunicorn main:app", pre_deploy="flask --app main db upgrade"),
    "requirements.txt": "flask\nflask-migrate\nflask-sqlalchemy\npsycopg[binary]\ngunicorn\n",
    "main.py": FLASK_MAIN,
    "migrations/env.py": FLASK_ENV,
    "migrations/alembic.ini": "[alembic]\n",
    "migrations/script.py.mako": "",
    "migrations/versions/a1.py": REVISION.format(name="a1", after=None, does=MAKES),
}
RENAMES = {"migrations/versions/b2.py": REVISION.format(name="b2", after="a1", does='op.rename_table("item", "thing")')}


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch, shared_cache: Path) -> Iterator[Ports]:
    monkeypatch.setenv("DEPLOY_SUITE_CACHE", str(shared_cache))
    with opened(Curtain(), command="deploy") as ports:
        yield ports


@pytest.mark.parametrize(
    ("files", "changed", "verdict", "leads_to", "by_hand"),
    [
        (DJANGO, ADDS, Openness.OPEN, "shop.0002_size", ""),
        (DJANGO, REMOVES, Openness.CLOSED, "shop.0002_plain", "'python manage.py migrate shop 0001_initial'"),
        (FLASK, RENAMES, Openness.CLOSED, "b2", "'flask --app main db downgrade a1'"),
    ],
    ids=["django adds", "django removes", "flask renames"],
)
def test_each_tool_is_tried(
    files: Mapping[str, str],
    changed: Mapping[str, str],
    verdict: Openness,
    leads_to: str,
    by_hand: str,
    *,
    world: Ports,
    tmp_path: Path,
) -> None:
    folder = tmp_path / "shop"
    old = commit(folder, files, "Before")
    commit(folder, changed, "After")

    found = proven(Passage(folder=folder, old=old, service="shop", service_id="srv-1"), world)

    assert (found.verdict, leads_to in found.leads_to) == (verdict, True), found
    assert [one for one in found.by_hand[:1] if one] == (
        [f"render jobs create srv-1 --start-command {by_hand}"] if by_hand else []
    )


def test_djangos_statements_are_those_of_the_new_migration_alone(world: Ports, tmp_path: Path) -> None:
    folder = tmp_path / "shop"
    commit(folder, {**DJANGO, **REMOVES}, "Both")
    side = sides.side(folder, "HEAD", target="render", service="shop", preferences=Preferences(), ports=world)

    with world.databases.serve(foreign=None) as server:
        made = sides.on(sides.built(side, server, stage="build", ports=world), "plan", ports=world)
        found = script.script(made, world, is_known=lambda name, file: not file or name.endswith("initial"))

    assert (found.why, [one.id for one in found.revisions]) == ("", ["shop.0002_plain"])
    (planned,) = planning.migrations(found.revisions)
    assert [(one.sql.removesuffix(" CASCADE"), one.lock, one.table) for one in planned.statements] == [
        ('ALTER TABLE "shop_item" DROP COLUMN "colour"', "ACCESS EXCLUSIVE", "shop_item")
    ]
