"""A question put to a running service, and the answer's verdict."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum

from deploy_suite.model.location import Location

JsonValue = None | bool | int | float | str | list["JsonValue"] | dict[str, "JsonValue"]


class ProbeVerdict(Enum):
    """INCONCLUSIVE is no failure and no success: no data, or contact lost."""

    PASS = "pass"  # noqa: S105  a verdict, not a password
    FAIL = "fail"
    INCONCLUSIVE = "inconclusive"


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """What a good answer looks like.

    Shape: `statuses` empty means 2xx. `json` maps dotted paths ("reply.text", "items.0.id") onto expected values.
    `latency_ms` is a budget for the whole exchange.
    """

    statuses: frozenset[int] = frozenset()
    json: Mapping[str, JsonValue] = field(default_factory=dict)
    body_contains: str = ""
    latency_ms: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """An HTTP request or a WebSocket exchange.

    Shape: with `websocket`, `send` are the frames to send in turn and `receive` what must come back, each a text or,
    for JSON, a mapping of dotted paths onto expected values. `save` maps a name onto the dotted path of a value in
    the JSON answer; later probes of the same service use it as `{name}` in path, headers, body and frames (a token
    from a login). `location` is where the probe is stated.
    """

    name: str
    method: str = "GET"
    path: str = "/"
    headers: Mapping[str, str] = field(default_factory=dict)
    json: JsonValue = None
    body: str = ""
    expect: Expectation = field(default_factory=Expectation)
    websocket: bool = False
    send: tuple[JsonValue, ...] = ()
    receive: tuple[JsonValue, ...] = ()
    save: Mapping[str, str] = field(default_factory=dict)
    follow_redirects: bool = False
    timeout_s: float = 10.0
    location: Location | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeResult:
    """What came of a probe.

    Shape: `status` is 0 when no answer came; `reason` says why it is no PASS. What the exchange tells beside
    its verdict: `unreachable` is the kind of UnreachableError, "" after an answer; `headers` are the answer's, in
    lower case; `certificate_ends` as `ports.HttpResponse` has it.
    """

    probe: Probe
    verdict: ProbeVerdict
    status: int = 0
    elapsed_ms: float = 0.0
    body: str = ""
    reason: str = ""
    redirects: tuple[str, ...] = ()
    unreachable: str = field(default="", compare=False)
    headers: Mapping[str, str] = field(default_factory=dict, compare=False)
    certificate_ends: datetime | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class CommitPlace:
    """Where a running service tells the commit that it was built from.

    Shape: in the header `header`, else in the JSON answer at the dotted path `json`; `path` is what is asked for, ""
    for the health path.
    """

    path: str = ""
    header: str = ""
    json: str = ""

    @property
    def in_words(self) -> str:
        """How a person finds it."""
        what = f"the header {self.header}" if self.header else f"the field {self.json}"
        return f"{what} of {self.path or 'the health answer'}"
