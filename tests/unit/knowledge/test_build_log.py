from deploy_suite.knowledge.build_log import Asked, BuildReading, Difference, differences, parse_build_log

RENDER = """==> Cloning from https://github.com/example/shop
==> Checking out commit 28d29f6ab12cd34ef567890abcdef1234567890a in branch main
==> Using Python version 3.13.4 (default)
==> Running build command 'pip install -r requirements.txt'...
Collecting Flask==3.0.3 (from -r requirements.txt (line 1))
Installing collected packages: MarkupSafe, Flask
Successfully installed Flask-3.0.3 MarkupSafe-2.1.5
==> Build successful
==> Running 'gunicorn app:app'
bash: line 1: gunicorn: command not found
"""


def test_a_render_log_tells_commit_python_commands_and_packages() -> None:
    assert parse_build_log(RENDER) == BuildReading(
        commit="28d29f6ab12cd34ef567890abcdef1234567890a",
        commit_line=2,
        python="3.13.4",
        commands=("pip install -r requirements.txt", "gunicorn app:app"),
        packages={"flask": "3.0.3", "markupsafe": "2.1.5"},
    )


def test_uv_poetry_and_satisfied_requirements_are_read() -> None:
    text = (
        "Using CPython 3.12.1\n + idna==3.7\n + Typing_Extensions==4.12.0\n  - Installing six (1.16.0)\n"
        "  • Updating httpx (0.27.0 -> 0.28.1)\nRequirement already satisfied: click in /srv/venv (8.1.7)\n"
    )

    assert parse_build_log(text).packages == {
        "idna": "3.7",
        "typing-extensions": "4.12.0",
        "six": "1.16.0",
        "httpx": "0.28.1",
        "click": "8.1.7",
    }


def test_a_log_that_ends_before_the_packages_are_in_is_not_complete() -> None:
    assert not parse_build_log("Installing collected packages: flask, numpy\n").is_complete


def test_what_the_build_lacks_is_said() -> None:
    asked = Asked(
        commit="dcadd71",
        python="3.12",
        requirements={"flask": "requirements.txt:1", "numpy": "requirements.txt:2"},
        programs={"gunicorn": "gunicorn"},
    )

    assert differences(parse_build_log(RENDER), asked) == (
        Difference(
            "commit-not-deployed",
            "the build checked out 28d29f6ab12cd34ef567890abcdef1234567890a, not dcadd71: push it or deploy it by hand",
        ),
        Difference("python-runtime-unavailable", "the build used Python 3.13.4, the project asks for 3.12"),
        Difference(
            "missing-requirement:numpy", "numpy is asked for in requirements.txt:2, and the build did not install it"
        ),
        Difference(
            "gunicorn-not-installed",
            "the start command runs gunicorn, which comes with gunicorn, and the build did not install it",
        ),
    )


def test_a_build_that_did_as_asked_differs_in_nothing() -> None:
    asked = Asked(commit="28d29f6", python="3.13", requirements={"flask": "requirements.txt:1"})

    assert differences(parse_build_log(RENDER), asked) == ()


def test_a_log_without_packages_says_nothing_about_them() -> None:
    assert differences(BuildReading(), Asked(commit="abc", requirements={"flask": "requirements.txt:1"})) == ()


def test_lists_that_a_terminal_wrapped_are_read_to_their_end() -> None:
    reading = parse_build_log(
        "Installing collected packages: flask, click,\njinja2, numpy\n\n"
        "Successfully installed click-8.1.7 flask-3.0.3\n[...] numpy-2.0.0\n==> Build successful\n"
    )

    assert reading.packages == {"flask": "3.0.3", "click": "8.1.7", "jinja2": "", "numpy": "2.0.0"}
    assert (reading.is_complete, reading.is_whole) == (True, True)


def test_a_shortened_list_proves_no_absence() -> None:
    reading = parse_build_log("Successfully installed click-8.1.7 [...] flask-3.0.3\n")

    assert differences(reading, Asked(requirements={"numpy": "requirements.txt:1"})) == ()


def test_an_environment_that_was_not_empty_proves_no_absence() -> None:
    for text in (" - idna==3.6\n + idna==3.7\n", "Audited 3 packages in 1ms\n + idna==3.7\n"):
        assert differences(parse_build_log(text), Asked(requirements={"numpy": "requirements.txt:1"})) == ()


def test_a_pin_that_the_build_did_not_follow_tells_of_another_state_of_the_file() -> None:
    asked = Asked(requirements={"flask": "reqs.txt:1"}, pins={"flask": "3.1.0"})

    assert [(one.code, one.message) for one in differences(parse_build_log(RENDER), asked)] == [
        (
            "commit-not-deployed",
            "reqs.txt:1 asks for flask 3.1.0, and the build installed 3.0.3: it read another state of that file",
        )
    ]


def test_a_command_that_the_manifest_does_not_state_is_told() -> None:
    asked = Asked(commands={"pip install  -r requirements.txt": "render.yaml:6", "gunicorn web:app": "render.yaml:7"})
    ran = "`gunicorn app:app`, `pip install -r requirements.txt`"

    assert [(one.code, one.message) for one in differences(parse_build_log(RENDER), asked)] == [
        (
            "command-not-from-manifest",
            f"render.yaml:7 says `gunicorn web:app`, and the platform ran {ran}",
        )
    ]
