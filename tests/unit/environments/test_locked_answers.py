import shutil
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from deploy_suite.environments import locked_answers
from deploy_suite.environments.base import Answer, Installer, Question, Workshop
from deploy_suite.model.environment import Interpreter
from deploy_suite.ports import Ports


@dataclass
class Index:
    """Counts how often it is asked."""

    versions: dict[str, str]
    asked: list[Question] = field(default_factory=list)

    def resolve(self, question: Question, _workshop: object) -> Answer:
        self.asked.append(question)
        return Answer(is_answer=True, versions=self.versions)


@pytest.fixture
def workshop(tmp_path: Path) -> Workshop:
    ports = SimpleNamespace(
        workplace=SimpleNamespace(cache=tmp_path / "cache", run_folder=tmp_path / "run"),
        caller=SimpleNamespace(installer_settings={}),
    )
    interpreter = Interpreter(path=Path("/python"), version="3.12.1")
    return Workshop(ports=cast("Ports", ports), interpreter=interpreter, folder=tmp_path)


def told(question: Question, index: Index, workshop: Workshop) -> Answer:
    return locked_answers.answered(question, installer=cast("Installer", index), workshop=workshop)


def asked_twice(
    folder: Path, index: Index, workshop: Workshop, *, meanwhile: str = "", in_another_run: bool = True, **files: str
) -> int:
    for name, text in files.items():
        (folder / f"{name}.txt").write_text(text)
    question = Question(folder=folder, files=("requirements.txt",))
    first = told(question, index, workshop)
    if in_another_run:
        shutil.rmtree(folder / "run", ignore_errors=True)
    if meanwhile:
        (folder / "more.txt").write_text(meanwhile)
    second = told(question, index, workshop)
    assert first.versions == second.versions
    return len(index.asked)


def test_a_file_that_pins_all_that_it_leads_to_is_asked_about_once(tmp_path: Path, workshop: Workshop) -> None:
    index = Index({"flask": "3.0.0", "click": "8.0"})

    assert asked_twice(tmp_path, index, workshop, requirements="Flask==3.0.0\nclick==8.0\n") == 1


@pytest.mark.parametrize(
    "text", ["flask>=3\nclick==8.0\n", "flask==3.*\nclick==8.0\n", "flask==3.0.0\nclick @ https://example.com/c.whl\n"]
)
def test_what_is_not_pinned_is_asked_about_each_time(tmp_path: Path, workshop: Workshop, text: str) -> None:
    assert asked_twice(tmp_path, Index({"flask": "3.0.0", "click": "8.0"}), workshop, requirements=text) == 2


def test_a_file_that_leads_to_more_than_it_pins_is_asked_about_each_time(tmp_path: Path, workshop: Workshop) -> None:
    index = Index({"flask": "3.0.0", "click": "8.0"})

    assert asked_twice(tmp_path, index, workshop, requirements="flask==3.0.0\n") == 2


def test_a_change_in_an_included_file_is_a_new_question(tmp_path: Path, workshop: Workshop) -> None:
    index = Index({"flask": "3.0.0", "click": "8.0"})
    text = "-r more.txt\nflask==3.0.0\n"

    assert asked_twice(tmp_path, index, workshop, meanwhile="click==8.1\n", requirements=text, more="click==8.0\n") == 2


@pytest.mark.parametrize("text", ["null", "[]", '{"versions": 1, "from_source": []}', "[" * 100_000])
def test_a_kept_answer_that_is_none_counts_for_none(tmp_path: Path, text: str) -> None:
    file = tmp_path / "answer.json"
    file.write_text(text)

    assert locked_answers._read(file) is None


def test_within_one_run_no_question_is_put_twice(tmp_path: Path, workshop: Workshop) -> None:
    index = Index({"flask": "3.0.0", "click": "8.0"})

    assert asked_twice(tmp_path, index, workshop, in_another_run=False, requirements="flask>=3\n") == 1


@pytest.mark.parametrize("text", ["-e .\n", "./vendored\n", "flask @ git+https://example.com/flask\n"])
def test_what_the_texts_do_not_hold_is_asked_about_each_time(tmp_path: Path, workshop: Workshop, text: str) -> None:
    assert asked_twice(tmp_path, Index({"flask": "3.0.0"}), workshop, in_another_run=False, requirements=text) == 2


def test_of_words_of_a_command_each_is_a_part_of_the_question(tmp_path: Path, workshop: Workshop) -> None:
    index = Index({"flask": "3.0.0"})
    for words in (("flask",), ("flask", "click"), ("flask",), (".",), (".",)):
        told(Question(folder=tmp_path, requirements=words), index, workshop)

    assert [one.requirements for one in index.asked] == [("flask",), ("flask", "click"), (".",), (".",)]


def test_that_nothing_fits_is_known_for_the_run(tmp_path: Path, workshop: Workshop) -> None:
    class Refuses(Index):
        def resolve(self, question: Question, _workshop: object) -> Answer:
            self.asked.append(question)
            return Answer(is_answer=True, conflict="because")

    index, question = Refuses({}), Question(folder=tmp_path, requirements=("flask>99",))
    conflicts = [told(question, index, workshop).conflict for _ in range(2)]

    assert (conflicts, len(index.asked)) == (["because", "because"], 1)
