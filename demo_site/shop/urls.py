"""Addresses of the shop."""

from __future__ import annotations

from django.urls import path

from demo_site.shop import views

app_name = "shop"
urlpatterns = [
    path("", views.home, name="home"),
    path("shelf/<slug:slug>/", views.category, name="category"),
    path("product/<slug:slug>/", views.product, name="product"),
    path("cart/", views.cart, name="cart"),
    path("cart/<slug:slug>/add/", views.cart_add, name="cart_add"),
    path("cart/<slug:slug>/set/", views.cart_set, name="cart_set"),
    path("checkout/", views.checkout, name="checkout"),
    path("orders/", views.orders, name="orders"),
    path("orders/<slug:token>/", views.order, name="order"),
    path("orders/<slug:token>/pay/", views.pay, name="pay"),
]
