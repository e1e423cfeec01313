"""Pages of one program: its listing, its call sheet, a comparison of up to four, and reports that it is wrong."""

import json
from urllib.parse import urljoin

import segno
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from programs import jsonld, places, reporting
from programs.choices import Status
from programs.comparing import compare as compare_programs
from programs.forms import ProblemReportForm
from programs.geo import Point
from programs.map import Map, around
from programs.models import ProblemReport, Program
from programs.nearby import STEP_DOWN, STEP_UP, neighbours
from programs.profile import Profile

MOST_COMPARED = 4


@login_not_required
@require_safe
def program(request: HttpRequest, slug: str) -> HttpResponse:
    """A listing: published 200, closed 200 and out of search engines, merged 301, draft 404."""
    listing = _listing(slug)
    if listing.merged_into:
        return HttpResponsePermanentRedirect(listing.merged_into.get_absolute_url())
    closed = listing.status == Status.CLOSED
    context = {
        "profile": Profile.of(listing),
        "program": listing,
        "sample_data": listing.is_sample,
        "is_closed": closed,
        "alternatives": neighbours(listing, limit=5) if closed else [],
        "by_video": places.by_video(listing.virtual_states) if closed and listing.is_virtual_only else [],
        "step_up": [] if closed else neighbours(listing, levels=STEP_UP),
        "step_down": [] if closed else neighbours(listing, levels=STEP_DOWN),
        "map": _map(listing),
        "jsonld": "" if closed else _data_block(jsonld.clinic(listing)),
    }
    return render(request, "programs/program.html", context)


def _map(listing: Program) -> Map | None:
    """Where it is; None for programs by video and those without a point."""
    if listing.is_virtual_only or listing.latitude is None or listing.longitude is None:
        return None
    return around(Point(listing.latitude, listing.longitude), name=_("Map: %(name)s") % {"name": listing.name})


@login_not_required
@require_safe
def sheet(request: HttpRequest, slug: str) -> HttpResponse:
    """One page to print and take to the phone: facts, questions with room to write, a QR code of the listing."""
    listing = _listing(slug)
    if listing.merged_into:
        return HttpResponsePermanentRedirect(reverse("sheet", args=[listing.merged_into.slug]))
    address = urljoin(settings.SITE_URL, listing.get_absolute_url())
    context = {
        "profile": Profile.of(listing),
        "program": listing,
        "sample_data": listing.is_sample,
        "is_closed": listing.status == Status.CLOSED,
        "address": address,
        "qr": mark_safe(segno.make(address).svg_inline(scale=3, svgclass="qr", omitsize=True)),  # noqa: S308 ours
    }
    return render(request, "programs/sheet.html", context)


@login_not_required
@require_safe
def compare(request: HttpRequest) -> HttpResponse:
    """Up to four programs side by side; `differences=1` hides the rows that are alike."""
    asked = list(dict.fromkeys(slug for slug in request.GET.getlist("p") if "\x00" not in slug))
    kept = asked[:MOST_COMPARED]
    known = Program.objects.filter(slug__in=kept).values_list("slug", "merged_into", "pk")
    listed = {slug: merged_into or pk for slug, merged_into, pk in known}  # one that was merged is the one it led to
    found = Program.objects.visible().with_details().in_bulk(listed.values())
    programs = [found[pk] for pk in dict.fromkeys(map(listed.get, kept)) if pk in found]
    only_differences = request.GET.get("differences") == "1"
    context = {
        "programs": programs,
        "comparison": compare_programs(programs, only_differences=only_differences),
        "only_differences": only_differences,
        "left_out": max(0, len(asked) - MOST_COMPARED),
        "missing": sum(listed.get(slug) not in found for slug in kept),
        "sample_data": any(one.is_sample for one in programs),
    }
    return render(request, "programs/compare.html", context)


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def report(request: HttpRequest, slug: str) -> HttpResponse:
    """Report a problem with a listing; answers with a status page of its own."""
    listing = get_object_or_404(Program.objects.select_related("merged_into"), slug=slug)
    if listing.merged_into and request.method != "POST":
        return HttpResponsePermanentRedirect(reverse("report", args=[listing.merged_into.slug]))
    listing = listing.merged_into or listing  # what somebody has typed already is not lost on the way
    if listing.status == Status.DRAFT:
        raise Http404
    form = ProblemReportForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        made = reporting.report(program=listing, kind=form.cleaned_data["kind"], message=form.cleaned_data["message"])
        return redirect("report_status", code=made.code)
    context = {"form": form, "program": listing, "sample_data": listing.is_sample}
    return render(request, "programs/report.html", context)


@login_not_required
@require_safe
def report_status(request: HttpRequest, code: str) -> HttpResponse:
    """What became of a report. The code is the only way in; the page holds nothing about the reporter."""
    found = get_object_or_404(ProblemReport.objects.select_related("program"), code=code)
    steps = [ProblemReport.State.RECEIVED, ProblemReport.State.CHECKING]
    steps.append(ProblemReport.State(found.state) if found.closed_at else ProblemReport.State.FIXED)
    context = {"report": found, "program": found.program, "steps": steps, "sample_data": found.program.is_sample}
    return render(request, "programs/report_status.html", context)


def _listing(slug: str) -> Program:
    listing = Program.objects.with_details().select_related("merged_into").filter(slug=slug).first()
    if listing is None or listing.status == Status.DRAFT:
        raise Http404
    return listing


def _data_block(data: dict[str, object]) -> SafeString:
    """JSON for a `<script type="application/ld+json">`: no text in it can end the block."""
    escapes = {ord("<"): "\\u003C", ord(">"): "\\u003E", ord("&"): "\\u0026"}
    return mark_safe(json.dumps(data, ensure_ascii=False).translate(escapes))  # noqa: S308 escaped above
