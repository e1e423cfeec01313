"""The open, read-only API: search, one program, the vocabulary, exports. Shapes are described in `api_schema`."""

import zlib
from collections.abc import Callable, Iterator, Mapping
from functools import wraps
from pathlib import Path
from typing import Any, cast

from django import forms
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponsePermanentRedirect,
    QueryDict,
    StreamingHttpResponse,
)
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.cache import get_conditional_response, patch_vary_headers
from django.utils.http import http_date
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import exceptions
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView, exception_handler

from programs import api_schema, formats
from programs.choices import COARSE, Day
from programs.filters import ProgramFilterSet
from programs.gazetteer import AmbiguousPlace, UnknownPlace
from programs.models import DirectoryVersion, Place, Program
from programs.models.program import ProgramQuerySet
from programs.places import count_near, place_json
from programs.search import run
from programs.search.cards import Card, Source, cards
from programs.search.query import Answer, Hit, Query
from programs.search.vocabulary import FACETS, label_of, payers

PROBLEM = "application/problem+json"
FLAG_LABELS = {"sliding": _("Sliding scale"), "accepting": _("Accepting new patients")}
# Browsers let pages of other sites read these headers, and send those, only when we say so.
READABLE, SENDABLE = "ETag, Link", "If-None-Match, If-Modified-Since"


def code_of(*folders: Path) -> str:
    """A checksum of the code in these folders and of its translations."""
    found = 0
    for path in sorted(path for folder in folders for path in folder.rglob("*") if path.suffix in (".py", ".mo")):
        found = zlib.crc32(path.read_bytes(), found)
    return f"{found:08x}"


# Another version of the code may answer in another shape, or in other words. Both are taken as it is loaded.
CODE, STARTED = code_of(Path(__file__).parent, *map(Path, settings.LOCALE_PATHS)), timezone.now()


def problem(error: Exception, context: dict[str, Any]) -> Response | None:
    """Every error as a problem document (RFC 9457); what is not ours to explain goes on as it is."""
    response = exception_handler(error, context)
    if response is None:
        return None
    errors = error.detail if isinstance(error, exceptions.ValidationError) else None
    detail = gettext("Some parameters are not right.") if errors else str(getattr(error, "detail", error) or "")
    detail = detail or (gettext("There is nothing at this address.") if response.status_code == 404 else "")
    return _problem(
        response.status_code, detail, headers=dict(response.headers), **({"errors": errors} if errors else {})
    )


def _problem(status: int, detail: str, *, headers: Mapping[str, str] | None = None, **more: Any) -> Response:
    titles = {400: "Bad request", 404: "Not found", 405: "Method not allowed", 406: "Not acceptable"}
    body = {"type": "about:blank", "title": titles.get(status, "Error"), "status": status, "detail": detail, **more}
    kept = {name: value for name, value in (headers or {}).items() if name.lower() in ("allow", "retry-after")}
    return Response(body, status=status, content_type=PROBLEM, headers=kept)


# --- for anybody, from any site -----------------------------------------------------------------------------
View = Callable[..., HttpResponseBase]


def open_to_all(view: View) -> View:
    """No sign-in, no cookie, and pages of any site may read the answer (CORS)."""

    @login_not_required
    @wraps(view)  # with what the OpenAPI document is made of
    def answer(request: HttpRequest, **arguments: Any) -> HttpResponseBase:
        response = view(request, **arguments)
        response.headers["Access-Control-Allow-Origin"] = "*"
        response.headers["Access-Control-Expose-Headers"] = READABLE
        response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
        if request.method == "OPTIONS":
            response.headers["Access-Control-Allow-Methods"] = "GET, HEAD, OPTIONS"
            response.headers["Access-Control-Allow-Headers"] = SENDABLE
            response.headers["Access-Control-Max-Age"] = "86400"
        return response

    return cast(View, answer)


def open_data(view: View) -> View:
    """The same for answers out of the directory: in the language asked for, and 304 while nothing has changed."""

    @wraps(view)
    def answer(request: HttpRequest, **arguments: Any) -> HttpResponseBase:
        language = translation.get_language_from_request(request)
        with translation.override(language):
            # Taken before the answer is: an edit in between leaves it with the older tag, never with a newer one.
            etag, changed = _validators(language)
            response = view(request, **arguments)
        response.headers["Content-Language"] = language
        response.headers["Cache-Control"] = "public, max-age=0, must-revalidate"
        patch_vary_headers(response, ["Accept-Language"])
        if response.status_code != 200 or request.method not in ("GET", "HEAD"):
            return response
        response.headers["ETag"], response.headers["Last-Modified"] = etag, http_date(changed)
        whole = cast(HttpResponse, response)  # of a stream, only the headers are looked at
        return get_conditional_response(request, etag=etag, last_modified=changed, response=whole) or response

    return open_to_all(answer)


def _validators(language: str) -> tuple[str, int]:
    """ETag and Last-Modified (seconds): answers change with the directory, payers' names, the day, language and code."""
    version, changed = DirectoryVersion.objects.filter(pk=1).values_list("version", "changed_at").first() or (0, None)
    midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    newest = max(changed or midnight, midnight, STARTED)
    return f'W/"{version}-{payers.at(version).tag}-{midnight:%Y%m%d}-{CODE}-{language}"', int(newest.timestamp())


# --- search -------------------------------------------------------------------------------------------------
class ProgramList(APIView):
    """Programs that fit, nearest first, with every facet's counts and what is not known."""

    @extend_schema(**api_schema.PROGRAM_LIST)
    def get(self, request: Request) -> Response:
        filters = checked(request._request.GET)
        if elsewhere := _not_one_place(filters):
            return elsewhere
        query = filters.query(open_data=True)
        answer = run(query)
        if query.page > answer.pages:
            raise exceptions.NotFound(gettext("There is no such page."))
        return Response(answer_json(request, filters, query, answer))


def checked(parameters: QueryDict) -> ProgramFilterSet:
    """The filters in the address; raises a 400 that names each bad parameter."""
    filters = ProgramFilterSet(parameters, counts_free=True)
    if filters.errors:
        raise _bad(filters.errors)
    return filters


def _bad(errors: Any) -> exceptions.ValidationError:
    """A form's errors as a 400 by parameter."""
    return exceptions.ValidationError(
        {name.replace("__all__", "parameters"): messages for name, messages in errors.items()}
    )


def _not_one_place(filters: ProgramFilterSet) -> Response | None:
    """What is answered where the place asked for is several, or none we know."""
    located = filters.located
    if isinstance(located, AmbiguousPlace):
        choices = [place_json(place) | {"programs": count_near(place)} for place in located.choices]
        return Response({"choices": choices}, status=300)
    if isinstance(located, UnknownPlace):
        suggestions = [place_json(place) for place in located.suggestions]
        return _problem(404, located.why or gettext("We do not know this place."), suggestions=suggestions)
    return None


def answer_json(request: Request, filters: ProgramFilterSet, query: Query, answer: Answer) -> dict[str, Any]:
    return {
        "count": answer.count,
        "page": query.page,
        "pages": answer.pages,
        "next": _link(request, page=query.page + 1) if query.page < answer.pages else None,
        "place": filters.place and _place(filters.place),
        "results": _results(answer.hits),
        "outside": _results(answer.outside),
        "not_told": {"count": answer.not_told, "by": answer.not_told_by},
        "virtual": {
            "count": answer.virtual_count,
            "not_told": answer.virtual_not_told,
            "results": _results(answer.virtual),
        },
        "facets": {name: _facet_json(query, answer, name) for name in (*FACETS, *FLAG_LABELS)},
    }


def _place(place: Place) -> dict[str, Any]:
    return {
        "kind": place.kind,
        "label": place.label,
        "latitude": place.latitude,
        "longitude": place.longitude,
        "state": place.state,
        "others": [place_json(other) for other in place.others],
    }


def _link(request: Request, **changed: Any) -> str:
    """This address with a parameter changed: where the next part is."""
    parameters = request._request.GET.copy()
    for name, value in changed.items():
        parameters[name] = str(value)
    return f"{request.path}?{parameters.urlencode()}"


def _facet_json(query: Query, answer: Answer, name: str) -> list[dict[str, Any]]:
    ticked: Any = query.facets.get(name, ())
    if name in FLAG_LABELS:
        ticked = ("1",) if getattr(query, name) else ()
    return [
        {
            "value": value,
            "label": str(FLAG_LABELS[name]) if name in FLAG_LABELS else label_of(name, value),
            "count": count,
            "selected": value in ticked,
        }
        for value, count in answer.counts[name].items()
    ]


def _results(hits: list[Hit]) -> list[dict[str, Any]]:
    by_id = {hit.id: hit for hit in hits}
    return [card_json(card, by_id[card.id]) for card in cards.of(hits)]


def card_json(card: Card, hit: Hit) -> dict[str, Any]:
    """One result, as the contract has it."""
    today = timezone.localdate()
    opens, starts = card.shows_openings(today), card.next_start_on
    return {
        "slug": card.slug,
        "name": card.name,
        "organization": card.organization,
        "address": ", ".join(part for part in (card.street, card.street2) if part),
        "city": card.city,
        "state": card.state,
        "zip": card.zip,
        "latitude": card.latitude,
        "longitude": card.longitude,
        "location_quality": card.location_quality or None,
        "miles": None if hit.miles is None else round(hit.miles, 3),
        "distance_is_approximate": None if hit.miles is None else card.location_quality in COARSE,
        "formats": card.formats,
        "hours_per_week": card.hours_per_week,
        "days": [Day.values[day] for day in card.days],
        "cost_per_week": {"min": card.cost_min, "max": card.cost_max},
        "sliding_scale": card.slides,
        "accepting_new": card.accepting_new if opens else None,
        "next_start_on": starts if opens and starts and starts >= today else None,
        "payers": [
            {"slug": payer.slug, "label": payer.label, "evidence": payer.evidence, "as_of": payer.as_of or None}
            for payer in card.payers()
        ],
        "confirmed_on": card.confirmed_on,
        "source": card.source and _source(card.source),
        "sample": card.is_sample,
        "fit": hit.fit or None,
        "unknown": card.unknown,
        "url": f"/programs/{card.slug}/",
    }


def _source(source: Source) -> dict[str, Any]:
    return {"name": formats.source_name(source.name), "year": source.year, "gone_since": source.gone_since}


# --- the rest -----------------------------------------------------------------------------------------------
class ProgramDetail(APIView):
    """Everything we publish about one program; the address of a merged one leads to what it was merged into."""

    @extend_schema(**api_schema.PROGRAM_DETAIL)
    def get(self, request: Request, slug: str) -> Response | HttpResponsePermanentRedirect:
        found = Program.objects.filter(slug=slug).select_related("merged_into").first()
        if found and found.merged_into:
            return HttpResponsePermanentRedirect(reverse("api_program", args=[found.merged_into.slug]))
        program = Program.objects.visible().without_needless_samples().with_details().filter(slug=slug).first()
        if program is None:
            raise Http404
        return Response(formats.record(program))


class AnyAccept(BaseContentNegotiation):
    """For an address that says itself which format it gives: the Accept header is not asked."""

    def select_renderer(self, request: Any, renderers: Any, format_suffix: Any = None) -> Any:
        return renderers[0], renderers[0].media_type


class PartForm(forms.Form):
    """Which part of an export is wanted: so many programs, those after one that is known already."""

    limit = forms.IntegerField(required=False, min_value=1, max_value=10_000)
    after = forms.CharField(required=False, max_length=140)

    def clean_after(self) -> int:
        """The id of the program of that slug, whatever has become of it since; 0 for the beginning."""
        slug = self.cleaned_data["after"]
        found = Program.objects.filter(slug=slug).values_list("pk", flat=True).first() if slug else 0
        if found is None:
            raise forms.ValidationError(_("There is no program of this slug."))
        return found


class ProgramExport(APIView):
    """Every program that fits, streamed, as CSV, GeoJSON or JSON, in an order that never changes."""

    content_negotiation_class = AnyAccept

    @extend_schema(**api_schema.EXPORT)
    def get(self, request: Request, extension: str = "json") -> HttpResponseBase:
        if extension not in formats.WRITERS:
            raise Http404
        parameters = request._request.GET.copy()
        wanted = [value for value in parameters.getlist("format") if value in formats.WRITERS]
        parameters.setlist("format", [value for value in parameters.getlist("format") if value not in wanted])
        filters = checked(parameters)
        part = PartForm(parameters)
        if not part.is_valid():
            raise _bad(part.errors)
        if elsewhere := _not_one_place(filters):
            return elsewhere
        writer = formats.WRITERS[wanted[-1] if wanted else extension]
        programs, last = _part(filters.with_virtual & Program.objects.open_data(), **part.cleaned_data)
        parts = _in_language(translation.get_language(), writer.stream(formats.in_batches(programs)))
        response = StreamingHttpResponse(parts, content_type=writer.content_type)
        response.headers["Content-Disposition"] = f'attachment; filename="programs.{writer.extension}"'
        if last:
            response.headers["Link"] = f'<{_link(request, after=last)}>; rel="next"'
        return response


def _in_language(language: str, parts: Iterator[str]) -> Iterator[str]:
    """The parts are made when the request is over, and its language with it."""
    while True:
        with translation.override(language):
            part = next(parts, None)
        if part is None:
            return
        yield part


def _part(programs: ProgramQuerySet, *, after: int, limit: int | None) -> tuple[ProgramQuerySet, str]:
    """The programs after that id, so many at most; and the slug of the last one if more follow."""
    programs = programs.filter(pk__gt=after)
    if limit is None:
        return programs, ""
    rows = list(programs.order_by("pk").values_list("pk", "slug")[: limit + 1])
    if len(rows) <= limit:
        return programs, ""
    last, slug = rows[limit - 1]
    return programs.filter(pk__lte=last), slug


class Vocabulary(APIView):
    """Every value that can be asked for, with the SAMHSA codes that say it."""

    @extend_schema(**api_schema.VOCABULARY)
    def get(self, request: Request) -> Response:
        body = {
            name: [
                {"value": str(choice), "label": str(choice.label), "samhsa": list(getattr(choice, "samhsa", ()))}
                for choice in facet.choices
            ]
            for name, facet in FACETS.items()
        }
        named = payers.current().by_slug.values()
        body["payer"] += [{"value": payer.slug, "label": payer.name, "samhsa": []} for payer in named]
        return Response(body)


class Nothing(APIView):
    """Any other address below /api/v1/: a problem document too."""

    @extend_schema(exclude=True)
    def get(self, request: Request, rest: str) -> Response:
        raise exceptions.NotFound(gettext("There is nothing at this address."))
