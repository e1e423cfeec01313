"""Addresses of pages that need no data."""

from django.urls import path

from guides import views

urlpatterns = [
    path("", views.home, name="home"),
    path("guides/", views.guides, name="guides"),
    path("guides/<slug:slug>/", views.guide, name="guide"),
    path("check/", views.check, name="check"),
    path("privacy/", views.privacy, name="privacy"),
    path("how-we-rank/", views.how_we_rank, name="how-we-rank"),
    path("data/", views.data, name="data"),
]
