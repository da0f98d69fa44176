"""A process of the dump, where it runs, and how many descriptors it has."""

from closewait.records import record


@record
class Process:
    """A process that holds sockets, with its descriptors, and where they are told besides the look itself."""

    pid: int
    process: str | None
    command_line: str | None = None
    descriptors: int | None = None
    descriptor_limit: int | None = None
    dead_descriptors: int | None = None
    user: str | None = None
    unit: str | None = None  # of systemd
    container: str | None = None
    container_runtime: str | None = None
    pod_uid: str | None = None
    told_by: tuple[str, ...] = ()

    @property
    def descriptor_share(self) -> float | None:
        """Open descriptors as a share of the soft limit; None where either is not told or there is no limit."""
        if self.descriptors is None or not self.descriptor_limit:
            return None
        return self.descriptors / self.descriptor_limit
