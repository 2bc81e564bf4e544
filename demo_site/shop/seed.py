"""The catalogue and the people that the demo starts with. Seeding again changes nothing that staff have edited."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import transaction

from demo_site.shop.models import DOLLARS, RUPEES, Category, Product

SHELVES = [
    ("teas", "Teas", "Plucked by hand, packed within the season.", RUPEES),
    ("spices", "Spices", "This year's harvest, whole or ground on the day we send it.", RUPEES),
    ("table", "For the table", "Cloth from the handloom, clay and brass from the workshop.", RUPEES),
    ("gifts", "Gifts from abroad", "For your family in India: you pay in US dollars, we deliver to them.", DOLLARS),
]


@dataclass(frozen=True, slots=True)
class Item:
    shelf: str
    slug: str
    name: str
    pack: str
    price: str  # in its shelf's currency
    summary: str
    description: str
    drawing: str = ""  # by default its slug


ITEMS = [
    Item(
        "teas",
        "darjeeling-first-flush",
        "Darjeeling First Flush",
        "100 g tin",
        "645",
        "Light and floral, from the first leaves of spring.",
        "Picked in March on a small garden above Kurseong, when the bushes wake up after winter. The cup is pale gold "
        "and tastes of muscat grape and fresh hay.\n\nUse water just off the boil, steep for three minutes, and leave "
        "out the milk.",
    ),
    Item(
        "teas",
        "assam-breakfast",
        "Assam Breakfast",
        "250 g pouch",
        "285",
        "Strong, malty and made for milk.",
        "A brisk CTC from the south bank of the Brahmaputra that holds its own against milk and jaggery. This is the "
        "tea we drink ourselves at seven in the morning.\n\nOne teaspoon a cup, four minutes, then milk to taste.",
    ),
    Item(
        "teas",
        "kashmiri-kahwa",
        "Kashmiri Kahwa",
        "100 g tin",
        "390",
        "Green tea with almond, cinnamon and a little saffron.",
        "Mixed by a family in Srinagar who have poured kahwa at weddings for three generations: green tea, slivered "
        "almonds, cinnamon, cardamom and threads of saffron.\n\nSimmer gently for five minutes and sweeten with honey.",
    ),
    Item(
        "teas",
        "masala-chai",
        "Masala Chai",
        "200 g pouch",
        "310.50",
        "Assam leaf with ginger, cardamom, clove and pepper.",
        "Our own blend: strong Assam with dried ginger, green cardamom, clove and a few turns of black pepper. No "
        "flavouring, nothing but leaf and spice.\n\nBoil with water first, add milk, boil again, pour from a height.",
    ),
    Item(
        "spices",
        "green-cardamom",
        "Idukki Green Cardamom",
        "50 g jar",
        "260",
        "Plump eight-millimetre pods from the hills of Kerala.",
        "Picked before the pods open and dried slowly, so that they stay green and the seeds stay sticky. Three pods "
        "are enough for a pot of kheer.\n\nKeep the jar closed and away from the stove.",
    ),
    Item(
        "spices",
        "lakadong-turmeric",
        "Lakadong Turmeric",
        "150 g pouch",
        "225",
        "Deep orange, earthy, more than seven per cent curcumin.",
        "Grown without irrigation by women's groups in the Jaintia Hills of Meghalaya, sun-dried and stone-ground in "
        "small lots. You need about half of what you would normally use.\n\nGround on the day your order leaves.",
    ),
    Item(
        "spices",
        "malabar-pepper",
        "Malabar Black Pepper",
        "100 g jar",
        "240",
        "Big, late-picked berries with a citrus edge.",
        "Left on the vine until the first berries turn red, then dried on bamboo mats in Wayanad. The size is called "
        "Tellicherry: bold, fragrant and slow to fade.\n\nSold whole; grind it over the plate.",
    ),
    Item(
        "spices",
        "kashmiri-saffron",
        "Pampore Saffron",
        "1 g box",
        "549",
        "Mongra grade: only the dark red tips.",
        "Plucked before sunrise in the October fields of Pampore and dried the same day. A gram holds four hundred "
        "threads, enough for ten biryanis.\n\nSoak a pinch in warm milk for twenty minutes before using it.",
    ),
    Item(
        "table",
        "kala-cotton-towels",
        "Kala Cotton Tea Towels",
        "set of two",
        "480",
        "Rain-fed cotton from Kutch, woven on a pit loom.",
        "Kala cotton needs no irrigation and no spraying. Weavers in Bhujodi turn it into a thick, thirsty cloth that "
        "gets softer with every wash.\n\n50 by 70 cm each. Machine wash at 40 °C.",
    ),
    Item(
        "table",
        "bagru-runner",
        "Bagru Table Runner",
        "35 by 180 cm",
        "1250",
        "Block-printed by hand with indigo and madder.",
        "Printed in Bagru with carved teak blocks and plant dyes, then washed in the river and dried on the bank. "
        "Small shifts in the print show where the hand moved on.\n\nCotton. Cold wash, dry in the shade.",
    ),
    Item(
        "table",
        "clay-kulhads",
        "Clay Kulhads",
        "set of six",
        "399",
        "Unglazed cups that make any chai taste of rain.",
        "Thrown on a kick wheel in Khurja and fired with rice husk. Each holds 150 ml; no two are quite alike.\n\n"
        "Soak them in water for an hour before the first chai.",
    ),
    Item(
        "table",
        "brass-strainer",
        "Brass Tea Strainer",
        "one piece",
        "575",
        "Beaten by hand, for a lifetime of chai.",
        "Made by the Thathera coppersmiths of Punjab, whose craft passes from parent to child. The mesh is fine enough "
        "for dust tea and the handle stays cool.\n\nPolish with tamarind and salt.",
    ),
    Item(
        "gifts",
        "chai-box",
        "Chai Box",
        "one box",
        "24",
        "Masala chai, six kulhads and a brass strainer, with your card.",
        "All that a good cup takes, packed in straw, with a card on which we write your words by hand.\n\nDelivered "
        "anywhere in India within five days. The price in dollars is ours; your card is charged just that.",
        "masala-chai",
    ),
    Item(
        "gifts",
        "festival-trunk",
        "Festival Trunk",
        "one trunk",
        "68.50",
        "Saffron, cardamom, first flush and a block-printed runner.",
        "For Diwali, Eid or a wedding: the best of each shelf in a tin trunk, with your card on top.\n\nDelivered "
        "anywhere in India within five days. The price in dollars is ours; your card is charged just that.",
        "parcel",
    ),
]


@dataclass(frozen=True, slots=True)
class Person:
    username: str
    first_name: str
    last_name: str
    is_staff: bool = False


PEOPLE = [Person("asha", "Asha", "Menon"), Person("staff", "Ravi", "Kulkarni", is_staff=True)]


@transaction.atomic
def seed() -> None:
    """Adds the shelves, products and users that are missing; the users' password is DEMO_PASSWORD again."""
    shelves = {}
    for position, (slug, name, intro, currency) in enumerate(SHELVES):
        values = {"name": name, "intro": intro, "currency": currency, "position": position}
        shelves[slug], _ = Category.objects.get_or_create(slug=slug, defaults=values)
    for position, item in enumerate(ITEMS):
        Product.objects.get_or_create(
            slug=item.slug,
            defaults={
                "category": shelves[item.shelf],
                "name": item.name,
                "pack": item.pack,
                "price": Decimal(item.price),
                "summary": item.summary,
                "description": item.description,
                "illustration": item.drawing or item.slug,
                "position": position,
            },
        )
    for person in PEOPLE:
        _seed_person(person)


def _seed_person(person: Person) -> None:
    user, _ = get_user_model().objects.get_or_create(
        username=person.username,
        defaults={
            "first_name": person.first_name,
            "last_name": person.last_name,
            "email": f"{person.username}@example.com",
            "is_staff": person.is_staff,
            "is_superuser": person.is_staff,
        },
    )
    if not user.check_password(settings.DEMO_PASSWORD):
        user.set_password(settings.DEMO_PASSWORD)
        user.save(update_fields=["password"])
