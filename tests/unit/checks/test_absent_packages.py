"""A module that nothing installed has: where it is named, and what the distribution of that name brings instead."""

from pathlib import Path

from deploy_suite.checks.base import Built
from deploy_suite.checks.dependencies import absent_packages, diagnosed, evidence, requirements
from deploy_suite.checks.dependencies.rehearsed_import import Frame, Raised
from deploy_suite.model.contract import Bindings
from deploy_suite.model.environment import Environment, Interpreter
from deploy_suite.model.finding import Finding
from tests.projects import write
from tests.unit.checks.gunicorn_case import case

FILES = {
    "requirements.txt": "Django\nwhitenoise==6.9\ndjango-cors-headers==4.4.0\n",
    "shop/wsgi.py": "import os\nfrom django.core.wsgi import get_wsgi_application\n"
    "os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')\napplication = get_wsgi_application()\n",
    "shop/settings.py": "INSTALLED_APPS = [\n    'django_cors_headers',\n]\n"
    "MIDDLEWARE = [\n    'whitenoise.middleware.WhiteNoiseMiddleware',\n]\n",
}
INSTALLED = {
    "lib/python3.12/site-packages/django_cors_headers-4.4.0.dist-info/METADATA": "Name: django-cors-headers\n"
    "Version: 4.4.0\n",
    "lib/python3.12/site-packages/django_cors_headers-4.4.0.dist-info/RECORD": "corsheaders/__init__.py,,\n"
    "corsheaders/middleware.py,,\ndjango_cors_headers-4.4.0.dist-info/METADATA,,\n",
}


def _found(folder: Path, module: str, *, text: str, packages: dict[str, str]) -> Finding:
    subject = case(folder / "app", FILES, start="gunicorn shop.wsgi:application")
    write(folder / "venv", INSTALLED)
    environment = Environment(
        key="k",
        interpreter=Interpreter(path=Path("/python"), version="3.12.1"),
        venv=folder / "venv",
        workdir=Path("/top"),
        top=Path("/top"),
        packages=packages,
        search_path="",
        home=Path("/home"),
    )
    built = Built(case=subject, environment=environment, bindings=Bindings(values={}), server=None)
    traced = diagnosed.trace(subject)
    assert traced is not None
    own = Frame(file="shop/wsgi.py", line=4, function="<module>", text=text, is_own=True)
    raised = Raised(type="ModuleNotFoundError", module="builtins", message=f"No module named {module!r}", frames=(own,))
    chain = evidence.chain(raised, traced, module=module)
    return absent_packages.finding(module, chain, built=built, declared=requirements.read(subject))


def test_what_a_string_of_the_settings_names_is_told_at_its_line(tmp_path: Path) -> None:
    found = _found(tmp_path, "whitenoise", text="application = get_wsgi_application()", packages={})

    assert (str(found.location), found.evidence[0]) == (
        "shop/settings.py:5",
        'shop/wsgi.py:3 → shop/settings.py:5 MIDDLEWARE "whitenoise.middleware.WhiteNoiseMiddleware"',
    )


def test_an_import_of_the_failing_line_itself_is_told_there(tmp_path: Path) -> None:
    found = _found(tmp_path, "whitenoise", text="from whitenoise import WhiteNoise", packages={})

    assert str(found.location) == "shop/wsgi.py:4"


def test_the_name_of_an_installed_distribution_leads_to_what_it_brings(tmp_path: Path) -> None:
    packages = {"django-cors-headers": "4.4.0"}
    found = _found(tmp_path, "django_cors_headers", text="application = get_wsgi_application()", packages=packages)

    assert found.message.endswith("the installed django-cors-headers 4.4.0 does not have it")
    assert found.evidence[1:] == ("requirements.txt:3: django-cors-headers==4.4.0",)
    assert found.remedy == (
        "write corsheaders in place of django_cors_headers: that is what django-cors-headers brings"
    )


def test_a_listed_distribution_that_is_not_there_was_not_installed(tmp_path: Path) -> None:
    found = _found(tmp_path, "django_cors_headers", text="application = get_wsgi_application()", packages={})

    assert found.evidence[1:] == ("requirements.txt:3: django-cors-headers==4.4.0 is listed, yet it was not installed",)
    assert "add `django-cors-headers` to requirements.txt" in found.remedy
