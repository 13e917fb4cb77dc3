"""The table of `nox -s rehearse`: releases of examples/konan to the stand-in, and how each of them ends.

    python -m tests.rehearse [SCENE ...]

Each is deployed after the one before, from a clone, by `deploy` as a user runs it; what it says is compared with what
is so afterwards: the commit that answers in public, the deploys that the target was made to begin, the branch.
Exit code: 0 when all is as expected, 1 on any difference.
"""

import argparse
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from tests.rehearse.scenes import SCENES, Scene
from tests.rehearse.stage import VERIFYING, Ran, Stage, stage
from tests.standin.stand_in import git

_HEADS: Final = ("release", "what it is", "verdict", "exit", "serves", "deploys", "s", "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """How a scene ended. Shape: `serves` is "new", "old", or the commit where it is neither."""

    scene: Scene
    ran: Ran
    serves: str
    deploys: int
    is_pushed: bool
    status: Ran
    seconds: float

    @property
    def outcome(self) -> str:
        """What the answer says."""
        return str(self.ran.answer.get("verdict", "no answer"))

    @property
    def differences(self) -> tuple[str, ...]:
        """How it differs from what it must be."""
        return tuple(self._differences())

    def _differences(self) -> Iterator[str]:
        scene = self.scene
        facts = {
            "exit code": (self.ran.code, scene.code),
            "verdict": (self.outcome, scene.outcome),
            "serves": (self.serves, scene.serves),
            "deploys begun": (self.deploys, scene.deploys),
            "pushed": (self.is_pushed, scene.is_pushed),
        }
        for name, (found, wanted) in facts.items():
            if found != wanted:
                yield f"{name}: {found}, expected {wanted}"
        yield from (f"does not say {text!r}" for text in scene.says if text not in self.ran.text)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print a row for each release as it ends, and below them each difference."""
    parser = argparse.ArgumentParser(prog="python -m tests.rehearse", description=__doc__.partition("\n")[0])
    parser.add_argument("names", nargs="*", metavar="SCENE", help="after the first: these alone")
    parser.add_argument("--verbose", action="store_true", help="print what each command said")
    options = parser.parse_args(arguments)
    chosen = [scene for at, scene in enumerate(SCENES) if not at or not options.names or scene.name in options.names]
    print(_line(_HEADS), flush=True)
    played: list[Played] = []
    with stage() as here:
        for scene in chosen:
            done = play(scene, here)
            played.append(done)
            print(_row(done), flush=True)
            if options.verbose:
                print(done.ran.text, done.status.text, sep="\n", flush=True)
    for done in played:
        for difference in done.differences:
            print(f"{done.scene.name}: {difference}")
            print(done.ran.text[-3000:])
    right = sum(not done.differences for done in played)
    print(f"{right} of {len(played)} as expected")
    return int(right != len(played))


def play(scene: Scene, here: Stage) -> Played:
    """Deploy *scene* and look at what is so then."""
    before, begun = here.serving, len(here.service.deploys)
    sha = here.lay(scene)
    began_s = time.monotonic()
    ran = here.run("deploy", *VERIFYING)
    seconds = time.monotonic() - began_s
    here.service.settle()
    serving = here.serving
    tip = git(here.service.record.origin, "rev-parse", "--verify", "--quiet", "main")
    played = Played(
        scene=scene,
        ran=ran,
        serves={sha: "new", before: "old"}.get(serving, serving),
        deploys=len(here.service.deploys) - begun,
        is_pushed=tip == sha,
        status=here.run("status"),
        seconds=seconds,
    )
    here.clear(scene)
    return played


def _row(done: Played) -> str:
    told = "as expected" if not done.differences else "DIFFERS"
    cells = (done.outcome, str(done.ran.code), done.serves, str(done.deploys), f"{done.seconds:.1f}", told)
    return _line((done.scene.name, done.scene.what, *cells))


def _line(cells: Sequence[str]) -> str:
    widths = (19, 60, 13, 5, 7, 8, 6, 11)
    return "".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip()


if __name__ == "__main__":
    sys.exit(main())
