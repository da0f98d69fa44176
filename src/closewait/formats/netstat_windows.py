"""`netstat` of Windows as text: -a, -n, -o, -b, -i, -q, -t and -f in any mixture, in any language and code page.

A row, and with -b the lines that follow it:

    TCP    local:port    remote:port    STATE    [PID]    [time in state, ms]    [offload state]
     component
    [program.exe]

- Only German Windows translates states. A listener is known by its foreign port, 0, whatever the state's word.
- PID 0 is nobody: TIME_WAIT has no process. -o tells every pid to every user; -b needs an administrator, and says
  " Can not obtain ownership information" where even he may not know.
- Some languages have no heading above the PID column (French). -i heads its column with its unit, ms.
- -t adds a last column, nearly always `InHost`: whether a network card runs the connection.

Rows of UDP are passed over, and so are the programs named below them.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence

from closewait.formats.arrays import Numbers, masked, only, replaced, rows_with
from closewait.formats.format import ColumnValues, Reading, TextFormat
from closewait.formats.paste import Paste
from closewait.formats.rows import ENDPOINT, NUMBER, Layout, Part, Rows, read_rows
from closewait.snapshot.coded import Coded
from closewait.snapshot.sight import LineNotUnderstood
from closewait.tcp.spellings import canonical

ROW = Layout(
    "protocol local remote [state] [first] [second]",
    {
        "protocol": Part(r"TCP"),
        "local": Part(ENDPOINT),
        "remote": Part(ENDPOINT),
        "state": Part(r"[^\s\d\[(<:][^\s:\[]*(?: [^\s\d\[(<:][^\s:\[]*){0,2}?"),
        "first": Part(NUMBER),
        "second": Part(NUMBER),
    },
    begins=r"TCP",
    behind=r"(?:InHost.*|Offload.*|Upload.*|<-.*|(?<=  ).*)?",  # -t, or somebody's remark
)

TITLES = (
    "Active Connections", "Aktive Verbindungen", "Connexions actives", "Conexiones activas", "Connessioni attive",
    "Conexões ativas", "Ligações activas", "Активные подключения", "活动连接", "使用中連線", "アクティブな接続",
    "활성 연결", "Aktywne połączenia", "Aktivní připojení", "Actieve verbindingen", "Aktiva anslutningar",
    "Etkin Bağlantılar",
)  # fmt: skip
LOCAL_ADDRESS = (
    "Local Address", "Lokale Adresse", "Adresse locale", "Dirección local", "Indirizzo locale", "Endereço local",
    "Локальный адрес", "本地地址", "本機位址", "ローカル アドレス", "로컬 주소",
    "Adres lokalny", "Místní adresa", "Lokaal adres", "Lokal adress", "Yerel Adres",
)  # fmt: skip
HEADING = re.compile(rf" *\S+ +(?:{'|'.join(LOCAL_ADDRESS)})\b")
NUMBER_HEADINGS = (
    ("pid", re.compile(r"\bPID\b")),
    (
        "time",
        re.compile(r"\(?\bms\b\)?|\(?\bмс\b\)?|[Tt]ime in|[Zz]eit|[Tt]emps|[Tt]iempo|[Tt]empo|[Вв]ремя|时间|時間|시간"),
    ),
)

ROWS_OF_ANY_PROTOCOL = re.compile(r"TCP|UDP")
PROGRAM = re.compile(r" *\[(?P<name>[^\]]+)\]? *$")  # the closing bracket may be cut off
OWNER_UNKNOWN = re.compile(
    r" *(?:Can not obtain ownership|Es konnten keine Besitzer|Impossible d.obtenir les informations de prop|"
    r"No se puede obtener información de prop|Impossibile ottenere informazioni sulla prop|"
    r"Não foi possível obter informações de prop|Не удается получить сведения о владельце|无法获取所有权信息|"
    r"無法取得擁有權資訊|所有者情報を取得できません|소유권 정보를 (?:가져올|얻을) 수 없습니다)"
)
BEGINS_LIKE_A_ROW = re.compile(r" *TCP *(?:$|\S*:)")
ENDS_LIKE_A_ROW = re.compile(r" *\S*:[0-9]+ +(?P<state>[^\s\d(]\S*)(?: +[0-9]+)? *$")

MILLISECONDS = 1000  # in a second
OMISSION = " .…"  # ` [...]` stands for rows left out
PROCESS_ID_STEP = 4  # Windows numbers processes in multiples of four


def recognises(lines: Sequence[str]) -> int:
    """How many of these lines are rows or a heading of netstat on Windows."""
    return sum(bool(ROW.places(line) or HEADING.match(line)) for line in lines)


def read(paste: Paste) -> Sequence[Reading]:
    """The TCP sockets of one run of netstat."""
    rows = read_rows(paste, ROW)
    state = known_state(rows)
    whole = rows_with(state, lambda name: name is not None)
    rows, state = rows.only(whole), Coded(state.values, state.codes[whole])
    numbers = number_columns(paste, rows)
    programs, unknown = programs_below(paste, rows)
    columns: dict[str, ColumnValues] = {
        "protocol": rows.coded("protocol").mapped(lambda name: "tcp"),
        **rows.endpoint("local", "local"),
        **rows.endpoint("remote", "remote"),
        "state": state,
        **numbers,
    }
    if programs:
        columns["process"] = [programs.get(row) for row in range(len(rows))]
    return [
        Reading(
            format=FORMAT.name,
            columns=columns,
            lines_not_understood=tuple(not_understood(paste, rows)),
            owners_told=True if "pid" in numbers else not unknown if programs or unknown else None,
        )
    ]


def known_state(rows: Rows) -> Coded:
    """Each row's state: what its word means, or LISTEN where nobody knows the word but the foreign port is 0."""
    state = rows.coded("state").mapped(lambda word: word and canonical(word))
    strange = rows_with(state, lambda name: name is None)
    _, remote_ports = rows.columns["remote"].halves
    return replaced(state, strange & remote_ports.where(strange).are(lambda port: port == "0"), "LISTEN")


def number_columns(paste: Paste, rows: Rows) -> dict[str, ColumnValues]:
    """What the numbers behind the state tell: the pid (-o), the time in the state (-i), or both."""
    first, second = rows.numbers("first"), rows.numbers("second")
    order = order_in_heading(paste, rows)
    if not order:
        order = ["time", "pid"] if rows.any_told("second") and not are_process_ids(first) else ["pid", "time"]
    told = dict(zip(order, (first, second), strict=False))
    columns: dict[str, ColumnValues] = {}
    if "pid" in told and not masked(told["pid"]).all():
        columns["pid"] = only(told["pid"], told["pid"].data > 0)
    if "time" in told and not masked(told["time"]).all():
        columns["age_low_s"] = columns["age_high_s"] = told["time"] / MILLISECONDS
    return columns


def order_in_heading(paste: Paste, rows: Rows) -> list[str]:
    """Which numbers the heading names, from left to right; none where it names none, as in French."""
    above = paste[: int(rows.lines[0])] if len(rows) else paste
    heading = next((line for line in above if HEADING.match(line)), "")
    marks = [(mark.start(), name) for name, pattern in NUMBER_HEADINGS if (mark := pattern.search(heading))]
    return [name for _, name in sorted(marks)]


def are_process_ids(numbers: Numbers) -> bool:
    """Whether all these numbers could be Windows process ids."""
    return not (numbers % PROCESS_ID_STEP).any()


def programs_below(paste: Paste, rows: Rows) -> tuple[dict[int, str], set[int]]:
    """By row, the program that -b names below it, and the rows below which it says that it knows none."""
    row_of_line = {line: row for row, line in enumerate(rows.lines.tolist())}
    sockets = paste.words.lines_beginning(ROWS_OF_ANY_PROTOCOL.fullmatch).tolist()
    programs: dict[int, str] = {}
    unknown: set[int] = set()
    for line in paste.words.lines_beginning(lambda word: not ROWS_OF_ANY_PROTOCOL.fullmatch(word)).tolist():
        above = bisect_right(sockets, line) - 1
        row = row_of_line.get(sockets[above]) if above >= 0 else None
        if row is None:
            continue
        if (program := PROGRAM.match(paste[line])) and program["name"].strip(OMISSION):
            programs.setdefault(row, program["name"])
        elif OWNER_UNKNOWN.match(paste[line]):
            unknown.add(row)
    return programs, unknown


def not_understood(paste: Paste, rows: Rows) -> Iterator[LineNotUnderstood]:
    """Rows that are cut at one end, or have a state that is none."""
    for line in rows.missed.tolist():
        if BEGINS_LIKE_A_ROW.match(paste[line]):
            yield paste.not_understood(line, "It begins like a row of netstat, but has no state that is known.")
    for line in paste.words.lines_beginning(lambda word: word[-1:].isdigit()).tolist():
        end = ENDS_LIKE_A_ROW.match(paste[line])
        if end and canonical(end["state"]):  # `10:04 AM` is what `time /t` prints
            yield paste.not_understood(line, "It ends like a row of netstat; its beginning is cut off.")


FORMAT = TextFormat(
    name="netstat_windows",
    told_by="netstat of Windows, as text",
    opens=rf" *(?:{'|'.join(TITLES)}) *$|{HEADING.pattern}",
    recognises=recognises,
    read=read,
)
