"""Whether a shell text fails when one of its commands does."""

import pytest

from deploy_suite.manifests import shell

FAILS = [
    "if ! migrate; then\n echo x\n exit 1\nfi\ngunicorn a:b",
    "set -e\nif ! migrate; then\n echo x\n exit 1\nfi\ngunicorn a:b",
    "if migrate; then echo ok; else echo bad; exit 1; fi\ngunicorn a:b",
    "if migrate; then exec gunicorn a:b; fi",
    "migrate || { echo x; exit 1; }\ngunicorn a:b",
    "migrate || exit 1\ngunicorn a:b",
    "migrate || exit $?\ngunicorn a:b",
    "set -e\nmigrate || (echo x; exit 1)\ngunicorn a:b",
    "migrate || (echo x && exit 1) && gunicorn a:b",
    "set -e\nmigrate; gunicorn a:b",
    "migrate && gunicorn a:b",
    "migrate & wait $!\n",
    "until migrate; do sleep 1; done\ngunicorn a:b",
    "while ! migrate; do sleep 1; done\ngunicorn a:b",
    "for i in 1 2 3; do\n if migrate; then break; fi\n if [ $i = 3 ]; then exit 1; fi\n sleep 1\ndone\ngunicorn a:b",
    "ok=0\nfor i in 1 2 3; do migrate && ok=1 && break; sleep 1; done\n[ $ok = 1 ] || exit 1\ngunicorn a:b",
    "n=0\nuntil migrate; do n=$((n+1)); if [ $n -ge 5 ]; then echo x; exit 1; fi; sleep 1; done\ngunicorn a:b",
    "while true; do\n migrate\n if [ $? -eq 0 ]; then break; fi\n sleep 5\ndone\ngunicorn a:b",
    "set -eo pipefail\nmigrate | tee log\ngunicorn a:b",
    "f() {\n migrate\n}\nset -e\nf\ngunicorn a:b",
    "set -e\nf() {\n migrate\n}\nf\ngunicorn a:b",
    "set -e\nf() {\n migrate || return 1\n}\nf\ngunicorn a:b",
    "f() {\n migrate || return 1\n}\nf || exit 1\ngunicorn a:b",
    "die() { echo $1; exit 1; }\nmigrate || die 'no'\ngunicorn a:b",
    'set -e\ncase "$1" in\n web) migrate; exec gunicorn a:b ;;\n *) exec "$@" ;;\nesac',
    'case "$1" in\n web) migrate && exec gunicorn a:b ;;\nesac',
    "migrate\nrc=$?\nif [ $rc -ne 0 ]; then exit $rc; fi\ngunicorn a:b",
    "migrate\nif [ $? -ne 0 ]; then\n exit 1\nfi\ngunicorn a:b",
    "trap 'echo x; exit 1' ERR\nmigrate\ngunicorn a:b",
    "set -e\ntrap 'kill 0' EXIT\nmigrate\ngunicorn a:b",
    "exec migrate",
    "set -e\n(cd app && migrate)\ngunicorn a:b",
    "cd app && migrate && cd .. && gunicorn a:b",
    'set -e\nif [ -n "$DATABASE_URL" ]; then\n migrate\nfi\ngunicorn a:b',
    "bash -c 'migrate || exit 1' && gunicorn a:b",
    "bash -ec 'migrate; gunicorn a:b'",
    "set -e\ncat <<EOF\nmigrate || true\nEOF\nmigrate\ngunicorn a:b",
    'set -e\n[ "$SKIP" = 1 ] || migrate\ngunicorn a:b',
    'set -e\n[ -z "$SKIP" ] && migrate\ngunicorn a:b',
    "set -e\nif [ x ]; then\n if ! migrate; then exit 1; fi\nelse\n echo\nfi\ngunicorn a:b",
    'if ! migrate; then\n echo x\n if [ "$STRICT" = 1 ]; then exit 1; fi\nfi\ngunicorn a:b',
    "set -e\nif timeout 60 migrate; then\n echo ok\nelse\n EXIT=$?\n echo bad\n exit $EXIT\nfi\ngunicorn a:b",
    "set -e\nif [ a ]; then echo; elif ! migrate; then exit 1; fi\ngunicorn a:b",
    "migrate && echo ok || exit 1\ngunicorn a:b",
    "migrate && echo ok || { echo bad >&2; exit 1; }\ngunicorn a:b",
    'set -e\nmain() {\n run\n exec gunicorn a:b\n}\nrun() {\n if ! migrate; then\n  return 1\n fi\n}\nmain "$@"',
    "migrate > /tmp/log 2>&1 || { cat /tmp/log; exit 1; }\ngunicorn a:b",
    "if ! migrate; then kill 1; fi\ngunicorn a:b",
    "if migrate\nthen\n  :\nelse\n  exit 3\nfi\ngunicorn a:b",
]
GOES_ON = [
    "if ! migrate; then\n echo x\nfi\ngunicorn a:b",
    "if migrate; then echo ok; else echo bad; fi\ngunicorn a:b",
    "if migrate; then echo ok; fi\ngunicorn a:b",
    "migrate || (echo x; exit 1)\ngunicorn a:b",
    "migrate || true\ngunicorn a:b",
    "migrate || echo no\ngunicorn a:b",
    "migrate 2>/dev/null || :\ngunicorn a:b",
    "migrate; gunicorn a:b",
    "set -e\nmigrate && echo done\ngunicorn a:b",
    "migrate &\nwait\ngunicorn a:b",
    "migrate &\ngunicorn a:b",
    "for i in 1 2 3; do migrate && break; sleep 1; done\ngunicorn a:b",
    "n=0\nuntil migrate; do n=$((n+1)); [ $n -ge 5 ] && break; sleep 1; done\ngunicorn a:b",
    "migrate | tee log\ngunicorn a:b",
    "set -e\nmigrate | tee log\ngunicorn a:b",
    "set -e\nf() {\n migrate\n}\nf || true\ngunicorn a:b",
    "f() {\n migrate\n echo done\n}\nf\ngunicorn a:b",
    'case "$1" in\n web) migrate || true; exec gunicorn a:b ;;\n *) exec "$@" ;;\nesac',
    "set -e\nset +e\nmigrate\nset -e\ngunicorn a:b",
    "! migrate\ngunicorn a:b",
    "(cd app && migrate)\ngunicorn a:b",
    'set -e\nif [ -n "$X" ]; then\n migrate || echo no\nfi\ngunicorn a:b',
    "bash -c 'migrate; gunicorn a:b'",
    "migrate || migrate --fake || exit 1\ngunicorn a:b",
    "migrate || { echo retry; sleep 5; python x.py; }\ngunicorn a:b",
    "migrate && echo ok || echo bad\ngunicorn a:b",
    "set -e\n{ migrate; } || true\ngunicorn a:b",
    "set -e\n{ migrate; echo x; } 2>&1 | tee l\ngunicorn a:b",
    "if ! migrate; then failed=1; fi\ngunicorn a:b",
]


def _ends(text: str) -> bool:
    return next(one for one in shell.parse(text).commands if "migrate" in one.words).ends_text


@pytest.mark.parametrize("text", FAILS)
def test_a_failure_that_ends_the_text_is_known(text: str) -> None:
    assert _ends(text)


@pytest.mark.parametrize("text", GOES_ON)
def test_a_failure_that_is_passed_over_is_known(text: str) -> None:
    assert not _ends(text)
