"""No page runs a script that is not ours, and a real browser has nothing to complain about."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import Browser

from tests import test_browser
from tests.factories import ListingFactory, RuleActionFactory
from tests.test_admin_browser import enter

browser = test_browser.browser
INLINE = re.compile(r"<script(?![^>]*\bsrc=)(?![^>]*type=\"(?:application/json|text/template)\")([^>]*)>")
HANDLERS = re.compile(r"<[^>]+\son[a-z]+=|href=\"javascript:", re.IGNORECASE)


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/", "/docs", "/redoc", "/admin/login/", "/nowhere", "/v1/listings", "/livez"])
def test_every_answer_says_what_may_run(settings: Any, path: str) -> None:
    settings.DEALBRAIN_PUBLIC_READ = True
    answers = [Client().get(path) for _ in range(2)]
    policies = [answer["Content-Security-Policy"] for answer in answers]
    assert policies[0] != policies[1], "a nonce counts once"
    for answer, policy in zip(answers, policies, strict=True):
        script = re.search(r"script-src ([^;]+)", policy)
        assert script
        assert "unsafe" not in script[1]
        for rule in ("default-src 'self'", "object-src 'none'", "base-uri 'self'", "frame-ancestors 'none'"):
            assert rule in policy
        nonce = re.search(r"'nonce-([\w-]+)'", policy)
        assert nonce
        page = answer.content.decode()
        assert all(f'nonce="{nonce[1]}"' in attributes for attributes in INLINE.findall(page))
        assert not HANDLERS.search(page)
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert "camera=()" in answer["Permissions-Policy"]


@pytest.mark.django_db
def test_hsts_and_the_proxys_word(settings: Any) -> None:
    settings.SECURE_HSTS_SECONDS, settings.SECURE_PROXY_SSL_HEADER = 60, ("HTTP_X_FORWARDED_PROTO", "https")
    assert "Strict-Transport-Security" not in Client().get("/livez")
    answer = Client().get("/livez", headers={"X-Forwarded-Proto": "https"})
    assert answer["Strict-Transport-Security"] == "max-age=60"


PAGES = [
    "/",
    "/listings/{listing}",
    "/docs",
    "/redoc",
    "/admin/",
    "/admin/listings/listing/",
    "/admin/listings/listing/{listing}/change/",
    "/admin/valuation/ruleset/{ruleset}/change/",
    "/admin/valuation/rule/{rule}/change/",
    "/admin/valuation/rule/add/",
    "/admin/dealbrain/apitoken/add/",
]


@pytest.mark.django_db(transaction=True)
def test_a_browser_has_nothing_to_complain_about(browser: Browser, live_server: Any) -> None:
    rule = RuleActionFactory().rule
    ids = {"listing": ListingFactory().pk, "rule": rule.pk, "ruleset": rule.group.ruleset_id}
    page, said = enter(browser, live_server, 1280)
    for path in PAGES:
        page.goto(live_server.url + path.format(**ids))
        page.wait_for_load_state("networkidle")
        assert said == [], path
    page.goto(f"{live_server.url}/docs")
    page.wait_for_selector(".swagger-ui .opblock-tag")
    page.goto(f"{live_server.url}/redoc")
    page.wait_for_selector("[data-role='redoc'], .redoc-wrap, h1")
    assert said == []
