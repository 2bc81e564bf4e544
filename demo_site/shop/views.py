"""The shop's pages. Each view calls one verb and renders or redirects."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from demo_site.shop import ways
from demo_site.shop.cart import Cart, OtherCurrency
from demo_site.shop.forms import CheckoutForm, PayForm, QuantityForm
from demo_site.shop.models import Category, Order, Product
from demo_site.shop.ordering import create_order, is_own, last_placed, remember, visible_order
from paytm_kit import checkout as paytm


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    shelves = Category.objects.prefetch_related(Prefetch("products", Product.objects.on_sale()))
    return render(request, "shop/home.html", {"shelves": shelves})


@require_safe
def category(request: HttpRequest, slug: str) -> HttpResponse:
    shelf = get_object_or_404(Category, slug=slug)
    products = Product.objects.on_sale().filter(category=shelf)
    return render(request, "shop/category.html", {"category": shelf, "products": products})


@require_safe
def product(request: HttpRequest, slug: str) -> HttpResponse:
    item = get_object_or_404(Product.objects.on_sale(), slug=slug)
    others = Product.objects.on_sale().filter(category=item.category).exclude(pk=item.pk)
    form = QuantityForm(initial={"quantity": 1})
    return render(request, "shop/product.html", {"product": item, "others": others, "form": form})


@require_safe
@never_cache
def cart(request: HttpRequest) -> HttpResponse:
    current = Cart(request.session)
    if current.drop_unavailable():
        messages.info(request, _("Something in your cart is no longer on sale, so we took it out."))
    context = {"lines": current.lines(), "total": current.total(), "currency": current.currency()}
    return render(request, "shop/cart.html", context)


@require_POST
def cart_add(request: HttpRequest, slug: str) -> HttpResponse:
    item = get_object_or_404(Product.objects.on_sale(), slug=slug)
    form = QuantityForm(request.POST)
    if not form.is_valid():
        messages.error(request, str(form.errors["quantity"][0]))
        return redirect(item)
    try:
        count = Cart(request.session).add(item, form.cleaned_data["quantity"])
    except OtherCurrency:
        messages.error(
            request,
            _("%(name)s is paid in another currency than what is in your cart. Order that first, or take it out.")
            % {"name": item.name},
        )
        return redirect("shop:cart")
    messages.success(request, _("%(name)s: %(count)s in your cart now.") % {"name": item.name, "count": count})
    return redirect("shop:cart")


@require_POST
def cart_set(request: HttpRequest, slug: str) -> HttpResponse:
    item = get_object_or_404(Product.objects.on_sale(), slug=slug)
    form = QuantityForm(request.POST)
    if not form.is_valid():
        messages.error(request, str(form.errors["quantity"][0]))
    elif not Cart(request.session).set(item, form.cleaned_data["quantity"]):
        messages.success(request, _("%(name)s was taken out of your cart.") % {"name": item.name})
    return redirect("shop:cart")


@require_http_methods(["GET", "POST"])
@never_cache
def checkout(request: HttpRequest) -> HttpResponse:
    current = Cart(request.session)
    lines = current.lines()
    if not lines:
        placed = last_placed(request) if request.method == "POST" else None
        return redirect(placed or "shop:cart")
    if current.drop_unavailable():
        messages.info(request, _("Something in your cart is no longer on sale. Please check what is left."))
        return redirect("shop:cart")
    form = CheckoutForm(request.POST or None, initial=_known_details(request))
    if request.method == "POST" and form.is_valid():
        order = create_order(form.save(commit=False), current, request.user)
        remember(request, order)
        current.empty()
        return redirect(order)
    context = {"form": form, "lines": lines, "total": current.total(), "currency": current.currency()}
    return render(request, "shop/checkout.html", context)


def _known_details(request: HttpRequest) -> dict[str, str]:
    """What a signed-in shopper need not type again: their name, e-mail and last address."""
    if not request.user.is_authenticated:
        return {}
    known = {"name": request.user.get_full_name(), "email": request.user.email}
    last = Order.objects.filter(user=request.user).first()
    if last:
        known |= {field: getattr(last, field) for field in ("mobile", "address", "city", "pin_code")}
    return known


@require_safe
@login_required
@never_cache
def orders(request: HttpRequest) -> HttpResponse:
    assert request.user.is_authenticated  # login_required
    mine = Order.objects.filter(user=request.user).prefetch_related("lines")
    return render(request, "shop/orders.html", {"orders": mine})


@require_safe
@never_cache
def order(request: HttpRequest, token: str) -> HttpResponse:
    shown = visible_order(request, token)
    context = {
        "order": shown,
        "payments": list(shown.payments),
        "form": PayForm(ways.of(shown)),
        "is_own": is_own(request, shown),
    }
    return render(request, "shop/order.html", context)


@require_POST
def pay(request: HttpRequest, token: str) -> HttpResponse:
    """Opens the payment for what is due and sends the shopper to the gateway."""
    shown = visible_order(request, token)
    form = PayForm(ways.of(shown), request.POST)
    if not form.is_valid():
        messages.error(request, _("Please choose how to pay."))
        return redirect(shown)
    way = form.cleaned_data["way"]
    try:
        return paytm.redirect(request, paytm.open_payment(shown, account=way.account), flow=way.flow)
    except (paytm.AlreadyPaid, paytm.NothingToPay) as error:
        messages.info(request, error.user_message)
    except (paytm.PaymentError, paytm.GatewayError) as error:
        messages.error(request, _(error.user_message))
    return redirect(shown)
