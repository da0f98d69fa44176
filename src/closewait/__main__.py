"""`python -m closewait` and the `closewait` command."""

import gc
import sys


def main() -> None:
    """Run the command line and end with its exit status."""
    gc.disable()  # one short command: nothing it makes is worth a collection, and imports are a tenth faster without
    from closewait.cli import run

    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
