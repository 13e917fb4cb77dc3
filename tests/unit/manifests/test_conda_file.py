"""environment.yml into what it lists."""

import pytest

from deploy_suite.manifests import conda_file
from deploy_suite.manifests.errors import ManifestError
from deploy_suite.model.location import Location

TEXT = """name: shop
channels: [conda-forge, defaults]
dependencies:
  - python=3.12
  - pip
  - numpy=1.26
  - conda-forge::scikit-learn=1.4.2=py312_0
  - pandas>=2,<3
  - libgl
  - "blas=*=openblas"
  - pip:
      - uvicorn[standard]>=0.30
      - -r requirements.txt
      - git+https://example.com/tool.git#egg=tool
"""


def test_what_comes_from_channels_and_what_from_pip() -> None:
    found = conda_file.parse(TEXT, file="environment.yml")

    assert [(line.name, str(line.requirement), line.location) for line in found.conda] == [
        ("numpy", "numpy==1.26.*", Location("environment.yml", 6)),
        ("scikit-learn", "scikit-learn==1.4.2.*", Location("environment.yml", 7)),
        ("pandas", "pandas<3,>=2", Location("environment.yml", 8)),
        ("libgl", "libgl", Location("environment.yml", 9)),
        ("blas", "blas", Location("environment.yml", 10)),
    ]
    assert [(line.name, line.location.line) for line in found.pip] == [("uvicorn", 12), ("tool", 14)]


@pytest.mark.parametrize(
    "text", ["", "a: b\n", "dependencies: x\n", "- a\n", "dependencies:\n  - {pip: x}\n  - [1]\n  - numpy_\n  - é\n"]
)
def test_what_lists_nothing(text: str) -> None:
    assert conda_file.parse(text, file="environment.yml") == conda_file.CondaFile()


def test_what_is_no_yaml_is_refused() -> None:
    with pytest.raises(ManifestError):
        conda_file.parse("a: [", file="environment.yml")
