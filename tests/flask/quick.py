"""Settings of Django that make a shop of the tests quick: tables at once, and passwords that are not worth guessing."""

HASHES = {"PASSWORD_HASHERS": ["django.contrib.auth.hashers.MD5PasswordHasher"]}
QUICK = HASHES | {
    "MIGRATION_MODULES": dict.fromkeys(
        ("paytm_kit", "paytm_kit_flask", "admin", "auth", "contenttypes", "sessions"),
    ),
}
