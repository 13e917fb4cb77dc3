"""Explanations on a terminal."""

from deploy_suite.reports import prose

TEXT = """\
numpy-abi: a package was built for another NumPy than the one that is beside it

   112 | ImportError: numpy.core.multiarray failed to import, and a line of a log is never broken

Fix:
    Pin what was built for NumPy 1 and NumPy itself to versions that fit:
        pip install 'numpy<2' && pip freeze | grep -i numpy >> requirements.txt
"""


def test_sentences_are_wrapped_below_their_beginning_and_commands_and_quoted_lines_stay_whole() -> None:
    assert (
        prose.wrapped(TEXT, columns=61)
        == """\
numpy-abi: a package was built for another NumPy than the
one that is beside it

   112 | ImportError: numpy.core.multiarray failed to import, and a line of a log is never broken

Fix:
    Pin what was built for NumPy 1 and NumPy itself to
    versions that fit:
        pip install 'numpy<2' && pip freeze | grep -i numpy >> requirements.txt
"""
    )


def test_what_fits_is_left_as_it_is() -> None:
    assert prose.wrapped(TEXT, columns=200) == TEXT
    assert prose.wrapped("a-slug               the title of a cause in a listing", columns=50).count("\n") == 0
