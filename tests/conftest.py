"""For all tests."""

from hypothesis import settings

#: An example may take as long as it takes: several tests run at once, and a slow machine is no fault.
settings.register_profile("closewait", deadline=None)
settings.load_profile("closewait")
