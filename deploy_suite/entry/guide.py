"""What the help of each command tells beside its options: one sentence, examples to paste, its exit codes."""

import argparse
import textwrap
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from typing import Final

_HANGING: Final = "    "
_BELOW: Final = "      "
_EXAMPLE: Final = "  deploy-suite "
_CODES: Final = "exit code: "


@dataclass(frozen=True, slots=True)
class Guide:
    """Shape: `about` is "" where the command's parser tells it; `examples` are (command line, what it is for)."""

    about: str
    examples: tuple[tuple[str, str], ...]
    codes: str = "0 done; 2 wrong usage"


_GUIDES: Final[Mapping[str, Guide]] = {
    "preflight": Guide(
        "Takes a commit through the contract of its target on this machine: builds it, migrates a throw-away "
        "PostgreSQL, starts it with the start command as it stands, asks for the health path. The target sees none "
        "of it.",
        (
            ("preflight", "the commit that is checked out"),
            ("preflight --commit main --format json", "another commit, for a program to read"),
            ("preflight --network", "let the service reach the network while it boots"),
        ),
        "0 passed, perhaps with warnings; 1 this commit would fail there; 2 wrong usage: no repository, no service; "
        "3 incomplete: something cannot be checked on this machine; 4 this machine fell short: no package index, disk "
        "full; 5 a fault of the suite; 130 interrupted",
    ),
    "deploy": Guide(
        "Takes the commit that is checked out through preflight, pushes it, has it deployed and verifies what is live; "
        "a lasting fault takes it back to what was live before.",
        (
            ("deploy --plan", "what would it do? changes nothing"),
            ("deploy", "check, push, deploy, verify"),
        ),
        "0 live and verified; 1 taken back, or nothing was changed; 2 wrong usage, and of --plan: there is something "
        "to do; 3 it goes on, or nothing sure is known; 4 this machine fell short, or deploys it already",
    ),
    "rollback": Guide(
        "Puts a release back that was live before, and verifies it.",
        (
            ("rollback", "the last verified release"),
            ("rollback --to 3f2a91c", "that of a commit"),
        ),
        "0 it is back and verified; 1 it is not; 2 wrong usage; 3 nothing sure is known; 4 this machine fell short",
    ),
    "push": Guide(
        "Brings what is checked out to the branch that is deployed, or tells every reason not to. Never forces.",
        (("push --plan", "what would be pushed?"), ("push", "push it")),
        "0 pushed, or nothing to push; 1 not pushed; 2 wrong usage, and of --plan: there is something to push",
    ),
    "redeploy": Guide(
        "Has a pushed commit deployed and follows that until it is live or is not; the deploy that a push has begun of "
        "it, or may still begin, is taken for it.",
        (
            ("redeploy --commit HEAD", "this commit"),
            ("redeploy --now", "the branch's head, without waiting for a push's deploy"),
            ("redeploy --cancel dep-123", "stop that deploy"),
        ),
        "0 live; 1 it failed, with the cause that its log shows, or another deploy took its place; 2 wrong usage; "
        "3 nothing sure is known",
    ),
    "status": Guide(
        "Says what is live, how far that is behind the branch, and what was deployed last.",
        (("status", ""),),
        "0 the branch is live; 1 what is live lags; 2 wrong usage; 3 the branch cannot be seen; 4 no answer",
    ),
    "logs": Guide(
        "Prints what the live service prints, secrets masked.",
        (("logs --since 2h", "from then on"), ("logs --follow", "until Ctrl-C")),
    ),
    "doctor": Guide(
        "Looks at what a deploy needs: git's remote, the key, the service, the clock, Pythons, uv, Docker, PostgreSQL "
        "and the disk.",
        (("doctor", "takes at most 10 s"),),
        "0 all is there; 1 something is missing",
    ),
    "verify": Guide(
        "Asks what is live, in rounds until the verdict is sure: the health path, /, the probes of deploy.toml, the "
        "certificate, and which commit serves. Deploys nothing.",
        (
            ("verify --commit HEAD", "the service on its target"),
            ("verify --url https://shop.example", "what is deployed anywhere"),
        ),
        "0 good answers in a row; 1 a lasting fault, or another commit; 2 wrong usage; 3 nothing sure; 4 no answer",
    ),
    "diagnose": Guide(
        "Reads the log of a failed build or start and names the cause, with the lines that show it.",
        (
            ("diagnose build.log", "a file"),
            ("logs --since 1h | deploy-suite diagnose", "what another command prints"),
        ),
        "0 the cause, or no failure; 2 wrong usage; 3 it failed, and the cause is unknown",
    ),
    "explain": Guide(
        "Tells why the cause behind a code of a report happens, and what to do.",
        (("explain numpy-abi", "one cause"), ("explain --list", "all of them")),
    ),
    "trace": Guide(
        "",
        (
            ("trace", "what the services' entry points import"),
            ("trace --why numpy", "by which ways numpy is reached"),
            ("trace app.main:app --times", "how long each package takes"),
        ),
    ),
    "lock": Guide(
        "",
        (("lock", "requirements.lock beside requirements.txt"), ("lock --hashes", "with hashes, which pip insists on")),
        "0 done; 2 wrong usage, or no versions fit; 4 the package index does not answer",
    ),
    "init": Guide(
        "Prints the files that the suite wants of a project, and the code by which its services tell their commit.",
        (("init", "show them"), ("init --write", "write those that are not there")),
    ),
}


class Summaries(argparse.RawDescriptionHelpFormatter):
    """Lists each command on a line of its own, below nothing that repeats their title."""

    def _iter_indented_subactions(self, action: argparse.Action) -> Generator[argparse.Action]:
        yield from getattr(action, "_get_subactions", tuple)()

    def _format_action(self, action: argparse.Action) -> str:
        listed = list(self._iter_indented_subactions(action))
        return "".join(map(self._format_action, listed)) if listed else super()._format_action(action)


class _Lines(argparse.HelpFormatter):
    """Wraps each line for itself, so that examples stay below each other."""

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        return "\n".join(line for each in text.splitlines() for line in self._filled(each, width, indent))

    def _filled(self, line: str, width: int, indent: str) -> list[str]:
        if len(line) > width and line.startswith(_EXAMPLE):
            command, _, what = line.strip().partition("  ")
            below = textwrap.wrap(what.strip(), width, initial_indent=_BELOW, subsequent_indent=_BELOW)
            return [f"  {command}", *below]
        hanging = _HANGING if line.startswith(_CODES) else indent
        return textwrap.wrap(line, width, initial_indent=indent, subsequent_indent=hanging) or [""]


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Put into the help of each of *commands* what is told of it."""
    for name, command in commands.choices.items():
        guide = _GUIDES[name]
        command.description = guide.about or command.description
        command.epilog = _epilogue(guide)
        command.formatter_class = _Lines


def _epilogue(guide: Guide) -> str:
    width = max(len(line) for line, _ in guide.examples)
    shown = [f"{_EXAMPLE}{line:<{width}}  {what}".rstrip() for line, what in guide.examples]
    return "\n".join(("examples:", *shown, "", f"{_CODES}{guide.codes}"))
