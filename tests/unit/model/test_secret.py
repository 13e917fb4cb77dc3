import base64
import html
import json
import shlex
import threading
import time
from pathlib import Path
from urllib.parse import quote, quote_plus

from deploy_suite.model.command import Command
from deploy_suite.model.secret import Curtain, Masker, Secret

SENTINEL = "s3ntinel-value-0451"


def test_a_secret_shows_only_its_mask(tmp_path: Path) -> None:
    secret = Secret(SENTINEL)

    shown = f"{secret} {secret!r} {[secret]} {Command(argv=('login', secret), cwd=tmp_path).shown()}"

    assert SENTINEL not in shown
    assert secret.revealed() == SENTINEL


def test_secrets_compare_by_their_text() -> None:
    assert Secret("a") == Secret("a")
    assert Secret("a") != Secret("b")
    assert len({Secret("a"), Secret("a")}) == 1


def test_a_masker_replaces_the_longest_secret_first() -> None:
    masker = Masker.of([Secret("abcdef"), Secret("abcdefghij")])

    assert masker.masked("x abcdefghij y abcdef z") == "x *** y *** z"


def test_a_masker_leaves_out_what_is_too_short_to_be_told_from_text() -> None:
    assert Masker.of([Secret("on")]).masked("gone on") == "gone on"


def test_passwords_in_urls_are_masked_even_when_nobody_named_them() -> None:
    text = "could not connect to postgresql://shop:pa55word@db.example.com:5432/shop"

    assert Masker().masked(text) == "could not connect to postgresql://shop:***@db.example.com:5432/shop"


def test_a_url_without_password_stays_whole() -> None:
    assert Masker().masked("see https://user@example.com/a:b@c") == "see https://user@example.com/a:b@c"


def test_the_forms_in_which_programs_print_a_secret_are_masked() -> None:
    text = 'pass "word" é/7f\'3\\'
    masker = Masker.of([Secret(text)])

    shown = (
        text,
        repr(text),
        json.dumps(text),
        quote(text, safe=""),
        quote_plus(text),
        base64.b64encode(text.encode()),
    )

    assert [masker.masked(str(each)) for each in shown][:5] == ["***", "'***'", '"***"', "***", "***"]
    assert "***" in masker.masked(shown[5].decode())


def test_base64_within_base64_and_hexadecimal_digits_are_masked() -> None:
    for text in ("s3ntinel-value-0451", "pa\xdfw?rt>~", "sixsix"):
        masker = Masker.of([Secret(text)])
        for before in ("", "u", "me", "user:", "ann:"):
            for after in ("", "@", ":x", "@host"):
                whole = f"{before}{text}{after}".encode()
                for encoded in (base64.b64encode(whole), base64.urlsafe_b64encode(whole)):
                    left = masker.masked(f"Basic {encoded.decode()}").removeprefix("Basic ")
                    assert "***" in left
                    assert len(left.replace("***", "")) <= 4 * (len(before) + len(after)) / 3 + 4
        assert masker.masked(f"{text.encode().hex()} {text.encode().hex().upper()}") == "*** ***"


def test_the_forms_of_pages_shells_and_bytes_are_masked() -> None:
    text = "pa'ss<wd>&\"x\\y é-93jf7Q"
    masker = Masker.of([Secret(text)])
    shown = [
        html.escape(text),
        html.escape(text, quote=False),
        html.escape(repr(text)),
        html.escape(text).replace("&#x27;", "&#39;").replace("&quot;", "&#34;"),
        html.escape(text).replace("&#x27;", "&#39;"),
        shlex.quote(text),
        text.replace("'", "'\\''"),
        ascii(text),
        repr(text.encode()),
    ]

    assert [form for form in shown if "93jf7Q" in masker.masked(form)] == []


def test_each_line_of_a_secret_of_several_lines_is_masked() -> None:
    masker = Masker.of([Secret("-----BEGIN KEY-----\nabcdefghijklmn\n-----END KEY-----")])

    assert masker.masked("  abcdefghijklmn  # quoted") == "  ***  # quoted"


def test_the_password_of_a_secret_address_is_masked_wherever_it_stands() -> None:
    masker = Masker.of([Secret("postgresql://shop:p%40ssword@db/shop")])

    assert masker.masked("user shop, password p@ssword (p%40ssword)") == "user shop, password *** (***)"


def test_a_password_with_an_at_sign_and_a_token_in_place_of_a_user_are_masked() -> None:
    assert Masker().masked("redis://u:a@b@host/0") == "redis://u:***@host/0"
    assert Masker().masked("https://ghp_abcdefghijklmnop12345@github.com/a") == "https://***@github.com/a"


def test_the_beginning_of_a_secret_at_a_line_that_was_cut_is_masked() -> None:
    masker = Masker.of([Secret("abcdefghijklmnop")])

    assert masker.masked("it is abcdefghijk…\nand abcdefghij\nnot abcd") == "it is ***…\nand ***\nnot abcd"


def test_the_scheme_of_a_secret_address_is_no_part_of_it_that_needs_a_mask() -> None:
    masker = Masker.of([Secret("postgresql://shop:kd83jfh3kd9fj3@db.internal/shop")])

    assert masker.masked("the database shop-postgres") == "the database shop-postgres"
    assert masker.masked("postgresql%3A//shop%3Akd83jfh3kd9fj3%40db.internal/shop") == "***"


def test_long_lines_without_secrets_take_no_time() -> None:
    began = time.perf_counter()

    Masker.of([Secret("a:b://c@d.e/f")]).masked("x" * 1_000_000)

    assert time.perf_counter() - began < 1.0


def test_a_curtain_hides_what_several_threads_find() -> None:
    curtain = Curtain()
    found = [threading.Thread(target=curtain.add, args=(Masker.of([Secret(f"secret-{n:02}")]),)) for n in range(50)]

    for thread in found:
        thread.start()
    for thread in found:
        thread.join()

    assert curtain.masked(" ".join(f"secret-{n:02}" for n in range(50))) == " ".join(["***"] * 50)


def test_a_secret_that_is_no_text_is_masked_as_programs_hold_it() -> None:
    undecodable, halved = Secret("s3ntinel-\udcff"), Secret("s3ntinel-\ud800")

    masker = Masker.of([undecodable, halved])

    assert masker.masked("key=s3ntinel-%FF, s3ntinel-\udcff, s3ntinel-\ud800") == "key=***, ***, ***"


def test_a_digest_tells_any_texts_apart_and_shows_none() -> None:
    texts = ("a", "b", "", "\udcff")

    assert len({Secret(text).digest() for text in texts}) == len(texts)
    assert Secret("\udcff").digest() == Secret("\udcff").digest()


def test_keys_of_a_known_form_are_masked_wherever_they_stand() -> None:
    token = "123456789:AA" + "Fk_9-" * 6 + "xyz"
    said = f"GET https://api.telegram.org/bot{token}/getMe; sk-proj-{'a1B2' * 6}, sk-learn"

    assert Masker().masked(said) == "GET https://api.telegram.org/bot***/getMe; ***, sk-learn"


def test_a_number_and_a_name_are_no_key() -> None:
    said = "12:34:56 AA 1234567890:AAshort line 123456789:AB"

    assert Masker().masked(said) == said
