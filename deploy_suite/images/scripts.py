"""RUN into the text that a shell is given."""

import re

from deploy_suite.manifests.dockerfile import Instruction
from deploy_suite.manifests.dockerfile_words import words


def of(one: Instruction) -> str:
    """Return what the instruction runs; line k of it is the k-th of the instruction."""
    if one.exec is not None:
        return _quoted(one.exec)
    if one.heredocs and words(one.text)[:1] and re.fullmatch(r"\d?<<-?\w+", words(one.text)[0]):
        body = one.heredocs[0]
        return "\n" * (body.line - one.line) + body.text
    bodies = "".join(f"{each.text}{each.name}\n" for each in one.heredocs)
    return f"{one.source}\n{bodies}" if one.heredocs else one.source


def _quoted(argv: tuple[str, ...]) -> str:
    return " ".join(
        "'" + word.replace("'", "'\\''") + "'" if re.search(r"[^\w./=:@%+,-]", word) else word for word in argv
    )
