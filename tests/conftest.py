"""For all tests."""

import os
import signal
import tempfile

from hypothesis import settings

#: An example may take as long as it takes: several tests run at once, and a slow machine is no fault.
settings.register_profile("closewait", deadline=None)
settings.load_profile("closewait")

#: What commands remember and log belongs to the tests, and to each of their processes alone.
os.environ["XDG_STATE_HOME"] = tempfile.mkdtemp(prefix="closewait-tests-")

#: What runs in the background of a script has Ctrl-C ignored, and so have its children; here it is pressed on purpose.
signal.signal(signal.SIGINT, signal.default_int_handler)
