"""The command line program, from inside the package."""

import signal
import sys

from . import _exclusim


def main() -> None:
    """Runs ``exclusim`` on the arguments of this process."""
    # Ctrl-C ends the program as it does the one without Python; a sweep has its own handler.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    sys.exit(_exclusim.main(sys.argv[1:]))
