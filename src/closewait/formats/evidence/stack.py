"""What a thread's stack says it waits for: a table of functions, and the evidence made of many threads."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence

from closewait.formats.evidence.kind import evidence
from closewait.snapshot.evidence import Evidence, Thread, WaitsFor

MOST_THREADS, MOST_FRAMES = 1000, 24  # kept of one file; a hundred thousand goroutines are no rarity

#: Inner frames among which the place to wait is looked for; further out stands who asked.
INNERMOST = 8

#: A condition variable, a semaphore or a queue is where idle workers wait: nothing can be told from it.
IDLE = r"pthread_cond_\w+|cond_wait\w*|psynch_cvwait|sem_(?:timed)?wait|do_sem_wait|SleepConditionVariable\w+|WaitGroup"

#: What a thread waits for, and the functions in which it does: of libc, of kernels, of the JDK and of Go's library.
FUNCTIONS: Mapping[WaitsFor, str] = {
    WaitsFor.LOCK: r"pthread_(?:mutex_(?:timed)?lock|rwlock_(?:timed)?(?:rd|wr)lock|spin_lock)\w*|lll_\w*lock_wait\w*"
    r"|psynch_(?:mutexwait|rw_\w+)|RtlEnterCriticalSection|RtlAcquireSRWLock\w*|lock_slow|lock_contended"
    r"|(?:Mutex|RWMutex)\)?\.R?Lock",
    WaitsFor.NAME: r"getaddrinfo\w*|gethostby\w+|gaih_\w+|(?:libc_)?res_n?(?:query|search|send)\w*|lookupAllHostAddr"
    r"|\(\*Resolver\)\.\w+|cgoLookup\w*",
    WaitsFor.CONNECT: r"connect0?|inet_stream_connect|inet_wait_for_connect|socketConnect|create_connection|dialTCP",
    WaitsFor.ACCEPT: r"accept[04]?|inet_csk_(?:accept|wait_for_connect)|socketAccept|implAccept|timedAccept"
    r"|\(\*\w*Listener\)\.\w*[aA]ccept|\(\*netFD\)\.accept",
    WaitsFor.READ: r"read|readv|recv|recvfrom|recvmsg|recv_into|readinto|SSL_read\w*|\w{2,12}_recvmsg\w*|sk_wait_data"
    r"|\w{2,12}_stream_read_generic"
    r"|socketRead0|implRead|timedRead|\(\*(?:conn|netFD|FD|Conn)\)\.Read\w*",
    WaitsFor.WRITE: r"write|writev|send|sendto|sendmsg|sendall|sendfile\w*|SSL_write\w*|tcp_sendmsg\w*"
    r"|sk_stream_wait_memory|socketWrite0|implWrite|\(\*(?:conn|netFD|FD|Conn)\)\.Write\w*",
    WaitsFor.EVENTS: r"(?:do_)?epoll_p?wait\w*|(?:do_|do_sys_)?p?(?:poll|select)6?|ep_poll|poll_schedule_timeout"
    r"|kevent\w*|io_getevents|io_cqring_wait|epollWait|KQueue\.poll|EPoll\.wait"
    r"|GetQueuedCompletionStatus\w*|NtRemoveIoCompletion\w*",
    WaitsFor.TIME: r"(?:clock_|hrtimer_|do_)?nanosleep|u?sleep|time\.Sleep|Thread\.sleep0?",
    WaitsFor.DISK: r"io_schedule\w*|wait_on_page_bit\w*|folio_wait_\w+|rpc_wait_bit_killable|f(?:data)?sync\w*|jbd2_\w+"
    r"|nfs_wait\w*",
    WaitsFor.STOPPED: r"ptrace_stop|do_signal_stop|do_freezer_trap|refrigerator|get_signal",
}
#: A function's name is what stands behind the last dot, or its whole name; libc's have underscores and marks before it.
PLACES = {
    place: re.compile(
        rf"(?:^|.*[.:/])(?:_*(?:(?:GI|libc|new|x64_sys|sys)_+)?)(?:{names})(?:@\S*|_nocancel|\.(?:constprop|isra|part|cold|[0-9]+))*"
    )
    for place, names in FUNCTIONS.items()
}
WAITS_IDLY = re.compile(IDLE)


def waits_for(frames: Sequence[str]) -> WaitsFor | None:
    """What the innermost frames wait for; a name that is looked up is meant whatever the look-up itself does."""
    inner = [frame[:200] for frame in frames[:INNERMOST]]
    if any(PLACES[WaitsFor.NAME].fullmatch(frame) for frame in inner):
        return WaitsFor.NAME
    if any(WAITS_IDLY.search(frame) for frame in inner):
        return None
    for frame in inner:
        for place, names in PLACES.items():
            if names.fullmatch(frame):
                return place
    return None


def evidence_of(threads: Sequence[Thread], origin: str, made_by: str) -> Evidence | None:
    """The threads as evidence; None where there are none."""
    if not threads:
        return None
    waiting = Counter(thread.waits_for.value for thread in threads if thread.waits_for)
    said = ", ".join(f"{count:,} for {place}" for place, count in waiting.most_common())
    number = "1 thread" if len(threads) == 1 else f"{len(threads):,} threads"
    what = f"stacks of {number} ({made_by})" + (f", waiting: {said}" if said else "")
    return evidence(origin, what, threads=tuple(threads))
