"""What the twelve steps are called, why each exists, and what goes wrong in the copied gist that leaves it out."""

from __future__ import annotations

from typing import NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Words(NamedTuple):
    """``why`` is the reason in a sentence or two; ``gist`` is what happens without it."""

    slug: str
    title: str | Promise
    why: str | Promise
    gist: str | Promise


STEPS = (
    Words(
        "order",
        _("The order is priced from the database"),
        _(
            "What there is to pay is added up on the server, from the stored lines of the order. The browser only says "
            "how the shopper wants to pay."
        ),
        _("The gist reads the amount from the submitted form. Whoever edits the form pays one rupee."),
    ),
    Words(
        "payment",
        _("A payment is opened"),
        _(
            "A row of its own, with an id that cannot be guessed, is committed before anybody is called. An order has "
            "one open payment at most, so a double click makes no second charge."
        ),
        _(
            "The gist sends the order's number as Paytm's order id. The second try is refused as a duplicate, and when "
            "an answer gets lost there is nothing to ask about."
        ),
    ),
    Words(
        "request",
        _("The request before signing"),
        _(
            "This describes the payment: which merchant, which order id, how much, and where the shopper comes back. "
            "The address comes from the settings."
        ),
        _(
            "The gist builds the return address from the Host header of the request. Whoever forges that header "
            "receives the answers."
        ),
    ),
    Words(
        "string",
        _("The string that is signed"),
        _(
            "JSON is signed as the very text that is sent, to the byte. Of a form the values are signed, sorted by the "
            "names of their fields and joined by pipes."
        ),
        _("The gist signs one text and sends another, with other spaces in it. The answer is “Invalid checksum”."),
    ),
    Words(
        "signature",
        _("The signature"),
        _(
            "Four random characters, the salt, are added and the text is hashed. Hash and salt are encrypted with the "
            "merchant key, which never travels and is not shown here."
        ),
        _(
            "The gist keeps the key in its source, where everybody reads it, or in an .env file where an unquoted # "
            "cuts it off."
        ),
    ),
    Words(
        "answer",
        _("The answer, and the form that goes to the browser"),
        _(
            "The form takes the shopper to the payment page. What is in it may be read by the shopper: the key and the "
            "card are not."
        ),
        _("The gist believes whatever came back, signed or not, and prints the token into the log."),
    ),
    Words(
        "gateway",
        _("The shopper at the gateway"),
        _(
            "Cards and UPI IDs are typed on the gateway's page; this shop never sees them. This is what the "
            "simulator's own books say."
        ),
        _("The gist draws a card form of its own. Then card numbers pass through your server, and PCI DSS with them."),
    ),
    Words(
        "callback",
        _("The callback as it came"),
        _(
            "The shopper's browser brings the result back. It went through the shopper's hands, so it is a hint and no "
            "proof. It is stored before anything else happens."
        ),
        _("The gist marks the order as paid right here, because the form says TXN_SUCCESS."),
    ),
    Words(
        "checks",
        _("Each check and its verdict"),
        _(
            "Each check can fail by itself, and the first that fails is the end of what the message can do. The money "
            "is compared with the gateway's own answer, of the next step."
        ),
        _("The gist checks the signature at best. A signed message about one rupee then pays for everything."),
    ),
    Words(
        "status",
        _("The question to the gateway, and its signed answer"),
        _(
            "Whatever a message claims, the server asks the gateway itself. Only this answer can make a payment paid; "
            "no answer means unknown, and the kit asks again later."
        ),
        _("The gist never asks. Who closes the tab too early has paid and gets nothing."),
    ),
    Words(
        "rows",
        _("The rows that changed"),
        _(
            "One short transaction, under a lock: the event is appended, the status moves, the announcement is "
            "written. The shop's own code hears of it after the commit, and its writes happen once."
        ),
        _("The gist does everything in the view. When sending the mail fails, half is done; a reload does it twice."),
    ),
    Words(
        "webhook",
        _("The webhook says the same again"),
        _(
            "The gateway's server reports as well, in case the browser never comes back. It goes the same way, in "
            "whichever order they come. The second one finds everything written already."
        ),
        _("The gist ships the goods twice, once for each message."),
    ),
)
