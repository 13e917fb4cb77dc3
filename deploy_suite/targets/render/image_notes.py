"""What the enacting of an image leaves out, as notes of the report."""

from collections.abc import Iterator
from textwrap import shorten
from typing import Final

from deploy_suite.images.reading import Made
from deploy_suite.model.finding import Finding, Outcome
from deploy_suite.model.location import Location

_SHOWN_CHARACTERS: Final = 50  # of each command that is left out


def of(made: Made) -> Iterator[Finding]:
    """Yield what the report says of how the image is enacted."""
    yield _not_built(made)
    if made.stand_ins:
        yield _not_made(made)


def _not_made(made: Made) -> Finding:
    """Return what of the image comes from stages that are not built here, and what that leaves open."""
    first = made.stand_ins[0]
    is_laid = any(one.path and one.is_folder for one in made.stand_ins)
    laid = ": folders without its files stand in" if is_laid else ""
    origins = ", ".join(dict.fromkeys(one.origin for one in made.stand_ins))
    return Finding(
        code="image-stage-not-built",
        outcome=Outcome.NOTE,
        message=f"what {made.file} takes from {origins} is not built here{laid}",
        location=Location(str(made.file), first.line),
        evidence=tuple(
            f"{made.file}:{one.line}: COPY --from brings {one.target} from {one.origin}" for one in made.stand_ins
        ),
        certainty="whether that stage can be built, and what the service answers from its files, is not checked; "
        "what fails for want of them is skipped",
    )


def _not_built(made: Made) -> Finding:
    commands = (shorten(command.replace("\\", " "), _SHOWN_CHARACTERS, placeholder=" …") for command in made.left_out)
    left = "; ".join(dict.fromkeys(commands))
    said = f"{made.file} is enacted without Docker: its installs and its files, in an environment of this machine"
    musl = "; the image has musl, for which other wheels count, and this machine glibc" if _is_musl(made) else ""
    return Finding(
        code="image-not-built",
        outcome=Outcome.NOTE,
        message=f"{said}{musl}",
        location=Location(str(made.file), made.dockerfile.stages[-1].line),
        evidence=(f"not run here: {left}",) if left else (),
        certainty="what is looked at is what Python finds; the image's own system is not there",
    )


def _is_musl(made: Made) -> bool:
    return made.base is not None and made.base.is_musl
