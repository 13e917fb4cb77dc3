from deploy_suite.model.command import Command
from deploy_suite.model.secret import Masker, Secret

SENTINEL = "s3ntinel-value-0451"


def test_a_secret_shows_only_its_mask(tmp_path):
    secret = Secret(SENTINEL)

    shown = f"{secret} {secret!r} {[secret]} {Command(argv=('login', secret), cwd=tmp_path).shown()}"

    assert SENTINEL not in shown
    assert secret.revealed() == SENTINEL


def test_secrets_compare_by_their_text():
    assert Secret("a") == Secret("a")
    assert Secret("a") != Secret("b")
    assert len({Secret("a"), Secret("a")}) == 1


def test_a_masker_replaces_the_longest_secret_first():
    masker = Masker.of([Secret("abcdef"), Secret("abcdefghij")])

    assert masker.masked("x abcdefghij y abcdef z") == "x *** y *** z"


def test_a_masker_leaves_out_what_is_too_short_to_be_told_from_text():
    assert Masker.of([Secret("on")]).masked("gone on") == "gone on"


def test_passwords_in_urls_are_masked_even_when_nobody_named_them():
    text = "could not connect to postgresql://shop:pa55word@db.example.com:5432/shop"

    assert Masker().masked(text) == "could not connect to postgresql://shop:***@db.example.com:5432/shop"


def test_a_url_without_password_stays_whole():
    assert Masker().masked("see https://user@example.com/a:b@c") == "see https://user@example.com/a:b@c"
