"""Which package cannot be built: tried out, unless the log says it."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import cast

from deploy_suite.environments import stand_ins, trials
from deploy_suite.environments.base import Installer, Workshop
from deploy_suite.model.command import Completed
from deploy_suite.model.environment import Refusal, RefusalKind, Resolution

SUSPECTS = ("old", "older")
RESOLUTION = Resolution(
    python="3.10.13",
    versions={"old": "1", "older": "1"},
    refusals=tuple(Refusal(name=name, requirement=f"{name}==1", kind=RefusalKind.NO_WHEEL) for name in SUSPECTS),
)


class BuildsNothing:
    """An installer with which no building goes well."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def install(self, _venv: Path, requirements: Sequence[str], _workshop: Workshop, *, timeout_s: float) -> Completed:
        self.asked.append(requirements[-1])
        return self.outcome(timeout_s)

    def outcome(self, _timeout_s: float) -> Completed:
        return Completed(code=1, err="error: it does not compile\n")


class BuildsForHours(BuildsNothing):
    """An installer that is still at it when its time is up."""

    def outcome(self, timeout_s: float) -> Completed:
        return Completed(code=124, err="compiling\n", seconds=timeout_s)


class Said:
    """What a person is told meanwhile."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def waiting(self, text: str) -> None:
        self.lines.append(text)


def workshop(folder: Path, said: Said) -> Workshop:
    ports = SimpleNamespace(progress=said, workplace=SimpleNamespace(run_folder=folder))
    return cast("Workshop", SimpleNamespace(ports=ports, interpreter=SimpleNamespace(version="3.10.13")))


def judged(
    tmp_path: Path,
    log: str,
    *,
    installer: BuildsNothing | None = None,
    resolution: Resolution = RESOLUTION,
    said: Said | None = None,
    limit_s: float = 240.0,
) -> tuple[list[tuple[str, RefusalKind, str]], list[str]]:
    installer = installer or BuildsNothing()
    found = trials.tried(
        resolution,
        tmp_path,
        an_installer_failed=True,
        log=log,
        installer=cast("Installer", installer),
        workshop=workshop(tmp_path, said or Said()),
        limit_s=limit_s,
    )
    return [(one.name, one.kind, one.account) for one in found.refusals], installer.asked


def test_suspects_are_tried_alone_and_what_that_prints_is_kept(tmp_path: Path) -> None:
    account = "error: it does not compile\n"

    assert judged(tmp_path, "error: metadata\n") == (
        [("old", RefusalKind.CANNOT_BUILD, account), ("older", RefusalKind.CANNOT_BUILD, account)],
        ["old==1", "older==1"],
    )


def test_each_trial_is_told_with_how_long_it_may_take(tmp_path: Path) -> None:
    said = Said()

    judged(tmp_path, "", said=said, installer=BuildsForHours())

    assert said.lines == [
        "trying whether old==1 can be built at all, for 90 s at most",
        "trying whether older==1 can be built at all, for 90 s at most",
    ]


def test_that_pip_is_asked_is_known_between_uvs_answer_and_its_own(tmp_path: Path) -> None:
    journal, call = tmp_path / "journal", {"arguments": ["install", "x"], "code": 1}
    made, seen = stand_ins.StandIns(folder=tmp_path, taken=tmp_path / "taken"), []
    for line in ("", json.dumps({"program": stand_ins.FIRST_OPINION, **call}), json.dumps({"program": "pip", **call})):
        with journal.open("a") as stream:
            stream.write(line + "\n" * bool(line))
        seen.append(made.waits_for_pip())
    with journal.open("a") as stream:
        stream.write('{"program": "uv fo')
    seen.append(made.waits_for_pip())

    assert seen == [False, True, False, False]


def test_where_the_log_blames_one_package_no_other_is_tried(tmp_path: Path) -> None:
    found, asked = judged(tmp_path, "  ERROR: Failed building wheel for Old\nSuccessfully built older\n")

    assert asked == ["old==1"]
    assert [(name, kind) for name, kind, _ in found] == [
        ("old", RefusalKind.CANNOT_BUILD),
        ("older", RefusalKind.NO_WHEEL),
    ]


def test_a_trial_that_did_not_come_to_its_end_proves_nothing(tmp_path: Path) -> None:
    found, asked = judged(tmp_path, "error: metadata\n", installer=BuildsForHours())

    assert [kind for _, kind, _ in found] == [RefusalKind.NO_WHEEL, RefusalKind.NO_WHEEL]
    assert asked == ["old==1", "older==1"]


def test_trials_end_when_their_time_together_is_up(tmp_path: Path) -> None:
    names = tuple(f"package{number}" for number in range(5))
    many = replace(
        RESOLUTION,
        versions=dict.fromkeys(names, "1"),
        refusals=tuple(Refusal(name=name, requirement=name, kind=RefusalKind.NO_WHEEL) for name in names),
    )

    refused = Refusal(name="gone", requirement="gone==1", kind=RefusalKind.UNKNOWN_VERSION)
    beside = replace(many, refusals=(*many.refusals, refused))

    asked = []
    for at, one in enumerate((many, beside)):
        run = tmp_path / str(at)
        run.mkdir()
        asked.append(judged(run, "error: metadata\n", installer=BuildsForHours(), resolution=one)[1])

    assert asked == [["package0==1", "package1==1", "package2==1"], ["package0==1"]]


def test_less_is_tried_out_where_no_versions_fit_together_anyhow(tmp_path: Path) -> None:
    installer = BuildsForHours()

    judged(tmp_path, "", installer=installer, resolution=replace(RESOLUTION, conflict="no versions fit together"))

    assert installer.asked == ["old==1"]


def test_what_a_run_has_tried_is_not_tried_again(tmp_path: Path) -> None:
    again, known = BuildsNothing(), judged(tmp_path, "")[0]

    assert judged(tmp_path, "", installer=again) == (known, [])
    assert {kind for _, kind, _ in known} == {RefusalKind.CANNOT_BUILD}


def test_what_took_too_long_is_not_waited_for_again(tmp_path: Path) -> None:
    judged(tmp_path, "", installer=BuildsForHours())

    found, asked = judged(tmp_path, "", installer=BuildsNothing())

    assert asked == []
    assert [kind for _, kind, _ in found] == [RefusalKind.NO_WHEEL, RefusalKind.NO_WHEEL]


class BuildsTheSecondForHours(BuildsNothing):
    """An installer with which the first does not compile, and the others take their time."""

    def outcome(self, timeout_s: float) -> Completed:
        return super().outcome(timeout_s) if len(self.asked) == 1 else Completed(code=124, seconds=timeout_s)


def test_what_fails_beside_something_that_was_seen_to_fail_is_worth_less_of_a_wait(tmp_path: Path) -> None:
    said = Said()

    judged(tmp_path, "", said=said, installer=BuildsTheSecondForHours())

    assert [line.rpartition(", ")[2] for line in said.lines] == ["for 90 s at most", "for 60 s at most"]


def test_trials_take_no_longer_than_the_caller_lets_the_build(tmp_path: Path) -> None:
    said = Said()

    judged(tmp_path, "", said=said, installer=BuildsForHours(), limit_s=20)

    assert said.lines == ["trying whether old==1 can be built at all, for 20 s at most"]
