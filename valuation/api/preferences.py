"""`/settings/{key}`: preferences of the installation, and `/entities/metadata`: what rules can be made of."""

from __future__ import annotations

from typing import Any

from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from dealbrain.api.answers import Answer
from dealbrain.api.parameters import nearest
from dealbrain.api.problems import printable
from dealbrain.api.views import ApiView
from valuation.api.shapes import SETTING_KEY, THRESHOLDS, MetadataSerializer
from valuation.engine import OPERATORS, Field, Kind
from valuation.models import Ruleset
from valuation.models.settings import Setting
from valuation.preferences import PREFERENCES, held_preference, preference, set_preference
from valuation.registry import field_registry

# prefix of a fact's path -> (key, label) of what it belongs to; in the order they are shown
ENTITIES = {
    "": ("listing", "Listing"),
    "cpu": ("cpu", "CPU"),
    "gpu": ("gpu", "GPU"),
    "ram_spec": ("ram_spec", "RAM"),
    "storage.primary": ("storage.primary", "Primary storage"),
    "storage.secondary": ("storage.secondary", "Secondary storage"),
    "ports": ("ports", "Ports"),
    "custom": ("custom", "Custom fields"),
}


def known_key(key: str) -> str:
    if key not in PREFERENCES:
        hint = nearest(key, PREFERENCES) or f" There are {', '.join(PREFERENCES)}."
        raise NotFound(f'There is no setting "{printable(key[:100])}".{hint}')
    return key


def unwrapped(body: Any) -> Any:
    """Thresholds as they are, also where they are sent as the older contract did: `{"value": {...}}`."""
    alone = isinstance(body, dict) and body.keys() == {"value"} and isinstance(body["value"], dict)
    return body["value"] if alone else body


class SettingView(ApiView):
    """Thresholds, in percent. PUT replaces them all."""

    queryset = Setting.objects.all()
    requires = {"PUT": "valuation.change_setting"}
    answers = {
        "GET": Answer(THRESHOLDS, etag=True, path=(SETTING_KEY,), summary="Read thresholds, in percent"),
        "PUT": Answer(
            THRESHOLDS, takes=THRESHOLDS, etag=True, path=(SETTING_KEY,), summary="Replace thresholds, in percent"
        ),
    }

    def get(self, request: Request, key: str) -> Response:
        self.read_query(request)
        return self.tagged(request, preference(known_key(key)))

    def put(self, request: Request, key: str) -> Response:
        self.read_query(request)
        self.refuse_overwriting(request, held_preference(known_key(key)))
        return self.tagged(request, set_preference(key=known_key(key), value=unwrapped(request.data)))


class SettingDefaultView(ApiView):
    """What counts while nobody has changed it."""

    queryset = Setting.objects.all()
    answers = {"GET": Answer(THRESHOLDS, path=(SETTING_KEY,))}

    def get(self, request: Request, key: str) -> Response:
        self.read_query(request)
        return Response(PREFERENCES[known_key(key)].defaults)


class MetadataView(ApiView):
    """The facts that rules can name, and the operators that apply to each kind of them."""

    queryset = Ruleset.objects.all()
    answers = {"GET": Answer(MetadataSerializer)}

    def get(self, request: Request) -> Response:
        self.read_query(request)
        fields: dict[str, list[Any]] = {prefix: [] for prefix in ENTITIES}
        for field in field_registry().fields:
            prefix = field.path.rpartition(".")[0]
            fields[prefix if prefix in ENTITIES else ""].append(shown_field(field))
        return Response(
            {
                "entities": [
                    {"key": key, "label": label, "fields": fields[prefix]} for prefix, (key, label) in ENTITIES.items()
                ],
                "operators": [
                    {
                        "value": operator.name,
                        "label": operator.label,
                        "aliases": list(operator.aliases),
                        "field_types": [str(kind) for kind in Kind if kind in operator.kinds],
                    }
                    for operator in OPERATORS.values()
                ],
            }
        )


def shown_field(field: Field) -> dict[str, Any]:
    return {
        "key": field.path,
        "label": field.label,
        "data_type": str(field.kind),
        "unit": field.unit,
        "nullable": field.nullable,
        "options": list(field.options),
        "description": field.description,
    }
