"""The forms in which a report can be had."""

from collections.abc import Callable, Mapping
from typing import Final

from deploy_suite.model.report import Report
from deploy_suite.reports import github, json, text

FORMATS: Final[Mapping[str, Callable[[Report], str]]] = {
    "text": text.render,
    "json": json.render,
    "github": github.render,
}
