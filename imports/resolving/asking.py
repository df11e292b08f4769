"""What was decided for a file by its study and by answers, and what is left to ask."""

from __future__ import annotations

from collections.abc import Iterator

from imports.currencies import CODES
from imports.mapping import FileKind, Mapping
from imports.reading import Detection
from imports.resolving.catalog import Catalog
from imports.resolving.corrections import HEADERS_ORDER
from imports.resolving.parts import LEAVE, NEW, WORDS, Asked
from imports.resolving.questions import Option, Question, QuestionKind
from imports.resolving.said import Decisions, Said
from imports.resolving.study import MONEY, Study
from imports.values.dates import DayOrder, OrderState
from imports.values.numbers import COMMA, DOT, SignDecision, SignState

LEAVE_OUT = "leave_out"
CURRENCY = "currency"
SHOWN_CURRENCIES = ("USD", "EUR", "GBP", "CAD", "AUD", "PLN", "TRY", "BRL", "INR", "CHF", "CLP", "MXN")
SIGN_NAMES = {DOT: "dot", COMMA: "comma"}


def decide(study: Study, mapping: Mapping, said: Said) -> Decisions:
    """What each column is read by. What is neither shown nor said is `open` or `refused`, and asked by `questions`."""
    currency = currency_of(study, said)
    signs: dict[int, str] = {}
    refused: dict[int, str] = {}
    undecided: list[int] = []
    money = _money(study, mapping)
    for position, tally in study.signs.items():
        decision = tally.decision(currency if position in money else "")
        answer = said.answers.get(f"decimal_sign:{position}", "")
        if decision.state is SignState.DECIDED:
            signs[position] = decision.sign
        elif decision.state is SignState.CONTRADICTORY:
            if answer in SIGN_NAMES:
                signs[position] = answer
            else:
                refused[position] = _contradiction(decision)
        elif decision.state is SignState.UNDECIDED and position in money:
            undecided.append(position)
    open_ones = _settle(undecided, signs, money, said)
    orders, undated = _orders(study, said, refused)
    return Decisions(signs, orders, refused, frozenset(open_ones | undated), currency)


def _money(study: Study, mapping: Mapping) -> dict[int, None]:
    """Positions of prices, the one of today first."""
    named = [study.layout.positions[name][0] for name in MONEY if study.layout.has(name)]
    return dict.fromkeys([*named, *(item.position for item in mapping.dated)])


def _settle(undecided: list[int], signs: dict[int, str], money: dict[int, None], said: Said) -> set[int]:
    """Columns of prices that show nothing take their sign from an answer, from the others, or from memory."""
    if not undecided:
        return set()
    shown = {signs[position] for position in money if position in signs}
    answers = {said.answers.get(f"decimal_sign:{position}", "") for position in undecided} & set(SIGN_NAMES)
    sign = next(iter(shown)) if len(shown) == 1 else ""
    sign = answers.pop() if len(answers) == 1 else sign or (said.remembered_sign if not shown else "")
    if not sign:
        return set(undecided)
    signs.update(dict.fromkeys(undecided, sign))
    return set()


def _orders(study: Study, said: Said, refused: dict[int, str]) -> tuple[dict[int, DayOrder], set[int]]:
    orders: dict[int, DayOrder] = {}
    undecided: set[int] = set()
    for position, dates in study.dates.items():
        decision = dates.order.decision()
        answer = said.answers.get(f"day_order:{position}", "")
        if decision.order:
            orders[position] = decision.order
        elif answer in set(DayOrder):
            orders[position] = DayOrder(answer)
        elif decision.state is OrderState.UNDECIDED:
            undecided.add(position)
        elif decision.state is OrderState.CONTRADICTORY:
            refused[position] = f'"{decision.evidence}" has the day first, and "{decision.against}" the month'
        if dates.unread and 5 * dates.read < dates.filled:
            refused.setdefault(position, "it holds no whole days")
    return orders, undecided


def currency_of(study: Study, said: Said) -> str:
    """The currency of prices that say none themselves: an answer, what was stated, or what the whole file says."""
    answer = said.answers.get(CURRENCY, "").upper()
    return (answer if answer in CODES else "") or said.currency or study.currency or said.remembered_currency


def questions(study: Study, mapping: Mapping, detection: Detection, said: Said, catalog: Catalog) -> list[Question]:
    """What a person has to say, those that stop the file first. What `said` answers already is not asked again."""
    decisions = decide(study, mapping, said)
    asked = [
        *_of_the_file(detection),
        *_of_the_columns(mapping),
        *_of_signs(study, mapping, said, decisions),
        *_of_days(study, mapping, said),
        *_of_currency(study, mapping, said),
        *_of_parts(study, said, catalog),
    ]
    return sorted(asked, key=lambda question: not question.blocks)


def _of_the_file(detection: Detection) -> Iterator[Question]:
    if not detection.encoding_is_certain:
        options = tuple(Option(item.encoding, f"{item.encoding}: {item.sample}") for item in detection.encoding_choices)
        yield Question(
            "encoding", QuestionKind.ENCODING, "The file is not UTF-8. Which of these lines reads right?", options,
            suggested=detection.encoding, confidence=0.8,
        )  # fmt: skip
    if not detection.header_is_certain:
        row = detection.header_row or 0
        label = f"record {row}: {', '.join(detection.headers[:5])}"
        options = (Option(str(row), label), Option("0", "none: the first record is one like the others"))
        yield Question(
            "header", QuestionKind.HEADER, "Which record names the columns?", options[0 if row else 1 :],
            suggested=str(row), confidence=0.6,
        )  # fmt: skip


def _of_the_columns(mapping: Mapping) -> Iterator[Question]:
    if mapping.is_sufficient:
        return
    needed = {
        FileKind.CPUS: "the name of the processor",
        FileKind.GPUS: "the name of the card",
        FileKind.PART_PRICES: "a name and a price",
    }.get(mapping.kind, "a title (or a maker and a model), or a price")
    text = f"No column is known to say {needed}. Which column is what?"
    yield Question("columns", QuestionKind.COLUMNS, text, samples=tuple(item.header for item in mapping.guesses[:10]))


def _of_signs(study: Study, mapping: Mapping, said: Said, decisions: Decisions) -> Iterator[Question]:
    waiting = [position for position in _money(study, mapping) if position in decisions.open]
    for position in waiting[:1]:  # one answer is for all prices of the file
        cell = study.signs[position].decision(decisions.currency).evidence
        sign = DOT if DOT in cell else COMMA
        other = COMMA if sign == DOT else DOT
        options = (
            Option(other, f'a {SIGN_NAMES[other]}: the {SIGN_NAMES[sign]} in "{cell}" is for thousands'),
            Option(sign, f'a {SIGN_NAMES[sign]}: "{cell}" has three decimals'),
        )
        text = f'Which sign stands before the decimals in "{study.layout.headers[position]}"?'
        yield Question(
            f"decimal_sign:{position}", QuestionKind.DECIMAL_SIGN, text, options,
            study.records - study.empty[position], (cell,), other, 0.8,
        )  # fmt: skip
    for position, why in decisions.refused.items():
        if position not in study.signs or f"decimal_sign:{position}" in said.answers:
            continue
        decision = study.signs[position].decision()
        choices = (
            Option(DOT, f'a dot, as in "{decision.evidence}": cells that do not fit are refused'),
            Option(COMMA, f'a comma, as in "{decision.against}": cells that do not fit are refused'),
            Option(LEAVE_OUT, "leave the column out"),
        )
        text = f'"{study.layout.headers[position]}" contradicts itself: {why}. Which sign stands before the decimals?'
        yield Question(
            f"decimal_sign:{position}", QuestionKind.DECIMAL_SIGN, text, choices,
            study.records - study.empty[position], (decision.evidence, decision.against),
        )  # fmt: skip


def _contradiction(decision: SignDecision) -> str:
    return f'"{decision.evidence}" and "{decision.against}" do not agree on the sign before the decimals'


def _of_days(study: Study, mapping: Mapping, said: Said) -> Iterator[Question]:
    options = (
        Option(DayOrder.DAY_FIRST, "the day: 3/4 is 3 April"),
        Option(DayOrder.MONTH_FIRST, "the month: 3/4 is 4 March"),
    )
    if mapping.order.state in (OrderState.UNDECIDED, OrderState.CONTRADICTORY) and HEADERS_ORDER not in said.answers:
        text = f'What comes first in the headers that are days, such as "{mapping.order.evidence}"?'
        yield Question(HEADERS_ORDER, QuestionKind.DAY_ORDER, text, options, samples=(mapping.order.evidence,))
    for position, dates in study.dates.items():
        decision, key = dates.order.decision(), f"day_order:{position}"
        if decision.state is OrderState.UNDECIDED and key not in said.answers:
            text = f'What comes first in "{study.layout.headers[position]}", such as "{decision.evidence}"?'
            yield Question(key, QuestionKind.DAY_ORDER, text, options, dates.filled, (decision.evidence,))


def _of_currency(study: Study, mapping: Mapping, said: Said) -> Iterator[Question]:
    unsaid = sum(study.unsaid.values())
    if not unsaid or currency_of(study, said) or mapping.kind in (FileKind.CPUS, FileKind.GPUS):
        return
    named = [code for codes, _ in study.unsaid.most_common() for code in codes]
    known = [code for code, _ in study.currencies.most_common()]
    codes = list(dict.fromkeys([*known, *named, *SHOWN_CURRENCIES]))
    options = (*(Option(code, code) for code in codes[:15]), Option(LEAVE, "not known: the prices stay unknown"))
    headers = [study.layout.positions[name][1] for name in MONEY if study.layout.has(name)]
    if said.answers.get(CURRENCY) == LEAVE:
        return
    suggested = (known or named or [""])[0]
    text = f'In which currency are the prices in "{headers[0] if headers else "the columns of days"}"?'
    yield Question(
        CURRENCY,
        QuestionKind.CURRENCY,
        text,
        options,
        unsaid,
        suggested=suggested,
        confidence=0.6 if suggested else 0.0,
    )


def _of_parts(study: Study, said: Said, catalog: Catalog) -> Iterator[Question]:
    """The most doubtful first, and of those alike the most common; not those that the catalog has got meanwhile."""
    found = [
        (key, asked)
        for key, asked in study.asked.items()
        if key not in said.answers and not catalog.names(asked.kind).find(asked.name)
    ]
    for key, asked in sorted(found, key=lambda item: (item[1].likely.confidence, -item[1].lines)):
        yield _of_part(key, asked)


def _of_part(key: str, asked: Asked) -> Question:
    word = WORDS[asked.kind]
    options = (
        *(Option(name, f"it is {name}") for name in asked.nearest),
        Option(NEW, f"make it a new {word}"),
        Option(LEAVE, "leave it unknown, and keep the words"),
    )
    text = f'The catalog has no {word} "{asked.name}". Which one is it?'
    return Question(
        key, QuestionKind.PART, text, options, asked.lines, tuple(asked.texts), asked.likely.value,
        asked.likely.confidence, blocks=False,
    )  # fmt: skip
