import pytest

from deploy_suite.manifests import compose
from deploy_suite.manifests.compose import Build, Service, Variable, Words
from deploy_suite.manifests.errors import ManifestError

TEXT = """\
x-env: &env
  LOG_LEVEL: info
services:
  db:
    image: postgres:${PG_VERSION:-16}
    ports: ["5432:5432"]
  api:
    build:
      context: ./api
      dockerfile: Dockerfile.prod
      target: runtime
      args:
        - EXTRA=1
    command: ["uvicorn", "main:app", "--port", "$$PORT"]
    environment:
      <<: *env
      DATABASE_URL: postgresql://db/shop
      SECRET_KEY: ${SECRET_KEY}
      DEBUG:
    env_file:
      - path: .env.api
    ports:
      - target: 8000
        published: "80"
      - "${PORT}:${PORT}"
    depends_on:
      db:
        condition: service_healthy
    healthcheck:
      test: ["CMD", "curl", "-f", "http://localhost:8000/health"]
  worker:
    build: .
    command: celery -A app worker
    environment:
      - BROKER_URL=redis://queue
      - API_KEY
    depends_on: [db, api]
"""


def test_services_are_read_with_their_lines() -> None:
    found = compose.parse(TEXT, file="compose.yaml")

    assert found.services == (
        Service(name="db", line=4, ports=(5432,)),
        Service(
            name="api",
            line=7,
            build=Build(
                context="./api",
                line=9,
                dockerfile="Dockerfile.prod",
                target="runtime",
            ),
            command=Words(
                text="uvicorn main:app --port $PORT", line=14, words=("uvicorn", "main:app", "--port", "$PORT")
            ),
            environment=(
                Variable(name="LOG_LEVEL", value="info", line=2),
                Variable(name="DATABASE_URL", value="postgresql://db/shop", line=17),
                Variable(name="SECRET_KEY", value=None, line=18),
                Variable(name="DEBUG", value=None, line=19),
            ),
            ports=(8000, 0),
        ),
        Service(
            name="worker",
            line=31,
            build=Build(context=".", line=32),
            command=Words(text="celery -A app worker", line=33),
            environment=(
                Variable(name="BROKER_URL", value="redis://queue", line=35),
                Variable(name="API_KEY", value=None, line=36),
            ),
        ),
    )


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("${A:-x}-${B-y}", "x-y"),
        ("$$HOME", "$HOME"),
        ("${A:+set}", ""),
        ("$A", None),
        ("${A:?must be set}", None),
        ("plain", "plain"),
    ],
)
def test_a_reference_without_a_default_is_known_to_the_caller_alone(text: str, value: str | None) -> None:
    assert compose.interpolated(text) == value


@pytest.mark.parametrize("text", ["services: []", "a: 1", "- x", "services:\n\t- x"])
def test_what_is_no_compose_file_is_refused(text: str) -> None:
    with pytest.raises(ManifestError):
        compose.parse(text, file="compose.yaml")
