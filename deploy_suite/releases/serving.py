"""A running service → the commit that serves: by its own answer, else by what the target says is live."""

import re
from collections.abc import Callable
from typing import Final

from deploy_suite.errors import DeployError
from deploy_suite.model.probe import CommitPlace, Expectation, Probe
from deploy_suite.model.release import Deploy
from deploy_suite.ports import Ports
from deploy_suite.probes import http
from deploy_suite.probes.json_paths import parse, value_at
from deploy_suite.releases.verification import Served, Subject

HOW_TO_TELL: Final = (
    'let the service tell its commit (RENDER_GIT_COMMIT) and say where in deploy.toml: commit = { path = "/health", '
    'json = "commit" } or commit = { header = "X-Commit" } below [services.NAME]'
)
_SHA: Final = re.compile(r"[0-9a-f]{7,64}")
_ANY_STATUS: Final = frozenset(range(100, 600))


class Serving:
    """Asks one service, or its target, for the commit."""

    def __init__(self, subject: Subject, ports: Ports, *, live: Callable[[], Deploy | None] | None = None) -> None:
        """*live* returns what the target says is live; None for a mere URL."""
        self._subject = subject
        self._ports = ports
        self._live = live

    def served(self) -> Served:
        """Return which commit serves now, compared with the one that is expected."""
        if self._subject.place is not None:
            return self._compared(*self._told(self._subject.place), source=self._subject.place.in_words)
        if self._live is not None:
            return self._compared(*self._claimed(self._live), source=self._subject.target.capitalize())
        if self._subject.expected:
            return Served(problem="nothing tells which commit serves")
        return Served()

    def _told(self, place: CommitPlace) -> tuple[str, str]:
        probe = Probe(name="commit", path=place.path, expect=Expectation(statuses=_ANY_STATUS), follow_redirects=True)
        result = http.ask(probe, self._subject.address, self._ports, headers={}, cookies={}).result
        if result.unreachable:
            return "", result.reason
        if place.header:
            found: object = result.headers.get(place.header.lower(), "")
        else:
            found = value_at(parse(result.body), place.json)
        commit = found.strip().lower() if isinstance(found, str) else ""
        return (commit, "") if _SHA.fullmatch(commit) else ("", f"{place.in_words} holds no commit")

    def _claimed(self, live: Callable[[], Deploy | None]) -> tuple[str, str]:
        name = self._subject.target.capitalize()
        try:
            deploy = live()
        except DeployError as error:
            return "", f"{name} cannot be asked what is live: {error.message}"
        commit = deploy.commit if deploy else ""
        return (commit, "") if commit else ("", f"{name} does not say which commit is live")

    def _compared(self, commit: str, problem: str, *, source: str) -> Served:
        expected = self._subject.expected.lower()
        if commit and expected and not (commit.startswith(expected) or expected.startswith(commit)):
            problem = f"{commit[:7]} serves where {expected[:7]} is expected: the old build still answers"
        return Served(commit=commit, source=source, problem=problem, is_known=bool(commit))
