"""What is verified at a URL: the project's probes and health path, and https where http only leads there."""

from pathlib import Path
from typing import NoReturn, cast

import pytest

from deploy_suite.errors import UsageError
from deploy_suite.model.probe import ProbeVerdict
from deploy_suite.ports import Address, Git, HttpRequest, HttpResponse
from deploy_suite.releases.subjects import Request, carried_out
from deploy_suite.releases.verification import Patience, Verification
from tests.unit.releases.test_verifying import Service, answer, world

PATIENCE = Patience(pause_s=5.0, lasting_s=20.0, most_s=90.0)
BLUEPRINT = "services:\n- {type: web, name: shop, runtime: python, healthCheckPath: /healthz}\n"


class NoRepository:
    def top(self, _folder: Path) -> NoReturn:
        raise UsageError("no repository")

    def commit(self, _repository: Path, _revision: str) -> NoReturn:
        raise AssertionError("there is no repository to look into")


class LeadingToTls(Service):
    """As `Service`, and over plain HTTP nothing but the way to it."""

    def request(self, address: Address, request: HttpRequest, *, timeout_s: float) -> HttpResponse:
        if address == Address("shop.example", 80):
            return answer(301, location=f"https://shop.example{request.path}")
        return super().request(address, request, timeout_s=timeout_s)


def verified(
    folder: Path, server: Service, *, url: str = "https://shop.example", service: str = "", revision: str = ""
) -> Verification:
    ports = world(server)
    object.__setattr__(ports, "git", cast("Git", NoRepository()))
    return carried_out(Request(folder=folder, url=url, patience=PATIENCE, service=service, revision=revision), ports)


def test_plain_http_that_leads_to_tls_is_verified_there(tmp_path: Path) -> None:
    done = verified(tmp_path, LeadingToTls({"GET /": answer()}), url="http://shop.example")

    assert (done.verdict, done.subject.url) == (ProbeVerdict.PASS, "https://shop.example")
    assert done.notes == ("which commit serves was not checked: nothing tells it, and none was expected",)


def test_the_health_path_is_that_of_the_manifest(tmp_path: Path) -> None:
    (tmp_path / "render.yaml").write_text(BLUEPRINT)
    service = Service({"GET /healthz": answer(), "GET /": answer(404)})

    done = verified(tmp_path, service)

    assert (done.verdict, done.subject.service, service.asked[:2]) == (
        ProbeVerdict.PASS,
        "shop",
        ["GET /healthz", "GET /"],
    )


def test_of_several_services_one_must_be_named(tmp_path: Path) -> None:
    (tmp_path / "deploy.toml").write_text('[services.a]\nentry = "a:app"\n[services.b]\nentry = "b:app"\n')

    with pytest.raises(UsageError, match="several services: a, b"):
        verified(tmp_path, Service({}))
    with pytest.raises(UsageError, match="no service c"):
        verified(tmp_path, Service({}), service="c")


def test_a_commit_that_is_neither_here_nor_a_sha_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no repository"):
        verified(tmp_path, Service({}), revision="main")
