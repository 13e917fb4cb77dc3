"""A failed run of a page of Streamlit's → how sure it is that the page fails for a visitor too."""

from dataclasses import replace
from typing import Final

from deploy_suite.checks.dependencies.fault import Fault
from deploy_suite.manifests import shell
from deploy_suite.model.finding import Finding, Outcome

# What has nothing to do with who asks for the page.
_SURE: Final = frozenset({"ImportError", "ModuleNotFoundError", "SyntaxError", "IndentationError", "NameError"})
_WITHOUT_SESSION: Final = (
    "uncertain: the page was run here without a visitor's session (st.session_state and st.secrets are empty); the "
    "server itself starts without running it, and only a page that is opened shows the exception"
)


def doubted(found: Finding, fault: Fault) -> Finding:
    """Return *found*, about the import of *fault*; as a warning where a session may be what the page lacks here."""
    if found.outcome is not Outcome.FAILED or {fault.outer.type, *fault.outer.bases} & _SURE or not _is_page(fault):
        return found
    return replace(found, outcome=Outcome.WARNING, certainty=_WITHOUT_SESSION)


def _is_page(fault: Fault) -> bool:
    """Whether the entry point is a script that Streamlit runs anew for each visitor."""
    start = fault.built.case.contract.start
    commands = shell.parse(start.text).commands if start else ()
    return not fault.entry.attribute and any(shell.unwrapped(one).program == "streamlit" for one in commands)
