"""`python -m closewait` and the `closewait` command."""

import sys


def main() -> None:
    """Run the command line and end with its exit status."""
    from closewait.cli import run

    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
