"""What is known of images and of what packages want of them."""

import re

import pytest

from deploy_suite.knowledge import system_libraries
from deploy_suite.knowledge.platforms import images
from deploy_suite.targets.render import contracts


@pytest.mark.parametrize(
    ("name", "row", "glibc", "is_whole"),
    [
        (contracts._IMAGE, "render-native", (2, 36), False),
        ("python:3.11-slim", "python-slim", (2, 41), True),
        ("docker.io/library/python:3.12.4-slim-bookworm", "python-slim", (2, 36), True),
        ("python:3.9-slim-bullseye", "python-slim", (2, 31), True),
        ("python:3.11", "python-full", (2, 41), False),
        ("python", "python-full", (2, 41), False),
        ("python:3.12-alpine3.20", "python-alpine", (), False),
        ("debian:bookworm-slim", "debian-slim", (2, 36), False),
    ],
)
def test_an_image_is_known_by_its_name(name: str, row: str, glibc: tuple[int, ...], is_whole: bool) -> None:  # noqa: FBT001
    image = images.image(name)

    assert image
    assert (image.name, image.glibc, image.is_whole) == (row, glibc, is_whole)
    assert all(source.startswith("https://") for source in image.sources)


def test_of_other_images_nothing_is_claimed() -> None:
    assert images.image("ghcr.io/acme/base:1") is None
    assert images.image("") is None


def test_every_library_is_named_as_the_loader_names_it_and_has_a_source() -> None:
    rows = system_libraries.libraries()

    assert [row.name for row in rows if not re.fullmatch(r"lib[\w.+-]+\.so(\.\d+)+", row.name)] == []
    assert [row.name for row in rows if not row.packages or not row.source.startswith("https://")] == []
    assert len({row.name for row in rows}) == len(rows)


def test_every_library_that_is_loaded_by_name_has_a_package_to_install() -> None:
    wanted = {name for row in system_libraries.loaded() for name in row.libraries}

    assert sorted(name for name in wanted if system_libraries.library(name) is None) == []


def test_releases_and_companions_decide_whether_the_system_is_asked() -> None:
    rows = {row.distribution: row for row in system_libraries.loaded()}

    assert rows["soundfile"].is_met({"soundfile": "0.10.3"})
    assert not rows["soundfile"].is_met({"soundfile": "0.12.1"})
    assert not rows["soundfile"].is_met({"soundfile": "no version"})
    assert rows["psycopg"].is_met({"psycopg": "3.2"})
    assert not rows["psycopg"].is_met({"psycopg": "3.2", "psycopg-binary": "3.2"})


def test_every_source_build_names_its_source() -> None:
    assert [name for name, row in system_libraries.source_builds().items() if "://" not in row.source] == []
