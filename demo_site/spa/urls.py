"""Addresses of the single-page checkout: the page, and an order to try it with. All else it asks of the API."""

from __future__ import annotations

from django.urls import path

from demo_site.spa import views

app_name = "spa"
urlpatterns = [
    path("", views.page, name="page"),
    path("example/", views.example, name="example"),
]
