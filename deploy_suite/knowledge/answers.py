"""The requests that a short log shows → how each was answered last, well or not."""

import re
from collections.abc import Iterable
from typing import Final

from deploy_suite.knowledge.hits import Hits
from deploy_suite.knowledge.log_text import LogLine
from deploy_suite.knowledge.tracebacks import Raised

_REQUEST: Final = re.compile(
    r'"(?P<request>(?:GET|POST|PUT|PATCH|DELETE|HEAD) [^"\s]{1,300})[^"\n]{0,20}"(?: (?P<status>[1-5]\d\d)\b)?'
)
_BAD: Final = 400
_SERVER_ERROR: Final = 500


class Answers:
    """The last answer to each request of a log."""

    def __init__(self, lines: Iterable[LogLine]) -> None:
        """Read *lines*, in order."""
        self._last: dict[str, tuple[int, LogLine]] = {}
        for line in lines:
            if (match := _REQUEST.search(line.text)) and match["status"]:
                self._last[match["request"]] = (int(match["status"]), line)

    def forget_answered(self, hits: Hits) -> None:
        """Drop from *hits* what is about requests alone that were answered well later."""
        hits.by_slug = {
            slug: hit
            for slug, hit in hits.by_slug.items()
            if not all(self._is_answered(text, after=hit.last) for _, text in hit.evidence)
        }
        raised = hits.unexplained
        if raised and not raised.is_exception and self._is_answered(raised.exception, after=raised.line):
            hits.unexplained = None

    def failed(self) -> Raised | None:
        """Return the line by which the service itself failed over a request, and never answered it well again."""
        bad = [line for status, line in self._last.values() if status >= _SERVER_ERROR]
        return Raised(exception=bad[-1].text.strip(), line=bad[-1].number) if bad else None

    def _is_answered(self, text: str, *, after: int) -> bool:
        match = _REQUEST.search(text)
        status, line = self._last.get(match["request"], (_BAD, None)) if match else (_BAD, None)
        return line is not None and status < _BAD and line.number > after
