"""The lines of a log → where the last of several attempts begins: what stopped an earlier one may be mended since."""

import re
from typing import Final

from deploy_suite.knowledge.catalogue import Catalogue
from deploy_suite.knowledge.hits import Hits
from deploy_suite.knowledge.log_text import LogLine
from deploy_suite.knowledge.root_cause import SURE_ENOUGH

LITERALS: Final = ("==> Cloning from ", "]: Started ", "]: Starting ", "Main process exited", "Failed with result")
_SYSTEMD: Final = "systemd"
_DEPLOY: Final = re.compile(r"==> Cloning from ")
_STARTED: Final = re.compile(r"Start(?:ed|ing) (?P<name>.{1,200})")
# A server speaks: whatever kept systemd from executing it is mended.
_EXECUTED: Final = re.compile(
    r"Starting gunicorn |Listening at: |Booting worker with pid|Started server process|Starting uWSGI"
)
_NOT_EXECUTED: Final = "systemd-"
_ENDED: Final = re.compile(r"(?P<unit>[^\s:]+\.service): (?:Main process exited|Failed with result)")


class Attempts:
    """Takes the lines of one log, in order: a deploy begins anew, and so does a unit that is started after it ended."""

    def __init__(self) -> None:
        """Begin before the first attempt."""
        self.last = 0
        self.executed = 0
        self._started: dict[str, int] = {}
        self._ended: dict[str, int] = {}

    def note(self, line: LogLine) -> None:
        """Look whether *line* begins an attempt."""
        if line.service == _SYSTEMD:
            self._note_unit(line)
        elif _DEPLOY.match(line.text):
            self.last = line.number
        elif _EXECUTED.search(line.text):
            self.executed = line.number

    def _note_unit(self, line: LogLine) -> None:
        if ended := _ENDED.match(line.text):
            self._ended[ended["unit"]] = line.number
        elif started := _STARTED.match(line.text):
            # Newer releases name the unit, older ones its description alone.
            name = started["name"].rstrip(".")
            was = self._started.get(name, line.number)
            if name.partition(" ")[0] in self._ended or any(was < end for end in self._ended.values()):
                self.last = line.number
            self._started[name] = line.number


def forget_mended(hits: Hits, rows: Catalogue) -> None:
    """Drop from *hits* what is of an earlier attempt, if the last one fails of something else or does not fail.

    If the last one says neither, as at the end of a log that was cut off, the earlier ones are all there is, but for
    what kept systemd from executing a program that speaks now.
    """
    began, raised = hits.attempt_line, hits.unexplained
    is_well = max(hits.healthy_line, hits.recovered_line) > began
    others = any(
        hit.first > began and hit.weight >= SURE_ENOUGH and rows.causes[hit.row].kind != "symptom"
        for hit in hits.by_slug.values()
    )
    is_other = is_well or others or bool(raised and raised.is_exception and raised.line > began)
    is_executed = hits.executed_line > began
    gone = {
        slug
        for slug, hit in hits.by_slug.items()
        if hit.last <= began and (is_other or (is_executed and slug.startswith(_NOT_EXECUTED)))
    }
    hits.by_slug = {slug: hit for slug, hit in hits.by_slug.items() if slug not in gone}
    if raised and raised.line <= began and (is_other or gone):
        hits.unexplained = None
