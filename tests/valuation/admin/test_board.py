"""The lines of a ruleset's page, and the small edits that are made of them."""

from __future__ import annotations

import json
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from dealbrain.actor import acting
from tests.api import at_once, race
from tests.factories import (
    CustomFieldFactory,
    ListingFactory,
    RuleActionFactory,
    RuleFactory,
    RuleGroupFactory,
    RulesetFactory,
    StaffFactory,
)
from valuation.admin.careful import newest_change
from valuation.models import AuditEntry, Rule, RuleAction, RuleGroup, Ruleset
from valuation.models.rules import NEEDS_CONFIGURATION

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada(client: Client) -> Client:
    client.force_login(StaffFactory(username="ada", group="Analysts"))
    return client


@pytest.fixture
def group() -> RuleGroup:
    """A group of three rules of one order, of 1, 2 and 3 dollars, beside an empty group."""
    found = RuleGroupFactory(name="First", ruleset__name="Mine")
    RuleGroupFactory(name="Second", ruleset=found.ruleset, display_order=200)
    for dollars, name in enumerate("abc", 1):
        RuleActionFactory(rule__group=found, rule__name=name, value_usd=dollars)
    return found


def page_of(ruleset: Ruleset) -> str:
    return f"/admin/valuation/ruleset/{ruleset.pk}/change/"


def edit(client: Client, ruleset: Ruleset, do: str, **sent: Any) -> Any:
    """One edit as the script sends it. Its answer, with the messages as text."""
    saw = {"saw": sent.pop("saw", newest_change())}
    return client.post(
        f"/admin/valuation/ruleset/{ruleset.pk}/edit/",
        {"do": do, **saw, **sent},
        headers={"Accept": "application/json"},
    )


def said(answer: Any) -> str:
    return str(answer.json()["messages"])


def one(name: str) -> Rule:
    return Rule.objects.get(name=name)


def stand() -> dict[str, list[str]]:
    """The names of the rules by group, in their order."""
    return {group.name: [rule.name for rule in group.rules.all()] for group in RuleGroup.objects.all()}


def filled(do: str) -> str:
    """`up:b` with the ids of what it names."""
    verb, *names = do.split(":")
    ids = []
    for name in names:
        row: Any = Rule.objects.filter(name=name).first() or RuleGroup.objects.get(name=name)
        ids.append(str(row.pk))
    return ":".join([verb, *ids])


# what is asked -> the rules of both groups, and what is said
MOVES = [
    ("up:b", "bac", "", "is 1 of 3 in “First” now"),
    ("down:a", "bac", "", "is 2 of 3"),
    ("down:b", "acb", "", "is 3 of 3"),
    ("up:a", "abc", "", "It is the first already"),
    ("down:c", "abc", "", "It is the last already"),
    ("into:a:Second", "bc", "a", "is 1 of 1 in “Second” now"),
    ("into:a:First", "bca", "", "is 3 of 3"),
    ("before:c:a", "cab", "", "is 1 of 3"),
    ("before:a:c", "bac", "", "is 2 of 3"),
    ("before:a:a", "abc", "", "It stands there already"),
]


@pytest.mark.parametrize(("do", "first", "second", "words"), MOVES)
def test_moves(ada: Client, group: RuleGroup, do: str, first: str, second: str, words: str) -> None:
    answer = edit(ada, group.ruleset, filled(do))
    assert stand() == {"First": list(first), "Second": list(second)}
    assert words in said(answer)
    assert answer.status_code == (400 if "already" in words else 200)


def test_a_move_writes_one_row_where_there_is_room(ada: Client, group: RuleGroup) -> None:
    edit(ada, group.ruleset, filled("up:c"))
    AuditEntry.objects.all().delete()
    edit(ada, group.ruleset, filled("up:c"))
    assert stand()["First"] == ["c", "a", "b"]
    assert [entry.target_name for entry in AuditEntry.objects.all()] == ["c"]


@pytest.mark.parametrize("orders", [(-(2**31), -(2**31) + 1), (2**31 - 2, 2**31 - 1), (5, 5), (5, 6)])
def test_orders_at_the_ends_of_numbers(ada: Client, orders: tuple[int, int]) -> None:
    group = RuleGroupFactory()
    for name, order in zip("ab", orders, strict=True):
        RuleActionFactory(rule__group=group, rule__name=name, rule__evaluation_order=order)
    for wanted in (["b", "a"], ["a", "b"], ["b", "a"]):
        assert edit(ada, group.ruleset, filled(f"up:{wanted[0]}")).status_code == 200
        assert stand()[group.name] == wanted


def test_groups_move_and_are_switched(ada: Client, group: RuleGroup) -> None:
    assert "is group 1 of 2 now" in said(edit(ada, group.ruleset, filled("group-up:Second")))
    assert list(stand()) == ["Second", "First"]
    edit(ada, group.ruleset, filled("group-off:First"))
    assert not RuleGroup.objects.get(name="First").is_active
    edit(ada, group.ruleset, filled("group-on:First"))
    assert RuleGroup.objects.get(name="First").is_active


def test_a_new_group(ada: Client, group: RuleGroup) -> None:
    answer = edit(ada, group.ruleset, "new-group", name="  Third ")
    third = RuleGroup.objects.get(name="Third")
    assert list(stand()) == ["First", "Second", "Third"]
    assert answer.json()["focus"] == f"new:{third.pk}"
    assert f"/admin/valuation/rule/add/?group={third.pk}" in answer.json()["board"]
    for name in ("", "   ", "Third", "x" * 256):
        assert edit(ada, group.ruleset, "new-group", name=name).status_code == 400
    assert RuleGroup.objects.count() == 3


class TestAmounts:
    @pytest.mark.parametrize(
        ("typed", "stored"),
        [("7", "7"), ("-15", "-15"), ("$2.50", "2.5"), ("−3", "-3"), (" 0 ", "0"), ("0.0001", "0.0001")],
    )
    def test_what_is_typed(self, ada: Client, group: RuleGroup, typed: str, stored: str) -> None:
        assert edit(ada, group.ruleset, filled("amount:a"), amount=typed).status_code == 200
        assert one("a").actions.get().value_usd == Decimal(stored)

    @pytest.mark.parametrize("typed", ["", " ", "x", "NaN", "Infinity", "1e99", "2,5", "9" * 30, "0.00001", "1\x00"])
    def test_what_is_refused(self, ada: Client, group: RuleGroup, typed: str) -> None:
        answer = edit(ada, group.ruleset, filled("amount:a"), amount=typed)
        assert answer.status_code == 400
        assert "such as -15 or 2.50" in said(answer)
        assert one("a").actions.get().value_usd == 1

    def test_it_says_what_it_did_and_is_undone(self, ada: Client, group: RuleGroup) -> None:
        for ram in (8, 16, 32):
            ListingFactory(price_usd=100, ram_gb=ram)
        Rule.objects.filter(name="a").update(conditions={"field_name": "ram_gb", "operator": "gte", "value": 16})
        answer = edit(ada, group.ruleset, filled("amount:a"), amount="-9")
        assert "2 of 3 listings, -$20.00 together" in said(answer)
        address = said(answer).split('formaction="')[1].split('"')[0].replace("&amp;", "&")
        back = ada.post(address)
        assert back["Location"] == page_of(group.ruleset)
        assert one("a").actions.get().value_usd == 1

    def test_a_rule_with_more_to_it_has_no_amount(self, ada: Client, group: RuleGroup) -> None:
        RuleActionFactory(rule=one("a"), value_usd=4, position=1)
        RuleAction.objects.filter(rule=one("b")).update(action_type="formula", formula="ram_gb", value_usd=None)
        for name in "ab":
            assert edit(ada, group.ruleset, filled(f"amount:{name}"), amount="5").status_code == 400
        page = ada.get(page_of(group.ruleset)).content.decode()
        assert page.count('name="amount"') == 1


def test_switching(ada: Client, group: RuleGroup) -> None:
    ListingFactory(price_usd=100)
    assert "1 of 1 listings, -$1.00 together" in said(edit(ada, group.ruleset, filled("off:a")))
    assert not one("a").is_active
    assert "1 of 1 listings, $1.00 together" in said(edit(ada, group.ruleset, filled("on:a")))
    bare = RuleFactory(group=group, name="bare", is_active=False)
    unready = RuleActionFactory(
        rule__group=group, rule__name="unready", rule__is_active=False, rule__metadata={NEEDS_CONFIGURATION: "why"}
    ).rule
    for rule, words in ((bare, "needs an action"), (unready, "needs configuration")):
        answer = edit(ada, group.ruleset, f"on:{rule.pk}")
        assert answer.status_code == 400
        assert words in said(answer)


def test_a_rule_that_cannot_be_saved_is_moved_and_switched_off(ada: Client, group: RuleGroup) -> None:
    field = CustomFieldFactory(key="colour")
    Rule.objects.filter(name="b").update(conditions={"field_name": "custom.colour", "operator": "eq", "value": "red"})
    field.delete()
    for do in ("up:b", "off:b", "into:b:Second"):
        assert edit(ada, group.ruleset, filled(do)).status_code == 200
    assert stand() == {"First": ["a", "c"], "Second": ["b"]}


def test_a_copy_is_off_and_stands_behind(ada: Client, group: RuleGroup) -> None:
    for _ in range(2):
        assert edit(ada, group.ruleset, filled("copy:a")).status_code == 200
    assert stand()["First"] == ["a", "a (copy 2)", "a (copy)", "b", "c"]
    copy = one("a (copy)")
    assert (copy.is_active, copy.actions.get().value_usd) == (False, 1)
    Rule.objects.filter(name="b").update(name="x" * 255)
    assert edit(ada, group.ruleset, f"copy:{one('x' * 255).pk}").status_code == 200
    override = RuleActionFactory(rule__group=group, rule__overrides="RamSpec.memory").rule
    assert edit(ada, group.ruleset, f"copy:{override.pk}").status_code == 400


def test_a_rule_goes_and_comes_back(ada: Client, group: RuleGroup) -> None:
    a = one("a")
    answer = edit(ada, group.ruleset, filled("delete:a"))
    assert stand()["First"] == ["b", "c"]
    assert answer.json()["focus"] == f"page:{one('b').pk}"
    address = said(answer).split('formaction="')[1].split('"')[0].replace("&amp;", "&")
    ada.post(address)
    assert one("a").pk == a.pk
    assert one("a").actions.get().value_usd == 1


def test_a_group_that_has_the_name_already(ada: Client, group: RuleGroup) -> None:
    RuleFactory(name="a", group=RuleGroup.objects.get(name="Second"))
    mine = Rule.objects.get(name="a", group=group)
    second = RuleGroup.objects.get(name="Second")
    answer = edit(ada, group.ruleset, f"into:{mine.pk}:{second.pk}")
    assert answer.status_code == 400
    assert "rename one of the two first" in said(answer)


@pytest.mark.parametrize(
    "do", ["", "x", "up", "up:", "up:0", "up:-1", "up:1e3", "up:" + "9" * 40, "into:{a}:0", "before:{a}:x", "a" * 9000]
)
def test_nonsense_is_refused_and_changes_nothing(ada: Client, group: RuleGroup, do: str) -> None:
    before = newest_change()
    assert edit(ada, group.ruleset, do.replace("{a}", str(one("a").pk))).status_code == 400
    assert newest_change() == before


def test_rows_of_another_ruleset_are_not_to_be_had(ada: Client, group: RuleGroup) -> None:
    stranger = RuleActionFactory(rule__name="Stranger").rule
    for do in (
        f"off:{stranger.pk}",
        f"delete:{stranger.pk}",
        f"group-off:{stranger.group_id}",
        filled(f"into:a:{stranger.group.name}"),
        filled("before:a:Stranger"),
    ):
        assert edit(ada, group.ruleset, do).status_code == 400, do
    assert stand()["First"] == ["a", "b", "c"]
    assert one("Stranger").is_active


# what bob does meanwhile -> whether ada's switch of "a" is refused
MEANWHILE: list[tuple[Any, bool]] = [
    (lambda: Rule.objects.get(name="a").actions.get().delete(), True),
    (lambda: _resave(one("a"), description="theirs"), True),
    (lambda: _resave(one("a"), evaluation_order=7), False),
    (lambda: _resave(one("b"), description="theirs"), False),
]


def _resave(row: Any, **values: Any) -> None:
    for name, value in values.items():
        setattr(row, name, value)
    row.save()


@pytest.mark.parametrize(("change", "refused"), MEANWHILE)
def test_what_somebody_changed_meanwhile_is_seen_first(
    ada: Client, group: RuleGroup, change: Any, refused: bool
) -> None:
    saw = newest_change()
    with acting("bob"):
        change()
    answer = edit(ada, group.ruleset, filled("off:a"), saw=saw)
    assert answer.status_code == (409 if refused else 200)
    assert one("a").is_active is refused
    if refused:
        assert "Bob updated the rule “a”" in said(answer)  # a message begins with a capital
        assert f'name="saw" value="{newest_change()}"' in answer.json()["board"]
        assert edit(ada, group.ruleset, filled("off:a")).status_code == 200


def test_a_rule_that_was_deleted_meanwhile(ada: Client, group: RuleGroup) -> None:
    do = filled("off:a")
    one("a").delete()
    answer = edit(ada, group.ruleset, do)
    assert answer.status_code == 400
    assert "not in the ruleset any more" in said(answer)


EVERY = ["on:a", "off:a", "up:b", "down:a", "into:a:Second", "before:a:c", "copy:a", "delete:a", "amount:a"]
EVERY += ["group-on:First", "group-off:First", "group-up:Second", "group-down:First", "new-group"]


@pytest.mark.parametrize("do", EVERY)
@pytest.mark.parametrize("who", ["Viewers", "Editors", "Analysts"])
def test_who_may_not_changes_nothing(client: Client, group: RuleGroup, do: str, who: str) -> None:
    """Viewers and editors nowhere, analysts without the permission not in a baseline."""
    if who == "Analysts":
        Ruleset.objects.update(is_baseline=True)
        permissions = Group.objects.get(name="Analysts").permissions
        permissions.remove(*permissions.filter(codename="change_baselineimport"))
    client.force_login(StaffFactory(group=who))
    before = newest_change()
    answer = edit(client, group.ruleset, filled(do), amount="9", name="New")
    assert answer.status_code == 403
    assert newest_change() == before
    page = client.get(page_of(group.ruleset)).content.decode()
    assert 'class="rb-switch"' not in page
    assert 'name="amount"' not in page
    plain = client.post(f"/admin/valuation/ruleset/{group.ruleset_id}/edit/", {"do": filled(do)})
    assert plain.status_code == 403


def test_a_baseline_says_why_and_whom_to_ask(client: Client, group: RuleGroup) -> None:
    Ruleset.objects.update(is_baseline=True)
    permissions = Group.objects.get(name="Analysts").permissions
    permissions.remove(*permissions.filter(codename="change_baselineimport"))
    StaffFactory(username="root", is_superuser=True)
    client.force_login(StaffFactory(group="Analysts"))
    page = client.get(page_of(group.ruleset)).content.decode()
    assert "is a system baseline" in page
    assert "Ask root." in page


def test_an_override_group_in_a_ruleset_of_ones_own(client: Client, group: RuleGroup) -> None:
    """Nothing goes into it or out of it for those who may not write the baseline."""
    RuleGroup.objects.filter(name="Second").update(takes_overrides=True)
    inside = RuleActionFactory(rule__group=RuleGroup.objects.get(name="Second"), rule__name="inside").rule
    permissions = Group.objects.get(name="Analysts").permissions
    permissions.remove(*permissions.filter(codename="change_baselineimport"))
    client.force_login(StaffFactory(group="Analysts"))
    for do in (f"into:{inside.pk}:{group.pk}", filled("into:a:Second"), filled("before:a:inside"), f"off:{inside.pk}"):
        assert edit(client, group.ruleset, do).status_code == 403, do
    assert stand() == {"First": ["a", "b", "c"], "Second": ["inside"]}


def test_without_a_script_the_page_is_shown_again(ada: Client, group: RuleGroup) -> None:
    address = f"/admin/valuation/ruleset/{group.ruleset_id}/edit/"
    answer = ada.post(address, {"do": filled("off:a")}, follow=True)
    assert answer.redirect_chain == [(page_of(group.ruleset), 302)]
    assert "is off" in answer.content.decode()
    a, second = one("a"), RuleGroup.objects.get(name="Second")
    asked = ada.get(page_of(group.ruleset), {"move": a.pk}).content.decode()
    assert f'value="into:{a.pk}"' in asked
    ada.post(address, {"do": f"into:{a.pk}", "group": second.pk})
    assert stand()["Second"] == ["a"]
    assert ada.get(address).status_code == 302
    assert ada.get("/admin/valuation/ruleset/0/edit/").status_code == 404
    of_group = ada.post(f"{address}?group={group.pk}", {"do": filled("off:b")})
    assert of_group["Location"] == f"/admin/valuation/rulegroup/{group.pk}/change/"


def test_strangers_are_sent_to_the_login(client: Client, group: RuleGroup) -> None:
    assert edit(client, group.ruleset, filled("off:a")).status_code == 302
    assert one("a").is_active


def test_what_is_hostile_is_shown_as_text(ada: Client, group: RuleGroup) -> None:
    nasty = "<script>alert(1)</script>"
    Rule.objects.filter(name="a").update(name=nasty)
    RuleGroup.objects.filter(name="Second").update(name=nasty)
    answer = edit(ada, group.ruleset, f"off:{one(nasty).pk}")
    for text in (ada.get(page_of(group.ruleset)).content.decode(), json.dumps(answer.json())):
        assert nasty not in text
        assert "&lt;script&gt;alert" in text


def test_badges_and_totals(ada: Client, group: RuleGroup) -> None:
    much = {"field_name": "ram_gb", "operator": "gte", "value": 16}
    for ram in (8, 16, 32):
        ListingFactory(price_usd=100, ram_gb=ram)
    Rule.objects.filter(name__in="ab").update(conditions=much)
    RuleActionFactory(rule__group=group, rule__name="d", rule__conditions={**much, "value": 900})
    page = ada.get(page_of(group.ruleset)).content.decode()
    for words in (
        "matches 2 (67 %)",
        "always: all 3",
        "never matches",
        "always together with b",
        "For 3 of 3 listings, of which its rules touch 3. <strong>+$15.00</strong> together, +$5.00 on average.",
        "<b>If</b> RAM &gt;= 16 GB <b>then</b> $1.00",
    ):
        assert words in page, words


def test_the_page_of_a_group_shows_its_rules_alone(ada: Client, group: RuleGroup) -> None:
    page = ada.get(f"/admin/valuation/rulegroup/{group.pk}/change/").content.decode()
    assert page.count('class="rb-group"') == 1
    assert f"?group={group.pk}" in page


def test_as_many_queries_for_any_number_of_rules(ada: Client) -> None:
    counts = []
    for count in (1, 40):
        group = RuleGroupFactory()
        for _ in range(count):
            RuleActionFactory(rule__group=group)
        rule = group.rules.first()
        with CaptureQueriesContext(connection) as page:
            assert ada.get(page_of(group.ruleset)).status_code == 200
        with CaptureQueriesContext(connection) as switch:
            assert edit(ada, group.ruleset, f"off:{rule.pk}").status_code == 200
        counts.append((len(page), len(switch)))
    assert counts[0] == counts[1]


def test_three_hundred_rules_are_one_page_and_their_ruleset_saves(ada: Client) -> None:
    group = RuleGroupFactory(ruleset=RulesetFactory(name="Big"))
    rules = Rule.objects.bulk_create([Rule(group=group, name=f"Rule {number:03}") for number in range(300)])
    RuleAction.objects.bulk_create([RuleAction(rule=rule, value_usd=1) for rule in rules])
    page = ada.get(page_of(group.ruleset)).content.decode()
    assert page.count('role="switch"') == 300
    form = page.split('id="ruleset_form"')[1]
    assert form.count("<input") < 30, "what saving the ruleset sends does not grow with its rules"
    assert edit(ada, group.ruleset, f"before:{rules[299].pk}:{rules[0].pk}").status_code == 200
    assert next(iter(stand()[group.name])) == "Rule 299"


def somebody(count: int) -> list[Client]:
    people = [Client() for _ in range(count)]
    for person in people:
        person.force_login(StaffFactory(group="Analysts"))
    return people


@race
class TestAtOnce:
    """Two connections, on PostgreSQL."""

    def test_two_who_move_and_switch_lose_nothing(self) -> None:
        group = RuleGroupFactory(name="First")
        rules = [RuleActionFactory(rule__group=group, rule__name=name).rule for name in "abcd"]
        saw = newest_change()
        people = somebody(4)
        wishes = [f"down:{rules[0].pk}", f"into:{rules[3].pk}:{group.pk}", f"off:{rules[1].pk}", f"copy:{rules[2].pk}"]
        ask = [partial(edit, people[at], group.ruleset, do, saw=saw) for at, do in enumerate(wishes)]
        answers = at_once(*ask)
        assert [answer.status_code for answer in answers] == [200] * 4
        names = stand()["First"]
        assert sorted(names) == ["a", "b", "c", "c (copy)", "d"]
        assert names[0] == "b"
        assert not one("b").is_active
        assert len({rule.evaluation_order for rule in group.rules.all()}) == 5

    def test_of_two_amounts_at_once_one_is_seen_first(self) -> None:
        rule = RuleActionFactory(rule__name="a", value_usd=1).rule
        saw = newest_change()
        people = somebody(2)
        answers = at_once(
            *(
                partial(edit, person, rule.group.ruleset, f"amount:{rule.pk}", saw=saw, amount=str(at + 5))
                for at, person in enumerate(people)
            )
        )
        assert sorted(answer.status_code for answer in answers) == [200, 409]
        won = next(at for at, answer in enumerate(answers) if answer.status_code == 200)
        assert rule.actions.get().value_usd == won + 5
