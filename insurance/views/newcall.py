"""New call: one page in the order of talk, kept while it is typed, checked once, sent once."""

import uuid
from collections.abc import Mapping

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from accounts.middleware import StaffRequest
from insurance import choosing, newcall, queues
from insurance.consent import current_text
from insurance.forms import NewCallForm
from insurance.models import IntakeDraft
from programs import crisis
from programs.models import Program

KEPT = frozenset(NewCallForm.base_fields)


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def new_call(request: StaffRequest) -> HttpResponse:
    """The page; sending it leads to “check what you wrote”, which alone can log the request."""
    if request.method == "POST":
        return _check(request)
    draft = _draft_asked_for(request)
    form = NewCallForm(initial=draft.data if draft else _programs_asked_for(request))
    return _page(request, form, draft.uid if draft else uuid.uuid4())


def _check(request: StaffRequest) -> HttpResponse:
    form = NewCallForm(request.POST)
    uid = _uid(request)
    _keep(request, uid)
    if not form.is_valid() or "edit" in request.POST:
        return _page(request, form, uid, status=200 if "edit" in request.POST else 422)
    return render(
        request,
        "insurance/new_call_check.html",
        {
            "form": form,
            "draft": uid,
            "preview": newcall.preview(form),
            "in_danger": _in_danger(request),
            "queues": queues.with_counts(request.user),
        },
    )


@sensitive_post_parameters()
@require_POST
def send_call(request: StaffRequest) -> HttpResponse:
    """Log it. Pressed twice, or after a lost answer, it is the same request."""
    form, uid = NewCallForm(request.POST), _uid(request)
    if not form.is_valid():
        return _page(request, form, uid, status=422)
    submitted = newcall.send(form, submission_key=uid, by=request.user)
    if not submitted.is_new:
        messages.info(request, _("This question is open already. Here it is; what you wrote is among its notes."))
    return redirect(submitted.verification)


@sensitive_post_parameters()
@require_POST
def save_draft(request: StaffRequest) -> HttpResponse:
    """Keeps what has been typed, and opens the crisis panel when the words ask for it."""
    draft = _keep(request, _uid(request))
    if request.headers.get("HX-Request") != "true":
        return redirect(f"{reverse('desk_new')}?draft={draft.uid}" if draft else "desk_new")
    context = {
        "kept_at": timezone.now() if draft else None,
        "in_danger": _in_danger(request),
        "preview": newcall.early(NewCallForm(request.POST)),
    }
    response = render(request, "insurance/new_call_kept.html", context)
    if draft:  # so that a reload, a crash or a new sign-in leads back to it
        response["HX-Replace-Url"] = f"{reverse('desk_new')}?draft={draft.uid}"
    return response


@sensitive_post_parameters()
@require_POST
def choose(request: StaffRequest) -> HttpResponse:
    """“Help me choose”: programs near the caller, and the one picked put into the next empty field."""
    typed, uid = request.POST.dict(), _uid(request)
    problem = _add(typed, request.POST.get("add", "")[:200])
    asked = NewCallForm(typed)
    asked.is_valid()
    known = asked.cleaned_data
    context = {
        "asked_to_choose": True,
        "choices": choosing.choices(
            zip_code=known.get("zip", ""),
            state=known.get("state", ""),
            payer=known.get("payer"),
            condition=known.get("condition", ""),
        ),
        "choose_problem": problem,
    }
    newcall.save_draft(uid=uid, owner=request.user, fields=_fields(typed))
    form = NewCallForm(initial=typed)
    if request.headers.get("HX-Request") == "true":
        return render(request, "insurance/new_call_program.html", {"form": form, **context})
    return _page(request, form, uid, context)


def _add(typed: dict[str, str], slug: str) -> str:
    """Puts the program into the first empty field; why not, if there is none."""
    fields = [f"program_{number}" for number in (1, 2, 3)]
    if not slug or slug in (typed.get(name) for name in fields):
        return ""
    empty = next((name for name in fields if not (typed.get(name) or typed.get(f"{name}_text"))), None)
    if empty is None:
        return _("Three programs are compared at most. Empty a field first.")
    typed[empty] = slug
    return ""


@require_POST
def discard_draft(request: StaffRequest, uid: uuid.UUID) -> HttpResponse:
    get_object_or_404(IntakeDraft, uid=uid, owner=request.user).delete()
    messages.success(request, _("The unfinished call is deleted."))
    return redirect("desk_new")


def _keep(request: StaffRequest, uid: uuid.UUID) -> IntakeDraft | None:
    return newcall.save_draft(uid=uid, owner=request.user, fields=_fields(request.POST))


def _fields(typed: Mapping[str, str]) -> dict[str, str]:
    return {name: value[:2000] for name, value in typed.items() if name.removesuffix("_text") in KEPT}


def _uid(request: StaffRequest) -> uuid.UUID:
    """The key the page was drawn with; a page without one (or with nonsense) gets a new one."""
    try:
        return uuid.UUID(request.POST.get("draft", ""))
    except ValueError:
        return uuid.uuid4()


def _draft_asked_for(request: StaffRequest) -> IntakeDraft | None:
    try:
        uid = uuid.UUID(request.GET.get("draft", ""))
    except ValueError:
        return None
    return IntakeDraft.objects.filter(uid=uid, owner=request.user).first()


def _programs_asked_for(request: StaffRequest) -> dict[str, str]:
    """Started from a program's page (?program=slug) or a shortlist (?p=slug, as its own address has them)."""
    asked = [*request.GET.getlist("program"), *request.GET.getlist("p")]
    slugs = [slug for slug in dict.fromkeys(asked) if "\0" not in slug]
    known = set(Program.objects.published().filter(slug__in=slugs).values_list("slug", flat=True))
    return {f"program_{number}": slug for number, slug in enumerate([s for s in slugs if s in known][:3], 1)}


def _in_danger(request: StaffRequest) -> bool:
    return crisis.speaks_of_danger(request.POST.get("note", ""), request.POST.get("contact_notes", ""))


def _page(
    request: StaffRequest,
    form: NewCallForm,
    uid: uuid.UUID,
    extra: Mapping[str, object] | None = None,
    *,
    status: int = 200,
) -> HttpResponse:
    context = {
        **(extra or {}),
        "form": form,
        "draft": uid,
        "drafts": IntakeDraft.objects.filter(owner=request.user).exclude(uid=uid)[:5],
        "consent_text": current_text(),
        "in_danger": _in_danger(request),
        "queues": queues.with_counts(request.user),
    }
    return render(request, "insurance/new_call.html", context, status=status)
