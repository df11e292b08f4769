"""The whole document: made once in each process, the same whoever asks."""

from __future__ import annotations

import hashlib
from collections.abc import Container
from copy import deepcopy
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from inspect import getmembers, isclass
from threading import Lock
from typing import Any

import orjson
from django.conf import settings
from django.db.models import TextChoices
from drf_spectacular.generators import SchemaGenerator

from dealbrain.api.parameters import MOST_ID
from dealbrain.api.schema.apps import told
from dealbrain.api.schema.components import Json
from dealbrain.api.schema.examples import show_examples
from dealbrain.api.schema.shared import ABOUT, COMPONENTS, SERVICE_PATHS, TAGS, reference
from dealbrain.api.schema.wording import describe_components

_making = Lock()


@dataclass(frozen=True, slots=True)
class Document:
    body: bytes
    etag: str


def document() -> Document:
    """The document as it is served. Needs no database."""
    with _making:  # the generator keeps what it finds in globals
        return _made()


@cache
def _made() -> Document:
    body = orjson.dumps(generate(), option=orjson.OPT_NON_STR_KEYS)
    return Document(body, f'"{hashlib.sha256(body).hexdigest()[:32]}"')


def generate() -> Json:
    found: Json = SchemaGenerator().get_schema(request=None, public=True)
    return found


def finish(result: Json, generator: Any, **_context: Any) -> Json:
    """The last step of the generator: what is shared, what is no view, and a name for each set of choices."""
    result["info"]["description"] = ABOUT
    result["servers"] = [{"url": "/", "description": "This installation"}]
    components = result.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    schemas.update(vars(generator.registry).get("kept", {}))
    for _, shapes in told("api.components", "COMPONENTS"):
        schemas.update(deepcopy(shapes))
    for kind, found in COMPONENTS.items():
        components.setdefault(kind, {}).update(deepcopy(found))
    result["paths"] = dict(sorted({**result["paths"], **SERVICE_PATHS}.items()))
    _link(result["paths"])
    used_tags = {tag for item in result["paths"].values() for found in item.values() for tag in found["tags"]}
    result["tags"] = [{"name": name, "description": TAGS[name]} for name in TAGS if name in used_tags]
    named = choices_by_values(taken=schemas.keys())
    used: dict[str, list[str]] = {}
    for part in (result["paths"], schemas):
        _name_choices(part, named, used)
        _fit_numbers(part)
    schemas.update({name: {"type": "string", "enum": values} for name, values in used.items()})
    describe_components(schemas)
    show_examples(result["paths"], schemas)
    for kind in components:
        components[kind] = dict(sorted(components[kind].items()))
    return result


def _link(paths: Json) -> None:
    """From each answer that a row was made to what can be asked of that row."""
    for path, item in paths.items():
        made = item.get("post", {}).get("responses", {}).get("201")
        inside = [found for other, found in paths.items() if other.startswith(f"{path}/{{id}}")]
        if made is None or not inside:
            continue
        made["links"] = {
            operation["operationId"]: {
                "operationId": operation["operationId"],
                "parameters": {"id": "$response.body#/id"},
            }
            for found in inside
            for operation in found.values()
        }


def choices_by_values(taken: Container[str]) -> dict[frozenset[str], str]:
    """The names of the apps' TextChoices, by their values: no app is named here, as none may be imported.

    One whose name is `taken` by something else is called by its app too.
    """
    found: dict[frozenset[str], str] = {}
    for app in settings.OWN_APPS:
        if find_spec(f"{app}.choices") is None:
            continue
        for name, kind in getmembers(import_module(f"{app}.choices"), isclass):
            if issubclass(kind, TextChoices) and kind is not TextChoices:
                full = f"{app.removesuffix('s').capitalize()}{name}" if name in taken else name
                found.setdefault(frozenset(kind.values), full)
    return found


def _name_choices(node: Any, named: dict[frozenset[str], str], used: dict[str, list[str]]) -> None:
    """Replace each list of choices that has a name by a reference to it; `used` gathers those."""
    if isinstance(node, list):
        for item in node:
            _name_choices(item, named, used)
    if not isinstance(node, dict):
        return
    node.pop("x-spec-enum-id", None)
    values = node.get("enum")
    if isinstance(values, list):
        plain = [value for value in values if value not in ("", None)]
        name = named.get(frozenset(plain))
        if name:
            used[name] = plain
            _refer(node, name, blank="" in values, null=None in values or "null" in node.get("type", ()))
        return
    for item in node.values():
        _name_choices(item, named, used)


def _fit_numbers(node: Any) -> None:
    """Bounds that are those of a column of the database and of no real thing: no wider than a client's numbers."""
    if isinstance(node, list):
        for item in node:
            _fit_numbers(item)
    if not isinstance(node, dict):
        return
    for name, most in (("maximum", MOST_ID), ("minimum", -MOST_ID)):
        bound = node.get(name)
        if isinstance(bound, int) and abs(bound) > MOST_ID:
            node[name] = most
    for item in node.values():
        _fit_numbers(item)


def _refer(node: Json, name: str, *, blank: bool, null: bool) -> None:
    for key in ("type", "enum"):
        node.pop(key, None)
    options: list[Json] = [dict(reference("schemas", name))]
    if blank:
        options.append({"type": "string", "maxLength": 0})
    if null:
        options.append({"type": "null"})
    if len(options) > 1:
        node["oneOf"] = options
    elif node:
        node["allOf"] = options
    else:
        node.update(options[0])
