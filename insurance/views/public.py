"""The caller's own pages: ask us to check a plan, and see how far we are. Neither needs JavaScript or an account."""

from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from accounts import throttle
from insurance import callerdraft, hours, membership, newcall, statuslink
from insurance.consent import current_text
from insurance.publicforms import STEPS, PublicAskForm, Step, new_mark
from programs import crisis
from programs.models import Program

CHECK = "check"  # the page after the last step
MEND = "mend"  # in the address of a step that was sent with a mistake
SLUGS = [step.slug for step in STEPS]


@login_not_required
@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def verify(request: HttpRequest) -> HttpResponse:
    """The first step. Sent with every answer at once, it leads to the check page without the others."""
    if request.method != "POST":
        return _step_page(request, STEPS[0], _started(request))
    form = PublicAskForm(request.POST)
    if "edit" in request.POST or not form.is_valid():
        return _wrong_page(request, form)
    return _check_page(request, form)


@login_not_required
@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def verify_step(request: HttpRequest, slug: str) -> HttpResponse:
    """One step, or the check page. Sending a step leads to the next one that still lacks an answer."""
    if slug not in (*SLUGS, CHECK):
        raise Http404
    if request.method == "POST" and slug != CHECK:
        return _take(request, STEPS[SLUGS.index(slug)])
    answers = callerdraft.read(request)
    if not answers:
        return redirect("verify")
    form = PublicAskForm(answers)
    if slug != CHECK:
        step = STEPS[SLUGS.index(slug)]
        is_wrong = MEND in request.GET and not form.judge_only(step)
        return _step_page(request, step, answers, form=form if is_wrong else None)
    form.errors.pop("mark", None)  # judged when it is sent
    wrong = form.wrong_steps()
    return redirect("verify_step", wrong[0].slug) if wrong else _check_page(request, form)


@login_not_required
@never_cache
@sensitive_post_parameters()
@require_POST
def send(request: HttpRequest) -> HttpResponse:
    """Counts. Sent twice, or again after a lost answer, it is the same request with the same link."""
    form = PublicAskForm(request.POST)
    if not form.is_valid():
        return _wrong_page(request, _with_fresh_mark(form))
    if not throttle.allows(request, "verify", limit=10, seconds=600):
        return render(request, "429.html", status=429)
    verification = newcall.receive(form, submission_key=form.cleaned_data["mark"])
    context = {
        "verification": verification,
        "link": statuslink.for_submission(verification),
        "calls_first": statuslink.calls_first(verification),
        "opens": hours.opening(timezone.now()),
        "in_danger": _in_danger(form.data),
    }
    response = render(request, "insurance/verify_done.html", context)
    callerdraft.forget(response)
    return response


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


def _take(request: HttpRequest, step: Step) -> HttpResponse:
    """What one step was sent with: kept on the visitor's own device, and on to the next question."""
    if "forget" in request.POST:
        response: HttpResponse = redirect("verify")
        callerdraft.forget(response)
        return response
    others = {name: value for name, value in callerdraft.read(request).items() if name not in step.fields}
    form = PublicAskForm({**others, **request.POST.dict()})
    if "back" in request.POST:  # nothing has to be right yet
        return _go(request, form, SLUGS[max(0, SLUGS.index(step.slug) - 1)])
    wrong = form.wrong_steps()
    if form.judge_only(step):
        return _go(request, form, wrong[0].slug if wrong else CHECK)
    return _go(request, form, step.slug, mend=True)


def _go(request: HttpRequest, form: PublicAskForm, slug: str, *, mend: bool = False) -> HttpResponse:
    """To another page with all answers: by redirect, so that “Back” and a reload find every page again."""
    address = reverse("verify_step", args=[slug])
    response = HttpResponseRedirect(f"{address}?{MEND}=1" if mend else address)
    if callerdraft.keep(response, form.answers()):
        return response
    if slug == CHECK:
        return _check_page(request, form)
    step = STEPS[SLUGS.index(slug)]
    if mend:
        return _step_page(request, step, form.answers(), form=form, status=422)
    return _step_page(request, step, form.answers())


def _started(request: HttpRequest) -> dict[str, Any]:
    """The answers a first page opens with: those of this device, and the program it was asked from."""
    answers = callerdraft.read(request) or {"mark": new_mark(), "consent_version": current_text().version}
    slug = request.GET.get("program", "")[:140]
    if slug and "\0" not in slug and Program.objects.published().filter(slug=slug).exists():
        answers["program_1"] = slug
    return answers


def _wrong_page(request: HttpRequest, form: PublicAskForm) -> HttpResponse:
    """Everything came at once: the page of the first mistake, or the one that “Change” asks for, with all of it kept."""
    wanted = request.POST.get("edit")
    if wanted is not None:
        return _go(request, form, wanted if wanted in SLUGS else SLUGS[0])
    wrong = form.wrong_steps() or ([STEPS[0]] if "website" in form.errors else [])
    if not wrong:  # only the mark: too fast, or open for too long
        return _check_page(request, form)
    form.judge_only(wrong[0])
    return _step_page(request, wrong[0], form.answers(), form=form, status=422)


def _with_fresh_mark(form: PublicAskForm) -> PublicAskForm:
    """A page that was open too long gets a new mark, and nothing typed is lost; a good one keeps its own."""
    if form.has_error("mark", "stale"):
        typed = form.data.copy()  # type: ignore[attr-defined]  # a QueryDict
        typed["mark"] = new_mark()
        form.data = typed
    return form


def _in_danger(answers: Any) -> bool:
    return crisis.speaks_of_danger(answers.get("contact_notes", ""))


def _step_page(
    request: HttpRequest,
    step: Step,
    answers: dict[str, Any],
    *,
    form: PublicAskForm | None = None,
    status: int = 200,
) -> HttpResponse:
    """One step. `form` is given when something on it is wrong; the other steps' answers travel as hidden fields."""
    shown = form or PublicAskForm(initial=answers)
    context = {
        "form": shown,
        "step": step,
        "number": SLUGS.index(step.slug) + 1,
        "numbers": range(1, len(STEPS) + 1),
        "carried": [shown[name] for name in answers if name in shown.fields and name not in step.fields],
        "consent_text": current_text(),
        "in_danger": _in_danger(answers),
    }
    return render(request, "insurance/verify.html", context, status=status)


def _check_page(request: HttpRequest, form: PublicAskForm) -> HttpResponse:
    """Everything that was answered, step by step, before it counts."""
    groups = [(step, [form[name] for name in step.fields if name != "consent_version"]) for step in STEPS]
    context = {
        "form": form,
        "groups": [
            (step, [field for field in fields if field.value() or step.slug == "consent"]) for step, fields in groups
        ],
        "hints": membership.hints(form.cleaned_data["member_id"]),
        "in_danger": _in_danger(form.data),
    }
    response = render(request, "insurance/verify_check.html", context, status=422 if form.errors else 200)
    callerdraft.keep(response, form.answers())
    return response
