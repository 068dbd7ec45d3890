"""The generated part of docs/understanding.md."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from tests.understanding.evaluation.findings import NEAR, SAMPLE, UNSEEN, VALIDATION, Findings, System
from tests.understanding.evaluation.measures import (
    CALIBRATION,
    COSTS,
    FALSE_TIMES,
    MACRO_F1,
    MEASURES,
    TIMES,
    TOPIC_F1,
    Measure,
    Rate,
    by_intent,
    by_topic,
    counts,
    expected_calibration_error,
    intent_f1,
    reliability,
    topic_f1,
)
from tests.understanding.evaluation.rows import ROOT

PAGE = ROOT / "docs" / "understanding.md"
BEGIN, END = "<!-- eval:begin -->", "<!-- eval:end -->"
COST_AIMS = {COSTS[0]: "≤ 8", COSTS[2]: "≤ 90", COSTS[3]: "≤ 3"}


def write_into(page: Path, generated: str) -> None:
    """Replace what stands between the markers; raises ValueError when the page has none."""
    text = page.read_text("utf-8")
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{page.name} has no place for the results: {BEGIN} … {END}")
    page.write_text(f"{before}{BEGIN}\n\n{generated.strip()}\n\n{END}{after}", "utf-8")


def generated_part(page: Path) -> str:
    return page.read_text("utf-8").partition(BEGIN)[2].partition(END)[0]


def report(findings: Findings, pictures: Sequence[str]) -> str:
    """Markdown: every rate with its 95 % Wilson interval; `n` says of how many."""
    shown = [findings.ours, *findings.stock.values(), *findings.plain]
    sections = [
        _rows(findings),
        _measures("Unseen rows", UNSEEN, shown),
        _measures("Validation rows, crossed", VALIDATION, [findings.ours, *findings.plain]),
        _same_sample(findings),
        _learning_curve(findings),
        _times(findings),
        _costs(findings),
        _pictures(pictures),
        _intents(findings),
        _topics(findings),
        _tried("intents", ("right", "without the FAQ", "f1"), findings),
        _tried("topics", ("first", "three"), findings),
    ]
    return "\n\n".join(sections)


def _rows(findings: Findings) -> str:
    sets = {"training": findings.data.training, **findings.data.measured}
    table = _table(
        ["rows", "sentences", "questions of the FAQ", "other intents", "out of scope"],
        (
            [
                name,
                len(rows),
                sum(row.topic is not None for row in rows),
                sum(row.topic is None and row.intent != "out_of_scope" for row in rows),
                sum(row.intent == "out_of_scope" for row in rows),
            ]
            for name, rows in sets.items()
        ),
    )
    apart = _table(
        ["rows", "the same sentence", f"nearest sentence with a cosine above {NEAR}"],
        ([name, found.same, found.near] for name, found in findings.apart.items()),
    )
    far = {
        m.name: m.of(findings.far_pairs) for m in MEASURES if m.name in ("intent right", "topic ranked first")
    }
    told = "; ".join(f"{name} {rate}" for name, rate in far.items())
    rows = f"### Rows\n\n{table}\n\n{apart}\n\nWithout the near ones, ours on the unseen rows: {told}."
    if not findings.differing:
        return rows
    return (
        f"{rows} The stock configuration was trained before {findings.differing} sentences were added or changed; it is"
        " not asked for intents that are newer."
    )


def _measures(title: str, kind: str, systems: Sequence[System]) -> str:
    pairs = systems[0].pairs[kind]
    lines = [
        [m.name, m.of(pairs).of, _aim(m), *(_cell(m, system, kind) for system in systems)] for m in MEASURES
    ]
    for name, figure in ((MACRO_F1, intent_f1), (TOPIC_F1, topic_f1), (CALIBRATION, _calibration)):
        decided = [s if s.run or figure is topic_f1 else None for s in systems]
        lines.append([name, "", "", *(f"{figure(s.pairs[kind]):.3f}" if s else "–" for s in decided)])
    return f"### {title}\n\n" + _table(["measure", "n", "aim", *(s.name for s in systems)], lines)


def _same_sample(findings: Findings) -> str:
    systems = [findings.curve[SAMPLE], *findings.stock_of_sample.values()]
    lines = [[m.name, *(_cell(m, s, UNSEEN) for s in systems)] for m in MEASURES]
    title = f"### Both trained on the same sample of {SAMPLE} questions per topic, unseen rows\n\n"
    return title + _missing_stock(systems) + _table(["measure", *(s.name for s in systems)], lines)


def _learning_curve(findings: Findings) -> str:
    systems = {**{str(count): s for count, s in findings.curve.items()}, "all": findings.ours}
    shown = [m for m in MEASURES if m.aim is not None]
    lines = [[count, *(m.of(s.pairs[UNSEEN]) for m in shown)] for count, s in systems.items()]
    return "### Learning curve, ours, unseen rows\n\n" + _table(
        ["questions per topic", *(m.name for m in shown)], lines
    )


def _times(findings: Findings) -> str:
    lines = [
        [who, right.of, right, f"{false} of {false.of}"] for who, (right, false) in findings.times.items()
    ]
    return "### Booking times (aim: 95 %)\n\n" + _table(["rows", "n", TIMES, FALSE_TIMES], lines)


def _costs(findings: Findings) -> str:
    systems = [s for s in (findings.ours, *list(findings.stock.values())[-1:]) if s.run]
    lines = zip(*(_costs_of(s) for s in systems), strict=True)
    rows = [[name, COST_AIMS.get(name, ""), *figures] for name, figures in zip(COSTS, lines, strict=True)]
    messages = len(findings.data.unseen_texts)
    return (
        f"### Costs: {messages} messages one by one, understanding only, one core, a fresh process\n\n"
        + _table(["", "aim", *(s.name for s in systems)], rows)
    )


def _costs_of(system: System) -> list[str]:
    assert system.run is not None
    spent = system.run.milliseconds
    figures = [
        f"{median(spent):.1f}",
        f"{quantiles(spent, n=20)[-1]:.1f}",
        f"{system.training_seconds:.0f}",
        f"{system.run.load_seconds:.1f}",
        f"{system.run.start_seconds:.1f}",
        f"{system.run.memory_mb:.0f}",
    ]
    return figures


def _pictures(names: Sequence[str]) -> str:
    titles = {
        "reliability": "Reliability of the confidence",
        "epochs": "Accuracy by epochs",
        "learning-curve": "",
    }
    shown = []
    for name in names:
        kind = name.removeprefix("understanding-").removesuffix(".svg")
        shown.append(f"![{titles.get(kind) or 'Learning curve'}](images/{name})")
    return "\n".join(shown)


def _intents(findings: Findings) -> str:
    """The largest first."""
    shown = [(findings.ours, UNSEEN), (findings.ours, VALIDATION)]
    shown += [(system, UNSEEN) for system in list(findings.stock.values())[-1:]]
    known = counts([*findings.ours.pairs[UNSEEN], *findings.ours.pairs[VALIDATION]])
    intents = sorted({row.intent for rows in findings.data.measured.values() for row in rows})
    intents.sort(key=lambda name: -known[name])
    lines = [[intent, *(_of_intent(system, kind, intent) for system, kind in shown)] for intent in intents]
    heads = [f"{system.name}, {kind}" for system, kind in shown]
    return "### Intents: rows right\n\n" + _table(["intent", *heads], lines)


def _of_intent(system: System, kind: str, intent: str) -> str:
    pairs = system.pairs[kind]
    of = counts(pairs)[intent]
    return _few(of - len(by_intent(pairs).get(intent, [])), of)


def _topics(findings: Findings) -> str:
    """Only those with a wrong row; a question is right when it is taken for one and its topic is ranked first."""
    unseen, validation = findings.ours.pairs[UNSEEN], findings.ours.pairs[VALIDATION]
    wrong = {kind: by_topic(pairs) for kind, pairs in ((UNSEEN, unseen), (VALIDATION, validation))}
    known = {kind: counts(pairs) for kind, pairs in ((UNSEEN, unseen), (VALIDATION, validation))}
    lines = []
    for topic in wrong[UNSEEN]:
        cells = [_few(known[k][topic] - len(wrong[k].get(topic, [])), known[k][topic]) for k in wrong]
        missed = sum(len(wrong[k].get(topic, [])) for k in wrong)
        lines.append((missed, [topic, *cells]))
    lines.sort(key=lambda line: (-line[0], line[1]))
    faulty = [cells for missed, cells in lines if missed]
    perfect = len(lines) - len(faulty)
    return (
        f"### Topics, ours: rows right\n\n{perfect} of {len(lines)} topics are wholly right; the others:\n\n"
        + _table(
            ["topic", UNSEEN, VALIDATION, "topic", UNSEEN, VALIDATION, "topic", UNSEEN, VALIDATION],
            _side_by_side(faulty, 3),
        )
    )


def _side_by_side(cells: list[list[str]], columns: int) -> Iterable[list[str]]:
    height = -(-len(cells) // columns)
    for at in range(height):
        line = [cells[at + height * column] for column in range(columns) if at + height * column < len(cells)]
        yield [cell for group in line for cell in group] + [""] * (3 * (columns - len(line)))


def _tried(kind: str, names: Sequence[str], findings: Findings) -> str:
    """Best on the validation rows first."""
    designs = sorted(findings.tried[kind], key=lambda tried: -_number(tried[VALIDATION][names[0]]))
    heads = [f"{name}, {rows}" for name in names for rows in (VALIDATION, UNSEEN)]
    lines = []
    for tried in designs:
        figures = [_figure(tried[rows][name]) for name in names for rows in (VALIDATION, UNSEEN)]
        lines.append([tried["design"], *figures, f"{tried['seconds']:.0f}"])
    whole = _whole_pipeline(kind, findings)
    return f"### What was tried for the {kind}\n\n" + _table(["design", *heads, "s to fit"], [*lines, whole])


def _whole_pipeline(kind: str, findings: Findings) -> list[str]:
    measures = {m.name: m for m in MEASURES}
    if kind == "topics":
        shown = [measures["topic ranked first"].of, measures["topic among the first three"].of]
        cells = [str(of(findings.ours.pairs[rows])) for of in shown for rows in (VALIDATION, UNSEEN)]
    else:
        shown = [measures["intent right"].of, measures["intent right, without the FAQ"].of]
        cells = [str(of(findings.ours.pairs[rows])) for of in shown for rows in (VALIDATION, UNSEEN)]
        cells += [f"{intent_f1(findings.ours.pairs[rows]):.3f}" for rows in (VALIDATION, UNSEEN)]
    return ["**the pipeline that is used, with its thresholds**", *cells, ""]


def _calibration(pairs: Sequence[Any]) -> float:
    return expected_calibration_error(reliability(pairs))


def _aim(measure: Measure) -> str:
    if measure.aim is None:
        return ""
    return f"{'≤' if measure.less_is_better else '≥'} {100 * measure.aim:.0f} %"


def _cell(measure: Measure, system: System, kind: str) -> str:
    if measure.needs_decisions and system.run is None:
        return "–"
    return str(measure.of(system.pairs[kind]))


def _missing_stock(systems: Sequence[System]) -> str:
    return "stock: no cached result\n\n" if len(systems) == 1 else ""


def _number(figure: Any) -> float:
    return float(figure[0] / figure[1]) if isinstance(figure, list) else float(figure)


def _figure(figure: Any) -> str:
    return str(Rate(*figure)) if isinstance(figure, list) else f"{figure:.3f}"


def _few(hits: int, of: int) -> str:
    return f"{hits}/{of}" if of else "–"


def _table(heads: Sequence[str], lines: Iterable[Sequence[object]]) -> str:
    rows = [list(heads), ["---"] * len(heads), *lines]
    return "\n".join("| " + " | ".join(str(cell) for cell in row) + " |" for row in rows)
