"""For all tests."""

import os
import tempfile

from hypothesis import settings

#: An example may take as long as it takes: several tests run at once, and a slow machine is no fault.
settings.register_profile("closewait", deadline=None)
settings.load_profile("closewait")

#: What commands remember and log belongs to the tests, and to each of their processes alone.
os.environ["XDG_STATE_HOME"] = tempfile.mkdtemp(prefix="closewait-tests-")
