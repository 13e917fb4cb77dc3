#!/usr/bin/env bash
set -o errexit -u
cd "$(dirname "$0")" && cd backend || exit 1
export PIP_NO_CACHE_DIR=1 A="b c"
if [[ -n "${X:-}" ]]; then pip install -U pip; else python -m pip install --no-cache-dir -r requirements.txt; fi
for f in a b; do echo "$f" > "$f.txt"; done
bash -c "uv pip install --system 'flask>=3' gunicorn" | tee log 2>/dev/null
install() { pip install "$@"; }
case "$1" in x) poetry install --no-root ;; *) pipenv install --deploy --system ;; esac
cat <<EOF > settings.ini
[settings]
EOF
exec env PORT=1 nohup gunicorn app:app &
