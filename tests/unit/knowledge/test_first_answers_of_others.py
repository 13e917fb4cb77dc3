"""What database clients of other languages, compose and container hosts say first has its cause."""

import pytest

from deploy_suite.knowledge.diagnosis import LogVerdict, diagnose

HOOKS = "/usr/local/lib/python3.12/site-packages/pyproject_hooks/_in_process/_in_process.py"


def cause(text: str) -> str:
    found = diagnose(text)
    return found.root.slug if found.root else found.verdict.value


@pytest.mark.parametrize(
    ("text", "slug"),
    [
        (
            "cannot open the database: dial tcp: lookup shop-db on 10.0.0.10:53: no such host\n",
            "db-host-unresolvable",
        ),
        (
            'ts=1 level=fatal msg="no postgres" err="dial tcp 10.0.0.5:6432: connect: connection refused"\n',
            "db-connection-refused",
        ),
        (
            "OperationalError: (1130, \"Host '10.0.0.7' is not allowed to connect to this MariaDB server\")\n",
            "db-permission-denied:mysql-host",
        ),
        (
            "error while interpolating services.shop.image: required variable SHOP_KEY is missing a value: x\n",
            "missing-env-var:SHOP_KEY",
        ),
        (
            'ERROR: Invalid interpolation format for "environment" option in service "shop": "${SHOP_KEY-}"\n',
            "compose-file-invalid",
        ),
        (
            'standard_init_linux.go:242: exec user process caused "permission denied"\n',
            "entrypoint-not-executable",
        ),
        ("New container is not healthy, rolling back to the old container.\n", "container-unhealthy"),
        (
            "Attempt 3 of 3\nHealthcheck logs: curl: (7) Failed to connect to localhost port 80 after 0 ms\n",
            "container-unhealthy",
        ),
    ],
)
def test_the_cause_is_told(text: str, slug: str) -> None:
    assert cause(text) == slug


def test_a_registry_that_does_not_resolve_is_no_database() -> None:
    text = (
        'Pulling postgres\nError response from daemon: Get "https://registry-1.docker.io/v2/": dial tcp: lookup '
        "registry-1.docker.io on 10.0.0.10:53: no such host\n"
    )

    assert cause(text) != "db-host-unresolvable"


def test_a_variable_that_a_build_tool_sets_for_itself_is_none_of_the_project() -> None:
    text = f"""  - Installing shop-client (2.1.1)

ChefBuildError

Backend subprocess exited when trying to invoke get_requires_for_build_wheel

Traceback (most recent call last):
  File "{HOOKS}", line 74, in _build_backend
    ep = os.environ['PEP517_BUILD_BACKEND']
  File "<frozen os>", line 679, in __getitem__
KeyError: 'PEP517_BUILD_BACKEND'
"""

    assert cause(text) == "build-failure:shop-client"


def test_a_variable_that_the_project_asks_for_is_still_missing() -> None:
    text = """Traceback (most recent call last):
  File "/srv/app/settings.py", line 3, in <module>
    KEY = os.environ['SHOP_KEY']
  File "<frozen os>", line 679, in __getitem__
KeyError: 'SHOP_KEY'
"""

    assert cause(text) == "missing-env-var:SHOP_KEY"


def test_a_container_that_became_healthy_later_is_well() -> None:
    text = (
        "Healthcheck logs: curl: (7) Failed to connect to localhost port 80 after 0 ms\n"
        "INFO:     Application startup complete.\n"
    )

    assert diagnose(text).verdict is LogVerdict.HEALTHY
