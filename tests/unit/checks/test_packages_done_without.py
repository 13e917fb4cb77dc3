"""A package that is missing, and that the project itself can do without."""

import pytest

from deploy_suite.checks.dependencies.absent_packages import done_without
from deploy_suite.model.location import Location
from deploy_suite.model.project import EntryPoint, Framework
from deploy_suite.tracing.values import Chain, Hop, ImportKind, ThirdPartyImport, Trace


def of(module: str, *, kind: ImportKind, line: int) -> ThirdPartyImport:
    chain = Chain((Hop("app.py", line, f"import {module}"),))
    return ThirdPartyImport(name=module.partition(".")[0], module=module, names=(), kind=kind, chain=chain)


@pytest.mark.parametrize(
    ("module", "kind", "expected"),
    [
        ("yaml", ImportKind.GUARDED, Location("app.py", 3)),
        ("toml", ImportKind.GUARDED, None),
        ("yaml", ImportKind.TYPING, None),
    ],
)
def test_an_import_of_the_same_module_under_a_try_provides_for_its_absence(
    module: str, kind: ImportKind, expected: Location | None
) -> None:
    late = of("yaml", kind=ImportKind.DEFERRED, line=9)
    entry = EntryPoint(module="app", attribute="app", framework=Framework.OTHER)

    assert done_without((late,), Trace(entry=entry, imports=(late, of(module, kind=kind, line=3)))) == expected
