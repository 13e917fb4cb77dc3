"""A log line as it was pasted → what the program printed, and which service printed it."""

import html
import re
from dataclasses import dataclass
from typing import Final

from deploy_suite.knowledge.unfolding import FOLD

_ANSI: Final = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])|\ufeff")
_PASTED: Final = re.compile(
    r"&(?:quot|apos|#\d\d|#x[0-9a-fA-F]{2}|lt|gt|nbsp|amp);|</(?:font|span|b|code|pre|p|div|li)>"
)
_TAG: Final = re.compile(r"</?(?:font|span|b|i|code|pre|div|br|p|li)\b[^<>]{0,200}>")
_QUOTES: Final = str.maketrans("\u2018\u2019\u201c\u201d\u00a0\u00ab\u00bb", '\'\'"" ""')
_TIME: Final = (
    r"\d{4}[-/]\d\d[-/]\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?: ?(?:Z\b|UTC|GMT|[A-Z]{3,4}(?= )|[+-]\d\d:?\d\d))?"
)
_SYSLOG_TIME: Final = r"\w{3} {1,2}\d\d? \d\d:\d\d:\d\d(?:\.\d+)?"
_POD: Final = r"[a-z][a-z0-9-]*-[a-z0-9]{6,10}-[a-z0-9]{5}"
_APACHE: Final = (
    r"\[\w{3} \w{3} [ \d]\d \d\d:\d\d:\d\d(?:\.\d+)? \d{4}\] (?:\[[\w:-]*(?:error|info|warn|notice|debug|crit)\] )?"
    r"(?:\[pid \d+(?::tid \d+)?\] )?(?:\[(?:client|remote) [^\]\n]{1,60}\] ?)?"
)
_PREFIX: Final = re.compile(
    "|".join(
        (
            r".(?=\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z(?: |$))",  # Docker's API: the length of what follows
            rf"{_TIME} (?P<heroku>(?:app|heroku)\[[\w.-]+\]):? ?(?:\w{{3}} \[\w+\] ?)?",  # Heroku, Fly
            rf"(?:{_SYSLOG_TIME}|{_TIME}) (?:[\w.-]+ )?(?P<journal>[\w.@/-]+)\[\d+\]: ",  # journald, syslog
            r"(?P<journal4>[a-z][\w.@-]{1,60})\[\d+\]: (?=\S| )",  # the same, whose time and host were cut off
            rf"{_SYSLOG_TIME} (?![AP]M )[\w.-]+ (?!nginx|error|fatal)(?P<journal2>[a-z][\w.@-]*): ",  # without a pid
            rf"{_SYSLOG_TIME} (?!nginx|error|fatal|remote)(?P<journal3>web|worker|app): ",  # Elastic Beanstalk
            rf"(?:DEFAULT|ERROR|INFO|WARNING|NOTICE|CRITICAL|DEBUG|[DIWEA*])[ \t]+(?={_TIME})",  # Cloud Run's log view
            rf"\[?(?>{_TIME})\]?:?(?:[ \t]+|$)(?!\[\d+\])(?:INFO {{1,2}}- ?)?",
            # what stands after a time: an instance of Render, a revision, a stream of Kubernetes, of ECS, of GitLab
            r"\[(?!emerg|error|alert|debug|fatal)[a-z0-9]{5}\] (?=\S|$)",
            r"default\[\w+\] {1,2}",
            r"(?:stdout|stderr) [FP](?: |$)",
            r"[\w-]+/[\w-]+/[0-9a-f]{8,40} ",
            r"\d\d[OE]\+? ",
            r"\w{3,9} \d\d?, \d{4} at \d\d?:\d\d \(UTC[\d:+-]*\)\t",  # the console of ECS
            rf"\[[\w-]{{1,40}}\] (?=\[?{_TIME})",  # DigitalOcean
            r"\[?\d\d:\d\d:\d\d(?:[.,]\d{1,6})?\]?(?:[ \t]+|$)(?=\S|$)",  # Vercel, honcho
            _APACHE,
            r"\w{3} \w{3} [ \d]\d \d\d:\d\d:\d\d \d{4} - ",  # uWSGI
            r"1\d{12}(?:\t|,\"?)(?=\S|$)",  # CloudWatch, as it is downloaded
            r"\d+\|[\w.-]{1,60} *\| ?",  # pm2
            r"(?P<compose3>[\w.-]+\.\d+)\.[a-z0-9]{10,30}@[\w.-]+ +\| ?",  # docker service logs
            rf"{_POD} (?:[a-z][\w-]* )?(?=\S|$)|\[pod/[\w.-]+/[\w.-]+\] ?",  # stern, kubectl logs --prefix
            rf"[\w ()/.,-]{{1,60}}\t[^\t\n]{{1,80}}\t\ufeff?(?={_TIME})",  # gh run view --log
            r" {0,6}\d{1,5}(?: {2}| ?[|\u2502] |\t|: (?=\s*(?:File|Traceback|[\w.]+Error)\b))(?=\s*\S)",  # line numbers
            r" {0,6}\d{1,5} ?[|\u2502]$",
            r"(?P<compose>[A-Za-z0-9][\w.-]{0,62}) +\| ?",  # docker compose
            r"(?P<compose2>[A-Za-z0-9][\w.-]{0,62}[_-]\d+)\| ?",
            r"remote: ?",  # git push to a platform
            r"\w{3} [ \d]?\d,? (?:\d{4} )?\d\d?:\d\d:\d\d (?:AM|PM)[ \t]+(?:\[\w{4,12}\] ?)?",  # Render's log view
            r"#\d+ (?:\[[^\]]{1,60}\] )?(?:\d+\.\d+ )?",  # BuildKit, plain progress
            # Cloud Foundry, and consoles of container hosts
            r"(?:\[(?:APP|CELL|STG|RTR|API|LGR)/[\w/-]+\] )?(?:STDOUT|STDERR|OUT|ERR|stdout|stderr)[ \t]+(?=\S)",
            r"Step #\d+(?: - \"[^\"]{1,60}\")?: ",  # Google Cloud Build
            r"\d{1,4}\.\d{1,3} (?=\S)",  # BuildKit, the excerpt of a failed step
            r"##\[error\]|\[(?:inf|err|info|stdout|stderr)\][ \t]+(?:\[\w{4,12}\] )?",
            " *[\u2502|>\u2570\u2500\u00d7]+ ",  # pip's boxes, quotes in threads
            r"\$ ",
            r"(?:`{1,3}|\*\*)(?=[\w\[/])",  # marks of a thread around a line
        )
    )
)
# A log that was pasted as a block of a document.
_INDENTED: Final = re.compile(
    rf"[ \t]+(?={_TIME} (?:app|heroku)\[|(?:{_SYSLOG_TIME}|{_TIME}) (?:[\w.-]+ )?[\w.@/-]+\[\d+\]: )"
)
_PRETTY: Final = re.compile(r'\s*"(?:textPayload|message|log|msg|stderr|stdout)": ?"(?P<text>.*?)"?,?')
_MOST_PREFIXES: Final = 5
_FOLD: Final = FOLD.decode()


@dataclass(frozen=True, slots=True)
class LogLine:
    """A line.

    Shape: `number` from 1; `text` without prefix, colours and trailing space; `service` is "" when none is named;
    `place` is what named it: "heroku" (and platforms alike), "compose", "journal" or "".
    """

    number: int
    text: str
    service: str = ""
    place: str = ""


def plain(raw: str) -> str:
    """Return *raw* without colours, carriage returns (what a progress bar overwrote is dropped) and trailing space.

    What a web page or a word processor did to a log on its way is undone: tags, entities, typographic quotes.
    """
    text = _ANSI.sub("", raw) if "\x1b" in raw or "\ufeff" in raw else raw
    if _PASTED.search(text):
        text = html.unescape(_TAG.sub("", text))
    if not text.isascii():
        text = text.translate(_QUOTES)
    text = text.rstrip()
    return text.rpartition("\r")[2] if "\r" in text else text


def log_line(number: int, raw: str) -> LogLine:
    """Return the line *raw* taken apart."""
    text, service, place = plain(raw.removeprefix(_FOLD)), "", ""
    if '": "' in text and (entry := _PRETTY.fullmatch(text)):
        text = entry["text"].replace('\\"', '"').removesuffix("\\n")
    if text[:1].isspace() and (indent := _INDENTED.match(text)):
        text = text[indent.end() :]
    for _ in range(_MOST_PREFIXES):
        match = _PREFIX.match(text)
        if not match or not match.end():
            break
        if not service and match.lastgroup:
            service, place = match[match.lastgroup], match.lastgroup.rstrip("1234")
        text = text[match.end() :]
    return LogLine(number, text, service, place)
