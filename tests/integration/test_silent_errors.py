"""A Django service whose views fail without a word in the log: the report names the line all the same."""

from pathlib import Path

import pytest

from tests.integration.users_project import preflight, repository

pytestmark = pytest.mark.integration

FILES = {
    "requirements.txt": "django>=5.2,<5.3\ngunicorn\n",
    "render.yaml": (
        "services:\n  - type: web\n    name: shop\n    runtime: python\n    plan: starter\n"
        "    buildCommand: pip install -r requirements.txt\n    startCommand: gunicorn shop.wsgi\n"
        "    healthCheckPath: /health\n    envVars:\n      - key: GREETING\n        value: hello\n"
    ),
    "manage.py": 'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")\n',
    "shop/__init__.py": "",
    "shop/settings.py": (
        'import os\nSECRET_KEY = "x"\nROOT_URLCONF = "shop.urls"\nALLOWED_HOSTS = ["shop.onrender.com"]\n'
        'GREETING = os.environ["GREETING"]\nINSTALLED_APPS = []\n'
        'TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates"}]\n'
    ),
    "shop/wsgi.py": (
        "import os\nfrom django.core.wsgi import get_wsgi_application\n"
        'os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")\napplication = get_wsgi_application()\n'
    ),
    "shop/urls.py": (
        "from django.urls import path\nfrom shop import views\n"
        'urlpatterns = [path("", views.index), path("health", views.health)]\n'
    ),
    "shop/views.py": (
        "from django.http import HttpResponse\nfrom django.shortcuts import render\n\n\n"
        "def index(request):\n    {index}\n\n\ndef health(request):\n    {health}\n"
    ),
}
FINE = 'return HttpResponse("fine")'


@pytest.mark.parametrize(
    ("index", "health", "expected"),
    [
        ('return render(request, "absent.html")', FINE, ("template-not-found", "failed", "shop/views.py:6")),
        (FINE, 'raise ValueError("no way")', ("health-check-failed", "failed", "shop/views.py:10")),
        (FINE, FINE, None),
    ],
)
def test_a_view_that_fails_without_a_word_is_told_with_its_line(
    tmp_path: Path, shared_cache: Path, index: str, health: str, expected: tuple[str, str, str] | None
) -> None:
    views = FILES["shop/views.py"].format(index=index, health=health)
    shop = repository(tmp_path / "shop", {**FILES, "shop/views.py": views})

    told = preflight(shop, cache=shared_cache)

    found = [
        (one["code"], one["outcome"], f"{one['location']['file']}:{one['location']['line']}")
        for one in told.report["findings"]
        if one["check"] == "boot" and one["outcome"] in {"failed", "warning"}
    ]
    assert found == ([expected] if expected else [])
    assert told.code == (1 if expected else 0)
