"""Our addresses and, beside them, what the search page is measured against."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.urls import path

from iopfinder.urls import *  # noqa: F403
from iopfinder.urls import urlpatterns as ours
from programs import pills, results, searchpage, slots


@login_not_required
def bare(_request: HttpRequest) -> HttpResponse:
    """The least a view can do behind the same middleware."""
    return HttpResponse("hello")


@login_not_required
def stock(request: HttpRequest) -> HttpResponse:
    """The same page from the same data, every template rendered at every request. (The map stays drawn.)"""
    results._payer_line.cache_clear()
    for kept in (results.skeletons._kept, pills.filter_skeletons._kept, slots._drawn):
        kept.clear()
    return HttpResponse(searchpage.SearchPage(request).whole())


urlpatterns = [path("bare/", bare), path("stock/", stock), *ours]
