"""Addresses of the public directory. `pages` are also served in Spanish; data and suggestions are not pages."""

from django.urls import path
from drf_spectacular.views import SpectacularJSONAPIView

from programs import api, listing, views

pages = [
    path("programs/", views.search, name="search"),
    path("programs/in/<str:state>/", views.state, name="state"),
    path("programs/in/<str:state>/<slug:city>/", views.city, name="city"),
    path("programs/<slug:slug>/", listing.program, name="program"),
    path("programs/<slug:slug>/sheet/", listing.sheet, name="sheet"),
    path("programs/<slug:slug>/report/", listing.report, name="report"),
    path("reports/<str:code>/", listing.report_status, name="report_status"),
    path("compare/", listing.compare, name="compare"),
    path("shortlist/", views.shortlist, name="shortlist"),
]

urlpatterns = [
    path("places/suggest", views.suggest_places, name="place_suggestions"),
    path("payers/suggest", views.suggest_payers, name="payer_suggestions"),
    path("programs/suggest", views.suggest_programs, name="program_suggestions"),
    path("api/v1/programs", api.open_data(api.ProgramList.as_view()), name="api_programs"),
    path("api/v1/programs/export", api.open_data(api.ProgramExport.as_view()), name="api_export"),
    # The same export by file name; described once, under the address above.
    path(
        "api/v1/programs/export/<slug:extension>", api.open_data(api.ProgramExport.as_view(schema=None)), name="export"
    ),
    path("api/v1/programs/<slug:slug>", api.open_data(api.ProgramDetail.as_view()), name="api_program"),
    path("api/v1/vocabulary", api.open_data(api.Vocabulary.as_view()), name="api_vocabulary"),
    path("api/v1/schema", api.open_to_all(SpectacularJSONAPIView.as_view()), name="api_schema"),
    path("api/v1/docs", views.api_docs, name="api_docs"),
    path("api/v1/<path:rest>", api.open_data(api.Nothing.as_view()), name="api_nothing"),
]
