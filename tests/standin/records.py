"""What the stand-in knows: services, deploys, events, log lines, and their JSON as the API documents it."""

import secrets
import string
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

OWNER = "tea-standin0000000000000"
OVER = frozenset({"live", "deactivated", "build_failed", "pre_deploy_failed", "update_failed", "canceled"})
_LETTERS = string.ascii_lowercase + string.digits


def new_id(kind: str) -> str:
    """Return an id as Render makes them: "srv-" and twenty letters."""
    return f"{kind}-{''.join(secrets.choice(_LETTERS) for _ in range(20))}"


def now() -> datetime:
    """Return the stand-in's time."""
    return datetime.now(UTC)


def iso(time: datetime) -> str:
    """Return *time* as the API writes it."""
    return time.isoformat(timespec="microseconds").replace("+00:00", "Z")


@dataclass(kw_only=True)
class Service:
    """A service. Shape: `python` "" builds in the stand-in's own interpreter, without a virtual environment.

    `kind` "background_worker" has no public URL: it is up as soon as it runs, and what ends is started again.
    """

    name: str
    origin: Path
    repo: str
    start: str
    build: str = "true"
    pre_deploy: str = ""
    health_path: str = "/"
    kind: str = "web_service"
    root: str = ""
    branch: str = "main"
    python: str = ""
    plan: str = "starter"
    auto_deploy: str = "off"
    policy: str = "wait"
    variables: dict[str, str] = field(default_factory=dict)
    suspended: bool = False
    keeps_old_build: bool = False
    ignores_all: bool = False
    port: int = 0
    id: str = field(default_factory=lambda: new_id("srv"))
    hook_key: str = field(default_factory=lambda: secrets.token_urlsafe(8))
    created: datetime = field(default_factory=now)

    @property
    def url(self) -> str:
        """Where the public reaches it."""
        return f"http://127.0.0.1:{self.port}"

    def json(self) -> dict[str, Any]:
        """Return it as GET /services/{serviceId} does."""
        commands = {"buildCommand": self.build, "startCommand": self.start}
        public = {
            "healthCheckPath": self.health_path,
            "openPorts": [{"port": 10000, "protocol": "TCP"}],
            "url": self.url,
        }
        if self.pre_deploy:
            commands["preDeployCommand"] = self.pre_deploy
        return {
            "id": self.id,
            "name": self.name,
            "ownerId": OWNER,
            "type": self.kind,
            "slug": self.name,
            "repo": self.repo,
            "branch": self.branch,
            "rootDir": self.root,
            "autoDeploy": "no" if self.auto_deploy == "off" else "yes",
            "autoDeployTrigger": self.auto_deploy,
            "notifyOnFail": "default",
            "suspended": "suspended" if self.suspended else "not_suspended",
            "suspenders": ["user"] if self.suspended else [],
            "createdAt": iso(self.created),
            "updatedAt": iso(self.created),
            "dashboardUrl": f"https://dashboard.render.example/web/{self.id}",
            "serviceDetails": {
                "env": "python",
                "runtime": "python",
                "envSpecificDetails": commands,
                "plan": self.plan,
                "region": "frankfurt",
                "numInstances": 1,
                "buildPlan": "starter",
                **(public if self.is_public else {}),
            },
        }

    @property
    def is_public(self) -> bool:
        """Whether it has a URL."""
        return self.kind == "web_service"


@dataclass(kw_only=True)
class Deploy:
    """A deploy. Shape: `folder` holds its build, once there is one; `went_through` are its statuses in order."""

    service: Service
    commit: str
    message: str
    trigger: str
    rollback_to: "Deploy | None" = None
    clear_cache: bool = False
    status: str = "created"
    folder: Path | None = None
    id: str = field(default_factory=lambda: new_id("dep"))
    created: datetime = field(default_factory=now)
    updated: datetime = field(default_factory=now)
    started: datetime | None = None
    finished: datetime | None = None
    went_through: list[str] = field(default_factory=lambda: ["created"])

    @property
    def is_over(self) -> bool:
        """Whether it goes on no more."""
        return self.status in OVER

    def json(self) -> dict[str, Any]:
        """Return it as the API does; times that are not yet are left out."""
        times = {"startedAt": self.started, "finishedAt": self.finished}
        return {
            "id": self.id,
            "commit": {"id": self.commit, "message": self.message, "createdAt": iso(self.created)},
            "status": self.status,
            "trigger": self.trigger,
            "createdAt": iso(self.created),
            "updatedAt": iso(self.updated),
            **{name: iso(time) for name, time in times.items() if time},
        }


@dataclass(kw_only=True)
class Event:
    """Something that happened to a service."""

    service: Service
    type: str
    details: dict[str, Any]
    id: str = field(default_factory=lambda: new_id("evt"))
    time: datetime = field(default_factory=now)

    def json(self) -> dict[str, Any]:
        """Return it as GET /services/{serviceId}/events does."""
        return {
            "id": self.id,
            "timestamp": iso(self.time),
            "serviceId": self.service.id,
            "type": self.type,
            "details": self.details,
        }


@dataclass(kw_only=True)
class Line:
    """A line of a log."""

    service: Service
    text: str
    type: str
    instance: str = ""
    id: str = field(default_factory=lambda: new_id("log"))
    time: datetime = field(default_factory=now)

    def json(self) -> dict[str, Any]:
        """Return it as GET /logs does."""
        labels = {"resource": self.service.id, "type": self.type, "instance": self.instance}
        return {
            "id": self.id,
            "message": self.text,
            "timestamp": iso(self.time),
            "labels": [{"name": name, "value": value} for name, value in labels.items() if value],
        }
