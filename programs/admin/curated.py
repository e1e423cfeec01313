"""What every table of the directory has in common in the admin: who changed what, and what nobody writes by hand."""

import contextlib
from collections.abc import Sequence
from typing import Any, Final

import pghistory
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.models import LogEntry
from django.contrib.admin.utils import unquote
from django.contrib.admin.widgets import AutocompleteSelect
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import BadRequest, ValidationError
from django.db import OperationalError, transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext_lazy as _

from programs import history

LOCK_NOT_AVAILABLE: Final = "55P03"  # PostgreSQL's code for a lock that was not given in time


class Picked(AutocompleteSelect):
    """A row picked by its number; anything else in the address or the form picks nothing (stock Django crashes)."""

    def optgroups(self, name: str, value: Sequence[str], attr: Any = None) -> Any:
        numbers = [one for one in value if str(one).isdecimal() and len(str(one)) < 19]
        return super().optgroups(name, numbers, attr)


class Picking:
    """Rows that are picked by typing, on a page or in a table of it."""

    admin_site: Any
    get_autocomplete_fields: Any

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name in self.get_autocomplete_fields(request):
            kwargs.setdefault("widget", Picked(db_field, self.admin_site, using=kwargs.get("using")))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)  # type: ignore[misc]


class CuratedAdmin(Picking, admin.ModelAdmin):
    """Whatever is changed here carries the curator's name into the listings' history, and waits for its turn."""

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        with pghistory.context(by=str(request.user)), contextlib.ExitStack() as stack:
            if request.method == "POST" and object_id is not None:
                stack.enter_context(transaction.atomic())
                request.is_row_busy = not self._lock(unquote(object_id))  # type: ignore[attr-defined]
            return super().changeform_view(request, object_id, *args, **kwargs)

    def _lock(self, object_id: str) -> bool:
        """Keep others from writing this row until we have; whether that was possible in the time there is."""
        if not self._names_a_row(object_id):
            return True  # nothing to write
        row = self.model._base_manager.select_for_update(of=("self",), no_key=True).filter(pk=object_id)
        try:
            with transaction.atomic():
                row.first()
        except OperationalError as error:
            if getattr(error.__cause__, "pgcode", "") != LOCK_NOT_AVAILABLE:
                raise
            return False
        return True

    def get_form(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        form = super().get_form(request, *args, **kwargs)
        return type(form.__name__, (BusyForm, form), {}) if getattr(request, "is_row_busy", False) else form

    def changelist_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if any("\0" in text for pair in request.GET.items() for text in pair):
            raise BadRequest("No value holds a zero byte.")  # PostgreSQL would refuse it
        if not all(self._names_a_row(picked) for picked in request.POST.getlist(ACTION_CHECKBOX_NAME)):
            messages.error(request, _("Nothing was changed: a row was named that there is not."))
            return HttpResponseRedirect(request.get_full_path())
        with pghistory.context(by=str(request.user)):
            return super().changelist_view(request, *args, **kwargs)

    def _names_a_row(self, object_id: str) -> bool:
        """Whether a text may be the key of a row."""
        try:
            self.opts.pk.to_python(object_id)
        except ValidationError:
            return False
        return True


class BusyForm:
    """A form whose row somebody else is writing: refused, with all that was typed in it."""

    def clean(self) -> dict[str, Any]:
        super().clean()  # type: ignore[misc]
        raise ValidationError(_("An import or a colleague is changing this just now. Wait a minute, then save again."))


class ReadOnly:
    """Rows that nobody writes by hand."""

    def has_add_permission(self, request: HttpRequest, *args: Any) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class TrackedAdmin(CuratedAdmin):
    """A table whose history the database keeps. Of what stands in tables beside it, each save says what it did."""

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        row = self.get_object(request, unquote(object_id))
        if row is None:
            raise Http404
        content_type = ContentType.objects.get_for_model(self.model)
        saves = LogEntry.objects.filter(content_type=content_type, object_id=str(row.pk)).select_related("user")
        context = {
            **self.admin_site.each_context(request),
            "title": _("History of %s") % row,
            "row": row,
            "events": history.events(row),
            "saves": saves.order_by("-action_time", "-pk")[: history.MOST],
            "opts": self.opts,
        }
        return TemplateResponse(request, "admin/history.html", context)
