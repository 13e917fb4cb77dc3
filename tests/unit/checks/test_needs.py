"""Uses of packages that need others."""

from pathlib import Path, PurePosixPath

import pytest

from deploy_suite.checks.dependencies import needs, requirements
from deploy_suite.knowledge.needs import rows
from deploy_suite.model.project import EntryPoint
from deploy_suite.tracing.tracer import trace


def met(folder: Path, source: str) -> list[tuple[str, int]]:
    (folder / "main.py").write_text(source)
    traced = trace(EntryPoint(module="main", file=PurePosixPath("main.py")), folder=folder, python="3.12")
    return [(use.need.needs[0], use.location.line) for use in needs.uses(traced, folder, rows())]


@pytest.mark.parametrize(
    ("source", "need"),
    [
        ("from fastapi import FastAPI, Form\ndef f(a=Form()): ...\n", "python-multipart"),
        ("import fastapi as web\n\ndef f(a: web.UploadFile): ...\n", "python-multipart"),
        ("from pydantic import BaseModel, EmailStr\nclass A(BaseModel):\n    a: EmailStr\n", "email-validator"),
        ("from fastapi.templating import Jinja2Templates\nt = Jinja2Templates('t')\n", "jinja2"),
        ("from passlib.context import CryptContext\nc = CryptContext(schemes=['bcrypt'])\n", "bcrypt"),
        ("import httpx\nc = httpx.AsyncClient(http2=True)\n", "h2"),
        ("import pandas as pd\n\ndef f():\n    return pd.read_excel('a.xlsx')\n", "openpyxl"),
        ("from sqlalchemy import create_engine\ne = create_engine('mysql+pymysql://a@b/c')\n", "pymysql"),
        ("from sqlalchemy import create_engine\ne = create_engine('postgresql://a@b/c')\n", "psycopg2-binary"),
        ("from bs4 import BeautifulSoup\ns = BeautifulSoup(t, 'lxml')\n", "lxml"),
        ("import jwt\nt = jwt.encode(p, k, algorithm='RS256')\n", "cryptography"),
        ("from django.db import models\nclass A:\n    a = models.ImageField()\n", "pillow"),
        ("from celery import Celery\nc = Celery('a', broker='redis://b')\n", "redis"),
    ],
)
def test_a_use_tells_what_it_needs(tmp_path: Path, source: str, need: str) -> None:
    assert [name for name, _ in met(tmp_path, source)] == [need]


@pytest.mark.parametrize(
    "source",
    [
        "from fastapi import FastAPI\n",
        "from fastapi import Form\n",
        "from mine import Form\ndef f(a=Form()): ...\n",
        "from passlib.context import CryptContext\nc = CryptContext(schemes=['pbkdf2_sha256'])\n",
        "import httpx\nc = httpx.Client()\n",
        "import jwt\nt = jwt.encode(p, k, algorithm='HS256')\n",
        "from sqlalchemy import create_engine\ne = create_engine(url)\n",
    ],
)
def test_what_needs_nothing_more_is_left_alone(tmp_path: Path, source: str) -> None:
    assert met(tmp_path, source) == []


def test_each_row_names_its_source_and_canonical_distributions() -> None:
    faulty = [
        row.uses[0]
        for row in rows()
        if not row.source.startswith("https://") or any(name != name.lower() or "_" in name for name in row.needs)
    ]

    assert faulty == []
    assert {row.met_at for row in rows()} == {"import", "use"}


@pytest.mark.parametrize(
    ("installed", "told"),
    [
        ({"transformers": "4.40.0"}, ["missing-requirement:torch"]),
        ({"transformers": "4.40.0", "torch": "2.3.0"}, []),
        ({"flask": "3.0.0"}, []),
    ],
)
def test_what_an_absent_package_would_need_is_not_asked_for(
    tmp_path: Path, installed: dict[str, str], told: list[str]
) -> None:
    guarded = "try:\n    from transformers import pipeline\nexcept ImportError:\n    pipeline = None\n"
    (tmp_path / "main.py").write_text(f"{guarded}\ndef f():\n    pipeline('x')\n")
    traced = trace(EntryPoint(module="main", file=PurePosixPath("main.py")), folder=tmp_path, python="3.12")
    declared = requirements.everywhere(tmp_path)

    found = needs.lacking(rows(), installed, folder=tmp_path, trace=traced, declared=declared, has_failed=False)

    assert [one.code for one in found] == told
