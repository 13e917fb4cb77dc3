import tomllib
from importlib.resources import files

from deploy_suite.knowledge.platforms import servers
from deploy_suite.knowledge.platforms.render import facts


def test_every_table_of_the_platforms_names_its_source() -> None:
    for name in ("render.toml", "servers.toml"):
        document = tomllib.loads(files("deploy_suite.knowledge.platforms").joinpath(name).read_text("utf-8"))
        for key, value in document.items():
            tables = (
                value if isinstance(value, list) else list(value.values()) if key in {"values", "shapes"} else [value]
            )
            assert all(str(one["source"]).startswith("https://") for one in tables), key


def test_every_kind_of_a_key_is_one_that_exists() -> None:
    plain = {"text", "value", "integer", "flag", "texts"}
    kinds = {kind for shape in facts().shapes.values() for kind in shape.keys.values()}

    shapes = {kind.removeprefix("list of ").removeprefix("a ") for kind in kinds - plain}
    assert shapes <= facts().shapes.keys()


def test_required_and_deprecated_keys_are_keys() -> None:
    for shape in facts().shapes.values():
        assert set(shape.required) | set(shape.deprecated) <= shape.keys.keys()


def test_a_plan_is_found_in_each_of_its_spellings() -> None:
    assert facts().plan("pro_plus") == facts().plan("Pro Plus") == facts().plans["pro plus"]
    by_size = facts().plan("0.5c-1g")
    assert by_size is not None
    assert by_size.memory_mib == 1024
    assert facts().plan("gigantic") is None


def test_workers_are_found_by_their_module() -> None:
    paths = ("uvicorn_worker.UvicornWorker", "uvicorn.workers.UvicornH11Worker", "gevent", "my.own.Worker")

    found = [one and (one.distribution, one.speaks) for one in map(servers.worker, paths)]

    assert found == [("uvicorn-worker", "asgi"), ("uvicorn", "asgi"), ("gevent", "wsgi"), None]
