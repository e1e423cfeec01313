"""Pages that need no data: home, guides, the self-check, how the site works."""

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from guides import selfcheck
from guides.forms import AnswerForm, StateForm
from guides.glossary import TERMS
from guides.library import GUIDES
from guides.questions import QUESTIONS
from guides.states import STATES


@login_not_required
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    return render(request, "guides/home.html", {"states": STATES})


@login_not_required
@require_safe
def guides(request: HttpRequest) -> HttpResponse:
    return render(request, "guides/index.html", {"guides": GUIDES.values()})


@login_not_required
@require_safe
def guide(request: HttpRequest, slug: str) -> HttpResponse:
    if slug not in GUIDES:
        raise Http404(slug)
    found = GUIDES[slug]
    return render(request, found.template, {"guide": found, "questions": QUESTIONS, "terms": TERMS})


@login_not_required
@csrf_exempt  # changes nothing and stores nothing: a forged answer has no effect, and no cookie is needed
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def check(request: HttpRequest) -> HttpResponse:
    carried = StateForm(request.POST or None)
    answers = carried.answers()
    at = selfcheck.next_question(answers)
    if at == len(selfcheck.QUESTIONS):
        return _result(request, answers)
    answering = request.method == "POST" and not carried.goes_back
    form = AnswerForm(selfcheck.QUESTIONS[at], request.POST if answering else None)
    if answering and form.is_valid():
        answers[selfcheck.QUESTIONS[at].key] = form.cleaned_data["answer"]
        at += 1
        if selfcheck.stop(answers) or at == len(selfcheck.QUESTIONS):
            return _result(request, answers)
        form = AnswerForm(selfcheck.QUESTIONS[at])
    context = {
        "form": form,
        "state": selfcheck.sign(answers),
        "step": at + 1,
        "steps": range(1, len(selfcheck.QUESTIONS) + 1),
    }
    return render(request, "guides/check.html", context)


def _result(request: HttpRequest, answers: selfcheck.Answers) -> HttpResponse:
    stop = selfcheck.stop(answers)
    result = None if stop else selfcheck.result(answers)
    return render(
        request, "guides/check_result.html", {"stop": stop, "result": result, "state": selfcheck.sign(answers)}
    )


@login_not_required
@require_safe
def privacy(request: HttpRequest) -> HttpResponse:
    return render(request, "guides/privacy.html")


@login_not_required
@require_safe
def how_we_rank(request: HttpRequest) -> HttpResponse:
    return render(request, "guides/how_we_rank.html")


@login_not_required
@require_safe
def data(request: HttpRequest) -> HttpResponse:
    return render(request, "guides/data.html")


@login_not_required
@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    prefixes = ["" if code == settings.LANGUAGE_CODE else f"/{code}" for code, _name in settings.LANGUAGES]
    context = {"prefixes": prefixes, "site_url": settings.SITE_URL}
    return render(request, "robots.txt", context, content_type="text/plain")
