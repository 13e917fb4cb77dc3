"""`python -m deploy`: the same program as `deploy-suite`.

There is no `__init__.py` here on purpose: as a namespace portion this folder never hides a package or folder named
`deploy` in a user's repository, and theirs never hides the suite, whose code lives in `deploy_suite`.
"""

from deploy_suite.__main__ import program

if __name__ == "__main__":
    program()
