"""A TOML table into typed values; what is wrong is collected, so that all mistakes are told at once."""

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from deploy_suite.manifests.toml_document import Path, TomlDocument, as_table
from deploy_suite.model.location import Location
from deploy_suite.model.probe import JsonValue


@dataclass(frozen=True, slots=True)
class Mistake:
    """Something wrong at the dotted *path*."""

    path: str
    message: str
    location: Location


class TableReader:
    """Reads the keys of one table. Readers of inner tables share the list of mistakes with the outer one."""

    def __init__(
        self,
        document: TomlDocument,
        at: Path = (),
        *,
        known: Sequence[str],
        mistakes: list[Mistake] | None = None,
    ) -> None:
        """Read the table of *document* at the path *at*; keys that are not *known* are mistakes."""
        self.document = document
        self.at = at
        self.mistakes: list[Mistake] = [] if mistakes is None else mistakes
        found = document.get(*at) if at else document.values
        self.values: Mapping[str, object] = as_table(found)
        for key in self.values:
            if known and key not in known:
                self.wrong(key, f"unknown key{suggestion(key, known)}")

    @property
    def location(self) -> Location:
        """The place of the table."""
        return self.document.location(*self.at)

    def wrong(self, key: str | int, message: str) -> None:
        """Note a mistake at *key*."""
        path = (*self.at, key) if key != "" else self.at
        self.mistakes.append(Mistake(dotted(path), message, self.document.location(*path)))

    def has(self, key: str) -> bool:
        """Return whether *key* is written."""
        return key in self.values

    def text(self, key: str, *, default: str = "", pattern: re.Pattern[str] | None = None, example: str = "") -> str:
        """Return the text at *key*."""
        value = self.values.get(key, default)
        if isinstance(value, str) and (not self.has(key) or pattern is None or pattern.fullmatch(value)):
            return value
        wanted = f"must be a text such as {example}" if example else "must be a text"
        self.wrong(key, f"{wanted}, not {_shown(value)}")
        return default

    def flag(self, key: str) -> bool:
        """Return the boolean at *key*, False by default."""
        value = self.values.get(key, False)
        if isinstance(value, bool):
            return value
        self.wrong(key, f"must be true or false, not {_shown(value)}")
        return False

    def number(self, key: str, *, most: float) -> float | None:
        """Return the number above 0 and up to *most* at *key*, None where there is none."""
        value = self.values.get(key)
        if value is None:
            return None
        if isinstance(value, int | float) and not isinstance(value, bool) and 0 < value <= most:
            return float(value)
        self.wrong(key, f"must be a number above 0 and up to {most:g}, not {_shown(value)}")
        return None

    def texts(self, key: str, *, pattern: re.Pattern[str], example: str) -> tuple[str, ...]:
        """Return the list of texts at *key*; a single text stands for a list of one."""
        value = self.values.get(key, [])
        items = [value] if isinstance(value, str) else value
        if isinstance(items, list) and all(isinstance(item, str) and pattern.fullmatch(item) for item in items):
            return tuple(dict.fromkeys(items))
        hint = "; numbers need quotes, since 3.10 is the number 3.1" if _has_float(items) else ""
        self.wrong(key, f"must be a list such as {example}, not {_shown(value)}{hint}")
        return ()

    def text_table(self, key: str, *, keys: re.Pattern[str] | None = None) -> Mapping[str, str]:
        """Return the table of texts at *key*."""
        value = self.values.get(key, {})
        if not isinstance(value, dict) or not all(isinstance(item, str) for item in value.values()):
            self.wrong(key, f"must be a table of texts, not {_shown(value)}")
            return {}
        bad = [name for name in value if keys and not keys.fullmatch(name)]
        if bad:
            self.wrong(key, f"{bad[0]!r} must be a name of letters, digits and '_'")
        return dict(value)

    def json(self, key: str) -> JsonValue:
        """Return the JSON value at *key*, None where there is none."""
        return self._json(self.values.get(key), key)

    def json_table(self, key: str) -> Mapping[str, JsonValue]:
        """Return the table of JSON values at *key*."""
        value = self.values.get(key, {})
        if isinstance(value, dict):
            return {name: self._json(item, key) for name, item in value.items()}
        self.wrong(key, f"must be a table of dotted paths and values, not {_shown(value)}")
        return {}

    def json_list(self, key: str) -> tuple[JsonValue, ...]:
        """Return the list of JSON values at *key*."""
        value = self.values.get(key, [])
        if isinstance(value, list):
            return tuple(self._json(item, key) for item in value)
        self.wrong(key, f"must be a list, not {_shown(value)}")
        return ()

    def table(self, key: str, *, known: Sequence[str]) -> "TableReader":
        """Return a reader of the table at *key*, of an empty one where there is none."""
        if not isinstance(self.values.get(key, {}), dict):
            self.wrong(key, f"must be a table, not {_shown(self.values[key])}")
        return TableReader(self.document, (*self.at, key), known=known, mistakes=self.mistakes)

    def tables_by_name(self, key: str, *, known: Sequence[str]) -> Mapping[str, "TableReader"]:
        """Return readers of the tables in the table at *key*, whose names are free."""
        outer = self.table(key, known=())
        return {name: outer.table(name, known=known) for name in outer.values}

    def tables(self, key: str, *, known: Sequence[str]) -> tuple["TableReader", ...]:
        """Return readers of the array of tables at *key*."""
        value = self.values.get(key, [])
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            self.wrong(key, f"must be tables, written as [[{dotted((*self.at, key))}]]")
            return ()
        places = ((*self.at, key, number) for number in range(len(value)))
        return tuple(TableReader(self.document, at, known=known, mistakes=self.mistakes) for at in places)

    def _json(self, value: object, key: str) -> JsonValue:
        if isinstance(value, dict):
            return {name: self._json(item, key) for name, item in value.items()}
        if isinstance(value, list):
            return [self._json(item, key) for item in value]
        if value is None or isinstance(value, bool | int | str):
            return value
        if isinstance(value, float) and math.isfinite(value):
            return value
        self.wrong(key, f"{_shown(value)} has no form in JSON; write it as a text")
        return None


def suggestion(word: str, known: Iterable[str]) -> str:
    """Return "; did you mean 'x'?" for the nearest of *known*, or the list of them when none is near."""
    import difflib  # noqa: PLC0415  only a mistake needs it

    choices = {choice.lower(): choice for choice in known}
    near = difflib.get_close_matches(word.lower(), choices, n=1, cutoff=0.6)
    return f"; did you mean {choices[near[0]]!r}?" if near else f"; known are {', '.join(choices.values())}"


def dotted(path: Path) -> str:
    """Return *path* as people write it: `services.api.probes[0].path`."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            shown = part if re.fullmatch(r"[\w-]+", part) else f'"{part}"'
            text += f".{shown}" if text else shown
    return text


def _has_float(value: object) -> bool:
    return any(isinstance(item, float) for item in value) if isinstance(value, list) else isinstance(value, float)


def _shown(value: object) -> str:
    longest = 60
    text = {True: "true", False: "false"}[value] if isinstance(value, bool) else repr(value)
    return text if len(text) <= longest else text[: longest - 1] + "…"
