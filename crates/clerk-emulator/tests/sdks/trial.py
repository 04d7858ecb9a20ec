"""Calls every users operation of clerk-backend-api against the emulator."""

import json
import os

import httpx
from clerk_backend_api import Clerk, models
from clerk_backend_api.utils import RetryConfig, BackoffStrategy
from totp import totp

URL = os.environ["EMULATOR_URL"]
KEY = os.environ["CLERK_SECRET_KEY"]
PASSWORD = "correct horse battery"
TOTP_SECRET = "JBSWY3DPEHPK3PXP"
WALLET = "0x71C7656EC7ab88b098defB751B7401B5f6d8976F"
checks = 0


def client(key=KEY):
    # Retries are disabled, so that a server error fails the test immediately.
    no_retries = RetryConfig("none", BackoffStrategy(0, 0, 1, 0), False)
    return Clerk(bearer_auth=key, server_url=f"{URL}/v1", retry_config=no_retries)


users = client().users


def equal(actual, expected):
    global checks
    assert actual == expected, f"expected {expected!r}, got {actual!r}"
    checks += 1


def rejected(status, code, param_name, call, /, **arguments):
    """Asserts that a call fails with this status and error.

    The SDK decodes the errors only for statuses that the API's description documents for the operation.
    """
    try:
        result = call(**arguments)
    except models.ClerkErrors as error:
        equal(error.status_code, status)
        errors = [detail.model_dump() for detail in error.data.errors]
    except models.SDKError as error:
        equal(error.status_code, status)
        errors = json.loads(error.body)["errors"]
    else:
        raise AssertionError(f"expected {status} {code}, got {result!r}")
    equal([(detail["code"], detail.get("meta", {}).get("param_name")) for detail in errors], [(code, param_name)])
    assert errors[0]["message"] and errors[0]["long_message"], "the message is missing"


def seed(user_id, kind, value, method="POST"):
    """Adds a resource that the API cannot create."""
    headers = {"authorization": f"Bearer {KEY}"}
    response = httpx.request(method, f"{URL}/__emulator/users/{user_id}/{kind}", json=value, headers=headers)
    assert response.status_code == 200, response.text


def ids(found):
    return [user.id for user in found]


ada = users.create(
    external_id="py-1",
    email_address=["ada@py.example.com", "kept@py.example.com"],
    email_address_identification_status=["verified", "reserved"],
    phone_number=["+15550100301"],
    web3_wallet=[WALLET],
    username="ada_py",
    password=PASSWORD,
    first_name="Ada",
    last_name="Lovelace",
    locale="en-GB",
    totp_secret=TOTP_SECRET,
    backup_codes=["backup-one"],
    public_metadata={"plan": "pro", "limits": {"seats": 3, "projects": 9}},
    private_metadata={"crm": 7},
    legal_accepted_at="2020-05-01T00:00:00Z",
    created_at="2020-05-02T00:00:00.125Z",
)
equal((ada.object, ada.first_name, ada.last_name, ada.username), ("user", "Ada", "Lovelace", "ada_py"))
equal((ada.external_id, ada.locale, ada.banned, ada.locked, ada.has_image), ("py-1", "en-GB", False, False, False))
statuses = [(email.email_address, email.verification and email.verification.status) for email in ada.email_addresses]
equal(statuses, [("ada@py.example.com", "verified"), ("kept@py.example.com", None)])
equal(ada.primary_email_address_id, ada.email_addresses[0].id)
equal([phone.phone_number for phone in ada.phone_numbers], ["+15550100301"])
equal([wallet.web3_wallet for wallet in ada.web3_wallets], [WALLET])
equal((ada.password_enabled, ada.totp_enabled, ada.backup_code_enabled, ada.two_factor_enabled), (True,) * 4)
equal(ada.public_metadata, {"plan": "pro", "limits": {"seats": 3, "projects": 9}})
equal((ada.created_at, ada.legal_accepted_at), (1_588_377_600_125, 1_588_291_200_000))
grace = users.create(email_address=["grace@py.example.com"], first_name=None, username=None, password=None)

both = {"user_id": [ada.id, grace.id]}
equal(len(users.list(request={"limit": 2})), 2)
equal(ids(users.list(request=both)), [grace.id, ada.id])
equal(ids(users.list(request={**both, "order_by": "+created_at"})), [ada.id, grace.id])
equal(ids(users.list(request={**both, "limit": 1, "offset": 1})), [ada.id])
equal(ids(users.list(request={**both, "banned": True})), [])
equal(ids(users.list(request={**both, "banned": False, "query": "LOVELACE"})), [ada.id])
emails = ["ada@py.example.com", "grace@py.example.com"]
equal(ids(users.list(request={"email_address": emails})), [grace.id, ada.id])
equal(ids(users.list(request={"phone_number": ["+15550100301"]})), [ada.id])
equal(ids(users.list(request={"external_id": ["py-1"], "name_query": "love"})), [ada.id])
equal(ids(users.list(request={**both, "created_at_before": ada.created_at + 1})), [ada.id])
counted = users.count(request=both)
equal((counted.object, counted.total_count), ("total_count", 2))
equal(users.get(user_id=ada.id), ada)

renamed = users.update(user_id=ada.id, first_name="Augusta", last_name=None, create_organizations_limit=4)
equal((renamed.first_name, renamed.last_name, renamed.create_organizations_limit), ("Augusta", None, 4))
equal(renamed.username, "ada_py")

merged = users.update_metadata(user_id=ada.id, public_metadata={"limits": {"seats": None, "guests": [1]}})
equal(merged.public_metadata, {"plan": "pro", "limits": {"projects": 9, "guests": [1]}})
equal(merged.private_metadata, {"crm": 7})
equal(users.update_metadata(user_id=ada.id).public_metadata, merged.public_metadata)
replaced = users.replace_metadata(user_id=ada.id, public_metadata={"limits": {"guests": 1}}, unsafe_metadata={})
equal((replaced.public_metadata, replaced.private_metadata), ({"limits": {"guests": 1}}, {"crm": 7}))

equal(users.verify_password(user_id=ada.id, password=PASSWORD).verified, True)
rejected(422, "incorrect_password", None, users.verify_password, user_id=ada.id, password="wrong horse")
rejected(400, "no_password_set", None, users.verify_password, user_id=grace.id, password=PASSWORD)
verified = users.verify_totp(user_id=ada.id, code=totp(TOTP_SECRET))
equal((verified.verified, verified.code_type), (True, "totp"))
equal(users.verify_totp(user_id=ada.id, code="backup-one").code_type, "backup_code")
rejected(422, "totp_invalid_length", None, users.verify_totp, user_id=ada.id, code="backup-one")
rejected(400, "totp_disabled", None, users.verify_totp, user_id=grace.id, code="123456")

equal(users.ban(user_id=ada.id).banned, True)
equal(users.unban(user_id=ada.id).banned, False)
equal([user.banned for user in users.bulk_ban(user_ids=[ada.id, grace.id])], [True, True])
equal([user.banned for user in users.bulk_unban(user_ids=[ada.id, grace.id])], [False, False])
locked = users.lock(user_id=ada.id)
equal((locked.locked, locked.lockout_expires_in_seconds > 3500), (True, True))
equal(users.unlock(user_id=ada.id).locked, False)

gif = {"file_name": "ada.gif", "content": b"GIF89a-and-so-on", "content_type": "image/gif"}
pictured = users.set_profile_image(user_id=ada.id, file=gif)
equal((pictured.has_image, pictured.image_url.startswith("http")), (True, True))
equal(users.delete_profile_image(user_id=ada.id).has_image, False)

seed(ada.id, "passkeys", {"id": "idn_py_passkey", "name": "Laptop", "verification": {"status": "verified"}})
seed(
    ada.id,
    "external_accounts",
    {"id": "eac_py", "provider": "oauth_google", "provider_user_id": "py", "verification": {"status": "verified"}},
)
seed(ada.id, "oauth_access_tokens", {"provider": "oauth_google", "token": "made-up", "scopes": ["email"]})
seed(
    ada.id,
    "organization_memberships",
    {"id": "orgmem_py", "role": "org:admin", "organization": {"id": "org_py", "name": "Analysts"}},
)
seed(
    ada.id,
    "organization_invitations",
    {"id": "orginv_py", "email_address": "ada@py.example.com", "role": "org:member", "status": "pending"},
)
seed(
    ada.id,
    "trusted_devices",
    {"id": "tdv_py", "platform": "ios", "app_identifier": "com.example.app", "status": "active"},
)
item = {"id": "csub_item_py", "status": "active", "plan_period": "month"}
seed(ada.id, "billing_subscription", {"id": "csub_py", "status": "active", "subscription_items": [item]}, "PUT")

tokens = users.get_o_auth_access_token(user_id=ada.id, provider="oauth_google")
equal([(token.object, token.token, token.scopes) for token in tokens], [("oauth_access_token", "made-up", ["email"])])
memberships = users.get_organization_memberships(user_id=ada.id)
equal(
    (memberships.total_count, memberships.data[0].role, memberships.data[0].organization.name),
    (1, "org:admin", "Analysts"),
)
equal(memberships.data[0].public_user_data.user_id, ada.id)
invitations = users.get_organization_invitations(user_id=ada.id, status="pending")
equal((invitations.total_count, invitations.data[0].email_address), (1, "ada@py.example.com"))
equal(users.get_organization_invitations(user_id=ada.id, status="revoked").data, [])
devices = users.list_trusted_devices(user_id=ada.id)
equal((devices.total_count, devices.data[0].id, devices.data[0].status), (1, "tdv_py", "active"))
equal(users.revoke_trusted_device(user_id=ada.id, trusted_device_id="tdv_py").status, "revoked")

subscription = users.get_billing_subscription(user_id=ada.id)
equal(
    (subscription.id, subscription.status, subscription.subscription_items[0].id), ("csub_py", "active", "csub_item_py")
)
equal(users.get_billing_credit_balance(user_id=ada.id).balance, None)
credit = {"user_id": ada.id, "amount": 1500, "action": "increase", "idempotency_key": "py-1", "note": "refund"}
entry = users.adjust_billing_credit_balance(**credit)
equal((entry.amount.amount, entry.amount.currency, entry.note), (1500, "USD", "refund"))
equal(users.adjust_billing_credit_balance(**credit), entry)
equal(users.get_billing_credit_balance(user_id=ada.id).balance.amount, 1500)
rejected(409, "conflict", None, users.adjust_billing_credit_balance, **{**credit, "amount": 1})

full = users.get(user_id=ada.id)
equal((full.passkeys[0].id, full.external_accounts[0].verification.strategy), ("idn_py_passkey", "oauth_google"))


def deleted(response):
    return response.object, response.id, response.deleted


equal(
    deleted(users.delete_external_account(user_id=ada.id, external_account_id="eac_py")),
    ("external_account", "eac_py", True),
)
equal(
    deleted(users.delete_passkey(user_id=ada.id, passkey_identification_id="idn_py_passkey")),
    ("passkey", "idn_py_passkey", True),
)
wallet_id = ada.primary_web3_wallet_id
equal(
    deleted(users.delete_web3_wallet(user_id=ada.id, web3_wallet_identification_id=wallet_id)),
    ("web3_wallet", wallet_id, True),
)
rejected(
    404, "resource_not_found", None, users.delete_passkey, user_id=ada.id, passkey_identification_id="idn_py_passkey"
)

equal(users.set_password_compromised(user_id=ada.id).id, ada.id)
equal(users.set_password_compromised(user_id=ada.id, revoke_all_sessions=True).id, ada.id)
equal(users.unset_password_compromised(user_id=ada.id).id, ada.id)
equal(users.delete_backup_codes(user_id=ada.id).user_id, ada.id)
equal(users.delete_totp(user_id=ada.id).user_id, ada.id)
equal(users.disable_mfa(user_id=ada.id).user_id, ada.id)
equal(users.remove_password(user_id=ada.id).password_enabled, False)

rejected(401, "clerk_key_invalid", None, client("not_a_key").users.get, user_id=ada.id)
rejected(404, "resource_not_found", None, users.get, user_id="user_unknown")
rejected(404, "resource_not_found", None, users.ban, user_id="user_unknown")
rejected(422, "form_identifier_exists", "email_address", users.create, email_address=["grace@py.example.com"])
rejected(422, "form_param_format_invalid", "phone_number", users.create, phone_number=["555"])
rejected(422, "form_param_invalid_time", "created_at", users.update, user_id=ada.id, created_at="yesterday")
rejected(422, "form_password_length_too_short", "password", users.create, username="new_py", password="short")
rejected(400, "bulk_size_exceeded", None, users.bulk_ban, user_ids=[ada.id] * 51)

response = users.delete(user_id=ada.id)
equal((deleted(response), response.external_id), (("user", ada.id, True), "py-1"))
rejected(404, "resource_not_found", None, users.get, user_id=ada.id)
rejected(404, "resource_not_found", None, users.delete, user_id=ada.id)
users.delete(user_id=grace.id)

print(f"clerk-backend-api: {checks} checks passed")
