"""The labels of format 1.0 as one table of forms: "8GB", "4-6 cores", "DDR4 < 3200MHz", "Thunderbolt Present".

To add a form, add a row to FORMS: a pattern for the folded label, and a builder that makes a `Reading` of the match or
raises Unreadable with the reason. The rows are tried in their order and the first that succeeds counts. The table is
printed in docs/baselines.md, which a test compares with this one.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from baselines.reading.readings import Reading, Span, Unreadable
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

# word -> the unit as the registry names it, and how many of it the word stands for. 1 TB is 1000 GB.
UNITS: dict[str, tuple[str, float]] = {
    "mb": ("GB", 0.001),
    "gb": ("GB", 1),
    "tb": ("GB", 1000),
    "mhz": ("MHz", 1),
    "mt/s": ("MHz", 1),
    "ghz": ("MHz", 1000),
    "w": ("W", 1),
    **dict.fromkeys(("watt", "watts"), ("W", 1.0)),
    **dict.fromkeys(("core", "cores"), ("cores", 1.0)),
    **dict.fromkeys(("thread", "threads"), ("threads", 1.0)),
    **dict.fromkeys(("port", "ports"), ("ports", 1.0)),
    **dict.fromkeys(("module", "modules", "stick", "sticks"), ("modules", 1.0)),
    **dict.fromkeys(("point", "points", "mark", "marks"), ("points", 1.0)),
    **dict.fromkeys(("year", "years"), ("years", 1.0)),
    **dict.fromkeys(("usd", "dollar", "dollars"), ("USD", 1.0)),
}
CONDITION_WORDS: dict[str, tuple[str, ...]] = {
    "new": ("new", "brand new", "sealed", "factory sealed"),
    "refurb": ("refurbished", "refurb", "renewed", "recertified", "certified refurbished", "seller refurbished"),
    "used": ("used", "like new", "pre-owned", "preowned", "second hand", "second-hand", "very good", "good"),
}
MEDIUM_WORDS: dict[str, tuple[str, ...]] = {
    "nvme": ("nvme", "nvme ssd", "pcie ssd", "m.2 nvme", "m.2 nvme ssd", "ssd"),
    "sata_ssd": ("sata ssd", "sata", "2.5 ssd", "ssd"),
    "hdd": ("hdd", "hard disk", "hard drive", "spinning disk"),
    "hybrid": ("hybrid", "hybrid drive", "sshd"),
    "emmc": ("emmc", "emmc storage"),
    "ufs": ("ufs",),
}


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
        numbers = [fact for fact in self.facts if fact.kind is Kind.NUMBER]
        if not numbers:
            raise Unreadable(f'"{self.label}" is a number, and {self._names()} is none')
        fitting = [fact for fact in numbers if not unit or fact.unit == unit]
        if not fitting:
            raise Unreadable(f'"{self.label}" is in {unit}, and {self._names()} is not')
        paths = {fact.path for fact in fitting}
        if len(fitting) == 1:
            return fitting[0]
        if len(fitting) == 2 and paths & set(PRIMARY) and paths & set(SECONDARY):
            return self.registry.resolve(TOTAL_STORAGE)
        raise Unreadable(f'"{self.label}" may mean {" or ".join(sorted(paths))}')

    def choice(self, default: str) -> Field:
        """The fact among the dependencies that has the options of `default`; without dependencies that itself."""
        wanted = self.registry.resolve(default)
        found = [fact for fact in self.facts or (wanted,) if fact.options and fact.options == wanted.options]
        if len(found) != 1:
            raise Unreadable(f'"{self.label}" belongs to {wanted.path}, and {self._names()} is another field')
        return found[0]

    def text(self) -> Field:
        """The one free text among the facts."""
        default = {"CPU": "cpu.name", "GPU": "gpu.name"}.get(self.entity)
        facts = self.facts or ((self.registry.resolve(default),) if default else ())
        found = [fact for fact in facts if fact.kind is Kind.STRING and not fact.options]
        if len(found) != 1:
            raise Unreadable(f'"{self.label}" may be a name, and the dependencies name no one text field for it')
        return found[0]

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
    if asked.vocabulary.issuperset(rest.split()):
        return Reading(values=values, values_path=path, is_exact=True)
    speeds = tuple(fact for fact in asked.facts if fact.unit == "MHz") or (asked.registry.resolve(SPEED),)
    inner = replace(asked, label=rest, facts=speeds)
    for form in NUMBER_FORMS:
        if found := form.pattern.fullmatch(rest):
            return replace(form.build(found, inner), values=values, values_path=path)
    raise Unreadable(f'"{rest}" is no speed')


def _present(match: re.Match[str], asked: Asked) -> Reading:
    return _presence(match, asked, present=True)


def _absent(match: re.Match[str], asked: Asked) -> Reading:
    return _presence(match, asked, present=False)


def _presence(match: re.Match[str], asked: Asked, *, present: bool) -> Reading:
    """Of a boolean its truth, of a number that it is above zero, of a text that it is known."""
    what = next((text for name, text in match.groupdict().items() if name.startswith("what") and text), "")
    unknown = [word for word in what.split() if word not in asked.vocabulary]
    if unknown:
        raise Unreadable(f'"{what}" is not what {asked._names()} tells')
    if len(asked.facts) != 1:
        raise Unreadable(f'"{asked.label}" needs exactly one dependency that tells whether it is there')
    fact = asked.facts[0]
    if fact.kind is Kind.BOOLEAN:
        return Reading(values=frozenset({present}), values_path=fact.path, is_exact=True)
    if fact.kind is Kind.NUMBER:
        return Reading(span=Span(low=0) if present else Span(high=0, high_closed=True), span_path=fact.path)
    return Reading(known=present, known_path=fact.path)


def _quantity(match: re.Match[str], asked: Asked, which: str = "") -> tuple[float, str]:
    """The number of the match in the registry's unit, and that unit ("" where none is written)."""
    unit, factor = "", 1.0
    for word in f"{match[f'u{which}'] or ''} {match.groupdict().get('tail') or ''}".split():
        if word in UNITS:
            unit, factor = UNITS[word]
        elif word not in asked.vocabulary:
            raise Unreadable(f'"{word}" in "{asked.label}" is no unit')
    return float(match[f"n{which}"]) * factor, unit


def _bound(make: Callable[[float], Span], *, plain: bool = False) -> Build:
    def build(match: re.Match[str], asked: Asked) -> Reading:
        number, unit = _quantity(match, asked)
        return Reading(span=make(number), span_path=asked.number(unit).path, unit=unit, is_plain=plain)

    return build


def _range(match: re.Match[str], asked: Asked) -> Reading:
    (low, low_unit), (high, high_unit) = _quantity(match, asked, "1"), _quantity(match, asked, "2")
    if not low_unit and high_unit:  # 256-512 GB, 1-2 TB
        low *= next(UNITS[word][1] for word in reversed(match["u2"].split()) if word in UNITS)
    if low_unit and high_unit and low_unit != high_unit:
        raise Unreadable(f'"{asked.label}" mixes {low_unit} and {high_unit}')
    if low > high:
        raise Unreadable(f'"{asked.label}" starts above its end')
    unit = low_unit or high_unit
    return Reading(span=Span(low, high, True, True), span_path=asked.number(unit).path, unit=unit)


def _name(match: re.Match[str], asked: Asked) -> Reading:
    fact = asked.text()
    if fact.leaf != "manufacturer" and not re.search(r"\d", match[0]):
        raise Unreadable(f'"{asked.label}" reads like a description and not like a model')
    return Reading(name=asked.original, name_path=fact.path)


_N, _U = r"(?P<n>\d+(?:\.\d+)?)", r"(?P<u>[a-z][a-z/ ]*?)?"
_Q = rf"{_N} ?{_U}"
_Q1, _Q2 = (_Q.replace("<n>", f"<n{place}>").replace("<u>", f"<u{place}>") for place in (1, 2))


def _form(name: str, pattern: str, build: Build, examples: str, meaning: str) -> Form:
    return Form(name, re.compile(pattern), build, examples, meaning)


NUMBER_FORMS: tuple[Form, ...] = (
    _form(
        "range",
        rf"(?:between |from )?{_Q1} ?(?:-|to|through|and|\.\.) ?{_Q2}",
        _range,
        "4-6 cores; 8–12; 256 to 512 GB",
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
        "the medium; SSD beside NVMe SSD is the SATA SSD, and alone both",
    ),
    _form(
        "generation",
        r"(?P<generation>(?:lp)?ddr[345]x?|hbm[23])(?P<rest>[ ,-]*[^a-z].*|[ ,-]+.+)?",
        _generation,
        "DDR5; LPDDR5; DDR4 < 3200MHz; DDR4 >= 3200MHz",
        "that generation alone (DDR5 is not LPDDR5); with a speed, the forms of numbers apply to it",
    ),
    _form(
        "absent",
        r"no|false|none|absent|missing|not present|(?:no|without) (?P<what>[^0-9]+)|"
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
        "a CPU, GPU or other text whose name contains the label; the longer goes first: RTX 3060 Ti is no RTX 3060",
    ),
)


def read_label(
    label: str, *, facts: Facts, registry: FieldRegistry, words: str = "", field_id: str = "", entity: str = ""
) -> Reading:
    """What a label means. `words` are the field's own: they may stand beside a number. Raises Unreadable."""
    facts = facts or _named_by(field_id, registry)
    folded = fold(label)
    vocabulary = " ".join([words, *(f"{fact.path} {fact.label} {fact.unit}" for fact in facts)])
    known_words = frozenset(re.findall(r"[a-z0-9]+", vocabulary.casefold()))
    asked = Asked(folded, " ".join(label.split()), facts, known_words, registry, entity)
    reasons = []
    for form in FORMS:
        match = form.pattern.fullmatch(folded)
        if match is None:
            continue
        try:
            return form.build(match, asked)
        except Unreadable as error:
            reasons.append(str(error))
    raise Unreadable(reasons[0] if reasons else f'"{label}" has none of the forms of labels')


def fold(label: str) -> str:
    """Without case, with one kind of dash and space, and 1,000 as 1000."""
    text = re.sub(r"[‐‑‒–—−]", "-", label.casefold()).replace("≥", ">=").replace("≤", "<=").replace("\xa0", " ")
    text = re.sub(r"(?<=\d),(?=\d{3}\b)", "", text)
    return re.sub(r"\s+", " ", text).strip()


def _named_by(field_id: str, registry: FieldRegistry) -> Facts:
    """Without dependencies the id of the field may be the name of a fact."""
    try:
        return (registry.resolve_in_formula(field_id),) if field_id else ()
    except UnknownField:
        return ()
