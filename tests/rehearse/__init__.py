"""Releases of examples/konan to the stand-in, good and bad: what `deploy` makes of each (`nox -s rehearse`)."""
