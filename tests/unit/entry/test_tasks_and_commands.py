"""Invoke's tasks and the command line: the same commands, with the same options."""

import argparse

import pytest

from deploy_suite.entry import cli, tasks

# `explain list` lists all causes, for Invoke knows no optional words.
_ON_THE_COMMAND_LINE_ALONE = {"explain": {"list"}}


def _commands() -> dict[str, argparse.ArgumentParser]:
    return dict(cli.parser()[1].choices)


def _options(command: argparse.ArgumentParser) -> set[str]:
    actions = (one for one in command._actions if one.dest != "help")
    return {name.lstrip("-") for one in actions for name in one.option_strings or [one.dest]}


def test_there_is_a_task_for_each_command() -> None:
    assert set(tasks.namespace.task_names) == set(_commands())


@pytest.mark.parametrize("name", sorted(_commands()))
def test_a_task_takes_what_its_command_takes(name: str) -> None:
    taken = {one.name.replace("_", "-") for one in tasks.namespace[name].get_arguments()}

    assert taken == _options(_commands()[name]) - _ON_THE_COMMAND_LINE_ALONE.get(name, set())


def test_a_task_says_what_an_option_takes_as_its_command_does() -> None:
    told = tasks._tasks()["preflight"].help  # Invoke takes the texts out of those that it has listed

    assert told["build_timeout"] == "stop a build earlier than the target would [SECONDS]"
    assert told["pip"] == "what runs where the build says 'pip' (default: uv) [uv, real]"
    assert told["network"] == "let the service reach the network while it boots"
