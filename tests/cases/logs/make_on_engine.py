"""Produces the sample logs that need a Docker Engine (with Compose and Buildx) or a systemd, beside those of make.py.

    python tests/cases/logs/make_on_engine.py SCRATCH [NAME ...]

Needs root, a running Engine with the images debian:12 and python:3.11-slim, nginx and the tools of make.py. The
systemd is that of a container, made from debian:12; BINARIES names the folder with a PostgreSQL's programs. Containers
and images are named `sample-…` and removed.
"""

import pathlib
import subprocess
import sys

import make

SLIM = "FROM python:3.11-slim\nWORKDIR /app\n"
UNIT = "[Unit]\nDescription=shop\n[Service]\n{lines}\n[Install]\nWantedBy=multi-user.target\n"
SYSTEMD = """FROM debian:12
RUN apt-get update -qq && apt-get install -y -qq --no-install-recommends systemd >/dev/null && rm -rf /var/lib/apt/lists/*
CMD ["/lib/systemd/systemd"]
"""
# Runs the unit of the case in a container whose first process is systemd, and shows what an owner would look at.
IN_SYSTEMD = (
    "docker build -q -t sample-systemd - < systemd.Dockerfile >/dev/null; "
    "docker run -d --name sample-systemd --hostname vps --cap-add SYS_ADMIN --security-opt seccomp=unconfined "
    "--security-opt apparmor=unconfined --tmpfs /run --tmpfs /tmp -v /sys/fs/cgroup:/sys/fs/cgroup:rw --cgroupns=host sample-systemd >/dev/null; "
    "for i in 1 2 3 4 5 6 7 8 9; do sleep 0.5; docker exec sample-systemd systemctl is-system-running 2>/dev/null | grep -q running && break; done; "
    "docker cp shop.service sample-systemd:/etc/systemd/system/shop.service >/dev/null 2>&1; docker exec sample-systemd systemctl daemon-reload; "
    "docker exec sample-systemd systemctl start {unit}; sleep 2; docker exec sample-systemd journalctl --no-pager -u {unit} -n 20; "
    "docker exec sample-systemd systemctl status --no-pager {unit}; docker rm -f sample-systemd >/dev/null"
)
REGISTRY = """import http.server
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        known = self.path == "/v2/"
        body = b"{}" if known else b'{"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown"}]}'
        self.send_response(200 if known else 404)
        self.send_header("Content-Type", "application/json")
        self.send_header("Docker-Distribution-Api-Version", "registry/2.0")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body if self.command == "GET" else b"")
    do_HEAD = do_GET
    def log_message(self, *words): pass
http.server.HTTPServer(("127.0.0.1", 5077), Handler).serve_forever()
"""
BUILD = "docker build --progress=plain --no-cache -t sample-app ."
DOWN = "docker compose -p sample down -t 0 >/dev/null 2>&1"
UP = f"docker compose -p sample --ansi never up; {DOWN}"
NGINX = "daemon off;\npid nginx.pid;\nerror_log stderr;\nevents {}\nhttp { access_log off; client_body_temp_path b; proxy_temp_path p; fastcgi_temp_path f; uwsgi_temp_path u; scgi_temp_path s; "
CHANGED = (
    "git init -q -b main up && cd up && git config user.email a@example.com && git config user.name a && echo 1 > app.py && git add . && git commit -qm 1 && cd .. && "
    "git clone -q up live && cd up && echo 2 > app.py && git commit -qam 2 && cd ../live && echo 3 > app.py && git pull"
)

# name: (cause, files, command, timeout_s)
CASES = {
    "docker-copy-missing-file": ("docker-copy-missing-file", {"Dockerfile": SLIM + "COPY requirements.txt .\nRUN pip install -r requirements.txt\n"}, BUILD, 60),
    "docker-copy-missing-file-ignored": ("docker-copy-missing-file", {"Dockerfile": SLIM + "COPY deploy/start.sh /start.sh\n", "deploy/start.sh": "true\n", ".dockerignore": "deploy\n"}, BUILD, 60),
    "dockerfile-run-failed": ("dockerfile-run-failed", {"Dockerfile": "FROM debian:12\nRUN apt-get update -qq && apt-get install -y libjpeg62-dev-old\n"}, BUILD, 120),
    "docker-image-not-found": ("docker-image-not-found", {"registry.py": REGISTRY}, "python3 registry.py & pid=$!; sleep 1; docker pull localhost:5077/shop:9.9; kill $pid", 30),
    "docker-socket-permission": ("docker-socket-permission", {}, "setpriv --reuid 65534 --regid 65534 --clear-groups docker ps", 30),
    "docker-daemon-not-running": ("docker-daemon-not-running", {}, "DOCKER_HOST=unix:///run/no-such-docker.sock docker compose ls; DOCKER_HOST=unix:///run/no-such-docker.sock docker ps", 30),
    "container-name-conflict": ("container-name-conflict", {}, "docker run -d --name sample-db debian:12 sleep 60 >/dev/null; docker run -d --name sample-db debian:12 sleep 60; docker rm -f sample-db >/dev/null", 40),
    "compose-file-invalid-key": ("compose-file-invalid", {"compose.yaml": "services:\n  web:\n    image: python:3.11-slim\n    comand: python app.py\n"}, UP, 30),
    "compose-file-invalid-volume": ("compose-file-invalid", {"compose.yaml": "services:\n  db:\n    image: debian:12\n    volumes:\n      - data:/var/lib/postgresql/data\n"}, UP, 30),
    "compose-file-invalid-yaml": ("compose-file-invalid", {"compose.yaml": "services:\n  web:\n    image: python:3.11-slim\n   ports:\n    - 8000:8000\n"}, UP, 30),
    "container-unhealthy": ("container-unhealthy", {"compose.yaml": "services:\n  db:\n    image: debian:12\n    command: sleep 60\n    healthcheck: {test: 'exit 1', interval: 1s, retries: 2}\n  web:\n    image: debian:12\n    command: 'true'\n    depends_on: {db: {condition: service_healthy}}\n"}, UP, 60),
    "healthcheck-curl-missing": ("healthcheck-curl-missing", {}, "docker run -d --name sample-web --health-cmd 'curl -f http://localhost:8000/' --health-interval 1s --health-retries 2 python:3.11-slim python -m http.server 8000 >/dev/null; sleep 5; docker inspect --format '{{json .State.Health}}' sample-web; docker rm -f sample-web >/dev/null", 40),
    "docker-network-missing": ("docker-network-missing", {"compose.yaml": "services:\n  web:\n    image: debian:12\n    networks: [proxy]\nnetworks:\n  proxy: {external: true}\n"}, UP, 30),
    "volume-mount-mismatch": ("volume-mount-mismatch", {}, "mkdir -p nginx.conf; docker run --rm -v $PWD/nginx.conf:/etc/debian_version debian:12 true", 30),
    "crlf-line-endings-docker": ("crlf-line-endings", {"Dockerfile": SLIM + "COPY entrypoint.sh /\nENTRYPOINT [\"/entrypoint.sh\"]\n", "entrypoint.sh": "#!/bin/sh\r\nexec python app.py\r\n"}, "chmod +x entrypoint.sh; docker build -q -t sample-app . >/dev/null; docker run --rm sample-app", 60),
    "entrypoint-not-executable-docker": ("entrypoint-not-executable", {"Dockerfile": SLIM + "COPY entrypoint.sh /\nENTRYPOINT [\"/entrypoint.sh\"]\n", "entrypoint.sh": "#!/bin/sh\nexec python app.py\n"}, "chmod -x entrypoint.sh; docker build -q -t sample-app . >/dev/null; docker run --rm sample-app", 60),
    "start-command-not-found-docker": ("start-command-not-found:uvicorn", {"Dockerfile": SLIM + "CMD [\"uvicorn\", \"main:app\"]\n"}, "docker build -q -t sample-app . >/dev/null; docker run --rm sample-app", 60),
    "start-command-not-found-docker-file": ("start-command-not-found", {"Dockerfile": SLIM + "CMD [\"./start.sh\"]\n"}, "docker build -q -t sample-app . >/dev/null; docker run --rm sample-app", 60),
    "out-of-memory-docker": ("out-of-memory", {"compose.yaml": "services:\n  web:\n    image: python:3.11-slim\n    mem_limit: 48m\n    memswap_limit: 48m\n    command: python -c 'x = [b\"x\" * (n + (1 << 20)) for n in range(4096)]'\n"}, UP, 60),
    "bound-to-wrong-address": ("bound-to-wrong-address", {}, "docker run -d --name sample-web -p 127.0.0.1:8796:8000 python:3.11-slim python -u -m http.server -b 127.0.0.1 8000 >/dev/null; sleep 2; curl --noproxy '*' -sS -m 5 http://127.0.0.1:8796/; docker logs sample-web; docker rm -f sample-web >/dev/null", 40),
    "python-built-without-module": ("python-built-without-module", {"Dockerfile": SLIM + "RUN rm /usr/local/lib/python3.11/lib-dynload/_sqlite3*.so\nCOPY app.py .\nCMD [\"python\", \"app.py\"]\n", "app.py": "import sqlite3\n"}, "docker build -q -t sample-app . >/dev/null; docker run --rm sample-app", 60),
    "wrong-python-environment": ("wrong-python-environment", {"Dockerfile": SLIM + "RUN python -m venv .venv && .venv/bin/pip install -q flask\nCOPY app.py .\n", "app.py": "from flask import Flask\napp = Flask(__name__)\n"}, "docker build -q -t sample-app . >/dev/null; docker run --rm sample-app sh -c '.venv/bin/pip install flask && flask run'", 120),
    "git-not-installed": ("missing-system-binary:git", {"Dockerfile": SLIM + "RUN pip install git+https://example.com/me/lib.git\n"}, BUILD, 60),
    "port-in-use-docker": ("port-in-use", {}, "python3 -m http.server -b 127.0.0.1 8791 >/dev/null 2>&1 & pid=$!; sleep 1; docker run --rm --name sample-web -p 127.0.0.1:8791:8000 python:3.11-slim true; kill $pid", 40),
    "glibc-mismatch": ("glibc-mismatch", {}, "mirror=$(awk '/^URIs:/ {print $2; exit}' /etc/apt/sources.list.d/*.sources 2>/dev/null || awk '/^deb / {print $2; exit}' /etc/apt/sources.list); mkdir -p lists/partial; echo \"deb [trusted=yes] $mirror trixie main\" > list; o=\"-qq -oDir::Etc::sourcelist=$PWD/list -oDir::Etc::sourceparts=- -oDir::State::Lists=$PWD/lists -oAPT::Sandbox::User=root\"; apt-get $o update >/dev/null 2>&1; apt-get $o download coreutils >/dev/null 2>&1; dpkg-deb -x coreutils_*.deb new; docker run --rm -v $PWD/new/usr/bin:/srv/bin:ro debian:12 /srv/bin/ls /", 120),
    "systemd-203-exec": ("systemd-203-exec", {"systemd.Dockerfile": SYSTEMD, "shop.service": UNIT.format(lines="ExecStart=/srv/app/.venv/bin/gunicorn app:app")}, IN_SYSTEMD.format(unit="shop"), 120),
    "systemd-217-user": ("systemd-217-user", {"systemd.Dockerfile": SYSTEMD, "shop.service": UNIT.format(lines="User=shop\nExecStart=/bin/sleep 60")}, IN_SYSTEMD.format(unit="shop"), 120),
    "systemd-200-chdir": ("systemd-200-chdir", {"systemd.Dockerfile": SYSTEMD, "shop.service": UNIT.format(lines="WorkingDirectory=/srv/shop\nExecStart=/bin/sleep 60")}, IN_SYSTEMD.format(unit="shop"), 120),
    "systemd-bad-execstart": ("systemd-bad-execstart", {"systemd.Dockerfile": SYSTEMD, "shop.service": UNIT.format(lines="ExecStart=./start.sh")}, IN_SYSTEMD.format(unit="shop"), 120),
    "systemd-environment-file": ("systemd-environment-file", {"systemd.Dockerfile": SYSTEMD, "shop.service": UNIT.format(lines="EnvironmentFile=/etc/shop.env\nExecStart=/bin/sleep 60")}, IN_SYSTEMD.format(unit="shop"), 120),
    "systemd-unit-not-found": ("systemd-unit-not-found", {"systemd.Dockerfile": SYSTEMD}, IN_SYSTEMD.format(unit="gunicorn"), 120),
    "nginx-body-too-large": ("nginx-body-too-large", {"nginx.conf": NGINX + "server { listen 127.0.0.1:8793; client_max_body_size 1k; location / { return 200; } } }\n"}, "/usr/sbin/nginx -p . -c $PWD/nginx.conf & pid=$!; sleep 1; head -c 9999 /dev/zero | curl -s -o /dev/null --data-binary @- http://127.0.0.1:8793/; kill $pid; wait $pid", 30),
    "nginx-upstream-busy": ("nginx-upstream-busy", {"nginx.conf": NGINX + "upstream app { server unix:/tmp/sample-busy.sock; } server { listen 127.0.0.1:8794; location / { proxy_pass http://app; } } }\n", "app.py": "import socket, time\ns = socket.socket(socket.AF_UNIX)\ns.bind('/tmp/sample-busy.sock')\nimport os\nos.chmod('/tmp/sample-busy.sock', 0o777)\ns.listen(0)\ntime.sleep(20)\n"}, "rm -f /tmp/sample-busy.sock; python3 app.py & app=$!; sleep 0.5; /usr/sbin/nginx -p . -c $PWD/nginx.conf & pid=$!; sleep 1; for i in 1 2 3; do curl -s -m 2 -o /dev/null http://127.0.0.1:8794/ & done; sleep 3; kill $pid $app; wait $pid; rm -f /tmp/sample-busy.sock", 30),
    "git-local-changes": ("git-local-changes", {}, CHANGED, 30),
    "git-remote-access": ("git-remote-access", {}, "git init -q -b main . && git -c user.name=a -c user.email=a@example.com commit -q --allow-empty -m 1 && git remote add heroku $PWD/no-such.git && git push heroku main", 30),
    "git-safe-directory": ("git-safe-directory", {}, "git init -q . && chmod 755 .. . && setpriv --reuid 65534 --regid 65534 --clear-groups env HOME=/tmp git -C $PWD pull", 30),
    "git-lfs-failure": ("git-lfs-failure", {}, "git init -q -b main up && cd up && git config user.email a@example.com && git config user.name a && echo '*.bin filter=lfs diff=lfs merge=lfs -text' > .gitattributes && printf 'version https://git-lfs.github.com/spec/v1\\noid sha256:aa\\nsize 3\\n' > model.bin && git add . && git commit -qm 1; cd ..; git -c filter.lfs.smudge='git-lfs smudge -- %f' -c filter.lfs.required=true clone up live", 30),
    "postgres-data-version-mismatch": ("postgres-data-version-mismatch", {}, "d=/tmp/sample-pg; rm -rf $d; mkdir $d; chown 65534 $d; r='setpriv --reuid 65534 --clear-groups'; b=$BINARIES; LANG=C.UTF-8 $r $b/initdb -D $d -N >/dev/null 2>&1; echo 15 > $d/PG_VERSION; $r $b/postgres -D $d -p 5988 -k $d; rm -rf $d", 60),
}  # fmt: skip


def main(scratch, names):
    top = pathlib.Path(scratch).resolve()
    for name, (cause, files, command, timeout) in CASES.items():
        if names and name not in names:
            continue
        folder = top / "work" / name / "app"
        subprocess.run(["rm", "-rf", str(folder.parent)], check=True)
        folder.mkdir(parents=True)
        for path, text in files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text, newline="", encoding="utf-8")
        done = subprocess.run(["timeout", "-k", "2", str(timeout), "bash", "-c", command], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, check=False)
        text = make.cleaned(done.stdout.decode("utf-8", "replace"), {str(folder): "/srv/app", str(folder.parent): "/srv", str(top): "/srv"})
        target = make.HERE / name
        target.mkdir(exist_ok=True)
        (target / "log.txt").write_text(text, encoding="utf-8", newline="")
        (target / "made.toml").write_text(f'cause = "{cause}"\npython = ""\npackages = ""\ncommand = {make.toml(command)}\n', encoding="utf-8")
        print(name, len(text), "bytes", flush=True)
    for kind in ("systemd", "app"):
        subprocess.run(["docker", "rmi", "-f", f"sample-{kind}"], check=False, capture_output=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
