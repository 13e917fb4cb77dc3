"""How far a release that is not over has come → what the next `deploy` or `rollback` does with it.

| last step | what is looked at | then |
| --- | --- | --- |
| begun, baseline | nothing: nothing was changed | abandoned |
| pushing | the branch on the remote | abandoned, or as pushed |
| pushed | the deploy of the intent | waited for as before, where it is what is to be deployed; else as asking |
| asking | the deploy of the intent | followed, or abandoned |
| deploying | nothing: the deploy is known | followed |
| live, verifying | what is live | verified, or superseded |
| verified, unsure | nothing | its end is written down |
| bad | what is live | taken back, or superseded |
| going back | the deploy of its intent | followed, or asked for |
"""

from collections.abc import Mapping
from enum import Enum
from typing import Final

from deploy_suite.releases.progress import Progress
from deploy_suite.releases.steps import Step


class Next(Enum):
    """What the next command does with a release that is not over, as a sentence of `status` says it."""

    CLOSE = "closes it, for nothing was changed"
    LOOK_FOR_PUSH = "looks whether the push arrived, and goes on or closes it"
    GO_ON_FROM_PUSH = "goes on from the push where its commit is checked out, and else looks for its deploy"
    LOOK_FOR_DEPLOY = "looks whether its deploy was begun, and follows it or closes it"
    FOLLOW = "follows its deploy to the end and verifies it"
    JUDGE = "verifies it and keeps it, or goes back"
    KEEP = "writes down that it is good"
    LEAVE = "writes down that nothing sure is known of it"
    GO_BACK = "puts back what was live before"
    GO_ON_BACK = "goes on putting back what was live before"
    JUDGE_BACK = "verifies what was put back"
    END_BACK = "writes down that it was taken back"


_THERE: Final[Mapping[Step, Next]] = {
    Step.BEGUN: Next.CLOSE,
    Step.BASELINE: Next.CLOSE,
    Step.PUSHING: Next.LOOK_FOR_PUSH,
    Step.PUSHED: Next.GO_ON_FROM_PUSH,
    Step.ASKING: Next.LOOK_FOR_DEPLOY,
    Step.DEPLOYING: Next.FOLLOW,
    Step.LIVE: Next.JUDGE,
    Step.VERIFYING: Next.JUDGE,
    Step.VERIFIED: Next.KEEP,
    Step.UNSURE: Next.LEAVE,
    Step.BAD: Next.GO_BACK,
}
_BACK: Final[Mapping[Step, Next]] = {
    Step.GOING_BACK: Next.GO_ON_BACK,
    Step.DEPLOYING: Next.GO_ON_BACK,
    Step.LIVE: Next.JUDGE_BACK,
    Step.VERIFYING: Next.JUDGE_BACK,
    Step.VERIFIED: Next.END_BACK,
    Step.UNSURE: Next.END_BACK,
    Step.BAD: Next.END_BACK,
}


def next_of(found: Progress) -> Next:
    """Return what is to be done with a release that has come so far."""
    return (_BACK if found.is_back else _THERE).get(found.step, Next.CLOSE)
