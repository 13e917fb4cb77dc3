"""`python -m deploy_suite`: the command line, for repositories that have a package named `deploy` of their own."""

from deploy_suite.entry.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
