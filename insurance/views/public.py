"""The caller's own pages: ask us to check a plan, and see how far we are. Neither needs JavaScript or an account."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from accounts import throttle
from insurance import crisis, hours, membership, newcall, statuslink
from insurance.consent import current_text
from insurance.publicforms import PublicAskForm, new_mark
from programs.models import Program


@login_not_required
@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def verify(request: HttpRequest) -> HttpResponse:
    """The form; sending it shows what was written, to be checked before it counts."""
    if request.method != "POST":
        slug = request.GET.get("program", "")[:140]
        known = slug and "\0" not in slug and Program.objects.published().filter(slug=slug).exists()
        return _page(request, PublicAskForm(initial={"program_1": slug if known else "", "mark": new_mark()}))
    form = PublicAskForm(request.POST)
    if "edit" in request.POST:
        return _page(request, PublicAskForm(initial=request.POST.dict()))  # nothing is wrong with it yet
    if not form.is_valid():
        return _page(request, _with_fresh_mark(form), status=422)
    context = {
        "form": form,
        "hints": membership.hints(form.cleaned_data["member_id"]),
        "in_danger": _in_danger(request),
    }
    return render(request, "insurance/verify_check.html", context)


@login_not_required
@never_cache
@sensitive_post_parameters()
@require_POST
def send(request: HttpRequest) -> HttpResponse:
    """Counts. Sent twice, or again after a lost answer, it is the same request with the same link."""
    form = PublicAskForm(request.POST)
    if not form.is_valid():
        return _page(request, _with_fresh_mark(form), status=422)
    if not throttle.allows(request, "verify", limit=10, seconds=600):
        return render(request, "429.html", status=429)
    verification = newcall.receive(form, submission_key=form.cleaned_data["mark"])
    context = {
        "verification": verification,
        "link": statuslink.for_submission(verification),
        "opens": hours.opening(timezone.now()),
        "in_danger": _in_danger(request),
    }
    return render(request, "insurance/verify_done.html", context)


@login_not_required
@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def status(request: HttpRequest) -> HttpResponse:
    """How far we are. The code comes in the fragment of the link and is sent by POST, or is pasted."""
    if request.method != "POST":
        return render(request, "insurance/status.html", {"stages": statuslink.STAGES})
    if not throttle.allows(request, "status", limit=30, seconds=300):
        return render(request, "429.html", status=429)
    found = statuslink.progress(request.POST.get("code", "")[:200])
    context = {"stages": statuslink.STAGES, "progress": found, "asked": True}
    return render(request, "insurance/status.html", context, status=200 if found else 404)


def _with_fresh_mark(form: PublicAskForm) -> PublicAskForm:
    """A page that was open too long gets a new mark, and nothing typed is lost; a good one keeps its own."""
    if form.has_error("mark", "stale"):
        typed = form.data.copy()  # type: ignore[attr-defined]  # a QueryDict
        typed["mark"] = new_mark()
        form.data = typed
    return form


def _in_danger(request: HttpRequest) -> bool:
    return crisis.speaks_of_danger(request.POST.get("contact_notes", ""))


def _page(request: HttpRequest, form: PublicAskForm, *, status: int = 200) -> HttpResponse:
    context = {"form": form, "consent_text": current_text(), "in_danger": _in_danger(request)}
    return render(request, "insurance/verify.html", context, status=status)
