"""Form fields that more than one app's admin uses."""

from __future__ import annotations

import json
from typing import Any, NoReturn

from django import forms
from django.core.exceptions import ValidationError
from django.forms.fields import InvalidJSONInput

LINE_LENGTH = 100


def pretty_json(value: Any, indent: int = 0) -> str:
    """JSON for people: what fits on a line stays on it, so that a condition reads as one."""
    flat = json.dumps(value, ensure_ascii=False)
    if len(flat) + indent <= LINE_LENGTH or not isinstance(value, dict | list) or not value:
        return flat
    inner = indent + 2
    if isinstance(value, dict):
        lines = [f"{json.dumps(k, ensure_ascii=False)}: {pretty_json(v, inner)}" for k, v in value.items()]
    else:
        lines = [pretty_json(item, inner) for item in value]
    opening, closing = "{}" if isinstance(value, dict) else "[]"
    body = ",\n".join(" " * inner + line for line in lines)
    return f"{opening}\n{body}\n{' ' * indent}{closing}"


def read_json(text: str) -> Any:
    """The decoded text; a ValidationError says where it stops being JSON. What a database refuses is refused here."""
    try:
        value = json.loads(text, parse_constant=_refuse_constant)
        # A lone half of a surrogate pair and a null are valid JSON text that no jsonb column takes.
        if "\x00" in json.dumps(value, ensure_ascii=False).encode().decode() or "\\u0000" in json.dumps(value):
            raise ValidationError("JSON text must not hold a null character.", code="invalid")
    except json.JSONDecodeError as error:
        raise ValidationError(
            f"This is not JSON: line {error.lineno}, column {error.colno}: {error.msg}.", code="invalid"
        ) from error
    except RecursionError as error:
        raise ValidationError("This JSON is nested too deeply.", code="invalid") from error
    except ValueError as error:
        raise ValidationError(f"This is not JSON: {error}.", code="invalid") from error
    return value


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON number")


class JsonTextarea(forms.Textarea):
    """Monospace, as high as its text, without spelling marks."""

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__({"class": "json", "rows": 4, "spellcheck": "false", **(attrs or {})})

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(name, value, attrs)
        lines = str(value or "").count("\n") + 2
        context["widget"]["attrs"]["rows"] = max(int(context["widget"]["attrs"]["rows"]), min(lines, 30))
        return context


class JsonField(forms.JSONField):
    """JSON that is shown tidily, keeps what was typed when it is refused, and says where it is wrong.

    An empty text is the column's empty value (null, {} or []), which is shown as an empty text.
    """

    widget = JsonTextarea

    def __init__(self, *, empty: Any = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.empty = empty

    def to_python(self, value: Any) -> Any:
        if value is None or (isinstance(value, str) and not value.strip()):
            return self.empty
        return read_json(value) if isinstance(value, str) else value

    def bound_data(self, data: Any, initial: Any) -> Any:
        return initial if self.disabled else InvalidJSONInput("" if data is None else data)

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, InvalidJSONInput):
            return value
        return "" if value is None or value == self.empty else pretty_json(value)

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return bool((self.empty if initial is None else initial) != self.to_python(data))
        except ValidationError:
            return True


class LinesField(forms.CharField):
    """A list of texts, one on each line. Empty lines are dropped."""

    widget = forms.Textarea(attrs={"rows": 5})

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"strip": False, **kwargs})

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(str(item) for item in value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        return [line.strip() for line in (super().to_python(value) or "").splitlines() if line.strip()]

    def run_validators(self, value: Any) -> None:
        """The validators of a text do not apply to a list; but no text may hold a null character."""
        for line in value:
            super().run_validators(line)

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool((initial or []) != self.to_python(data))
