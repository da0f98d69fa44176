"""Every number a rule uses: its unit in its name, its reason beside it."""

from closewait.tcp.receive_queue import GOODBYES

#: A healthy program closes within milliseconds of a FIN; below this age a CLOSE_WAIT is passing traffic.
CLOSE_WAIT_PASSING_S = 2.0

#: An owner still sitting on CLOSE_WAIT after this long, server side: the peer's FIN_WAIT_2 has ended by then
#: (Linux tcp_fin_timeout, 60 s), so nobody waits for an answer any more.
SERVER_PATIENCE_S = 60.0

#: The same for the client side, where idle pools keep dead connections for minutes (seen: 5 to 10 min).
CLIENT_PATIENCE_S = 900.0

#: Two looks closer together than this do not prove that a CLOSE_WAIT persists.
SECOND_LOOK_S = 30.0

#: FIN_WAIT_2 with a holder for longer than the kernel lets one without a holder live (Linux tcp_fin_timeout, 60 s).
HALF_CLOSED_S = 60.0

#: One or two FIN_WAIT_2 with a holder may be a client that still waits for its answer, or a lingering close.
FEWEST_HALF_CLOSED = 3

#: In FIN_WAIT_2 a peer that sent data within this time uses the half that is open.
STILL_FED_S = 60.0

#: Well-known servers give up a client that takes nothing for this long (nginx send_timeout, Apache Timeout: 60 s).
BLOCKED_S = 60.0

#: A window that is shut for less than this is a busy reader.
BLOCKED_PASSING_S = 2.0

#: One or two open connections whose peer takes nothing are a paused player, a sleeping laptop, a stopped terminal.
FEWEST_BLOCKED = 3

#: So many retransmissions without an answer take 12 s at least (RTO from 200 ms, doubled each time): no mere loss.
RESENT_OFTEN = 6

#: Shares of tcp_max_orphans. The kernel counts old orphans twice or four times, so that half is near (tcp_timer.c).
ORPHANS_WARNING = 0.50
ORPHANS_CRITICAL = 1.00

#: Of the clients of a public server a few in a hundred vanish without a word; fewer than this accuse nobody.
FEWEST_DYING = 10
DYING_SHARE = 0.10

#: With neither an age nor a second look, fewer CLOSE_WAIT than this in a group accuse nobody.
PILE_UP_SOCKETS = 10

#: CLOSE_WAIT below this share of the same group's ESTABLISHED is what a busy healthy server shows.
PASSING_SHARE = 0.05

#: Connections that were closed after the same silence, give or take this, were closed by a time-out: its timer may run
#: every second or two, and a long one in coarser steps.
SAME_SILENCE_S = 2.0
SAME_SILENCE_SHARE = 0.02

#: A pool of idle client connections to one destination holds tens; more than this is not a pool.
POOL_BOUND_SOCKETS = 32

#: Connections to one destination that nobody bounds: PostgreSQL's max_connections and the MaxIdleConns of Go's default
#: transport are 100, the pools of Java and Python smaller.
CROWD_SOCKETS = 100

#: A client's connection on which data moved within this time is in use.
IDLE_PASSING_S = 10.0

#: One that was not used for so long waits for nothing: pools drop theirs earlier (Go 90 s, Apache HttpClient 60 s,
#: .NET 60 s to 100 s).
IDLE_S = 300.0

#: Share of the connections of the look before that may have ended since, or been used, in a pile that only grows.
TURNOVER_SHARE = 0.05

#: Of any number, one or two more than a look ago are what comes and goes.
FEWEST_MORE = 3

#: Without a sign of life from the peer for so long, keepalive would have asked for the first time (Linux
#: tcp_keepalive_time, RFC 9293 section 3.8.4: two hours at least).
HALF_OPEN_SILENCE_S = 7200.0

#: A connection whose peer closes it while a list is being made sees its goodbye within this time.
HALF_OPEN_PASSING_S = 2.0

#: Between the dumps of two hosts a connection or two may end.
FEWEST_HALF_OPEN = 3

#: Where the descriptor limit is not told: the smallest soft limit met in incidents (macOS, 256).
CRITICAL_PILE_SOCKETS = 256

#: A descriptor number tells how many were open at once, for the lowest free one is taken (POSIX open()). The soft limit
#: most Linux systems give: a program whose CLOSE_WAIT are beyond it was given more, and has used it up to there.
MANY_DESCRIPTORS = 1024

#: Shares of the soft descriptor limit.
DESCRIPTORS_WARNING = 0.80
DESCRIPTORS_CRITICAL = 0.95

#: Shares of the ephemeral ports taken towards one (local address, remote address, remote port).
PORTS_WARNING = 0.10
PORTS_CRITICAL = 0.80

#: Of the same, from where on a wider range is worth a thought: twice the load would not fit.
PORTS_HALF_TAKEN = 0.50

#: Sockets that nobody holds any more: each takes a few hundred bytes of the kernel, so that fewer cost nothing.
MANY_UNHELD = 1000

#: Share of a kernel's own limit on sockets; beyond the limit it drops them.
KERNEL_LIMIT_WARNING = 0.80
KERNEL_LIMIT_CRITICAL = 0.95

#: Share of the accept queue that is filled.
ACCEPT_QUEUE_WARNING = 0.50

#: A handshake lasts one round trip. This many unfinished at once are a thousand clients a second from 100 ms away, or
#: clients that never answer.
HALF_OPEN_PILE_CONNS = 100

#: Shares of the table of tracked connections; above it new ones are dropped.
CONNTRACK_WARNING = 0.80
CONNTRACK_CRITICAL = 0.95

#: Ephemeral ports where the range is not told: Linux 32768-60999, Windows 49152-65535.
DEFAULT_EPHEMERAL_PORTS = {"Linux": 28232, "Windows": 16384}

#: The same where not even the system is told: macOS and FreeBSD choose from as many as Windows, Linux from more.
FEWEST_EPHEMERAL_PORTS = 16384

#: The longest that TIME_WAIT can be set to on any system (HP-UX and Solaris, 600,000 ms); Linux has 60 s compiled in,
#: Windows allows 300 s.
LONGEST_TIME_WAIT_S = 600.0

#: The same TIME_WAIT seen again: fewer than this share may be ports that were used again.
STAYED_NEARLY_ALL = 0.90

#: Windows counts ticks of 10 ms in 32 bits: 497 days and 2.5 hours (KB2553549).
TIME_WAIT_CLOCK_STOPS_S = 2**32 / 100

#: A Windows whose clock for TIME_WAIT stands still gathers thousands; fewer than this a healthy one shows.
TIME_WAIT_PILE_SOCKETS = 100

#: Retransmissions of a FIN: tcp_retries2 is 15 unless it was set (ip-sysctl.rst); twice that is no network's doing.
MOST_RETRANSMITS = 30

#: Unread bytes in CLOSE_WAIT that are a goodbye and no request: a FIN alone, or a TLS alert and a FIN.
GOODBYE_SIZES_BYTES = tuple(sorted(goodbye.recv_queue_bytes for goodbye in GOODBYES))
