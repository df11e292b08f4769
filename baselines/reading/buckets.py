"""The labels of format 1.0 as one table of forms: "8GB", "4-6 cores", "DDR4 < 3200MHz", "Thunderbolt Present".

To add a form, add a row to FORMS: a pattern for the folded label, and a builder that makes a `Reading` of the match or
raises Unreadable with the reason. The rows are tried in their order and the first that succeeds counts; Senseless ends
the search, so that "8GB" is no name. The table is printed in docs/baselines.md, which a test compares with this one.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from baselines.reading.readings import Reading, Senseless, Span, Unreadable
from baselines.reading.words import CONDITION_WORDS, JOINING, MEDIUM_WORDS, UNITS, words_of
from valuation.engine import Field, FieldRegistry, Kind, UnknownField

Facts = tuple[Field, ...]
TOTAL_STORAGE = "total_storage_gb"
PRIMARY = ("storage.primary.capacity_gb", "primary_storage_gb")
SECONDARY = ("storage.secondary.capacity_gb", "secondary_storage_gb")
GENERATION, SPEED, MEDIUM, CONDITION = (
    "ram_spec.ddr_generation",
    "ram_spec.speed_mhz",
    "storage.primary.medium",
    "condition",
)
MOST = 1e9  # no fact of a listing is larger


@dataclass(frozen=True, slots=True)
class Asked:
    """One label, folded, with what its field says about it: the facts of its dependencies, and its own words."""

    label: str
    original: str
    facts: Facts
    vocabulary: frozenset[str]
    registry: FieldRegistry
    entity: str = ""

    def number(self, unit: str) -> Field:
        """The one number among the facts that the label can mean."""
        if not self.facts:
            raise Senseless(f'"{self.original}" is a number, and no dependency says of what')
        numbers = [fact for fact in self.facts if fact.kind is Kind.NUMBER]
        if not numbers:
            raise Senseless(f'"{self.original}" is a number, and {self._names()} is none')
        fitting = [fact for fact in numbers if not unit or fact.unit == unit]
        if not fitting:
            raise Senseless(f'"{self.original}" is in {unit}, and {self._names()} is not')
        paths = {fact.path for fact in fitting}
        if len(paths) == 1:
            return fitting[0]
        if len(paths) == 2 and paths & set(PRIMARY) and paths & set(SECONDARY):
            return self.registry.resolve(TOTAL_STORAGE)
        raise Senseless(f'"{self.original}" may mean {" or ".join(sorted(paths))}')

    def choice(self, default: str) -> Field:
        """The fact among the dependencies that has the options of `default`; without dependencies that itself."""
        wanted = self.registry.resolve(default)
        found = {fact.path: fact for fact in self.facts or (wanted,) if fact.options and fact.options == wanted.options}
        if not found:
            raise Unreadable(f'"{self.original}" belongs to {wanted.path}, and {self._names()} is another field')
        if len(found) > 1:
            raise Unreadable(f'"{self.original}" may mean {" or ".join(sorted(found))}')
        return found.popitem()[1]

    def text(self) -> Field:
        """The one free text among the facts."""
        default = {"CPU": "cpu.name", "GPU": "gpu.name"}.get(self.entity)
        facts = self.facts or ((self.registry.resolve(default),) if default else ())
        found = {fact.path: fact for fact in facts if fact.kind is Kind.STRING and not fact.options}
        if len(found) != 1:
            raise Unreadable(self.formless)
        return found.popitem()[1]

    @property
    def formless(self) -> str:
        return f'"{self.original}" has none of the forms of labels, such as 8GB, 4-6 cores, DDR5 or Used'

    def _names(self) -> str:
        return " or ".join(fact.path for fact in self.facts) or "the field"


Build = Callable[[re.Match[str], Asked], Reading]


@dataclass(frozen=True, slots=True)
class Form:
    """One row of the table. `meaning` and `examples` are for people."""

    name: str
    pattern: re.Pattern[str]
    build: Build
    examples: str
    meaning: str


def _rest(_: re.Match[str], __: Asked) -> Reading:
    return Reading(is_rest=True)


def _word(words: dict[str, tuple[str, ...]], default: str) -> Build:
    def build(match: re.Match[str], asked: Asked) -> Reading:
        label = match[0]
        values = frozenset(value for value, names in words.items() if label in names)
        exact = any(names[0] == label for names in words.values())
        return Reading(values=values, values_path=asked.choice(default).path, is_exact=exact)

    return build


def _generation(match: re.Match[str], asked: Asked) -> Reading:
    fact = asked.choice(GENERATION)
    path, values = fact.path, frozenset[str | bool]({match["generation"]})
    if not values <= set(fact.options):
        raise Unreadable(f'"{match["generation"]}" is no generation of memory')
    rest = (match["rest"] or "").strip(" ,-")
    if all(word.isalpha() and word in asked.vocabulary for word in rest.split()):
        return Reading(values=values, values_path=path, is_exact=True)
    speeds = tuple(fact for fact in asked.facts if fact.unit == "MHz") or (asked.registry.resolve(SPEED),)
    inner = replace(asked, label=rest, facts=speeds)
    for form in NUMBER_FORMS:
        if found := form.pattern.fullmatch(rest):
            return replace(form.build(found, inner), values=values, values_path=path)
    raise Unreadable(f'"{rest}" in "{asked.original}" is no speed')


def _present(match: re.Match[str], asked: Asked) -> Reading:
    return _presence(match, asked, present=True)


def _absent(match: re.Match[str], asked: Asked) -> Reading:
    return _presence(match, asked, present=False)


def _presence(match: re.Match[str], asked: Asked, *, present: bool) -> Reading:
    """Of a boolean its truth, of a number that it is above zero, of a text that it is known."""
    what = next((text for name, text in match.groupdict().items() if name.startswith("what") and text), "")
    if len(asked.facts) != 1:
        raise Unreadable(f'"{asked.original}" needs exactly one dependency that tells whether it is there')
    fact = asked.facts[0]
    if what and not _tells(fact, what, asked.vocabulary):
        raise Unreadable(f'"{what}" is not what {fact.path} tells')
    if fact.kind is Kind.BOOLEAN:
        return Reading(values=frozenset({present}), values_path=fact.path, is_exact=True)
    if fact.kind is Kind.NUMBER:
        return Reading(span=Span(low=0) if present else Span(high=0, high_closed=True), span_path=fact.path)
    if fact.options:
        raise Unreadable(f'"{asked.original}" is yes or no, and {fact.path} tells which')
    return Reading(known=present, known_path=fact.path)


def _tells(fact: Field, what: str, vocabulary: frozenset[str]) -> bool:
    """Whether "Thunderbolt" is what the fact is about. A yes/no field is about what its field is called; a count has a
    word in common ("Thunderbolt Present" is no USB count), and a text every word: a title is no "Wi-Fi Present"."""
    words, own = words_of(what), words_of(fact.path, fact.label)
    if not words or what[0].isdigit() or not words <= vocabulary:
        return False
    if fact.kind is Kind.BOOLEAN:
        return True
    return words <= own if fact.kind is Kind.STRING else bool(words & own - UNITS.keys())


def _quantity(match: re.Match[str], asked: Asked, which: str = "") -> tuple[float, str, float]:
    """The number of the match in the registry's unit, that unit ("" where none is written), and its factor."""
    words = f"{match[f'u{which}'] or ''} {match.groupdict().get('tail') or ''}".split()
    units = [word for word in words if word in UNITS]
    for word in words:
        if word not in UNITS and word not in asked.vocabulary:
            raise Unreadable(f'"{word}" in "{asked.original}" is no unit')
    if len(units) > 1:
        raise Senseless(f'"{asked.original}" has two units, {" and ".join(units)}')
    unit, factor = UNITS[units[0]] if units else ("", 1.0)
    number = float(match[f"n{which}"]) * factor
    if number > MOST:
        raise Senseless(f'"{asked.original}" is more than any listing has')
    # 4.35 TB is 4350 GB, which binary numbers miss.
    return round(number, 6), unit, factor


def _bound(make: Callable[[float], Span], *, plain: bool = False) -> Build:
    def build(match: re.Match[str], asked: Asked) -> Reading:
        number, unit, _ = _quantity(match, asked)
        return Reading(span=make(number), span_path=asked.number(unit).path, unit=unit, is_plain=plain)

    return build


def _range(match: re.Match[str], asked: Asked) -> Reading:
    low, low_unit, low_factor = _quantity(match, asked, "1")
    high, high_unit, high_factor = _quantity(match, asked, "2")
    if not low_unit and high_unit:  # 256-512 GB, 1-2 TB
        low = round(low * high_factor, 6)
    if low_unit and not high_unit and low_factor != 1:
        raise Senseless(f'"{asked.original}" has a unit at its start and none at its end')
    if low_unit and high_unit and low_unit != high_unit:
        raise Senseless(f'"{asked.original}" mixes {low_unit} and {high_unit}')
    if low > high:
        raise Senseless(f'"{asked.original}" starts above its end')
    unit = low_unit or high_unit
    return Reading(span=Span(low, high, True, True), span_path=asked.number(unit).path, unit=unit)


def _name(match: re.Match[str], asked: Asked) -> Reading:
    fact = asked.text()
    if found := sorted(words_of(match[0]) & JOINING - {"max"}) or re.findall(r"[^\w .()-]|\+$", match[0]):
        raise Unreadable(f'"{asked.original}" may be a name, but "{found[0]}" is no part of one')
    if fact.leaf != "manufacturer" and not re.search(r"[0-9]", match[0]):
        raise Unreadable(f'"{asked.original}" reads like a description and not like a model')
    return Reading(name=asked.original, name_path=fact.path)


_N, _U = r"(?P<n>\d+(?:\.\d+)?)", r"(?P<u>[a-z][a-z/ ]*?)?"
_Q = rf"{_N} ?{_U}"
_Q1, _Q2 = (_Q.replace("<n>", f"<n{place}>").replace("<u>", f"<u{place}>") for place in (1, 2))


def _form(name: str, pattern: str, build: Build, examples: str, meaning: str) -> Form:
    # ASCII: of all the digits that there are, labels have 0 to 9.
    return Form(name, re.compile(pattern, re.ASCII), build, examples, meaning)


NUMBER_FORMS: tuple[Form, ...] = (
    _form(
        "range",
        rf"(?:(?P<between>between )|from )?{_Q1} ?(?:-|to|through|\.\.|(?(between)and|(?!))) ?{_Q2}",
        _range,
        "4-6 cores; 8–12; 256 to 512 GB; 1-2 TB",
        "from the first to the second number, both included",
    ),
    _form(
        "at least",
        rf"(?:>=|at least|from|min(?:imum)?) ?{_Q}",
        _bound(lambda n: Span(low=n, low_closed=True)),
        ">= 64 GB; at least 64 GB",
        "the number and everything above it",
    ),
    _form(
        "and more",
        rf"{_Q} ?(?:\+|or more|or better|and up|and above|and more)(?: ?(?P<tail>[a-z][a-z/ ]*))?",
        _bound(lambda n: Span(low=n, low_closed=True)),
        "64GB+; 16+ cores; 7+ ports; 64 GB or more",
        "the number and everything above it",
    ),
    _form(
        "more than",
        rf"(?:>|over|above|more than) ?{_Q}",
        _bound(lambda n: Span(low=n)),
        "> 64 GB; over 64 GB",
        "above the number",
    ),
    _form(
        "at most",
        rf"(?:<=|up to|at most|max(?:imum)?|no more than) ?{_Q}",
        _bound(lambda n: Span(high=n, high_closed=True)),
        "<= 8 GB; up to 8 GB",
        "the number and everything below it",
    ),
    _form(
        "less than",
        rf"(?:<|under|below|less than|fewer than) ?{_Q}",
        _bound(lambda n: Span(high=n)),
        "< 4 ports; under 8 GB",
        "below the number",
    ),
    _form(
        "exactly",
        rf"(?:=|==|exactly) ?{_Q}",
        _bound(lambda n: Span(n, n, True, True)),
        "exactly 8 GB",
        "the number alone",
    ),
    _form(
        "plain",
        _Q,
        _bound(lambda n: Span(low=n, low_closed=True), plain=True),
        "8GB; 512 GB; 1TB; 1.5 TB",
        "from the number up to the next tier: 8GB 16GB 32GB 64GB+ are [8,16) [16,32) [32,64) [64,∞); 1 TB is 1000 GB",
    ),
)
_ANYTHING_ELSE = r"others?|all others|else|otherwise|rest|remaining|everything else|anything else|none of the above"
FORMS: tuple[Form, ...] = (
    _form(
        "default",
        r"default|any|all|every|base|always|everything|any other",
        _rest,
        "Default; Any",
        "alone: every listing; beside others: what none of them names",
    ),
    _form("other", _ANYTHING_ELSE, _rest, "Other; everything else", "what none of the other labels names"),
    _form(
        "condition",
        "|".join(sorted({re.escape(name) for names in CONDITION_WORDS.values() for name in names}, key=len)[::-1]),
        _word(CONDITION_WORDS, CONDITION),
        "New; Refurbished; Used; Like new",
        "the listing's condition; what is no longer new and not refurbished is used",
    ),
    _form(
        "medium",
        "|".join(sorted({re.escape(name) for names in MEDIUM_WORDS.values() for name in names}, key=len)[::-1]),
        _word(MEDIUM_WORDS, MEDIUM),
        "HDD; SATA SSD; NVMe SSD; eMMC",
        "the medium; SSD is every kind of it, stated or not, that no other label names",
    ),
    _form(
        "generation",
        r"(?P<generation>(?:lp)?ddr[345]x?|hbm[23])(?P<rest>[ ,-]+.+|[<>=].*)?",
        _generation,
        "DDR5; LPDDR5; DDR4 < 3200MHz; DDR4 >= 3200MHz",
        "that generation alone (DDR5 is not LPDDR5); with a speed, the forms of numbers apply to it",
    ),
    _form(
        "absent",
        r"no|false|none|absent|missing|not present|(?:no|without) (?P<what>[^0-9]+?)(?: present)?|"
        r"(?P<what2>[^0-9]+?) (?:absent|missing|not present)",
        _absent,
        "No; None; without Thunderbolt",
        "the opposite of present",
    ),
    _form(
        "present",
        r"yes|true|present|included|(?:has|with|includes|including) (?P<what>.+)|"
        r"(?P<what2>.+?) (?:is )?(?:present|included|available)",
        _present,
        "Thunderbolt Present; Yes; Has Thunderbolt",
        "a yes/no field is yes, a count is above 0, a text is known; the label names nothing but its dependency",
    ),
    *NUMBER_FORMS,
    _form(
        "name",
        r".*[a-z].*",
        _name,
        "RTX 3060; i5-12",
        "a CPU, GPU or other text with the label from the start of a word, and three or more digits at its end whole: "
        "RX 570 is no RX 5700; the longer goes first: RTX 3060 Ti is no RTX 3060",
    ),
)


def read_label(
    label: str, *, facts: Facts, registry: FieldRegistry, words: str = "", field_id: str = "", entity: str = ""
) -> Reading:
    """What a label means. `words` are the field's own: they may stand beside a number. Raises Unreadable."""
    facts = facts or _named_by(field_id, registry)
    folded, original = fold(label), " ".join(label.split())
    known_words = words_of(words, *(f"{fact.path} {fact.label} {fact.unit}" for fact in facts)) - JOINING
    asked = Asked(folded, original, facts, known_words, registry, entity)
    reasons = []
    for form in FORMS:
        match = form.pattern.fullmatch(folded)
        if match is None:
            continue
        try:
            return form.build(match, asked)
        except Senseless:
            raise
        except Unreadable as error:
            reasons.append(str(error))
    raise Unreadable(reasons[0] if reasons else asked.formless)


def fold(label: str) -> str:
    """Without case, with one kind of dash and space, and 1,000 as 1000."""
    text = re.sub(r"[‐‑‒–—−]", "-", label.casefold()).replace("≥", ">=").replace("≤", "<=").replace("\xa0", " ")
    text = re.sub(r"(?<![0-9.,])[1-9][0-9]{0,2}(?:,[0-9]{3})+(?![0-9,])", lambda found: found[0].replace(",", ""), text)
    return re.sub(r"\s+", " ", text).strip()


def _named_by(field_id: str, registry: FieldRegistry) -> Facts:
    """Without dependencies the id of the field may be the name of a fact."""
    try:
        return (registry.resolve_in_formula(field_id),) if field_id else ()
    except UnknownField:
        return ()
