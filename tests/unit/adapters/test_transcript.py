"""Texts that may be endless keep their head and their tail."""

from hypothesis import given
from hypothesis import strategies as st

from deploy_suite.adapters.transcript import Transcript


def kept(limit: int, *blocks: bytes) -> str:
    transcript = Transcript(limit)
    for block in blocks:
        transcript.add(block)
    return transcript.text()


def test_a_short_text_is_kept_whole() -> None:
    assert kept(10, b"one ", b"two") == "one two"


def test_the_middle_of_a_long_text_is_cut_out_and_counted() -> None:
    assert kept(10, b"0123456789", b"abcdefghij") == "01234\n[… 10 bytes cut out …]\nfghij"


@given(st.lists(st.binary(max_size=300_000), max_size=8), st.integers(2, 200_000))
def test_however_it_comes_head_and_tail_are_those_of_the_whole(blocks: list[bytes], limit: int) -> None:
    whole = b"".join(each.replace(b"\xff", b"x").translate(bytes(range(128)) * 2) for each in blocks)
    parts = [each.replace(b"\xff", b"x").translate(bytes(range(128)) * 2) for each in blocks]
    text = kept(limit, *parts)
    half = max(limit // 2, 1)

    if len(whole) <= 2 * half:
        assert text == whole.decode()
    else:
        assert text == f"{whole[:half].decode()}\n[… {len(whole) - 2 * half} bytes cut out …]\n{whole[-half:].decode()}"
