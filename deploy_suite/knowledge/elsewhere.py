"""The causes that lie outside of a project: what a made-up value or a network without a way out shows just as well."""

from typing import Final

ELSEWHERE: Final = frozenset(
    {
        "celery-acknowledgement-timeout",
        "celery-broker-auth-failed",
        "celery-broker-refused",
        "db-connection-refused",
        "db-does-not-exist",
        "db-host-unresolvable",
        "db-password-auth-failed",
        "db-permission-denied",
        "db-ssl-required",
        "db-too-many-connections",
        "downloaded-error-page",
        "git-remote-access",
        "invalid-env-value",
        "missing-env-var",
        "model-download-failed",
        "nltk-data-missing",
        "outbound-network-blocked",
        "postgres-no-superuser-password",
        "redis-auth-failed",
        "redis-connection-refused",
        "redis-refuses-writes",
        "request-timeout",
        "spacy-model-missing",
        "ssh-host-key-verification",
        "ssh-publickey-denied",
        "ssh-unreachable",
        "tls-certificate-untrusted",
    }
)
