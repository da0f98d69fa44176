"""Several network namespaces as one page: what is wrong anywhere first, worst first; of the healthy ones the count."""

from collections.abc import Iterator

from closewait.diagnosis.finding import Severity
from closewait.diagnosis.survey import Survey
from closewait.diagnosis.wording import count_of
from closewait.views.as_text import at_length, briefly, labelled, states_in_words
from closewait.views.visible import visible

NAMESPACE = "network namespace"
LOOK_TWICE = "closewait --all-netns --again 30s"
MOST_NAMED = 8


def survey_as_text(survey: Survey, *, width: int = 80) -> str:
    """The survey as a person reads it; a harmless finding is one line of the notes, for there are as many as places."""
    findings = survey.findings
    troubled = [finding for finding in findings if finding.severity is not Severity.BENIGN]
    well = f"{count_of(len(troubled), 'finding')}, worst: {survey.severity.value}" if troubled else "all healthy"
    sockets = count_of(sum(survey.states.values()), "TCP socket")
    parts = [f"{count_of(len(survey.reports), NAMESPACE)}: {sockets}, {well}"]
    parts += ["\n".join(at_length(finding, width)) for finding in troubled]
    if len(survey.reports) == 1:
        parts += ["\n".join(briefly(finding, width)) for finding in findings if finding not in troubled]
    parts.append("\n".join(line for label, lines in _notes(survey) for line in labelled(label, lines, width)))
    return "\n\n".join(parts) + "\n"


def _notes(survey: Survey) -> Iterator[tuple[str, list[str]]]:
    """The states of all, which places there are, what could not be seen, what a second look would settle."""
    yield "States", [states_in_words(survey.states)]
    yield "Namespaces", list(_places(survey))
    unseen = list(survey.caveats)
    for report in survey.reports:
        look = report.snapshot
        unseen += [f"{look.source}: {caveat}" for caveat in look.sight.caveats]
    if unseen:
        yield "Not seen", unseen
    again = [
        f"{finding.rule} in {report.snapshot.source}: {finding.second_look}"
        for report in survey.reports
        for finding in report.second_look_would_settle
        if finding.severity is not Severity.BENIGN
    ]
    if again:
        yield "A second look", [*dict.fromkeys(again), f"look twice: {LOOK_TWICE}"]


def _places(survey: Survey) -> Iterator[str]:
    """The places with something wrong by name, the others by their number."""
    troubled = [report for report in survey.reports if report.severity is not Severity.BENIGN]
    for report in sorted(troubled, key=lambda report: -report.severity.rank)[:MOST_NAMED]:
        look = report.snapshot
        yield f"{visible(look.source)}: {report.severity.value}, {states_in_words(look.states)}"
    if len(troubled) > MOST_NAMED:
        yield f"{len(troubled) - MOST_NAMED} more with findings"
    if healthy := len(survey.reports) - len(troubled):
        yield f"{healthy:,} healthy"
    if survey.empty:
        yield f"{survey.empty:,} without a TCP socket"
