"""The stages of a Dockerfile that its last one needs into records and the state at the end."""

import posixpath
import re
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Final

from deploy_suite.images import bases, copying, runs, scripts
from deploy_suite.images.bases import Base
from deploy_suite.images.context import Context
from deploy_suite.images.records import ROOT, Assigned, Obstacle, Ran, Record, State, Taken, Written
from deploy_suite.manifests.dockerfile import Dockerfile, Instruction, Stage
from deploy_suite.manifests.dockerfile_words import expanded, words

_PREDEFINED: Final = {"TARGETPLATFORM": "linux/amd64", "TARGETOS": "linux", "TARGETARCH": "amd64", "TARGETVARIANT": ""}
_NO_STAGE: Final = -1
_ARGUMENT: Final = re.compile(r"['\"]?\$\{?(?P<name>[A-Za-z_]\w*)\}?['\"]?")


class Walk:
    """Follows one build from the stages that it needs to the last one."""

    def __init__(self, file: Dockerfile, context: Context, given: Mapping[str, str]) -> None:
        """Prepare; *given* are build arguments."""
        self.records: list[Record] = []
        self.obstacles: list[Obstacle] = []
        self.bases: dict[int, Base] = {}
        self.declared: set[str] = set()
        self.installers: set[int] = set()
        self.family: frozenset[int] = frozenset()
        self._file = file
        self._context = context
        self._given = given
        self._states: dict[int, State] = {}
        self._global = {**_PREDEFINED, **_globals(file, given)}

    def last(self, target: str) -> State:
        """Return the state at the end of the stage *target*, "" for the last one."""
        stage = (self._file.stage(target) if target else None) or self._file.stages[-1]
        self.family = frozenset(one.index for one in self._ancestry(stage))
        return self._state(stage)

    def _ancestry(self, stage: Stage) -> Iterator[Stage]:
        """Yield *stage* and those that it is built on."""
        parent: Stage | None = stage
        while parent is not None:
            yield parent
            before = self._file.stage(expanded(parent.base, self._global))
            parent = before if before is not None and before.index < parent.index else None

    def _foreign(self, stage: Stage) -> str:
        """Return the base image of a stage that cannot be made here and that the last one only takes files from."""
        *_, first = self._ancestry(stage)
        name = expanded(first.base, self._global)
        is_known = bases.read(name) is not None or bases.is_of_installer(name)
        return "" if is_known or stage.index in self.family else name

    def _state(self, stage: Stage) -> State:
        if stage.index not in self._states:
            state = self._begun(stage)
            self._states[stage.index] = state
            foreign = self._foreign(stage)
            for one in stage.instructions:
                if foreign:
                    self._pass_by(one, stage, state)
                else:
                    self._follow(one, stage, state)
        return self._states[stage.index]

    def _begun(self, stage: Stage) -> State:
        name = expanded(stage.base, self._global)
        parent = self._file.stage(name)
        if parent is not None and parent.index < stage.index:
            state = self._state(parent)
            if parent.index in self.bases:
                self.bases[stage.index] = self.bases[parent.index]
            return state.after()
        base = bases.read(name)
        if bases.is_of_installer(name):
            self.installers.add(stage.index)
        elif base is None and stage.index in self.family:
            self.obstacles.append(Obstacle(line=stage.line, reason=f"it is built on {name}, no image of Python"))
        if base is not None:
            self.bases[stage.index] = base
        return State(base=name)

    def _follow(self, one: Instruction, stage: Stage, state: State) -> None:
        match one.name:
            case "WORKDIR":
                state.workdir = self._path(one.text, state)
                state.folders |= {state.workdir, *state.workdir.parents}
            case "ENV":
                for pair in one.pairs:
                    state.environment[pair.name] = expanded(pair.value or "", state.values)
                    self._assigned(one, stage, pair.name, state.environment[pair.name], is_lasting=True)
            case "ARG":
                self._argument(one, stage, state)
            case "COPY" | "ADD":
                self._copy(one, stage, state)
            case "RUN":
                self._run(one, stage, state)
            case "CMD":
                state.command = one
            case "ENTRYPOINT":
                state.entrypoint, state.command = one, None
            case "EXPOSE":
                state.exposed += tuple(expanded(word, state.values) for word in one.words)
            case "USER":
                state.user = expanded(one.text, state.values)
            case "SHELL" if one.exec and not re.search(r"(?:^|/)(?:ba|da|a)?sh$", one.exec[0]):
                self.obstacles.append(Obstacle(line=one.line, reason=f"its RUN lines are for {one.exec[0]}"))
            case _:
                pass

    def _pass_by(self, one: Instruction, stage: Stage, state: State) -> None:
        """Account for a line of a stage that is not made here: what it copies has to be there all the same."""
        if one.name == "ARG":
            for pair in one.pairs:
                default = self._global.get(pair.name) if pair.value is None else expanded(pair.value, state.values)
                state.arguments[pair.name] = self._given.get(pair.name, default or "")
        elif one.name == "ENV":
            state.environment |= {pair.name: expanded(pair.value or "", state.values) for pair in one.pairs}
        elif one.name == "RUN" and runs.uses_python(scripts.of(one)):
            reason = f"it takes files from a stage on {state.base}, no image of Python, which runs Python"
            self.obstacles.append(Obstacle(line=one.line, reason=reason))
        elif one.name in {"COPY", "ADD"}:
            origin = self._file.stage(expanded(one.flag("from") or "", state.values))
            if one.flag("from") is None:
                self.records.append(copying.looked_for(one, state, self._context))
            elif origin is not None and origin.index < stage.index and self._foreign(origin):
                self._state(origin)

    def _assigned(self, one: Instruction, stage: Stage, name: str, value: str, *, is_lasting: bool) -> None:
        self.records.append(
            Assigned(line=one.line, stage=stage.index, name=name, value=value, is_lasting=is_lasting),
        )

    def _argument(self, one: Instruction, stage: Stage, state: State) -> None:
        for pair in one.pairs:
            self.declared.add(pair.name)
            default = self._global.get(pair.name) if pair.value is None else expanded(pair.value, state.values)
            value = self._given.get(pair.name, default)
            if value is not None:
                state.arguments[pair.name] = value
                if pair.name not in self._given:
                    self._assigned(one, stage, pair.name, value, is_lasting=False)

    def _path(self, text: str, state: State) -> PurePosixPath:
        given = words(text)
        bare = expanded(given[0], state.values) if given else "/"
        return PurePosixPath(posixpath.normpath(posixpath.join(state.workdir, bare)))

    # --- copying ------------------------------------------------------------------------------------------------

    def _copy(self, one: Instruction, stage: Stage, state: State) -> None:
        given = copying.places(one, state)
        if not given or (len(given) == 1 and not one.heredocs):
            return
        *sources, target = given
        goal = PurePosixPath(posixpath.normpath(posixpath.join(state.workdir, target)))
        is_folder = target.endswith(("/", "/.")) or target == "." or len(sources) > 1 or goal in state.folders
        for heredoc in one.heredocs:
            text = heredoc.text if heredoc.is_literal else expanded(heredoc.text, state.values)
            path = goal / heredoc.name if is_folder else goal
            self.records.append(Written(line=one.line, path=path, text=text))
        if one.flag("from") is not None:
            self._take(one, stage, state, [PurePosixPath(source) for source in sources], goal, is_folder=is_folder)
        elif unknown := self._not_given(one, state):
            self.obstacles.append(
                Obstacle(
                    line=one.line,
                    reason=f"it copies what the build argument {unknown} names, which has no default and is not given",
                )
            )
        elif sources:
            found, obstacles = copying.copied(
                one, state, self._context, sources=sources, goal=goal, is_folder=is_folder
            )
            self.records.append(found)
            self.obstacles += obstacles
        state.folders |= {*goal.parents, goal} if is_folder else set(goal.parents)

    def _not_given(self, one: Instruction, state: State) -> str:
        """Return the build argument without a value that is all of a source of COPY, "" where there is none."""
        named = (_ARGUMENT.fullmatch(word) for word in one.words[:-1])
        names = (found["name"] for found in named if found)
        return next((name for name in names if name in self.declared and name not in state.values), "")

    def _take(
        self,
        one: Instruction,
        stage: Stage,
        state: State,
        sources: list[PurePosixPath],
        goal: PurePosixPath,
        *,
        is_folder: bool,
    ) -> None:
        name = expanded(one.flag("from") or "", state.values)
        origin = self._file.stage(name)
        if origin is not None and origin.index < stage.index:
            self._state(origin)
            foreign = self._foreign(origin)
        elif bases.is_of_installer(name):
            return
        elif bases.read(name) is None:
            foreign = name
        else:
            if goal.is_relative_to(state.workdir) and state.workdir != ROOT:
                self.obstacles.append(Obstacle(line=one.line, reason=f"it takes files from the image {name}"))
            return
        self.records.append(
            Taken(
                line=one.line,
                origin=origin.index if origin is not None else _NO_STAGE,
                sources=tuple(PurePosixPath(posixpath.normpath(ROOT / source)) for source in sources),
                target=goal,
                is_into_folder=is_folder,
                foreign=foreign,
            ),
        )

    def _run(self, one: Instruction, stage: Stage, state: State) -> None:
        self.records.append(
            Ran(
                line=one.line,
                stage=stage.index,
                source=scripts.of(one),
                workdir=state.workdir,
                mounted=tuple(copying.mounted(one, state, self._context)),
            ),
        )


def _globals(file: Dockerfile, given: Mapping[str, str]) -> Mapping[str, str]:
    values: dict[str, str] = {}
    for one in file.arguments:
        for pair in one.pairs:
            if pair.name in given or pair.value is not None:
                values[pair.name] = given.get(pair.name) or expanded(pair.value or "", values)
    return values
