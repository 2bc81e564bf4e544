"""Addresses of the demo shop: the shop, the kit under /paytm/, sign-in, the language and the admin."""

from __future__ import annotations

from django.conf import settings
from django.contrib import admin
from django.contrib.auth import views as auth
from django.contrib.staticfiles.urls import staticfiles_urlpatterns
from django.templatetags.static import static
from django.urls import include, path
from django.views.generic import RedirectView
from django.views.i18n import set_language

admin.site.site_header = "Kadamb"
admin.site.site_title = "Kadamb"

urlpatterns = [
    path("", include("demo_site.shop.urls")),
    path("paytm/", include("paytm_kit.urls")),
    path("walkthrough/", include("demo_site.walkthrough.urls")),
    path("login/", auth.LoginView.as_view(template_name="shop/login.html"), name="login"),
    path("logout/", auth.LogoutView.as_view(), name="logout"),
    path("language/", set_language, name="set_language"),
    path("admin/", admin.site.urls),
    path("favicon.ico", RedirectView.as_view(url=static("shop/kadamb.svg"))),
    *staticfiles_urlpatterns(),  # with DEBUG and a server other than runserver; else none
]
if settings.WITH_API:
    urlpatterns += [
        path("api/", include("paytm_kit.api.urls")),
        path("single-page/", include("demo_site.spa.urls")),
    ]
