"""Addresses of the walkthrough. They exist for payments of the simulator only."""

from __future__ import annotations

from django.urls import path

from demo_site.walkthrough import views

app_name = "walkthrough"
urlpatterns = [
    path("<slug:token>/", views.walk, name="walk"),
    path("<slug:token>/again/", views.again, name="again"),
    path("<slug:token>/try/<slug:name>/", views.attempt, name="attempt"),
]
