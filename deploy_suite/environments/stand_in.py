"""What stands in a build's PATH for an installer: it alone knows this machine's way to the package index.

Runs under the suite's own interpreter without its packages (`-I -S`), so only the standard library may be imported.
"""

import codecs
import json
import os
import re
import signal
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import FrameType
from typing import Any, Final, NoReturn

from deploy_suite.environments import pip_call, shared_files, tool_scripts, uv_account

_NOT_FOUND: Final = 127
_FIRST_OPINION: Final = "uv for pip"
_NOT_WRITTEN: Final = 23  # curl's word for it: https://curl.se/docs/manpage.html#EXIT
_RESOLVES: Final = (20, 3)  # older pips install what does not fit together: https://pip.pypa.io/en/stable/news/#v20-3
# Since the first pip sources are built apart where setuptools or wheel is not at hand, since the other one always:
# https://pip.pypa.io/en/stable/news/#v23-1, https://pip.pypa.io/en/stable/news/#v25-3
_BUILDS_APART_WITHOUT_TOOLS: Final = (23, 1)
_BUILDS_APART: Final = (25, 3)
_RELINK: Final = ("uv", "uvx", "poetry", "pipenv")


def main(arguments: Sequence[str]) -> int:
    """Do what a call asks for and return its exit code. Shape: CONFIG, PROGRAM, and the arguments of the call."""
    config = json.loads(Path(arguments[0]).read_text(encoding="utf-8"))
    program, rest = arguments[1], arguments[2:]
    began = time.monotonic()
    code = _pip(rest, config) if program == "pip" else _other(program, rest, config)
    _note(config, {"program": program, "arguments": rest, "code": code, "seconds": time.monotonic() - began})
    return code if code >= 0 else 128 - code  # as shells say it of a signal


def _pip(arguments: Sequence[str], config: Mapping[str, Any]) -> int:
    told = {**config["settings"], **os.environ}
    only_pip = config["real_pip"] or not config["uv"] or pip_call.means_more_to_pip(told)
    wanted = None if only_pip else pip_call.read(arguments)
    if wanted is None:
        code = _real_pip(arguments, config)
    else:
        code = _by_uv(wanted, pip_call.uv_settings(told), arguments, config)
    _offer_installed(config)
    return code


def _by_uv(
    wanted: pip_call.PipInstall, settings: Mapping[str, str], arguments: Sequence[str], config: Mapping[str, Any]
) -> int:
    """Install by uv; where it fails, pip's own answer counts, for pip is what the build would have called.

    It is not asked where uv proves that nothing fits, or that a pin cannot be built: for 80 pins that took it minutes.
    """
    command: list[str] = [config["uv"], *config["uv_install"], *_hash_check(wanted), *wanted.uv_arguments()]
    with tempfile.TemporaryFile() as log:
        code = _run(command, _environment(config, settings), output=log.fileno())
        log.seek(0)
        told = log.read()
    if code:
        code = _second_opinion(wanted, arguments, config, code=code, told=told)
    else:
        _say(told)
        _overwrite(wanted, settings, config)
    return code


def _overwrite(wanted: pip_call.PipInstall, settings: Mapping[str, str], config: Mapping[str, Any]) -> None:
    """Have the files lie there that pip leaves where several distributions bring them, as far as uv can be brought to.

    What it has just installed it needs no index for.
    """
    again = shared_files.displaced(Path(config["venv"]))
    if not again:
        return
    named = [word for one in again for word in ("--reinstall-package", one.partition("==")[0])]
    command = [config["uv"], *config["uv_install"], "--offline", "--no-deps", *wanted.index_options, *named, *again]
    with tempfile.TemporaryFile() as log:
        _run(command, _environment(config, settings), output=log.fileno())


def _second_opinion(
    wanted: pip_call.PipInstall, arguments: Sequence[str], config: Mapping[str, Any], *, code: int, told: bytes
) -> int:
    account = told.decode(errors="replace")
    _note(config, {"program": _FIRST_OPINION, "arguments": list(arguments), "code": code, "told": account})
    if _is_proved(account, wanted, Path(config["venv"])):
        _say(told)
        return code
    found = _real_pip(arguments, config, timeout_s=config["second_opinion_s"])
    if found != -signal.SIGALRM:
        return found
    _say(told)
    return code


def _is_proved(account: str, wanted: pip_call.PipInstall, venv: Path) -> bool:
    """Return whether uv's *account* leaves the pip in *venv* no way to install what is *wanted*."""
    if uv_account.binds_pip(account):
        return _pip_resolves(venv)
    is_apart = "--no-build-isolation" not in wanted.options and _pip_builds_apart(venv)
    return is_apart and uv_account.builds_in_vain(account, _asked_for(wanted))


def _asked_for(wanted: pip_call.PipInstall) -> Iterator[str]:
    """Yield the requirements of a call, and the lines of the files that it names itself."""
    yield from wanted.requirements
    for path in map(Path, wanted.files):
        data = path.read_bytes() if path.is_file() else b""
        encoding = "utf-16" if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig"
        yield from data.decode(encoding, errors="replace").splitlines()


def _pip_resolves(venv: Path) -> bool:
    """Return whether the pip in *venv* refuses versions that do not fit together, as uv does."""
    versions = _installed(venv, "pip")
    return bool(versions) and all(version >= _RESOLVES for version in versions)


def _pip_builds_apart(venv: Path) -> bool:
    """Return whether the pip in *venv* builds any sources in an environment of its own, as uv does."""
    versions = _installed(venv, "pip")
    tools = all(_installed(venv, name) for name in ("setuptools", "wheel"))
    return bool(versions) and min(versions) >= (_BUILDS_APART if tools else _BUILDS_APART_WITHOUT_TOOLS)


def _installed(venv: Path, name: str) -> list[tuple[int, ...]]:
    """Return the versions of the distribution *name* that lie in *venv*, the first two numbers of each."""
    found = venv.glob(f"lib/python*/site-packages/{name}-*.dist-info")
    return [tuple(map(int, re.findall(r"\d+", one.name.partition("-")[2])[:2])) for one in found]


def _hash_check(wanted: pip_call.PipInstall) -> list[str]:
    """Return the option that makes uv as strict as pip is as soon as one requirement has a hash.

    Source: https://pip.pypa.io/en/stable/topics/secure-installs/#hash-checking-mode
    """
    texts = (Path(file).read_bytes() for file in wanted.files if Path(file).is_file())
    return ["--require-hashes"] if any(b"--hash" in text for text in texts) else []


def _real_pip(arguments: Sequence[str], config: Mapping[str, Any], *, timeout_s: int = 0) -> int:
    environment = _environment(config, {"PIP_DISABLE_PIP_VERSION_CHECK": "1", **_own_caches(arguments, config)})
    return _run([config["python"], "-m", "pip", *arguments], environment, timeout_s=timeout_s)


def _other(program: str, arguments: Sequence[str], config: Mapping[str, Any]) -> int:
    """Run the installer that the build itself put into the environment, else the one that the target brings."""
    script = tool_scripts.served(program, arguments, folder=config["folder"], tools=config["programs"])
    if script is not None:
        return _written(*script)
    own = _taken(config, program)
    path = str(own) if own.exists() else config["programs"].get(program, "")
    if not path:
        sys.stderr.write(f"{program}: command not found\n")
        return _NOT_FOUND
    settings = {**_for_all(config), **config["extra"].get(program, {}), **_own_caches(arguments, config)}
    if own.exists() and program in config["companions"]:
        told = (config["companions"][program], os.environ.get("PYTHONPATH", ""))
        settings["PYTHONPATH"] = os.pathsep.join(filter(None, told))
    if program == "uv" and arguments[:1] == ["pip"]:
        # Which Python the target's own is can't be had here; a finding says what is wrong with asking for it.
        arguments = [argument for argument in arguments if argument != "--system"]
    if program == "uv" and arguments[:1] not in (["pip"], ["venv"]):
        settings["UV_PYTHON"] = config["interpreter"]
    code = _run([path, *arguments], _environment(config, settings))
    _offer_installed(config)
    return code


def _written(place: str, text: str) -> int:
    """Write *text* to the file *place*, or to the standard output, as a download would."""
    if not place:
        sys.stdout.write(text)
        return 0
    try:
        Path(place).write_text(text, encoding="utf-8")
    except OSError as error:
        sys.stderr.write(f"{error}\n")
        return _NOT_WRITTEN
    return 0


def _environment(config: Mapping[str, Any], settings: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of an installer; what the build itself sets wins over what this machine adds."""
    return {**config["settings"], **os.environ, **settings}


def _own_caches(arguments: Sequence[str], config: Mapping[str, Any]) -> dict[str, str]:
    """Return what leads `uv cache prune`, `pip cache purge` and the like to empty caches of the build's own.

    On the target nobody shares them; here every project does, and to look through them takes minutes.
    """
    word = next((argument for argument in arguments if not argument.startswith("-")), "")
    names = (name for name in config["settings"] if name.endswith("_CACHE_DIR")) if word == "cache" else ()
    return {name: str(Path(config["folder"], "caches", name)) for name in names}


def _for_all(config: Mapping[str, Any]) -> dict[str, str]:
    """Return what this machine tells pip, for tools that do not listen to pip's variables.

    Further indexes are left out: uv and Poetry take the first one that has a name, and would miss versions.
    """
    told = pip_call.uv_settings({**config["settings"], **os.environ})
    return {name: value for name, value in told.items() if name not in {"UV_INDEX", "UV_FIND_LINKS"}}


def _offer_installed(config: Mapping[str, Any]) -> None:
    """Put a stand-in before each installer that the build has just installed, and in its place.

    A build that activates the environment, or names the installer by its path, comes past the PATH of the stand-ins.
    """
    for program in _RELINK:
        own, taken = Path(config["venv"], "bin", program), _taken(config, program)
        script = config["script"].replace("@PROGRAM@", program)
        if own.is_file() and own.read_bytes() != script.encode():
            taken.parent.mkdir(exist_ok=True)
            own.replace(taken)
            for path in (own, Path(config["folder"], program)):
                path.write_text(script, encoding="utf-8")
                path.chmod(0o755)


def _taken(config: Mapping[str, Any], program: str) -> Path:
    """Return where the installer lies that the build put into the environment."""
    return Path(config["taken"], program)


def _run(command: list[str], environment: Mapping[str, str], *, output: int | None = None, timeout_s: int = 0) -> int:
    """Return the exit code of *command*, negative for a signal, -SIGALRM when its time was up."""
    sys.stdout.flush()
    sys.stderr.flush()
    actions = [(os.POSIX_SPAWN_DUP2, output, 1), (os.POSIX_SPAWN_DUP2, output, 2)] if output is not None else []
    try:
        child = os.posix_spawn(command[0], command, environment, file_actions=actions)
    except FileNotFoundError:
        sys.stderr.write(f"{command[0]}: no such file\n")
        return _NOT_FOUND
    return _waited(child, timeout_s=timeout_s)


class _TimeUpError(Exception):
    """The child had its time."""


def _waited(child: int, *, timeout_s: int) -> int:
    def time_up(_signal: int, _frame: FrameType | None) -> NoReturn:
        raise _TimeUpError

    signal.signal(signal.SIGALRM, time_up)
    signal.alarm(timeout_s)
    try:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    except _TimeUpError:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        return -signal.SIGALRM
    finally:
        signal.alarm(0)


def _say(told: bytes) -> None:
    sys.stderr.buffer.write(told)
    sys.stderr.flush()


def _note(config: Mapping[str, Any], line: Mapping[str, Any]) -> None:
    with Path(config["journal"]).open("a", encoding="utf-8") as journal:
        journal.write(json.dumps(line) + "\n")
