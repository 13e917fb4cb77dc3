"""What goes between the suite and its wardens arrives as it was sent, however the pipe cuts it."""

from typing import Any

import pytest

from deploy_suite.adapters.warden.wire import Unpacker, packed

MESSAGES: list[dict[str, Any]] = [
    {"argv": ["sh", "-c", "echo ä\udcff"], "environment": {"A": "1\n2"}, "enter": None, "lingers": False},
    {"signal": 15},
    {},
    {"text": "x" * 70_000},
]


@pytest.mark.parametrize("size", [1, 3, 4, 5, 65_536, 1_000_000])
def test_messages_arrive_whole_and_in_order(size: int) -> None:
    sent = b"".join(map(packed, MESSAGES))
    unpacker = Unpacker()
    arrived = [message for at in range(0, len(sent), size) for message in unpacker.fed(sent[at : at + size])]
    assert arrived == MESSAGES


def test_half_a_message_waits_for_the_rest() -> None:
    unpacker = Unpacker()
    block = packed({"started": 7})
    assert unpacker.fed(block[:-1]) == []
    assert unpacker.fed(b"") == []
    assert unpacker.fed(block[-1:]) == [{"started": 7}]


def test_what_is_no_plain_type_is_refused() -> None:
    with pytest.raises(ValueError, match="unmarshallable"):
        packed({"path": object()})
