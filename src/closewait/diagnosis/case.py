"""The case laid before the rules: the timeline, summed once into groups, processes and destinations."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import fields, replace
from functools import cached_property

import polars as pl

from closewait.diagnosis.destination import Destination, destinations
from closewait.diagnosis.group import Group, OwnerKind
from closewait.diagnosis.grouping import groups
from closewait.diagnosis.listener import Listener, listeners
from closewait.diagnosis.process import Process
from closewait.diagnosis.roles import charged
from closewait.diagnosis.testimony import Assumed, Stuck, process_of, stuck, suspect
from closewait.diagnosis.unending import Unending, unending
from closewait.diagnosis.wording import look_twice, there
from closewait.records import record
from closewait.snapshot.evidence import Evidence, Message, ProcessFact, Sign, Timeout
from closewait.snapshot.table import Snapshot
from closewait.snapshot.timeline import Timeline

#: The parts of a case that stay when more is told of processes: they are about sockets and the host.
OF_SOCKETS_ALONE = (
    "rows", "groups", "with_close_wait", "destinations", "listeners", "unending", "names", "suspect", "dead_before",
    "_listening", "_time_wait",
)  # fmt: skip


@record
class Case:
    """Everything a rule may look at. Each part is computed when the first rule asks for it."""

    timeline: Timeline

    def with_evidence(self, evidence: Evidence) -> "Case":
        """This case with more evidence about processes of the latest look; the sockets are not summed again."""
        *earlier, latest = self.timeline.looks
        case = Case(Timeline((*earlier, latest.with_evidence(evidence)), self.timeline.other_end))
        vars(case).update({name: part for name, part in vars(self).items() if name in OF_SOCKETS_ALONE})
        return case

    @cached_property
    def rows(self) -> pl.DataFrame:
        """The sockets of the latest look with role and owner; empty where the look is not of sockets."""
        look = self.timeline.latest
        return charged(look if look.kind == "sockets" else Snapshot.of_columns({}))

    @cached_property
    def groups(self) -> list[Group]:
        """Every group of the latest look, largest pile of CLOSE_WAIT first."""
        return groups(self.timeline, self.rows)

    @cached_property
    def with_close_wait(self) -> list[Group]:
        """The groups that have any CLOSE_WAIT."""
        return [group for group in self.groups if group.close_wait]

    @cached_property
    def destinations(self) -> list[Destination]:
        """The remote ends this host's own ports are used for, busiest first."""
        return destinations(self.timeline.latest, self.rows)

    @cached_property
    def listeners(self) -> list[Listener]:
        """The listening ends at which something waits, fullest queue first."""
        return listeners(self.timeline, self.rows)

    @cached_property
    def unending(self) -> Unending:
        """Sockets that stay in a state longer than any system lets them."""
        return unending(self.timeline, self.rows)

    @cached_property
    def processes(self) -> dict[int, Process]:
        """The processes of the latest look by pid; what other files tell of them fills what the look does not."""
        columns = [fact.name for fact in fields(Process) if fact.name != "told_by"]
        known = {row[0]: Process(*row) for row in self.timeline.latest.processes.select(columns).iter_rows()}
        for fact in self.timeline.latest.evidence.processes:
            if pid := fact.pid or (self.suspect and self.suspect.pid):
                known[pid] = self._with_fact(known.get(pid) or Process(pid, self.names.get(pid)), fact)
        return known

    def _with_fact(self, process: Process, fact: ProcessFact) -> Process:
        assumed = (
            f", which names no process: taken to be of {self.suspect.why}" if self.suspect and not fact.pid else ""
        )
        return replace(
            process,
            process=process.process or fact.process,
            descriptors=fact.descriptors if process.descriptors is None else process.descriptors,
            descriptor_limit=fact.descriptor_limit if process.descriptor_limit is None else process.descriptor_limit,
            told_by=(*process.told_by, f"{fact.origin}{assumed}"),
        )

    @cached_property
    def names(self) -> dict[int, str | None]:
        """The names of the processes that hold sockets, by pid."""
        return {group.owner_pid: group.owner_process for group in self.groups if group.owner_pid is not None}

    @cached_property
    def suspect(self) -> Assumed | None:
        """The process that evidence which names none is about."""
        return suspect(self.groups)

    @cached_property
    def out_of_descriptors(self) -> dict[int | None, list[Message]]:
        """What logs say of a process at its limit of descriptors, by its pid; None where it is not known whose."""
        said: dict[int | None, list[Message]] = {}
        for message in self.timeline.latest.evidence.messages_of(Sign.NO_DESCRIPTOR):
            said.setdefault(process_of(message, self.groups, self.suspect), []).append(message)
        return said

    def stuck(self, group: Group) -> Stuck | None:
        """The thread that holds up the sockets of this group, as the stacks beside the dump show."""
        if group.owner_pid is None:
            return None
        return stuck(self.timeline.latest.evidence.threads, group.owner_pid, self.suspect)

    @property
    def timeouts(self) -> tuple[Timeout, ...]:
        """The time limits that configurations beside the dump set."""
        return self.timeline.latest.evidence.timeouts

    @cached_property
    def dead_before(self) -> dict[int, int]:
        """The dead descriptors of each process in the earlier look, where they are told."""
        if self.timeline.earlier is None:
            return {}
        return dict(self.timeline.earlier.processes.select("pid", "dead_descriptors").drop_nulls().iter_rows())

    def who_may_accept(self, pid: int, port: int | None = None) -> list[int]:
        """Who shares a listener (on `port`) with this process, itself among them: the workers of a prefork server."""
        shared = (pids for on, pids in self._listening if pid in pids and port in (on, None))
        return sorted({pid}.union(*shared))

    @cached_property
    def _listening(self) -> list[tuple[int | None, frozenset[int]]]:
        """For each listener its port and the processes that hold it."""
        listeners = self.rows.filter(state="LISTEN").select("local_port", socket=pl.col("row").cast(pl.Int64))
        held = listeners.join(self.timeline.latest.holders.select("socket", "pid"), on="socket")
        return [
            (port, frozenset(pids)) for _, port, pids in held.group_by("socket", "local_port").agg("pid").iter_rows()
        ]

    def pids_that_share(self, group: Group) -> list[int]:
        """The processes that hold a row which the group keeps as evidence, where several hold it."""
        return sorted(self._shared(group)["pid"].unique().to_list())

    def inodes_shared(self, group: Group) -> list[int]:
        """The inodes, as far as they are told, of the rows which the group keeps as evidence and several hold."""
        inodes = self.timeline.latest.sockets["inode"][self._shared(group)["socket"].unique()]
        return sorted(inodes.drop_nulls().to_list())

    def _shared(self, group: Group) -> pl.DataFrame:
        several = pl.col("pid").n_unique().over("socket") > 1
        return self.timeline.latest.holders.filter(pl.col("socket").is_in(group.rows), several)

    def time_wait_beside(self, groups: Iterable[Group]) -> int:
        """TIME_WAIT at the same ports as these groups: what ended there within the minute that it lasts."""
        return sum(self._time_wait[port] for port in {_port(group) for group in groups})

    @cached_property
    def _time_wait(self) -> Counter[tuple[object, ...]]:
        """TIME_WAIT by the role and the port of the group it is in; no process holds one."""
        counted = Counter[tuple[object, ...]]()
        for group in self.groups:
            counted[_port(group)] += group.time_wait
        return counted

    @property
    def held(self) -> list[Group]:
        """Groups with CLOSE_WAIT that belong to a process, named or not, and not to an accept queue."""
        return [group for group in self.with_close_wait if group.owner_kind is not OwnerKind.LISTENER]

    def counter(self, name: str) -> int | None:
        """One of the kernel's counters, as nstat names it; None where it is not told."""
        return self.timeline.latest.host.counters.get(name)

    def counter_growth(self, name: str) -> int | None:
        """How much it grew between the looks; None with one look, or where either does not tell it."""
        earlier = self.timeline.earlier
        before, now = earlier.host.counters.get(name) if earlier else None, self.counter(name)
        return None if before is None or now is None else now - before

    @property
    def system(self) -> str | None:
        """The system the sockets live on; None where nothing tells."""
        return self.timeline.latest.system

    def there(self, command: str) -> str:
        """`command` as it must be run to see what this look saw."""
        return there(self.timeline.latest.netns, command)

    @property
    def second_look(self) -> str:
        """The command that looks twice at the same place."""
        return look_twice(self.timeline.latest.netns)


def _port(group: Group) -> tuple[object, ...]:
    return group.role, group.place_port, group.place_service
