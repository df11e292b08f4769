"""Rulesets as packages over HTTP: one as a file, what would be in it, and a file in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, ClassVar

from django.http import HttpResponse
from rest_framework import serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from dealbrain.api.answers import Answer
from dealbrain.api.problems import Conflict, FieldProblem, InvalidInput, TooLarge
from dealbrain.api.serializers import StrictFields
from dealbrain.api.views import ApiView, get_or_404
from dealbrain.version import release_of
from valuation.models import Ruleset
from valuation.packages.content import BOUNDS, MOST_FIELDS, MOST_TAGS, About, PackageError
from valuation.packages.folders import SUFFIX, slug_of
from valuation.packages.installing import Done, Merge, install_packages, refuse_installing
from valuation.packages.opening import read_package
from valuation.packages.stored import stored_rulesets
from valuation.packages.writing import Exported, about_of, export_content, readme_of

ROOM = 100_000  # bytes of a form beside the file
FILE: dict[str, Any] = {"$ref": "#/components/schemas/PackageFile"}
VERSION: dict[str, Any] = {"required": False, "allow_null": True, "allow_blank": True, "max_length": 32}


@contextmanager
def told() -> Iterator[None]:
    """What is wrong with a package, as the API tells it."""
    try:
        yield
    except PackageError as error:
        codes = {problem.code for problem in error.problems}
        if codes == {"size"}:
            raise TooLarge(str(error)) from error
        if codes == {"stale"}:
            raise Conflict(str(error)) from error
        raise InvalidInput(
            FieldProblem(problem.path, str(replace(problem, path="")), problem.code) for problem in error.problems
        ) from error


class PackageSerializer(StrictFields):
    """What the package says of itself; what is left out, the ruleset says."""

    example: ClassVar[dict[str, Any]] = {
        "name": "Small office PCs",
        "version": "1.0.0",
        "author": "Ada",
        "description": "What matters on a desk.",
        "tags": ["office"],
    }
    name = serializers.CharField(required=False, allow_null=True, allow_blank=True, max_length=255)
    version = serializers.CharField(**VERSION)
    author = serializers.CharField(required=False, allow_null=True, allow_blank=True, max_length=255)
    description = serializers.CharField(required=False, allow_null=True, allow_blank=True, max_length=10_000)
    min_app_version = serializers.CharField(**VERSION)
    required_custom_fields = serializers.ListField(
        child=serializers.CharField(max_length=100), required=False, allow_null=True, max_length=MOST_FIELDS
    )
    tags = serializers.ListField(
        child=serializers.CharField(max_length=100), required=False, allow_null=True, max_length=MOST_TAGS
    )
    include_examples = serializers.BooleanField(required=False, default=True)

    def validate_version(self, text: str | None) -> str | None:
        return _version(text)

    def validate_min_app_version(self, text: str | None) -> str | None:
        return _version(text)


def _version(text: str | None) -> str | None:
    if text and release_of(text) is None:
        raise serializers.ValidationError("This is no version, such as 1.2.0.", code="version")
    return text


class DependenciesSerializer(serializers.Serializer[Any]):
    """What a package needs where it is installed."""

    custom_fields = serializers.ListField(child=serializers.CharField())
    min_app_version = serializers.CharField(allow_null=True)


class PackagePreviewSerializer(serializers.Serializer[Any]):
    """What is in a package."""

    rulesets_count = serializers.IntegerField()
    rule_groups_count = serializers.IntegerField()
    rules_count = serializers.IntegerField()
    custom_fields_count = serializers.IntegerField()
    dependencies = DependenciesSerializer()
    estimated_size_kb = serializers.FloatField()
    readme = serializers.CharField()


class InstalledExamplesSerializer(serializers.Serializer[Any]):
    """How many examples of the installed rulesets hold, and how many do not."""

    passed = serializers.IntegerField()
    failed = serializers.IntegerField()


class InstalledSerializer(serializers.Serializer[Any]):
    """What installing a package did."""

    rulesets_created = serializers.IntegerField()
    rulesets_updated = serializers.IntegerField()
    rule_groups_created = serializers.IntegerField()
    rules_created = serializers.IntegerField()
    warnings = serializers.ListField(child=serializers.CharField())
    examples = InstalledExamplesSerializer()


class PackagedView(ApiView):
    """One ruleset, and what is to be said of its package."""

    queryset = Ruleset.objects.all()
    only_reads = True

    def exported(self, request: Request, pk: int) -> Exported:
        self.read_query(request)
        given = self.read_body(request, PackageSerializer).validated_data
        row = get_or_404(Ruleset.objects.only("pk"), pk)
        found = stored_rulesets(Ruleset.objects.filter(pk=row.pk))
        if not given["include_examples"]:
            found = [replace(ruleset, examples=()) for ruleset in found]
        usual = about_of(found)
        about = About(
            **{name: given.get(name) or getattr(usual, name) for name in ("name", "version", "author", "description")},
            tags=tuple(given.get("tags") or ()),
            min_app_version=given.get("min_app_version") or None,
        )
        with told():
            return export_content(found, about, given.get("required_custom_fields") or ())


class PackageView(PackagedView):
    """A ruleset as a file that can be installed elsewhere: the same as long as nobody changes it."""

    answers = {"POST": Answer(FILE, takes=PackageSerializer, status=200, errors=(404,))}

    def post(self, request: Request, pk: int) -> HttpResponse:
        exported = self.exported(request, pk)
        name = f"{slug_of(exported.package.about.name)}{SUFFIX}"
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return HttpResponse(exported.text, content_type="application/json", headers=headers)


class PackagePreviewView(PackagedView):
    """What would be in the package of a ruleset."""

    answers = {"POST": Answer(PackagePreviewSerializer, takes=PackageSerializer, status=200, errors=(404,))}

    def post(self, request: Request, pk: int) -> Response:
        exported = self.exported(request, pk)
        about = exported.package.about
        document = {
            "rulesets_count": len(exported.package.rulesets),
            "rule_groups_count": exported.groups,
            "rules_count": exported.rules,
            "custom_fields_count": len(exported.package.fields),
            "dependencies": {
                "custom_fields": list(about.required_fields),
                "min_app_version": about.min_app_version,
            },
            "estimated_size_kb": round(exported.size / 1024, 1),
            "readme": readme_of(exported),
        }
        return Response(PackagePreviewSerializer(document).data)


class InstallSerializer(StrictFields):
    """A package under the name `file`, and what becomes of rulesets that are there under the same names."""

    example: ClassVar[dict[str, Any]] = {
        "file": '{"schema_version": "1.1", "rulesets": [{"name": "From elsewhere", "rule_groups": []}]}',
        "merge_strategy": "replace",
    }
    file = serializers.FileField(allow_empty_file=True)
    merge_strategy = serializers.ChoiceField([merge.value for merge in Merge], required=False)


class InstallView(ApiView):
    """Install a package: all of it, or nothing. Every problem of a file is told with its place in it.

    With `merge_strategy` `replace`, a ruleset of the same name becomes what the package says, in its place; `skip`
    leaves it alone, `version` adds the package's beside it as `Name (2)`.
    """

    queryset = Ruleset.objects.all()
    parser_classes = (MultiPartParser,)
    takes_uploads = True
    atomic_writes = False  # the service has a transaction of its own
    most_bytes = BOUNDS.most_bytes + ROOM
    answers = {"POST": Answer(InstalledSerializer, takes=InstallSerializer, status=200, errors=(409,))}

    def post(self, request: Request) -> Response:
        self.read_query(request)
        given = self.read_body(request, InstallSerializer).validated_data
        refuse_installing(request.user)
        with told():
            package = read_package(given["file"].read(BOUNDS.most_bytes + 1))
            done = install_packages([package], merge=given.get("merge_strategy") or Merge.REPLACE, user=request.user)
        document = {
            "rulesets_created": done.count(Done.CREATED),
            "rulesets_updated": done.count(Done.REPLACED),
            "rule_groups_created": done.groups_created,
            "rules_created": done.rules_created,
            "warnings": done.warnings,
            "examples": {"passed": done.examples_passed, "failed": done.examples_failed},
        }
        return Response(InstalledSerializer(document).data)
