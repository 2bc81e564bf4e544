"""What the shop sells and what was ordered. ``Order`` is the merchant's order that the kit collects for."""

from __future__ import annotations

import secrets
from decimal import Decimal

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from paytm_kit.checkout import Customer
from paytm_kit.invoices import Invoice, InvoiceLine
from paytm_kit.payable import PayableMixin

MAX_QUANTITY = 20  # of one product in one order
RUPEES, DOLLARS = "INR", "USD"
CURRENCIES = [(RUPEES, _("Indian rupees")), (DOLLARS, _("US dollars"))]


def new_token() -> str:
    """32 lower-case hex digits: cannot be guessed, and safe where a database compares without case."""
    return secrets.token_hex(16)


class Category(models.Model):
    name = models.CharField(_("name"), max_length=60)
    slug = models.SlugField(_("slug"), unique=True)
    intro = models.CharField(_("introduction"), max_length=200, blank=True)
    currency = models.CharField(
        _("currency"), max_length=3, choices=CURRENCIES, default=RUPEES, help_text=_("What its products are priced in.")
    )
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    class Meta:
        verbose_name = _("category")
        verbose_name_plural = _("categories")
        ordering = ["position", "name"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("shop:category", args=[self.slug])


class ProductQuerySet(models.QuerySet["Product"]):
    def on_sale(self) -> ProductQuerySet:
        """What shoppers can see and buy."""
        return self.filter(is_available=True).select_related("category")


class Product(models.Model):
    category = models.ForeignKey(Category, models.PROTECT, related_name="products", verbose_name=_("category"))
    name = models.CharField(_("name"), max_length=80)
    slug = models.SlugField(_("slug"), unique=True)
    pack = models.CharField(_("pack"), max_length=40, help_text=_("What one unit is, such as “100 g tin”."))
    summary = models.CharField(_("summary"), max_length=160)
    description = models.TextField(_("description"))
    price = models.DecimalField(
        _("price"),
        max_digits=8,
        decimal_places=2,
        validators=[MinValueValidator(Decimal("1.00"))],
        help_text=_("In the currency of its category, taxes included."),
    )
    illustration = models.SlugField(
        _("illustration"), default="parcel", help_text=_("Name of a drawing under static/shop/products, without .svg.")
    )
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    is_available = models.BooleanField(_("available"), default=True)

    objects = ProductQuerySet.as_manager()

    class Meta:
        verbose_name = _("product")
        verbose_name_plural = _("products")
        ordering = ["category__position", "position", "name"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("shop:product", args=[self.slug])

    @property
    def currency(self) -> str:
        return self.category.currency

    @property
    def illustration_path(self) -> str:
        return f"shop/products/{self.illustration}.svg"


class Order(PayableMixin):
    """What one shopper bought. Its total is the sum of its lines; what was paid comes from the kit."""

    token = models.CharField(_("token"), max_length=32, unique=True, default=new_token, editable=False)
    cart_key = models.CharField(
        max_length=32,
        unique=True,
        default=new_token,
        editable=False,
        help_text="The cart it was made from: the same cart sent twice gives one order.",
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="orders",
        verbose_name=_("shopper"),
        help_text=_("Empty for a guest."),
    )
    name = models.CharField(_("full name"), max_length=80)
    email = models.EmailField(_("e-mail"))
    mobile = models.CharField(_("mobile"), max_length=10, blank=True)
    address = models.CharField(_("address"), max_length=200)
    city = models.CharField(_("town or city"), max_length=60)
    pin_code = models.CharField(_("PIN code"), max_length=6)
    language = models.CharField(
        _("language"), max_length=10, blank=True, help_text=_("In which it was ordered, and letters are written.")
    )
    currency = models.CharField(_("currency"), max_length=3, choices=CURRENCIES, default=RUPEES)
    created_at = models.DateTimeField(_("ordered"), auto_now_add=True)
    paid_at = models.DateTimeField(_("paid"), null=True, blank=True)
    staff_remark = models.TextField(_("staff remarks"), blank=True)

    class Meta:
        verbose_name = _("order")
        verbose_name_plural = _("orders")
        ordering = ["-created_at", "-pk"]

    def __str__(self) -> str:
        return self.number

    def get_absolute_url(self) -> str:
        return reverse("shop:order", args=[self.token])

    @property
    def number(self) -> str:
        """How people name the order. Never part of an address: it can be counted up."""
        return f"KD-{1000 + self.pk}" if self.pk else ""

    @property
    def total(self) -> Decimal:
        """In the order's currency, from the lines as stored."""
        return sum((line.total for line in self.lines.all()), Decimal("0.00"))

    def amount_due(self) -> Decimal:
        return self.total

    def payment_currency(self) -> str:
        return self.currency

    def payment_customer(self) -> Customer:
        customer = f"shopper_{self.user_id}" if self.user_id else f"guest_{self.pk}"
        return Customer(id=customer, email=self.email, mobile=self.mobile)

    def payment_language(self) -> str:
        return self.language

    def payment_invoice(self) -> Invoice:
        """What was bought. The kit's receipt becomes a tax invoice only when HSN codes and taxes stand here as well."""
        lines = (
            InvoiceLine(f"{line.name}, {line.pack}" if line.pack else line.name, line.total, str(line.quantity))
            for line in self.lines.all()
        )
        return Invoice(number=self.number, issued_on=timezone.localdate(self.created_at), lines=tuple(lines))


class OrderLine(models.Model):
    """One product of an order, with its name and price as they were when it was ordered."""

    order = models.ForeignKey(Order, models.CASCADE, related_name="lines", verbose_name=_("order"))
    product = models.ForeignKey(
        Product, models.SET_NULL, null=True, related_name="order_lines", verbose_name=_("product")
    )
    name = models.CharField(_("name"), max_length=80)
    pack = models.CharField(_("pack"), max_length=40, blank=True)
    unit_price = models.DecimalField(_("unit price"), max_digits=8, decimal_places=2)
    quantity = models.PositiveSmallIntegerField(
        _("quantity"), validators=[MinValueValidator(1), MaxValueValidator(MAX_QUANTITY)]
    )

    class Meta:
        verbose_name = _("order line")
        verbose_name_plural = _("order lines")
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(condition=models.Q(quantity__gte=1), name="shop_line_quantity_positive"),
            models.CheckConstraint(condition=models.Q(unit_price__gt=0), name="shop_line_price_positive"),
        ]

    def __str__(self) -> str:
        return gettext("%(quantity)s of %(name)s") % {"quantity": self.quantity, "name": self.name}

    @property
    def total(self) -> Decimal:
        return self.unit_price * self.quantity
