"""Which service is meant, with a target that knows a few."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

import pytest

from deploy_suite.errors import UsageError
from deploy_suite.model.release import LiveService
from deploy_suite.releases.choosing import choose, slug_of
from deploy_suite.targets.live import LiveTarget

SHOP = LiveService(id="srv-00000000000000000001", name="shop", kind="web", repository="https://github.com/Acme/shop")
WIKI = replace(SHOP, id="srv-00000000000000000002", name="wiki", repository="https://github.com/acme/wiki.git")
FORK = replace(SHOP, id="srv-00000000000000000003", repository="https://github.com/fork/shop")


@dataclass
class FakeTarget:
    """The part of `LiveTarget` that choosing needs; anything else is an error."""

    known: Sequence[LiveService]
    bound_to: str = ""
    can_look: bool = True

    def service(self, service_id: str) -> LiveService:
        return next(one for one in self.known if one.id == service_id)

    def services(self, name: str = "") -> Sequence[LiveService]:
        return [one for one in self.known if not name or one.name == name]


def chosen(*known: LiveService, bound_to: str = "", can_look: bool = True, **asked: Any) -> LiveService:
    return choose(cast("LiveTarget", FakeTarget(known, bound_to, can_look)), **asked)


@pytest.mark.parametrize(
    ("asked", "wanted"),
    [
        ({"asked": "wiki"}, WIKI),
        ({"asked": WIKI.id}, WIKI),
        ({"stated": ["wiki"]}, WIKI),
        ({"stated": ["wiki"], "asked": "shop", "repository_slug": "acme/shop"}, SHOP),
        ({"repository_slug": "acme/WIKI"}, WIKI),
        ({"stated": ["shop"], "repository_slug": "fork/shop"}, FORK),
        ({"bound_to": FORK.id}, FORK),
    ],
)
def test_the_service_is_the_one_that_is_named_stated_or_built_from_here(
    asked: dict[str, Any], wanted: LiveService
) -> None:
    assert chosen(SHOP, WIKI, FORK, **asked) == wanted


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"asked": "wikki"}, "no service called wikki can be seen with this key; near it are wiki"),
        ({"asked": "zzz"}, "no service called zzz can be seen with this key; it sees shop, wiki"),
        ({"stated": ["shop", "wiki"]}, "the project has several services: shop, wiki"),
        ({"asked": "shop"}, "2 services are called shop: shop (srv-00000000000000000001"),
        ({"repository_slug": "acme/none"}, "no service built from acme/none can be seen with this key"),
        ({}, "no service built from this repository can be seen with this key"),
    ],
)
def test_what_is_none_or_more_than_one_is_said(asked: dict[str, Any], words: str) -> None:
    with pytest.raises(UsageError) as raised:
        chosen(SHOP, WIKI, FORK, **asked)

    assert (raised.value.message.startswith(words), "--service" in raised.value.remedy) == (True, True)


def test_a_suspended_service_is_refused() -> None:
    with pytest.raises(UsageError, match="shop is suspended \\(by user\\)"):
        chosen(replace(SHOP, suspended="user"), asked="shop")


def test_a_hook_alone_names_its_service() -> None:
    assert chosen(bound_to="srv-x", can_look=False) == LiveService(id="srv-x", name="srv-x", kind="")


@pytest.mark.parametrize(
    ("url", "slug"),
    [
        ("https://github.com/Acme/Shop.git", "acme/shop"),
        ("git@github.com:acme/shop.git", "acme/shop"),
        ("https://gitlab.com/group/sub/shop", "sub/shop"),
        ("", ""),
    ],
)
def test_a_repository_has_owner_and_name(url: str, slug: str) -> None:
    assert slug_of(url) == slug
