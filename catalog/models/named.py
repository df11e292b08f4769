"""What is known by its name: no two have one that people would take for the same."""

from __future__ import annotations

from typing import Any, Self

from django.db import models

from dealbrain.db import CheckedModel, NameField
from dealbrain.folding import name_key

MOST_NAME = 255
MOST_KEY = 2 * MOST_NAME  # a sharp s is two letters of it


class NameKeyField(models.CharField):
    """What a name is compared by, made by us, so that every database says the same of two names."""

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        key = name_key(model_instance.name)  # type: ignore[attr-defined]  # of a Named
        setattr(model_instance, self.attname, key)
        return key


class NamedQuerySet(models.QuerySet[Any]):
    def named(self, name: str) -> Self:
        """The one with this name, in whatever case."""
        return self.filter(name_key=name_key(name))


class Named(CheckedModel):
    name = NameField(max_length=MOST_NAME)
    name_key = NameKeyField(max_length=MOST_KEY, unique=True, editable=False)

    objects = NamedQuerySet.as_manager()

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        written = kwargs.get("update_fields")
        if written is not None and "name" in written:
            kwargs["update_fields"] = {*written, "name_key"}
        super().save(*args, **kwargs)

    def clean_fields(self, exclude: Any = None) -> None:
        """The key follows the name when it is written, and nobody gives one."""
        super().clean_fields(exclude={*(exclude or ()), "name_key"})
