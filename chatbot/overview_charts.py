"""Figures as charts, each with its table: what is drawn is also there to be read, and every number
leads to its list."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _

from chatbot import overview_filter as lists
from chatbot.models import Review
from chatbot.overview import CALL, TOOL, Cost, Figures, Period
from chatbot.usage import cost_text

#: Of personas so many are told apart, and twice as many kinds of failures; the others are one.
MOST = 6

Link = Callable[[str, Period, Any], str]


@dataclass(frozen=True, slots=True)
class Cell:
    """A number as people read it, and the address of what it counts ("" for none)."""

    text: str = "-"
    link: str = ""
    label: str = ""


@dataclass(frozen=True, slots=True)
class Series:
    """A line, or the bars of one colour: a value (None: nothing there) and a cell for each label
    of the chart."""

    label: str
    values: list[float | None]
    cells: list[Cell]


@dataclass(frozen=True, slots=True)
class Chart:
    """`kind` is how it is drawn: bars, stacked bars, lines, or across (bars from the left, for
    labels that are long). `heading` is that of the table's first column; `days` are what the
    labels stand for, if they do."""

    name: str
    title: str
    kind: str
    heading: str
    labels: list[str]
    series: list[Series]
    headline: list[Cell] = field(default_factory=list)
    note: str = ""
    days: list[date] = field(default_factory=list)

    @property
    def rows(self) -> list[tuple[str, list[Cell]]]:
        """The table without days on which there was nothing; the newest day first."""
        rows = [
            (label, [series.cells[number] for series in self.series])
            for number, label in enumerate(self.labels)
            if any(series.values[number] is not None for series in self.series)
        ]
        return rows if self.kind == "across" else rows[::-1]

    def as_json(self) -> dict[str, Any]:
        """What js/overview.js draws; days as in ISO 8601."""
        series = [
            {
                "label": each.label,
                "values": each.values,
                "texts": [cell.text for cell in each.cells],
                "links": [cell.link for cell in each.cells],
            }
            for each in self.series
        ]
        days = [day.isoformat() for day in self.days]
        return {
            "name": self.name,
            "kind": self.kind,
            "days": days,
            "labels": self.labels,
            "series": series,
        }


@dataclass(frozen=True, slots=True)
class Charts:
    """All charts of a period. `personas` are names by id; `has_usage` says whether the reader may
    see the list of what was used."""

    period: Period
    figures: Figures
    personas: Mapping[int, str]
    has_usage: bool

    def all(self) -> list[Chart]:
        charts = [self._calls(), self._minutes(), self._people()]
        if self.figures.costs is not None:
            charts.append(self._costs(self.figures.costs))
        return [
            *charts,
            self._latency(),
            self._interruptions(),
            self._failures(),
            self._backlog(),
        ]

    def _calls(self) -> Chart:
        counts = {day: calls.count for day, calls in self.figures.calls.items()}
        total = Cell(number_format(sum(counts.values())), lists.conversations("calls", self.period))
        return self._by_day("calls", _("Calls"), {_("Calls"): counts}, _called, headline=[total])

    def _minutes(self) -> Chart:
        minutes = {day: calls.minutes for day, calls in self.figures.calls.items()}
        link = lists.conversations("calls", self.period)
        total = Cell(number_format(sum(minutes.values()), 1), link)
        series = {_("Minutes"): minutes}
        return self._by_day("minutes", _("Minutes of calls"), series, _called, headline=[total])

    def _people(self) -> Chart:
        people = {day: calls.people for day, calls in self.figures.calls.items()}
        headline = []
        if people:
            busiest = max(people, key=lambda day: (people[day], day))
            link = lists.conversations("calls", self.period.on(busiest))
            label = _("at most, on %(day)s") % {"day": _day(busiest)}
            headline = [Cell(number_format(people[busiest]), link, label)]
        title = _("People who called")
        return self._by_day("people", title, {_("People"): people}, _called, headline=headline)

    def _latency(self) -> Chart:
        series = {
            "p50": {day: found.p50 for day, found in self.figures.latency.items()},
            "p95": {day: found.p95 for day, found in self.figures.latency.items()},
        }
        headline = []
        if self.figures.latency:
            last = max(self.figures.latency)
            for share, values in series.items():
                text = _("%(number)s ms") % {"number": number_format(values[last])}
                label = _("%(share)s, on %(day)s") % {"share": share, "day": _day(last)}
                link = _slower(share, self.period.on(last), values[last])
                headline.append(Cell(text, link, label))
        note = _(
            "From the end of a question to the first sound of its answer: half of a day's answers "
            "were as quick as p50 or quicker, 95 of 100 as p95."
        )
        title = _("Latency from voice to voice (ms)")
        return self._by_day("latency", title, series, _slower, "lines", headline, note)

    def _interruptions(self) -> Chart:
        cut = self.figures.interruptions
        link = lists.conversations("interrupted", self.period)
        total = Cell(number_format(sum(cut.values())), link)
        series = {_("Interrupted answers"): cut}
        return self._by_day(
            "interruptions", _("Interruptions"), series, _interrupted, headline=[total]
        )

    def _failures(self) -> Chart:
        kinds = sorted(self.figures.failures.items(), key=lambda kind: (-kind[1], kind[0]))
        counts = [(_failure(*kind), count, kind) for kind, count in kinds[: 2 * MOST]]
        labels = [label for label, _count, _kind in counts]
        values: list[float | None] = [count for _label, count, _kind in counts]
        cells = [
            Cell(number_format(count), lists.conversations(source, self.period, of))
            for _label, count, (source, of) in counts
        ]
        if rest := sum(count for _kind, count in kinds[2 * MOST :]):
            labels.append(_("Other"))
            values.append(rest)
            cells.append(Cell(number_format(rest)))
        total = Cell(number_format(sum(self.figures.failures.values())))
        series = [Series(_("Failures"), values, cells)]
        title = _("Failures by kind")
        return Chart("failures", title, "across", _("Kind"), labels, series, [total])

    def _backlog(self) -> Chart:
        states = [state for state in Review.State if state in self.figures.backlog]
        headline = [
            Cell(
                number_format(sum(self.figures.backlog[state].values())),
                lists.conversations("review", self.period, state),
                str(state.label),
            )
            for state in states
        ]
        states_by_label = {str(state.label): state for state in states}
        series = {label: self.figures.backlog[state] for label, state in states_by_label.items()}
        return self._by_day(
            "backlog",
            _("Review"),
            series,
            lambda label, day, _count: lists.conversations("review", day, states_by_label[label]),
            "stacked",
            headline,
            _("Conversations by the day on which they began, and how far their review is."),
        )

    def _costs(self, costs: Mapping[int | None, Mapping[date, Cost]]) -> Chart:
        totals = {persona: sum(by_day.values(), Cost()) for persona, by_day in costs.items()}
        dearest = sorted(totals, key=lambda each: (-totals[each].known_usd, each or 0))
        all_link = self._used(self.period, None)
        headline = [_cost(sum(totals.values(), Cost()), all_link)] if totals else []
        series = []
        for persona in dearest[:MOST]:
            label = self.personas.get(persona or 0) or _("Deleted personas")
            headline.append(_cost(totals[persona], self._used(self.period, persona), label))
            series.append(self._costs_of(label, costs[persona], persona))
        if others := dearest[MOST:]:
            used = {day for persona in others for day in costs[persona]}
            together = {
                day: sum((costs[each].get(day, Cost()) for each in others), Cost()) for day in used
            }
            series.append(self._costs_of(_("Other"), together, None))
        labels = [_day(day) for day in self.period.days]
        title = _("Cost by persona (USD)")
        days = self.period.days
        return Chart("costs", title, "stacked", _("Day"), labels, series, headline, days=days)

    def _costs_of(self, label: str, by_day: Mapping[date, Cost], persona: int | None) -> Series:
        values: list[float | None] = []
        cells = []
        for day in self.period.days:
            cost = by_day.get(day)
            values.append(None if cost is None else float(cost.known_usd))
            link = self._used(self.period.on(day), persona)
            cells.append(Cell() if cost is None else _cost(cost, link))
        return Series(label, values, cells)

    def _used(self, period: Period, persona: int | None) -> str:
        of = Period(period.first, period.last, persona or period.persona)
        return lists.usage(of) if self.has_usage else lists.conversations("calls", of)

    def _by_day(
        self,
        name: str,
        title: str,
        series: Mapping[str, Mapping[date, float]],
        link: Link,
        kind: str = "bars",
        headline: list[Cell] | None = None,
        note: str = "",
    ) -> Chart:
        drawn = [
            Series(
                label,
                [by_day.get(day) for day in self.period.days],
                [self._cell(label, day, by_day.get(day), link) for day in self.period.days],
            )
            for label, by_day in series.items()
        ]
        labels = [_day(day) for day in self.period.days]
        days = self.period.days
        return Chart(name, title, kind, _("Day"), labels, drawn, headline or [], note, days)

    def _cell(self, label: str, day: date, value: float | None, link: Link) -> Cell:
        if value is None:
            return Cell()
        text = number_format(value, 1 if isinstance(value, float) else 0)
        return Cell(text, link(label, self.period.on(day), value))


def _called(label: str, period: Period, value: Any) -> str:
    return lists.conversations("calls", period)


def _slower(label: str, period: Period, value: Any) -> str:
    return lists.conversations("slower", period, str(value))


def _interrupted(label: str, period: Period, value: Any) -> str:
    return lists.conversations("interrupted", period)


def _cost(cost: Cost, link: str, label: str = "") -> Cell:
    return Cell(cost_text(cost.known_usd, cost.unknown, cost.rows), link, label)


def _failure(source: str, of: str) -> str:
    """A sentence of ours in the reader's language; a reason of an end as it is."""
    if source == TOOL:
        return _("A tool failed")
    if source == CALL:
        return _("Call ended: %(reason)s") % {"reason": of or "-"}
    return _(of) if of else _("Without a reason")


def _day(day: date) -> str:
    return date_format(day, "SHORT_DATE_FORMAT")
