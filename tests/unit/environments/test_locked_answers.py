from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace

import pytest

from deploy_suite.environments import locked_answers
from deploy_suite.environments.base import Answer, Question
from deploy_suite.model.environment import Interpreter


@dataclass
class Index:
    """Counts how often it is asked."""

    versions: dict[str, str]
    asked: list[Question] = field(default_factory=list)

    def resolve(self, question: Question, _workshop: object) -> Answer:
        self.asked.append(question)
        return Answer(is_answer=True, versions=self.versions)


@pytest.fixture
def workshop(tmp_path: Path) -> SimpleNamespace:
    ports = SimpleNamespace(
        workplace=SimpleNamespace(cache=tmp_path / "cache"), caller=SimpleNamespace(installer_settings={})
    )
    return SimpleNamespace(ports=ports, settings={}, interpreter=Interpreter(path=Path("/python"), version="3.12.1"))


def asked_twice(folder: Path, index: Index, workshop: object, *, meanwhile: str = "", **files: str) -> int:
    for name, text in files.items():
        (folder / f"{name}.txt").write_text(text)
    question = Question(folder=folder, files=("requirements.txt",))
    first = locked_answers.answered(question, installer=index, workshop=workshop)
    if meanwhile:
        (folder / "more.txt").write_text(meanwhile)
    second = locked_answers.answered(question, installer=index, workshop=workshop)
    assert first.versions == second.versions
    return len(index.asked)


def test_a_file_that_pins_all_that_it_leads_to_is_asked_about_once(tmp_path, workshop):
    index = Index({"flask": "3.0.0", "click": "8.0"})

    assert asked_twice(tmp_path, index, workshop, requirements="Flask==3.0.0\nclick==8.0\n") == 1


@pytest.mark.parametrize(
    "text", ["flask>=3\nclick==8.0\n", "flask==3.*\nclick==8.0\n", "flask==3.0.0\nclick @ https://example.com/c.whl\n"]
)
def test_what_is_not_pinned_is_asked_about_each_time(tmp_path, workshop, text):
    assert asked_twice(tmp_path, Index({"flask": "3.0.0", "click": "8.0"}), workshop, requirements=text) == 2


def test_a_file_that_leads_to_more_than_it_pins_is_asked_about_each_time(tmp_path, workshop):
    index = Index({"flask": "3.0.0", "click": "8.0"})

    assert asked_twice(tmp_path, index, workshop, requirements="flask==3.0.0\n") == 2


def test_a_change_in_an_included_file_is_a_new_question(tmp_path, workshop):
    index = Index({"flask": "3.0.0", "click": "8.0"})
    files = {"requirements": "-r more.txt\nflask==3.0.0\n", "more": "click==8.0\n"}

    assert asked_twice(tmp_path, index, workshop, meanwhile="click==8.1\n", **files) == 2


@pytest.mark.parametrize("text", ["null", "[]", '{"versions": 1, "from_source": []}', "[" * 100_000])
def test_a_kept_answer_that_is_none_counts_for_none(tmp_path: Path, text: str) -> None:
    file = tmp_path / "answer.json"
    file.write_text(text)

    assert locked_answers._read(file) is None
