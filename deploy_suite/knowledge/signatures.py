"""The signatures of a catalogue by the literals that a line must hold, and what a match of one is evidence for."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from deploy_suite.knowledge.catalogue import Catalogue, Cause, Signature, filled
from deploy_suite.knowledge.distributions import age, distribution, is_known, slug_name
from deploy_suite.knowledge.hits import Hit
from deploy_suite.knowledge.scan import Scanner

_OF_MODULES: Final = "missing-requirement"
_PARAMETER: Final = re.compile(r"[\w.+@/-]+")


@dataclass(frozen=True, slots=True)
class Rule:
    """One signature of a cause, with its place among all."""

    cause: Cause
    signature: Signature
    order: int


class Index:
    """The signatures of a catalogue, found by the literals that a line must hold."""

    def __init__(self, rows: Catalogue, more: tuple[str, ...]) -> None:
        """Index *rows*; the scanner finds lines with one of *more* too."""
        self.rules: dict[str, list[Rule]] = {}
        order = 0
        for cause in rows.causes.values():
            for signature in cause.signatures:
                order += 1
                for literal in signature.find:
                    self.rules.setdefault(literal, []).append(Rule(cause, signature, order))
        self.scanner = Scanner([*self.rules, *more, *rows.literals])

    def rules_for(self, text: str) -> Iterator[Rule]:
        """Yield the rules whose literal stands in *text*."""
        for literal, rules in self.rules.items():
            if literal in text:
                yield from rules


@lru_cache(maxsize=4)
def index(rows: Catalogue, more: tuple[str, ...]) -> Index:
    """Return the index of *rows*, made once."""
    return Index(rows, more)


def hit(rule: Rule, values: dict[str, str]) -> Hit:
    """Return what the match of a rule that captured *values* is evidence for."""
    if "module" in values:
        values.setdefault("package", distribution(values["module"]))
    names: dict[str, str] = {
        name: slug_name(values[name]) for name in ("package", "importer", "other") if name in values
    }
    slug = _slug(rule, {**values, **names, "age": age(values)})
    is_transient = rule.cause.transient or rule.signature.transient
    return Hit(
        slug=slug,
        row=rule.cause.slug,
        weight=rule.signature.weight,
        values=values,
        is_transient=is_transient,
        is_sure=not rule.signature.unsure and (rule.cause.family != _OF_MODULES or is_known(values.get("module", ""))),
    )


def _slug(rule: Rule, values: Mapping[str, str]) -> str:
    """Return the slug with its parameter; without one when the log does not say it, or says it in no plain word."""
    slug = rule.signature.slug or rule.cause.slug
    if rule.cause.parameter and ":" not in slug:
        slug = f"{slug}:{rule.cause.parameter}"
    name, _, parameter = filled(slug, values).partition(":")
    return f"{name}:{parameter}" if _PARAMETER.fullmatch(parameter) else name
