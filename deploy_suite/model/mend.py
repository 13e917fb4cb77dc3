"""A change to one file of a snapshot with which a rehearsal can go on behind a fault that it has told."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Mend:
    """What is changed in a copy of the snapshot; the project itself is never touched.

    Shape: in `file`, relative to the repository, the requirement at `line` becomes `text` ("" takes it out), or with
    `is_in_front` gets it in front; without a line, `text` is added at the end. With `twin`, `file` is not there and
    `twin` takes its place: a file, or the folder that holds its like. `says` completes "once …". `is_faithful` says
    that whoever mends the fault does just this, so that what is met behind it is as sure as the fault itself.
    `pythons` are the series of Python with which nothing has to be changed; without a file, that is the only way.
    """

    file: str
    says: str
    line: int = 0
    text: str = ""
    twin: str = ""
    is_faithful: bool = True
    is_in_front: bool = False
    pythons: tuple[str, ...] = ()
