"""The public cost page."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from insurance import cost
from programs.models import Program


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def cost_page(request: HttpRequest) -> HttpResponse:
    """What an episode may cost with the family's own plan; sent by POST, answered at once, kept nowhere."""
    slug = request.GET.get("program", "")
    program = Program.objects.published().filter(slug=slug).first() if "\x00" not in slug else None
    form = cost.CostForm(request.POST if request.method == "POST" else None, initial=cost.known_of(program))
    estimate = form.estimate() if form.is_bound and form.is_valid() else None
    context = {
        "form": form,
        "program": program,
        "estimate": estimate,
        "unknown": [cost.NAMES[one.key] for one in estimate.unknowns if one.key in cost.NAMES] if estimate else [],
        "sample_data": bool(program and program.is_sample),
    }
    return render(request, "insurance/cost.html", context)
