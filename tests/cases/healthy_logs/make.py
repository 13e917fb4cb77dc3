"""Produces the healthy logs beside it: public applications, built and started for real, asked once, and stopped.

    python tests/cases/healthy_logs/make.py FOLDER_OF_CLONES SCRATCH [NAME ...]

Each row names the repository, the folder in it, the Python, the requirements, and the commands. The log holds what the
installer, the migrations and the server printed. A row whose service does not come up writes no log.
"""

import os
import pathlib
import re
import subprocess
import sys

HERE = pathlib.Path(__file__).parent
UV = os.environ.get("UV", "uv")
PYTHONS = pathlib.Path(os.environ.get("PYENV_ROOT", str(pathlib.Path.home() / ".pyenv"))) / "versions"
SECRET = "SECRET_KEY=0123456789abcdef0123456789abcdef JWT_SECRET_KEY=0123456789abcdef0123456789abcdef "

# name: (clone, subfolder, python, install, before, start, environment)
APPS = {
    "fastapi-render": ("render-fastapi", "", "3.12", "-r requirements.txt", "", "uvicorn main:app --port {port}", ""),
    "flask-hello-world": ("flask-hello-world", "", "3.12", "-r requirements.txt", "", "gunicorn -b 127.0.0.1:{port} app:app", ""),
    "django-render": ("render-django-fbc60fc", "", "3.12", "-r requirements.txt", "python manage.py collectstatic --no-input && python manage.py migrate", "python -m gunicorn mysite.asgi:application -b 127.0.0.1:{port} -k uvicorn.workers.UvicornWorker", "RENDER=true RENDER_EXTERNAL_HOSTNAME=127.0.0.1 DATABASE_URL=sqlite:///db.sqlite3"),
    "fityou": ("fityou-28d29f6", "", "3.12", "-r requirements.txt", "", "gunicorn -b 127.0.0.1:{port} app:app", ""),
    "fityou-head": ("fityou-head", "", "3.12", "-r requirements.txt", "", "gunicorn -b 127.0.0.1:{port} app:app", SECRET + "DATABASE_URL=sqlite:///x.db"),
    "line-bot": ("chatgpt-line-bot-ea849c9", "", "3.11", "-r requirements.txt gunicorn", "", "gunicorn -b 127.0.0.1:{port} main:app", "LINE_CHANNEL_ACCESS_TOKEN=abcdefgh LINE_CHANNEL_SECRET=abcdefgh OPENAI_MODEL_ENGINE=x SYSTEM_MESSAGE=x"),
    "hrms-tz": ("hrms-tz-ae70deb", "", "3.12", "-r requirements.txt", "python manage.py collectstatic --no-input; python manage.py migrate", "gunicorn -b 127.0.0.1:{port} hrms_project.wsgi", ""),
    "agentjobs": ("agentjobs-1b92ffc", "", "3.12", "-r requirements.txt", "", "uvicorn main:app --port {port}", SECRET),
    "start-learn": ("start-learn-head", "", "3.12", "-r requirements.txt gunicorn", "python manage.py migrate", "gunicorn -b 127.0.0.1:{port} project.wsgi", SECRET),
    "microblog": ("microblog", "", "3.12", "-r requirements.txt", "flask db upgrade && flask translate compile", "gunicorn -b 127.0.0.1:{port} microblog:app", SECRET),
    "examshit": ("examshit", "", "3.12", "-r requirements.txt", "", "gunicorn -b 127.0.0.1:{port} app:app", SECRET),
    "page-pulse": ("page-pulse-0fb015e", "backend", "3.11", "-r requirements.txt", "", "uvicorn app.main:app --port {port}", ""),
    "streakfit": ("streakfit-api", "", "3.12", "-r requirements.txt", "flask db upgrade", "gunicorn -b 127.0.0.1:{port} app:app", SECRET + "DATABASE_URL=sqlite:///x.db FLASK_APP=app.py"),
    "ai-portal": ("ai-portal-head", "", "3.11", "-r requirements.txt", "", "uvicorn main:app --port {port}", SECRET + "OPENROUTER_API_KEY=abcdefgh"),
    "render-celery-web": ("render-celery-head", "", "3.9", "-r requirements.txt setuptools<80", "", "gunicorn -b 127.0.0.1:{port} app:app", SECRET),
    "project52": ("project52-robinwurst", "", "3.12", ".", "python manage.py migrate", "gunicorn -b 127.0.0.1:{port} task_manager.wsgi", SECRET + "DATABASE_URL=sqlite:///db.sqlite3 DEBUG=True"),
    "code-editor": ("code-editor", "", "3.12", "-r requirements.txt", "python manage.py migrate", "gunicorn -b 127.0.0.1:{port} minicodeeditor.wsgi:application", SECRET),
    "devstoday": ("devstoday-task", "", "3.12", "-r requirements.txt", "", "uvicorn main:app --port {port}", SECRET + "DATABASE_URL=sqlite+aiosqlite:///x.db DB_URL=sqlite+aiosqlite:///x.db"),
    "flask-rest-hello": ("flask-rest-hello", "src", "3.12", "flask flask-sqlalchemy flask-migrate flask-cors flask-admin<2 psycopg2-binary python-dotenv gunicorn flask-swagger wtforms setuptools<80", "", "gunicorn -b 127.0.0.1:{port} app:app", SECRET + "FLASK_APP_KEY=any"),
    "nt208": ("nt208-travel-b676913", "Backend", "3.12", "-r requirements.txt", "", "uvicorn main:app --port {port}", SECRET),
    "microblog-flask-run": ("microblog", "", "3.12", "-r requirements.txt", "flask db upgrade", "flask --app microblog run --port {port}", SECRET),
    "hrms-tz-runserver": ("hrms-tz-ae70deb", "", "3.12", "-r requirements.txt", "python manage.py migrate", "python manage.py runserver 127.0.0.1:{port}", ""),
    "fastapi-render-workers": ("render-fastapi", "", "3.13", "-r requirements.txt", "", "uvicorn main:app --port {port} --workers 2", ""),
    "agentjobs-gunicorn": ("agentjobs-1b92ffc", "", "3.12", "-r requirements.txt gunicorn uvicorn-worker", "", "gunicorn -k uvicorn_worker.UvicornWorker -b 127.0.0.1:{port} main:app", SECRET),
}  # fmt: skip


def main(clones, scratch, names):
    top = pathlib.Path(scratch)
    for number, (name, (clone, sub, python, install, before, start, values)) in enumerate(APPS.items()):
        if names and name not in names:
            continue
        work, venv = top / name / "app", top / name / "venv"
        subprocess.run(["rm", "-rf", str(top / name)], check=True)
        (top / name).mkdir(parents=True)
        subprocess.run(["cp", "-r", str(pathlib.Path(clones) / clone), str(work)], check=True)
        found = sorted(PYTHONS.glob(f"{python}*/bin/python"))
        subprocess.run([UV, "venv", "-q", "--seed", "--python", str(found[0]) if found else python, str(venv)], check=True)
        port = 8800 + number
        given = dict(pair.split("=", 1) for pair in values.split())
        environment = {"PATH": f"{venv}/bin:{pathlib.Path(UV).parent}:/usr/bin:/bin", "VIRTUAL_ENV": str(venv), "HOME": str(top / name), "LANG": "C.UTF-8", "PYTHONUNBUFFERED": "1", "PORT": str(port), **given, **{k: v for k, v in os.environ.items() if k.startswith(("PIP_", "UV_", "SSL_"))}}  # fmt: skip
        folder = work / sub
        log = run(f"{UV} pip install --no-progress {' '.join(quoted(w) for w in install.split())}", folder, environment, 240)
        if before:
            log += run(before, folder, environment, 60)
        asked = f"for i in $(seq 1 60); do sleep 0.5; curl -s -o /dev/null -w '%{{http_code}}' http://127.0.0.1:{port}/ > .code && break; done"
        log += run(f"{start.format(port=port)} & pid=$!; {asked}; kill -TERM $pid; wait $pid; exit 0", folder, environment, 60)
        code = (folder / ".code").read_text() if (folder / ".code").exists() else ""
        text = cleaned(log, {str(work): "/srv/app", str(venv): "/srv/venv", str(top / name): "/srv", str(pathlib.Path(UV)): "uv"})
        is_up = code[:1] in {"2", "3", "4"} and not re.search(r"(?m)^Traceback|^error:|^ERROR\b|\[ERROR\]", text)
        if is_up:
            (HERE / f"{name}.txt").write_text(text, encoding="utf-8")
        else:
            (top / f"{name}.log").write_text(text, encoding="utf-8")
        subprocess.run(["rm", "-rf", str(top / name)], check=True)
        print(name, "up" if is_up else "NOT UP", code, len(text), flush=True)


def quoted(word):
    return "'" + word + "'"


def run(command, folder, environment, timeout):
    try:
        return subprocess.run(["timeout", "-k", "2", str(timeout), "bash", "-c", command], cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, check=False).stdout.decode("utf-8", "replace")
    except OSError as error:
        return f"error: {error}\n"


def cleaned(text, names):
    for old, new in names.items():
        text = text.replace(old, new)
    text = "".join(line for line in text.splitlines(keepends=True) if "Looking in" not in line)
    return text.replace(str(PYTHONS), "/opt/python")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3:])
