"""What several verbs ask for in the same words."""

from typing import Annotated

import typer

Words = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="SOURCE|FILTER...",
        help="SOURCE: a dump's file or a folder of them, - for standard input, netns:NAME or netns:pid:N; nothing: "
        "this host. FILTER: state=close_wait, "
        "proc=nginx, pid=12, lport=443, remote=10.0.0.0/8, role=server, 'age>5min', 'recvq>0' and others in any order "
        "(all must hold; != and commas too), or ss's own: state close-wait sport = :443.",
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Answer in JSON, schema closewait/1.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors; the exit status is the answer.")]
Width = Annotated[int | None, typer.Option("--width", min=40, max=1000, help="Columns to write in.")]
