"""What is said of names that only calls ask for in vain."""

from pathlib import Path

from deploy_suite.checks.dependencies import static
from deploy_suite.model.finding import Finding, Outcome
from deploy_suite.model.location import Location
from tests.unit.checks.gunicorn_case import case

ROUTE = "@app.get('/')\ndef index():\n    return encode(b'')\n"


def told(folder: Path, files: dict[str, str]) -> list[Finding]:
    return [one for one in static.check(case(folder, files)) if one.code == "app-name-error"]


def test_a_name_to_which_a_route_leads_is_a_warning_with_the_module_to_import(tmp_path: Path) -> None:
    files = {
        "main.py": f"from work import encode\napp = make()\n\n{ROUTE}",
        "work.py": "def encode(data):\n    return base64.b64encode(data)\n",
    }

    assert told(tmp_path, files) == [
        Finding(
            code="app-name-error",
            outcome=Outcome.WARNING,
            message="base64 is used inside a function, and nothing in work.py defines or imports it",
            location=Location("work.py", 2),
            evidence=("work.py:2: NameError: name 'base64' is not defined",),
            remedy="add to work.py: `import base64`",
            certainty="the service starts all the same; index (main.py:5) leads there and fails where it comes to that "
            "line",
            reproduce="ruff check --select F821 work.py",
        )
    ]


def test_what_no_route_leads_to_or_a_handler_catches_is_a_note_of_its_own(tmp_path: Path) -> None:
    caught = "def kept():\n    try:\n        return lost\n    except Exception:\n        return None\n"
    files = {
        "main.py": "from work import encode, kept\napp = make()\n\n@app.get('/')\ndef index():\n    encode(); kept()\n",
        "work.py": f"def encode():\n    return first\ndef idle():\n    return second\n{caught}",
    }

    assert [(one.outcome, one.message.partition(" used")[0], one.location) for one in told(tmp_path, files)] == [
        (Outcome.WARNING, "first is", Location("work.py", 2)),
        (Outcome.NOTE, "second, lost are", Location("work.py", 4)),
    ]


def test_a_name_that_another_file_may_put_there_is_not_accused(tmp_path: Path) -> None:
    files = {
        "main.py": f"import work\nfrom work import encode\nwork.base64 = 1\napp = make()\n\n{ROUTE}",
        "work.py": "def encode(data):\n    return base64.b64encode(data)\n",
    }

    assert told(tmp_path, files) == []
