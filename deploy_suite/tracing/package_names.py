"""The text of a package into the names that it has of its own, beside its submodules."""

from functools import cached_property

from deploy_suite.tracing import bindings
from deploy_suite.tracing.sources import Source


class PackageNames:
    """The names of a package's own, told without a syntax tree where the text is enough."""

    def __init__(self, source: Source | None, *, taken: frozenset[str], is_namespace: bool) -> None:
        """Remember what the names are read from; *taken* are those that it imports."""
        self._source = source
        self._is_namespace = is_namespace
        self._taken = taken

    def may_have(self, name: str) -> bool:
        """Whether the package has *name*, or nobody can tell without running it."""
        if self._is_namespace:
            return False
        if name in self._taken or name in self._plain:
            return True
        names = self._all
        return names is None or name in names

    def assigns(self, name: str) -> bool:
        """Whether the package assigns to *name*, so that Python does not look for a submodule."""
        return bool(self._source and bindings.may_assign(self._source.data, name) and name in self._assigned)

    @cached_property
    def _plain(self) -> frozenset[str]:
        return bindings.plainly_bound(self._source.data) if self._source else frozenset()

    @cached_property
    def _all(self) -> frozenset[str] | None:
        tree = self._source.tree if self._source else None
        return bindings.names(tree) if tree else None

    @cached_property
    def _assigned(self) -> frozenset[str]:
        tree = self._source.tree if self._source else None
        return bindings.assigned(tree) if tree else frozenset()
