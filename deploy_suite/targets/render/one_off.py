"""A command that is to run once where a service runs → what a person types for it."""

import shlex


def typed(service_id: str, command: str) -> str:
    """Return the call of Render's command line: a job with the build and the variables of what is live.

    Source: https://render.com/docs/one-off-jobs
    """
    return f"render jobs create {service_id} --start-command {shlex.quote(command)}"
