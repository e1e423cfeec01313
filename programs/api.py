"""The open, read-only API: search, one program, the vocabulary, exports. Shapes are described in `api_schema`."""

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponseBase, StreamingHttpResponse
from django.utils import timezone, translation
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext
from django.views.decorators.http import condition
from drf_spectacular.utils import extend_schema
from rest_framework import exceptions
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView, exception_handler

from programs import api_schema, formats
from programs.choices import Day
from programs.filters import ProgramFilterSet
from programs.gazetteer import AmbiguousPlace, UnknownPlace
from programs.models import DirectoryVersion, Program
from programs.places import count_near, place_json
from programs.search import run
from programs.search.cards import Card, cards
from programs.search.query import Answer, Hit, Query
from programs.search.vocabulary import FACETS, label_of, payers

PROBLEM = "application/problem+json"
COST_LABELS = {"sliding": "Sliding scale", "accepting": "Accepting new patients"}


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


# --- caching ------------------------------------------------------------------------------------------------
def _version() -> tuple[int, dt.datetime | None]:
    return DirectoryVersion.objects.filter(pk=1).values_list("version", "changed_at").first() or (0, None)


def _etag(request: HttpRequest, **_arguments: Any) -> str:
    """Answers change with the directory, with the day (openings expire) and with the language."""
    version, _changed = _version()
    return f'W/"{version}-{timezone.localdate():%Y%m%d}-{translation.get_language()}"'


def _changed(request: HttpRequest, **_arguments: Any) -> dt.datetime:
    midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    changed = _version()[1]
    return max(changed, midnight) if changed else midnight


def open_data(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Anybody may read this, from any site; unchanged answers are 304."""

    @login_not_required
    @condition(etag_func=_etag, last_modified_func=_changed)
    def answer(request: HttpRequest, **arguments: Any) -> HttpResponseBase:
        response = view(request, **arguments)
        response.headers.setdefault("Access-Control-Allow-Origin", "*")
        response.headers.setdefault("Cross-Origin-Resource-Policy", "cross-origin")
        response.headers.setdefault("Cache-Control", "public, max-age=0, must-revalidate")
        patch_vary_headers(response, ["Accept-Language"])
        return response

    answer.cls, answer.initkwargs = view.cls, view.initkwargs  # type: ignore[attr-defined]  # read by the schema
    answer.csrf_exempt = True  # type: ignore[attr-defined]
    return answer


# --- search -------------------------------------------------------------------------------------------------
class ProgramList(APIView):
    """Programs that fit, nearest first, with every facet's counts and what is not known."""

    @extend_schema(**api_schema.PROGRAM_LIST)
    def get(self, request: Request) -> Response:
        filters = checked(request._request)
        located = filters.located
        if isinstance(located, AmbiguousPlace):
            choices = [place_json(place) | {"programs": count_near(place)} for place in located.choices]
            return Response({"choices": choices}, status=300)
        if isinstance(located, UnknownPlace):
            suggestions = [place_json(place) for place in located.suggestions]
            return _problem(404, located.why or gettext("We do not know this place."), suggestions=suggestions)
        query = filters.query(open_data=True)
        answer = run(query)
        if query.page > answer.pages:
            raise exceptions.NotFound(gettext("There is no such page."))
        return Response(answer_json(request._request, query, answer))


def checked(request: HttpRequest) -> ProgramFilterSet:
    """The filters in the address; raises a 400 that names each bad parameter."""
    filters = ProgramFilterSet(request.GET, counts_free=True)
    if filters.errors:
        raise exceptions.ValidationError(
            {name.replace("__all__", "parameters"): messages for name, messages in filters.errors.items()}
        )
    return filters


def answer_json(request: HttpRequest, query: Query, answer: Answer) -> dict[str, Any]:
    place = query.place
    following = _page_link(request, query.page + 1) if query.page < answer.pages else None
    return {
        "count": answer.count,
        "page": query.page,
        "pages": answer.pages,
        "next": following,
        "place": place
        and {
            "kind": place.kind,
            "label": place.label,
            "latitude": place.latitude,
            "longitude": place.longitude,
            "state": place.state,
        },
        "results": _results(answer.hits),
        "outside": _results(answer.outside),
        "not_told": {"count": answer.not_told, "by": answer.not_told_by},
        "virtual": {
            "count": answer.virtual_count,
            "not_told": answer.virtual_not_told,
            "results": _results(answer.virtual),
        },
        "facets": {name: _facet_json(query, answer, name) for name in (*FACETS, *COST_LABELS)},
    }


def _page_link(request: HttpRequest, page: int) -> str:
    parameters = request.GET.copy()
    parameters["page"] = str(page)
    return f"{request.path}?{parameters.urlencode()}"


def _facet_json(query: Query, answer: Answer, name: str) -> list[dict[str, Any]]:
    ticked: Any = query.facets.get(name, ())
    if name in COST_LABELS:
        ticked = ("1",) if getattr(query, name) else ()
    return [
        {
            "value": value,
            "label": COST_LABELS[name] if name in COST_LABELS else label_of(name, value),
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
    opens = card.shows_openings(today)
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
        "formats": card.formats,
        "hours_per_week": card.hours_per_week,
        "days": [Day.values[day] for day in card.days],
        "cost_per_week": {"min": card.cost_min, "max": card.cost_max},
        "sliding_scale": card.slides,
        "accepting_new": card.accepting_new if opens else None,
        "next_start_on": card.next_start_on if opens else None,
        "payers": [
            {"slug": payer.slug, "label": payer.label, "evidence": payer.evidence, "as_of": payer.as_of or None}
            for payer in card.payers()
        ],
        "confirmed_on": card.confirmed_on,
        "source": card.source and {"name": formats.source_name(card.source.name), "year": card.source.year},
        "sample": card.is_sample,
        "fit": hit.fit or None,
        "unknown": card.unknown,
        "url": f"/programs/{card.slug}/",
    }


# --- the rest -----------------------------------------------------------------------------------------------
class ProgramDetail(APIView):
    """Everything we publish about one program."""

    @extend_schema(**api_schema.PROGRAM_DETAIL)
    def get(self, request: Request, slug: str) -> Response:
        program = Program.objects.visible().with_details().filter(slug=slug).first()
        if program is None:
            raise Http404
        return Response(formats.record(program))


class ProgramExport(APIView):
    """Every program that fits, streamed, as CSV, GeoJSON or JSON."""

    @extend_schema(**api_schema.EXPORT)
    def get(self, request: Request, extension: str = "json") -> HttpResponseBase:
        if extension not in formats.WRITERS:
            raise Http404
        parameters = request._request.GET.copy()
        wanted = [value for value in parameters.getlist("format") if value in formats.WRITERS]
        parameters.setlist("format", [value for value in parameters.getlist("format") if value not in wanted])
        request._request.GET = parameters  # type: ignore[assignment]
        filters = checked(request._request)
        writer = formats.WRITERS[wanted[-1] if wanted else extension]
        within = filters.with_virtual & Program.objects.open_data()
        response = StreamingHttpResponse(writer.stream(formats.in_batches(within)), content_type=writer.content_type)
        response.headers["Content-Disposition"] = f'attachment; filename="programs.{writer.extension}"'
        return response


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
