"""What uv keeps of wheels, whole and damaged."""

import base64
import hashlib
import os
from pathlib import Path

import pytest

from deploy_suite.environments import wheel_cache

INSTALLED = {"six": "1.17.0", "idna": "3.10"}
MODULE = b"print('six')\n"
LARGE = b"\x7fELF" + bytes(300 * 1024)


def stated(content: bytes) -> str:
    digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).decode().rstrip("=")
    return f"sha256={digest},{len(content)}"


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    wheel = tmp_path / "archive-v0/x1"
    (wheel / "six-1.17.0.dist-info").mkdir(parents=True)
    (wheel / "six.py").write_bytes(MODULE)
    (wheel / "a, b.txt").write_bytes(b"odd")
    (wheel / "six.so").write_bytes(LARGE)
    lines = (f"six.py,{stated(MODULE)}", f'"a, b.txt",{stated(b"odd")}', "", f"six.so,{stated(LARGE)}")
    own = "six-1.17.0.dist-info/RECORD"
    (wheel / own).write_text("\n".join((*lines, f"{own},,\n")))
    notes = tmp_path / "wheels-v8/index/abc/six"
    notes.mkdir(parents=True)
    (notes / "1.17.0-py3-none-any.rev").write_text("x1")
    (notes / "1.17.0-py3-none-any.lock").touch()
    (notes / "1.17.0-py3-none-any").symlink_to(wheel)
    return tmp_path


def test_what_is_as_its_list_says_is_whole(cache: Path) -> None:
    assert wheel_cache.damaged(cache, INSTALLED) == ()


def test_a_cache_that_is_not_there_is_whole(tmp_path: Path) -> None:
    assert wheel_cache.damaged(tmp_path / "none", INSTALLED) == ()


@pytest.mark.parametrize("name", ["six.py", "a, b.txt", "six.so", "six-1.17.0.dist-info/RECORD"])
@pytest.mark.parametrize("change", ["emptied", "gone"])
def test_a_file_that_was_emptied_or_removed_is_damage(cache: Path, name: str, change: str) -> None:
    file = cache / "archive-v0/x1" / name
    if change == "gone":
        file.unlink()
    else:
        os.truncate(file, 0)

    assert wheel_cache.damaged(cache, INSTALLED) == ("six",)


def test_a_file_of_the_same_length_with_other_content_is_damage(cache: Path) -> None:
    (cache / "archive-v0/x1/six.py").write_bytes(bytes(len(MODULE)))

    assert wheel_cache.damaged(cache, INSTALLED) == ("six",)


def test_what_another_environment_uses_is_not_looked_at(cache: Path) -> None:
    os.truncate(cache / "archive-v0/x1/six.py", 0)

    assert wheel_cache.damaged(cache, {"six": "1.16.0", "idna": "3.10"}) == ()


def test_an_empty_note_is_damage_and_an_empty_lock_is_none(cache: Path) -> None:
    os.truncate(cache / "wheels-v8/index/abc/six/1.17.0-py3-none-any.rev", 0)

    assert wheel_cache.damaged(cache, INSTALLED) == ("six",)
    assert wheel_cache.damaged(cache, {"idna": "3.10"}) == ()


def test_lists_of_other_makers_are_understood(cache: Path) -> None:
    """Some write the digest in hexadecimal digits, a path from the root, or no length."""
    digest = hashlib.sha256(MODULE).hexdigest()
    record = cache / "archive-v0/x1/six-1.17.0.dist-info/RECORD"
    record.write_text(f"/six.py,sha256={digest},{len(MODULE)}\nsix.so\nsix.so,md5=1,\n")

    assert wheel_cache.damaged(cache, INSTALLED) == ()
