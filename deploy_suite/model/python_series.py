"""Versions of Python by their series, the first two parts: what wheels, removals and targets go by."""

from collections.abc import Iterable, Sequence


def of(version: str) -> str:
    """Return "3.12" of "3.12.1"."""
    return ".".join(version.split(".")[:2])


def numbers(version: str) -> tuple[int, int]:
    """Return the series as numbers, to compare it by."""
    major, minor = version.split(".")[:2]
    return int(major), int(minor)


def spanned(all_series: Sequence[str]) -> str:
    """Return "3.8 to 3.12" of series in ascending order, of which there is at least one."""
    return all_series[0] if len(all_series) == 1 else f"{all_series[0]} to {all_series[-1]}"


def common(wanted: Sequence[str], others: Iterable[Sequence[str]]) -> tuple[tuple[str, ...], bool]:
    """Return those of *wanted* that are in *others* too, ascending, and whether all of *others* have them.

    Shape: what would leave none is passed over.
    """
    shared, is_of_all = frozenset(wanted), True
    for each in others:
        narrower = shared & frozenset(each)
        shared, is_of_all = narrower or shared, is_of_all and bool(narrower)
    return tuple(sorted(shared, key=numbers)), is_of_all


def pinning(series: str) -> str:
    """Return what to do for a Python of *series*."""
    return f"pin Python {series} for the service"


def direction(version: str, all_series: Sequence[str]) -> str:
    """Return whether the series of *version* is "too-new" for *all_series*, or "too-old"."""
    newest = max(map(numbers, all_series), default=(0, 0))
    return "too-new" if numbers(version) > newest else "too-old"
