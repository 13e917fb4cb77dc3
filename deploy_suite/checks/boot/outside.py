"""What a service tried to reach outside while it started → the finding that names it."""

from collections.abc import Iterator, Sequence
from typing import Final

from deploy_suite.checks.boot.explaining import NETWORK_REMEDY
from deploy_suite.checks.boot.stage import Stage
from deploy_suite.environments import start_installs
from deploy_suite.model.finding import Finding, Outcome
from deploy_suite.ports import Reach

_PACKAGE_INDEX: Final = frozenset({"pypi.org", "files.pythonhosted.org"})
# Where libraries fetch models, tokenizers and corpora from when they are first used, with the step that does it before.
_OF_MODELS: Final = {
    "huggingface.co": "snapshot_download() of huggingface_hub; https://huggingface.co/docs/huggingface_hub/guides/download",
    "hf.co": "snapshot_download() of huggingface_hub; https://huggingface.co/docs/huggingface_hub/guides/download",
    "raw.githubusercontent.com": "`python -m nltk.downloader …`, for NLTK's data; https://www.nltk.org/data.html",
    "openaipublic.blob.core.windows.net": "tiktoken.get_encoding(), TIKTOKEN_CACHE_DIR set; https://github.com/openai/tiktoken",
    "download.pytorch.org": "torch.hub.load() with TORCH_HOME set; https://docs.pytorch.org/docs/stable/hub.html",
    "dl.fbaipublicfiles.com": "the library's own download; https://fasttext.cc/docs/en/english-vectors.html",
}


def reached(stage: Stage) -> tuple[Reach, ...]:
    """Return what the service wanted; a pip of its start command asks the index, which is told as that."""
    found = tuple(stage.network.reached_for())
    is_index = any(each.host in _PACKAGE_INDEX for each in found)
    if not is_index or not start_installs.read(stage.contract, stage.built.case.snapshot.folder):
        return found
    return tuple(each for each in found if each.host not in _PACKAGE_INDEX)


def finding(reached: Sequence[Reach], *, has_failed: bool) -> Finding | None:
    """Return the warning about *reached*, None when that is empty."""
    if not reached:
        return None
    hosts = ", ".join(f"{each.host}:{each.port}" if each.port else each.host for each in reached)
    consequence = "if that is why it failed" if has_failed else "if what it does there matters"
    return Finding(
        code="network-at-start",
        outcome=Outcome.WARNING,
        message=f"while it started, the service tried to reach {hosts}; a preflight lets nothing out",
        remedy=f"{consequence}, {NETWORK_REMEDY}",
        certainty="seen: the look-ups and connections themselves"
        + ("" if has_failed else "; it started without them, and on the target they make it wait"),
    )


def on_requests(wanted: Sequence[tuple[str, Reach]]) -> Iterator[Finding]:
    """Yield what requests made the service reach for: a model that is fetched when it is first used is a warning.

    Shape: *wanted* are pairs of path and host. Any other host may be an interface that the service is there to ask.
    """
    for path, each in wanted:
        names = (host for host in _OF_MODELS if each.host == host or each.host.endswith(f".{host}"))
        step = _OF_MODELS.get(next(names, ""), "")
        host = f"{each.host}:{each.port}" if each.port else each.host
        yield Finding(
            code=f"network-at-request:{each.host}",
            outcome=Outcome.WARNING if step else Outcome.NOTE,
            message=f"asked for {path}, the service tried to reach {host}; a preflight lets nothing out",
            remedy=f"fetch it while the service is built, and ship it: {step}" if step else NETWORK_REMEDY,
            certainty="seen: the look-up itself; on the target the first visitor after each deploy waits for it, "
            "and gets an error when that host does not answer"
            if step
            else "seen: the look-up itself",
        )
