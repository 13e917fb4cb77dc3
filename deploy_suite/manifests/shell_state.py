"""The state of a shell as its commands change it: the folder, `set -e`, the functions that were defined."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field

from deploy_suite.manifests.shell_place import Place


@dataclass(slots=True)
class ShellState:
    """What holds for the next command. Shape: `is_certain` is false once something was met that only a run tells."""

    stops_at_errors: bool
    place: Place = field(default_factory=Place)
    is_certain: bool = True
    functions: set[str] = field(default_factory=set)
    moving_functions: set[str] = field(default_factory=set)

    def mark(self) -> tuple[Place, bool]:
        """Return what ends with a shell of its own: where it is, and whether it stops at errors."""
        return self.place, self.stops_at_errors

    def back_to(self, mark: tuple[Place, bool]) -> None:
        """Leave a shell of its own, or a function that was only defined."""
        self.place, self.stops_at_errors = mark

    def settle(self, before: Place) -> None:
        """Go on behind what may or may not have run: a folder that it changes is unknown."""
        if self.place.folder != before.folder or self.place.is_known != before.is_known:
            self.place = Place(is_known=False)

    def define(self, function: str, *, moves: bool) -> None:
        """Take note of a function, and whether it changes the folder."""
        self.functions.add(function)
        if moves:
            self.moving_functions.add(function)

    def obey(self, words: Sequence[str]) -> None:
        """Follow what the command of these *words* does to the shell itself."""
        program, *operands = words or ("",)
        match program:
            case "cd" | "pushd":
                targets = [word for word in operands if word == "-" or not word.startswith("-")]
                self.place = self.place.moved(targets[0] if targets else "")
            case "popd":
                self.place = self.place.moved("-")
            case "set":
                self._set_options(words)
            case "eval":
                self.is_certain = False
            case "source" | ".":
                self.is_certain = self.is_certain and bool(operands) and operands[0].endswith("bin/activate")
            case _ if program in self.moving_functions:
                self.place = Place(is_known=False)
            case _ if program.startswith(("$", "`")):
                self.is_certain = False
            case _:
                pass

    def _set_options(self, words: Sequence[str]) -> None:
        for word, following in itertools.pairwise((*words[1:], "")):
            if word in {"--", "-"}:
                break
            is_errexit = "e" in word[1:] if not word.endswith("o") else "e" in word[1:] or following == "errexit"
            if word.startswith("-") and is_errexit:
                self.stops_at_errors = True
            elif word.startswith("+") and is_errexit:
                self.stops_at_errors = False
