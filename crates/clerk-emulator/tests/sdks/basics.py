"""Reads, creates, updates, verifies and deletes users with an older version of clerk-backend-api."""

import json
import os

from clerk_backend_api import Clerk, models
from totp import totp

PASSWORD = "correct horse battery"
TOTP_SECRET = "JBSWY3DPEHPK3PXP"
checks = 0

url = os.environ["EMULATOR_URL"]
users = Clerk(bearer_auth=os.environ["CLERK_SECRET_KEY"], server_url=f"{url}/v1").users


def equal(actual, expected):
    global checks
    assert actual == expected, f"expected {expected!r}, got {actual!r}"
    checks += 1


def rejected(status, code, call, /, **arguments):
    """Asserts that a call fails with this status and code.

    The SDK decodes the errors only for statuses that the API's description documents for the operation.
    """
    try:
        result = call(**arguments)
    except (models.ClerkErrors, models.SDKError) as error:
        codes = [detail["code"] for detail in json.loads(error.body)["errors"]]
        equal((error.status_code, codes), (status, [code]))
    else:
        raise AssertionError(f"expected {status} {code}, got {result!r}")


ada = users.create(
    external_id="older-1",
    email_address=["ada@older.example.com"],
    phone_number=["+15550100401"],
    username="ada_older",
    password=PASSWORD,
    totp_secret=TOTP_SECRET,
    backup_codes=["backup-one"],
    first_name="Ada",
    last_name="Lovelace",
    public_metadata={"plan": "pro", "limits": {"seats": 3, "projects": 9}},
    private_metadata={"crm": 7},
    created_at="2020-05-02T00:00:00.125Z",
)
equal((ada.first_name, ada.last_name, ada.username, ada.external_id), ("Ada", "Lovelace", "ada_older", "older-1"))
equal((ada.created_at, ada.password_enabled, ada.totp_enabled), (1_588_377_600_125, True, True))
equal([email.email_address for email in ada.email_addresses], ["ada@older.example.com"])
rejected(422, "form_identifier_exists", users.create, email_address=["ADA@older.example.com"])

equal(users.get(user_id=ada.id), ada)
equal([user.id for user in users.list(request={"email_address": ["ada@older.example.com"]})], [ada.id])
equal(users.count(external_id=["older-1"]).total_count, 1)
rejected(404, "resource_not_found", users.get, user_id="user_unknown")

# In this version of the API, the update replaces the metadata.
updated = users.update(user_id=ada.id, first_name="Augusta", public_metadata={"limits": {"seats": 4}})
equal((updated.first_name, updated.public_metadata), ("Augusta", {"limits": {"seats": 4}}))
equal(updated.private_metadata, {"crm": 7})
merged = users.update_metadata(user_id=ada.id, public_metadata={"limits": {"seats": None, "guests": 1}})
equal(merged.public_metadata, {"limits": {"guests": 1}})

equal(users.verify_password(user_id=ada.id, password=PASSWORD).verified, True)
rejected(422, "incorrect_password", users.verify_password, user_id=ada.id, password="wrong horse")
equal(users.verify_totp(user_id=ada.id, code=totp(TOTP_SECRET)).code_type, "totp")
equal(users.verify_totp(user_id=ada.id, code="backup-one").code_type, "backup_code")

equal(users.ban(user_id=ada.id).banned, True)
equal(users.unban(user_id=ada.id).banned, False)
equal(users.lock(user_id=ada.id).locked, True)
equal(users.unlock(user_id=ada.id).locked, False)
gif = {"file_name": "ada.gif", "content": b"GIF89a-and-so-on", "content_type": "image/gif"}
equal(users.set_profile_image(user_id=ada.id, file=gif).has_image, True)
equal(users.delete_profile_image(user_id=ada.id).has_image, False)
equal(users.get_organization_memberships(user_id=ada.id).total_count, 0)
users.disable_mfa(user_id=ada.id)
equal(users.get(user_id=ada.id).two_factor_enabled, False)

response = users.delete(user_id=ada.id)
equal((response.id, response.deleted), (ada.id, True))
rejected(404, "resource_not_found", users.get, user_id=ada.id)

print(f"clerk-backend-api: {checks} checks passed")
