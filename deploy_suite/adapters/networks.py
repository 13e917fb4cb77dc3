"""Networks in which the user's processes run."""

from deploy_suite.ports import Network


def holder_of(network: Network | None) -> int | None:
    """Return the process whose namespaces make up *network*, None for this machine's own."""
    return getattr(network, "holder", None)
