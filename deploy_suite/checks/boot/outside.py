"""What a service tried to reach outside while it started → the finding that names it."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Final

from deploy_suite.checks.boot.explaining import NETWORK_REMEDY
from deploy_suite.checks.boot.stage import Stage
from deploy_suite.environments import start_installs
from deploy_suite.model.finding import Finding, Outcome
from deploy_suite.ports import Reach

AT_START: Final = "network-at-start"
NEEDED: Final = "needs-network"  # as of an import: who fails for it needs it
NAMING_REMEDY: Final = (
    "give the variable that holds this address its value, on the target and, for the preflight, in .env.preflight"
)
_BEFORE: Final = "fetch it while the service is built, and ship it"
_PACKAGE_INDEX: Final = frozenset({"pypi.org", "files.pythonhosted.org"})
_NOWHERE: Final = ".invalid"  # as values are that are made up; https://www.rfc-editor.org/rfc/rfc2606
_RAW: Final = "raw.githubusercontent.com"  # holds NLTK's data, and anything else that somebody keeps at GitHub
# Where libraries fetch models, tokenizers and corpora from when they are first used, with the step that does it before.
_OF_MODELS: Final = {
    "huggingface.co": "snapshot_download() of huggingface_hub; https://huggingface.co/docs/huggingface_hub/guides/download",
    "hf.co": "snapshot_download() of huggingface_hub; https://huggingface.co/docs/huggingface_hub/guides/download",
    _RAW: "`python -m nltk.downloader …`, for NLTK's data; https://www.nltk.org/data.html",
    "openaipublic.blob.core.windows.net": "tiktoken.get_encoding(), TIKTOKEN_CACHE_DIR set; https://github.com/openai/tiktoken",
    "download.pytorch.org": "torch.hub.load() with TORCH_HOME set; https://docs.pytorch.org/docs/stable/hub.html",
    "dl.fbaipublicfiles.com": "the library's own download; https://fasttext.cc/docs/en/english-vectors.html",
}


def reached(stage: Stage) -> tuple[Reach, ...]:
    """Return what the service wanted of others than this preflight, which made up some addresses.

    A pip of its start command asks the index, which is told as that.
    """
    found = tuple(each for each in stage.network.reached_for() if not each.host.endswith(_NOWHERE))
    is_index = any(each.host in _PACKAGE_INDEX for each in found)
    if not is_index or not start_installs.read(stage.contract, stage.built.case.snapshot.folder):
        return found
    return tuple(each for each in found if each.host not in _PACKAGE_INDEX)


def finding(reached: Sequence[Reach], *, has_failed: bool, packages: Collection[str]) -> Finding | None:
    """Return what is to say of *reached*, None when that is empty.

    A service that starts all the same only told somebody that it did; that it fetches a model each time is a warning.
    Shape: *packages* are the canonical names of what is installed.
    """
    if not reached:
        return None
    is_near = are_near(each.host for each in reached)
    is_grave = has_failed or any(_step(each, packages) for each in reached)
    hosts = ", ".join(map(str, reached))
    consequence = "if that is why it failed" if has_failed else "if what it does there matters"
    return Finding(
        code=AT_START,
        outcome=Outcome.WARNING if is_grave else Outcome.NOTE,
        message=f"while it started, the service tried to reach {hosts}; a preflight lets nothing out",
        remedy=f"{consequence}, {NAMING_REMEDY if is_near else NETWORK_REMEDY}",
        certainty="seen: the look-ups and connections themselves" + ("" if has_failed else "; it started without them"),
    )


def remedy(reached: Iterable[Reach], *, packages: Collection[str]) -> str:
    """Return what to do about a start that fails without *reached*; *packages* as of `finding`."""
    step = next(filter(None, (_step(each, packages) for each in reached)), "")
    return f"{_BEFORE}: {step}; to check it as it is, {NETWORK_REMEDY}" if step else NETWORK_REMEDY


def are_near(hosts: Iterable[str]) -> bool:
    """Whether *hosts* are bare names, as the containers of one network have them: no way out leads to any of those."""
    return all("." not in host and ":" not in host for host in hosts)


def _step(reach: Reach, packages: Collection[str]) -> str:
    """Return the step that fetches beforehand what *reach* is for, "" for a host that keeps no models."""
    names = (host for host in _OF_MODELS if reach.host == host or reach.host.endswith(f".{host}"))
    name = next(names, "")
    return "" if name == _RAW and "nltk" not in packages else _OF_MODELS.get(name, "")


def on_requests(wanted: Sequence[tuple[str, Reach]], *, packages: Collection[str]) -> Iterator[Finding]:
    """Yield what requests made the service reach for: a model that is fetched when it is first used is a warning.

    Shape: *wanted* are pairs of path and host. Any other host may be an interface that the service is there to ask.
    *packages* are the canonical names of what is installed.
    """
    for path, each in wanted:
        step = _step(each, packages)
        host = str(each)
        yield Finding(
            code=f"network-at-request:{each.host}",
            outcome=Outcome.WARNING if step else Outcome.NOTE,
            message=f"asked for {path}, the service tried to reach {host}; a preflight lets nothing out",
            remedy=f"{_BEFORE}: {step}" if step else NETWORK_REMEDY,
            certainty="seen: the look-up itself; on the target the first visitor after each deploy waits for it, "
            "and gets an error when that host does not answer"
            if step
            else "seen: the look-up itself",
        )
