"""Why uv refuses a call of pip → whether pip has to refuse it too.

Standard library only: what stands in for pip in a build imports it.
"""

import re
from collections.abc import Iterable
from typing import Final

_PROOF: Final = re.compile(r"\bBecause\b(?P<said>.*?\byour requirements are unsatisfiable\.)(?P<hints>.*)")
_CONCLUSION: Final = re.compile(r", we can conclude that .*?(?=\.(?: And because\b|$))")
_NAME: Final = r"[\w.-]+(?:\[[^\]]*\]|\{[^}]*\})*"
_RANGE: Final = r"(?:[=<>!~]=?[\w.*+!]+,?)+"
_DEMANDS: Final = re.compile(
    rf"(?P<name>{_NAME})(?P<range>{_RANGE}) depends on (?:one of:(?: {_NAME}{_RANGE})+|{_NAME}(?:{_RANGE})?)"
)
# What holds for pip as for uv: the files of a release that is named exactly, and what that demands. What uv says of a
# range of releases does not: it passes over the pre-releases that pip takes where nothing else fits.
_FACTS: Final = re.compile(
    rf"there is no version of {_NAME}==[\w.+!]+(?= )"
    rf"|{_NAME} was not found in the package registry"
    rf"|{_NAME}==[\w.+!]+ has no wheels with a matching (?:Python ABI|Python implementation|platform) tag"
    r"(?: \(e\.g\., `\w+`\))?"
    rf"|the current Python version \([\w.+]+\) does not satisfy Python{_RANGE}"
    rf"|{_DEMANDS.pattern}"
    rf"|you require {_NAME}{_RANGE}(?: and {_NAME}{_RANGE})*"
)
_CONNECTED: Final = re.compile(r"\b(?:And because|and)\b|[,.\s]")
_HINT: Final = re.compile(r"hint: (?:Wheels are available for|You require CPython) ")
_BUILT: Final = re.compile(r"Failed to build `(?P<name>[\w.-]+)==(?P<version>[\w.+!]+)`")
# What sources of old releases want of a Python, or of the setuptools that builds are given, and both have lost.
_LOST_MODULES: Final = (
    "aifc asynchat asyncore audioop cgi cgitb chunk crypt distutils imghdr imp lib2to3 mailcap msilib nis nntplib "
    "ossaudiodev pipes pkg_resources smtpd sndhdr spwd sunau telnetlib uu xdrlib"
)
_LOST: Final = re.compile(
    rf"ModuleNotFoundError: No module named '(?:{'|'.join(_LOST_MODULES.split())})(?:\.[\w.]+)?'"
    r"|AttributeError: module 'pkgutil' has no attribute 'ImpImporter'.*"
    r"|AttributeError: module 'configparser' has no attribute 'SafeConfigParser'.*"
    r"|AttributeError: '\w*ConfigParser' object has no attribute 'readfp'.*"
)
_PIN: Final = re.compile(
    r"(?P<name>[\w.-]+)(?:\[[^\]]*\])?\s*==\s*(?P<version>[\w.+!]+)(?:\s*\\|\s+(?:#|--hash).*|\s*)"
)


def binds_pip(account: str) -> bool:
    """Return whether *account*, what uv printed, is a proof that holds whatever resolves, for it uses such facts alone.

    Shape: what is said otherwise, by another version of uv too, proves nothing.
    """
    proof = _PROOF.search(" ".join(account.split()))
    if proof is None or not all(map(_HINT.match, re.findall(r"hint: .*?(?= hint: |$)", proof["hints"]))):
        return False
    said = _CONCLUSION.sub("", proof["said"])
    ranges = (found for found in _DEMANDS.finditer(said) if not re.fullmatch(r"==[\w.+!]+", found["range"]))
    if not all(f"you require {found['name']}==" in said for found in ranges):
        return False
    return not _CONNECTED.sub("", _FACTS.sub("", said))


def builds_in_vain(account: str, requirements: Iterable[str]) -> bool:
    """Return whether uv ended over sources that pip, where it builds apart as uv does, has to build too, and cannot.

    Shape: *requirements* are the lines that are asked for. Only a release that one of them pins is taken by pip for
    certain, and only what the Python itself has lost is lacking whoever builds.
    """
    built = _BUILT.search(account)
    if built is None:
        return False
    errors = account[built.end() :].partition("[stderr]")[2].partition("\nhint:")[0]
    said = [line.strip() for line in errors.splitlines() if line.strip()]
    if not said or not _LOST.fullmatch(said[-1]):
        return False
    pins = (match for match in map(_PIN.fullmatch, map(str.strip, requirements)) if match)
    wanted = (_canonical(built["name"]), built["version"])
    return any((_canonical(pin["name"]), pin["version"]) == wanted for pin in pins)


def _canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
