"""One-time links, and the people screens of administrators."""

from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import invitations
from accounts.forms import AuditFilterForm, InviteForm, ReasonForm, RoleForm, WelcomeForm
from accounts.middleware import StaffRequest
from accounts.models import AuditEvent, FactorReset, LinkPurpose, User


@login_not_required
@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def welcome(request: HttpRequest) -> HttpResponse:
    """Where a one-time link leads: set a password, then sign in. Opening the link uses nothing up."""
    form = WelcomeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        invitations.accept(link=form.cleaned_data["secret"], password=form.cleaned_data["password"])
        messages.success(request, _("Your password is set. Sign in, then add a second step."))
        return redirect("account_login")
    return render(request, "accounts/welcome.html", {"form": form})


@require_safe
def people(request: StaffRequest) -> HttpResponse:
    found = User.objects.with_factors().order_by("-is_active", "name", "pk")
    waiting = FactorReset.objects.filter(approved_at=None).select_related("user", "requested_by").order_by("pk")
    return render(request, "accounts/people.html", {"people": found, "waiting": waiting})


@require_http_methods(["GET", "HEAD", "POST"])
def invite(request: StaffRequest) -> HttpResponse:
    form = InviteForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        link = invitations.invite(**form.cleaned_data, by=request.user)
        return render(request, "accounts/link.html", {"link": link, "name": form.cleaned_data["name"]})
    return render(request, "accounts/invite.html", {"form": form})


@require_safe
def person(request: StaffRequest, pk: int) -> HttpResponse:
    user = get_object_or_404(User.objects.with_factors(), pk=pk)
    return render(
        request,
        "accounts/person.html",
        {
            "person": user,
            "role_form": RoleForm(initial={"role": user.role}),
            "reason_form": ReasonForm(),
            "reset": user.factor_resets.filter(approved_at=None).select_related("requested_by").first(),
            "is_me": user == request.user,
        },
    )


@require_POST
def change_role(request: StaffRequest, pk: int) -> HttpResponse:
    user = _colleague(request, pk)
    form = RoleForm(request.POST)
    if form.is_valid():
        invitations.change_role(user=user, role=form.cleaned_data["role"], by=request.user)
        messages.success(request, _("The role is changed. It holds from the next sign-in."))
    return redirect("person", pk)


@require_POST
def disable(request: StaffRequest, pk: int) -> HttpResponse:
    invitations.disable(user=_colleague(request, pk), by=request.user)
    messages.success(request, _("Disabled, and signed out everywhere."))
    return redirect("person", pk)


@require_POST
def enable(request: StaffRequest, pk: int) -> HttpResponse:
    invitations.enable(user=_colleague(request, pk), by=request.user)
    messages.success(request, _("This person may sign in again."))
    return redirect("person", pk)


@require_POST
@reauthentication_required
def new_link(request: StaffRequest, pk: int) -> HttpResponse:
    user = _colleague(request, pk)
    link = invitations.new_link(user=user, purpose=LinkPurpose.NEW_PASSWORD, by=request.user)
    return render(request, "accounts/link.html", {"link": link, "name": user.name})


@require_POST
def request_reset(request: StaffRequest, pk: int) -> HttpResponse:
    user = _colleague(request, pk)
    form = ReasonForm(request.POST)
    if form.is_valid():
        invitations.request_factor_reset(user=user, by=request.user, reason=form.cleaned_data["reason"])
        messages.success(request, _("Asked. Another administrator must approve it."))
    else:
        messages.error(request, _("Say why the second step must be reset."))
    return redirect("person", pk)


@require_POST
@reauthentication_required
def approve_reset(request: StaffRequest, pk: int) -> HttpResponse:
    reset = get_object_or_404(FactorReset.objects.select_related("user"), user_id=pk, approved_at=None)
    link = invitations.approve_factor_reset(reset=reset, by=request.user)
    return render(request, "accounts/link.html", {"link": link, "name": reset.user.name})


@require_safe
def audit_trail(request: StaffRequest) -> HttpResponse:
    """For auditors: the newest acts first, by record, person or kind of act."""
    form = AuditFilterForm(request.GET or None)
    events = AuditEvent.objects.select_related("actor").filter(**form.query())
    return render(
        request,
        "accounts/audit.html",
        {"form": form, "page": Paginator(events, 50).get_page(request.GET.get("page"))},
    )


def _colleague(request: StaffRequest, pk: int) -> User:
    """Anybody but oneself: nobody disables, promotes or resets the account they sit in."""
    return get_object_or_404(User.objects.exclude(pk=request.user.pk), pk=pk)
