"""Pages of the search: results, places, the shortlist, suggestions, the API's documentation."""

import json
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponsePermanentRedirect, JsonResponse
from django.shortcuts import redirect, render
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe
from drf_spectacular.generators import SchemaGenerator

from programs import gazetteer, places
from programs.choices import STATES
from programs.models import Place, Program
from programs.pills import by_state
from programs.results import render_cards
from programs.search import payment, record, run
from programs.search.cards import cards
from programs.search.names import suggest
from programs.search.query import Hit, Query
from programs.search.vocabulary import NamedPayer, label_of, payers
from programs.searchpage import SearchPage

MOST_SAVED = 30
MOST_SUGGESTED = 10


@login_not_required
@require_safe
def search(request: HttpRequest) -> HttpResponse:
    """The search page; asked by htmx, only its changing part. The same address gives the same either way."""
    page = SearchPage(request)
    part = request.htmx and not request.htmx.history_restore_request  # type: ignore[attr-defined]
    response = HttpResponse(page.part() if part else page.whole())
    if part and (query := page.parameters.urlencode()):
        response["HX-Push-Url"] = f"{page.path}?{query}"  # a plan typed by name stands there by its slug
    patch_vary_headers(response, ["HX-Request"])
    return response


@login_not_required
@require_safe
def state(request: HttpRequest, state: str) -> HttpResponse:
    """The programs of one state, by city."""
    code = state.upper()
    if code not in STATES or state != state.lower():
        raise Http404
    programs, tally = places.at(code), places.tally(code)
    context = {
        "state": code,
        "name": STATES[code],
        "cities": places.cities(code),
        "count": tally.here,
        "by_video": tally.by_video,
        "facts": places.facts(programs),
        "sample_data": tally.samples > 0,
        "only_sample": 0 < tally.samples == tally.here + tally.by_video,
    }
    return render(request, "programs/state.html", context, status=200 if tally.is_known else 404)


@login_not_required
@require_safe
def city(request: HttpRequest, state: str, city: str) -> HttpResponse:
    """The programs of one city, and those nearest to it."""
    found = places.find_city(state, city)
    if found is None:
        raise Http404
    if (state, city) != (found.state.lower(), places.slug(found.name)):
        return HttpResponsePermanentRedirect(places.city_url(found.state, found.name))
    if found.place is None:
        return redirect("state", found.state.lower())
    answer = run(Query(place=found.place, radius=places.AROUND_MILES))
    any_sample, only_sample = places.made_up(found.programs)
    context = {
        "city": found,
        "state_name": STATES[found.state],
        "answer": answer,
        "cards": render_cards(answer.hits or answer.outside, Query(place=found.place)),
        "count": found.programs.count(),
        "by_video": answer.virtual_count,
        "facts": places.facts(found.programs),
        "miles": places.AROUND_MILES,
        "sample_data": any_sample,
        "only_sample": only_sample,
    }
    return render(request, "programs/city.html", context)


@login_not_required
@csrf_exempt  # changes nothing and keeps nothing: a forged list has no effect, and no cookie is needed
@require_http_methods(["GET", "HEAD", "POST"])
def shortlist(request: HttpRequest) -> HttpResponse:
    """The programs saved on a device; nothing is kept here. Its own list comes in a form, so that no address, log or
    history holds it; a list that somebody shares stands in the address."""
    asked = request.POST if request.method == "POST" else request.GET
    slugs = [slug for slug in dict.fromkeys(asked.getlist("p")) if "\0" not in slug][:MOST_SAVED]
    saved = Program.objects.filter(slug__in=slugs).values_list("slug", "merged_into", "pk")
    listed = {slug: merged_into or pk for slug, merged_into, pk in saved}  # one that was merged is the one it led to
    revisions = record.revisions(listed.values())  # of what is published; nothing else has one
    hits = [Hit(pk, revisions[pk]) for pk in dict.fromkeys(map(listed.get, slugs)) if pk in revisions]
    shown = cards.of(hits)
    context = {
        "cards": render_cards(hits, Query()),
        "count": len(shown),
        "missing": sum(listed.get(slug) not in revisions for slug in slugs),
        "as_address": urlencode({"p": slugs}, doseq=True),
        "sample_data": any(card.is_sample for card in shown),
    }
    return render(request, "programs/shortlist.html", context)


@login_not_required
@require_safe
def suggest_places(request: HttpRequest) -> JsonResponse:
    """Places that begin with what was typed."""
    found = gazetteer.suggest(request.GET.get("q", "")[:120])
    rows = [{"value": place.near, "label": place.label, "note": _note(place)} for place in found]
    return JsonResponse({"results": rows})


def _note(place: Place) -> str:
    return place.county if place.kind == Place.Kind.CITY else ""


@login_not_required
@require_safe
def suggest_payers(request: HttpRequest) -> JsonResponse:
    """Payers by name or alias; before them kinds of payment, if `kinds` has the language to name them in."""
    text, language = request.GET.get("q", ""), request.GET.get("kinds", "")
    kinds = payment.kinds_called(text) if language in dict(settings.LANGUAGES) else []
    found = _in_order([payer for payer in payers.called(text) if payer.slug not in kinds], text)
    with override(language if kinds else None):
        rows = [_kind_row(kind) for kind in kinds]
    rows += [_payer_row(payer, text) for payer in found[:MOST_SUGGESTED]]
    return JsonResponse({"results": rows[:MOST_SUGGESTED]})


def _in_order(found: list[NamedPayer], text: str) -> list[NamedPayer]:
    """Plans that share the name that the text is part of stand together, by their states; the rest as they come."""
    first: dict[str, int] = {}
    names = {payer.slug: _name_with(payer, " ".join(text[:100].lower().split())) for payer in found}
    for place, name in enumerate(names.values()):
        first.setdefault(name, place)
    return sorted(found, key=lambda payer: (first[names[payer.slug]], by_state(payer)))


def _name_with(payer: NamedPayer, text: str) -> str:
    """Which of its names the text is meant to be: the one that has it the earliest, and little else."""
    names = [name.lower() for name in (payer.name, *payer.aliases)]
    return min((name.find(text), len(name), name) for name in names if text in name)[2]


def _kind_row(kind: str) -> dict[str, str]:
    label = label_of("payer", kind)
    return {"value": label, "slug": kind, "label": label, "note": _("Kind of payment")}


def _payer_row(payer: NamedPayer, text: str) -> dict[str, str]:
    """The name stands for the payer, unless it may mean another too."""
    value = payer.name if payment.meant(payer.name) == [payer.slug] else payer.slug
    return {"value": value, "slug": payer.slug, "label": payer.name, "note": _other_name(payer, text)}


def _other_name(payer: NamedPayer, text: str) -> str:
    """Its states, or the other name that the text is part of."""
    text = " ".join(text.lower().split())
    return ", ".join(payer.states) or next((name for name in payer.aliases if text in name.lower()), "")


@login_not_required
@require_safe
def suggest_programs(request: HttpRequest) -> JsonResponse:
    """Programs by name, typing errors forgiven."""
    text = request.GET.get("q", "").replace("\0", "")[:100]
    rows = [
        {"value": program.name, "label": program.name, "note": f"{program.city}, {program.state}", "slug": program.slug}
        for program in suggest(text)
    ]
    return JsonResponse({"results": rows})


@login_not_required
@require_safe
def api_docs(request: HttpRequest) -> HttpResponse:
    """The API's documentation, made from its own OpenAPI document."""
    schema: dict[str, Any] = SchemaGenerator().get_schema(public=True)
    operations = [
        {"path": path, "method": method.upper(), **operation, "answers": _answers(operation)}
        for path, methods in schema["paths"].items()
        for method, operation in methods.items()
    ]
    return render(request, "programs/api_docs.html", {"info": schema["info"], "operations": operations})


def _schema(answer: dict[str, Any]) -> dict[str, Any]:
    """The shape of an answer's first media type; empty when it has no body."""
    for media in answer.get("content", {}).values():
        shape: dict[str, Any] = media.get("schema", {})
        return shape
    return {}


def _answers(operation: dict[str, Any]) -> list[dict[str, str]]:
    return [
        {
            "status": status,
            "description": answer.get("description", ""),
            "schema": json.dumps(_schema(answer), indent=1),
        }
        for status, answer in operation["responses"].items()
    ]
