"""Machine code that wants a newer C library than the target's image has."""

from collections.abc import Iterator

from deploy_suite.checks.packages import reach
from deploy_suite.checks.packages.binaries import Compiled, File
from deploy_suite.checks.packages.subject import Subject, is_eager, seen
from deploy_suite.knowledge.platforms.images import Image
from deploy_suite.model.finding import Finding, Outcome


def findings(subject: Subject) -> Iterator[Finding]:
    """Yield a finding for each distribution whose files the loader of the target's image refuses."""
    image = subject.image
    if image is None or not image.glibc:
        return
    brought = reach.bundled(subject.compiled)
    for one in subject.compiled:
        if not one.is_made_here:  # what was compiled on this machine is compiled anew on the target
            newest = max(reach.reached(one, brought), key=lambda file: file.glibc, default=None)
            if newest and newest.glibc > image.glibc:
                yield _finding(one, newest, subject, image)


def _finding(one: Compiled, file: File, subject: Subject, image: Image) -> Finding:
    found = subject.imported(one.modules)
    fits_elsewhere = one.built_for > image.glibc
    is_sure = is_eager(found) and not fits_elsewhere
    wants, has = _shown(file.glibc), _shown(image.glibc)
    return Finding(
        code="glibc-mismatch",
        outcome=Outcome.FAILED if is_sure else Outcome.WARNING,
        message=f"{one.name} {one.version} needs glibc {wants}, and the image of the target ({image.name}) has {has}",
        location=subject.place(one.name, found),
        evidence=(*((found.chain.shown(),) if found else ()), f"{file.path} needs GLIBC_{wants}"),
        remedy=f"require a release of {one.name} whose wheel is for manylinux_{image.glibc[0]}_{image.glibc[-1]} "
        "or older, or deploy on an image with a newer C library",
        certainty="" if is_sure else _certainty(found_words=seen(found), fits_elsewhere=fits_elsewhere),
        reproduce=f"pip download --no-deps --only-binary :all: --platform "
        f"manylinux_{image.glibc[0]}_{image.glibc[-1]}_x86_64 {one.name}=={one.version}",
    )


def _certainty(*, found_words: str, fits_elsewhere: bool) -> str:
    if fits_elsewhere:
        return "open: this wheel is not for the target; pip takes another one there, or compiles the source archive"
    return f"certain once it is imported; {found_words}"


def _shown(version: tuple[int, ...]) -> str:
    return ".".join(str(part) for part in version)
