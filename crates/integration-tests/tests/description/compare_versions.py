#!/usr/bin/env python3
"""Compares the operations of this crate with Clerk's API descriptions, in all six versions.

    git clone https://github.com/clerk/openapi-specs
    python3 crates/integration-tests/tests/description/compare_versions.py openapi-specs/bapi

The argument is a directory with one file for each version, such as `2026-05-12.yml`. The script requires PyYAML.

The crate's side is `operations.json` and `schemas.json`. The tests in this directory check that the models, the client and
the emulator have exactly these parameters and fields. The script compares the names of the query parameters, of the fields
of each body and of the properties of each response, at every depth.

Differences between the versions are listed in `EXCEPTIONS`, each with the reason. Any other difference is an error, and so
is an exception that does not occur.
"""

import fnmatch
import json
import pathlib
import sys

try:
    import yaml
except ImportError:
    sys.exit("install PyYAML: pip install pyyaml")

VERSIONS = ["2021-02-05", "2024-10-01", "2025-03-12", "2025-04-10", "2025-11-10", "2026-05-12"]
HERE = pathlib.Path(__file__).parent
OPERATIONS = json.loads((HERE / "operations.json").read_text())
SCHEMAS = json.loads((HERE / "schemas.json").read_text())

# The versions, a pattern of the difference (`*` stands for any text), and the reason. Later patterns are used only if no
# earlier one matches.
EXCEPTIONS = [
    (
        VERSIONS[:-1],
        "UpdateUser body: only the description has *_metadata",
        "the emulator accepts metadata in an update of these versions; the client sends the latest version",
    ),
    (
        VERSIONS[:4],
        "operations: only the crate has POST /users/{user_id}/password/*set_compromised",
        "the emulator does not have the operations in these versions",
    ),
    (
        VERSIONS[:3],
        "operations: only the crate has GET /users/{user_id}/billing/subscription",
        "the emulator does not have the operation in these versions",
    ),
    (
        ["2025-04-10"],
        "GetUserBillingSubscription response.subscription_items.plan: only the description has interval",
        "optional, and a plan of the later versions does not have it",
    ),
    (
        ["2025-04-10"],
        "GetUserBillingSubscription response.subscription_items.plan: only the description has period",
        "optional, and a plan of the later versions does not have it",
    ),
] + [
    (
        ["2025-04-10"],
        f"GetUserBillingSubscription response.{difference}",
        "the emulator writes the older format of a subscription: src/wire/response/old_subscription.rs",
    )
    for difference in [
        "next_payment: only the description has time",
        "subscription_items: only the crate has credits",
        "subscription_items: only the crate has payment_method",
        "subscription_items: only the crate has seats",
        "subscription_items: only the crate has totals",
        "subscription_items: only the description has amount",
        "subscription_items: only the description has next_invoice",
        "subscription_items: only the description has payment_source",
        "subscription_items: only the description has payment_source_id",
        "subscription_items.plan: only the crate has unit_prices",
        "subscription_items.plan: only the description has amount",
        "subscription_items.plan: only the description has amount_formatted",
        "subscription_items.plan: only the description has annual_amount",
        "subscription_items.plan: only the description has annual_amount_formatted",
        "subscription_items.plan: only the description has annual_monthly_amount",
        "subscription_items.plan: only the description has annual_monthly_amount_formatted",
        "subscription_items.plan: only the description has currency",
        "subscription_items.plan: only the description has currency_symbol",
        "subscription_items.plan: only the description has payer_type",
    ]
] + [
    (
        ["2025-03-12"],
        f"{where}: only the crate has {name}",
        "the description is older than those of the previous versions, which have all of these; the version is served alike",
    )
    for where, names in {
        "operations": [
            "DELETE /users/{user_id}/trusted_devices/{trusted_device_id}",
            "GET /users/{user_id}/billing/credits",
            "GET /users/{user_id}/trusted_devices",
            "POST /users/ban",
            "POST /users/unban",
            "POST /users/{user_id}/billing/credits",
            "POST /users/{user_id}/remove_password",
            "PUT /users/{user_id}/email_address",
            "PUT /users/{user_id}/metadata",
            "PUT /users/{user_id}/phone_number",
        ],
        "GetUserList query": ["starting_after"],
        "GetUser* query": ["last_sign_in_at_after", "last_sign_in_at_before", "provider", "provider_user_id"],
        "CreateUser body": [
            "banned",
            "email_address_identification_status",
            "locked",
            "phone_number_identification_status",
            "skip_user_requirement",
        ],
        "*User body": ["bypass_client_trust", "locale"],
        # The responses that are users.
        "*User* response": [
            "bypass_client_trust",
            "deprovisioned",
            "enterprise_accounts",
            "locale",
            "organization_memberships",
            "password_last_updated_at",
            "scim",
        ],
        "*.email_addresses.verification": ["channel", "external_verification_redirect_url", "object"],
        "*.phone_numbers.verification": ["channel", "object"],
        "*.web3_wallets.verification": ["object"],
        "*.passkeys.verification": ["object"],
        "*.external_accounts.verification": ["object"],
        "*.external_accounts": ["email_address_verified", "phone_number"],
        "*.saml_accounts.verification": ["object"],
        "*.saml_accounts.saml_connection": ["domains"],
        "*.saml_accounts": ["last_authenticated_at"],
        # The responses of deletions.
        "*Delete* response": ["external_id"],
        "GetOAuthAccessToken response": ["id_token"],
        "UsersGetOrganizationInvitations response.data": ["inviter_id", "public_inviter_data"],
        "*.organization": ["has_image", "image_url", "last_active_at", "role_set_key"],
        "*.public_user_data": ["banned", "deprovisioned", "username"],
    }.items()
    for name in names
]


class Description:
    """An API description in the OpenAPI format."""

    def __init__(self, path):
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        self.document = yaml.load(path.read_text(), Loader=loader)

    def resolve(self, node):
        """Follows references."""
        while isinstance(node, dict) and "$ref" in node:
            target = self.document
            for step in node["$ref"].removeprefix("#/").split("/"):
                target = target[step.replace("~1", "/").replace("~0", "~")]
            node = target
        return node or {}

    def operations(self):
        """Returns the operations below `/users`, by method and path."""
        found = {}
        for path, item in self.document["paths"].items():
            if path == "/users" or path.startswith("/users/"):
                shared = item.get("parameters", [])
                for method, operation in item.items():
                    if method in ("get", "post", "put", "patch", "delete"):
                        parameters = [self.resolve(one) for one in shared + operation.get("parameters", [])]
                        found[(method.upper(), path)] = (operation, parameters)
        return found

    def variants(self, schema):
        """Returns the object schemas of a value: one, or several if the value can be one of several objects."""
        schema = self.resolve(schema)
        if "items" in schema:
            return self.variants(schema["items"])
        variants = [{}]
        for part in schema.get("allOf", []):
            variants = [left | right for left in variants for right in self.variants(part)]
        properties = schema.get("properties", {})
        variants = [left | properties for left in variants]
        choices = [one for key in ("oneOf", "anyOf") for one in schema.get(key, []) if self.is_object(one)]
        if choices:
            variants = [left | right for left in variants for one in choices for right in self.variants(one)]
        return variants

    def is_object(self, schema):
        schema = self.resolve(schema)
        return any(key in schema for key in ("properties", "allOf", "oneOf", "anyOf", "items"))

    def kind(self, properties):
        """Returns the value of `object`, which names the schema if a value can be one of several objects."""
        values = self.resolve(properties.get("object", {})).get("enum", [])
        return values[0] if len(values) == 1 else None


def names_of(variants):
    return {name for properties in variants for name in properties}


class Comparison:
    def __init__(self, version, description):
        self.version = version
        self.description = description
        self.differences = []

    def run(self):
        theirs = self.description.operations()
        ours = {(one["method"], one["path"]): one for one in OPERATIONS}
        self.names("operations", {" ".join(one) for one in ours}, {" ".join(one) for one in theirs})
        for key in sorted(ours.keys() & theirs.keys()):
            self.operation(ours[key], *theirs[key])
        return self.differences

    def operation(self, ours, theirs, parameters):
        query = {one["name"] for one in parameters if one["in"] == "query"}
        self.names(f"{ours['id']} query", set(ours["query"]), query)
        body = self.content(self.description.resolve(theirs.get("requestBody", {})))
        fields = ours["body"]["fields"] if ours["body"] else {}
        self.names(f"{ours['id']} body", set(fields), names_of(self.description.variants(body)) if body else set())
        response = self.content(self.description.resolve(theirs["responses"].get("200", {})))
        self.object(f"{ours['id']} response", ours["success"]["schema"], self.description.variants(response), ())

    def content(self, node):
        content = node.get("content", {})
        return next(iter(content.values())).get("schema", {}) if content else {}

    def object(self, where, name, variants, above):
        """Compares the properties of an object, and of the objects in it. `above` are the schemas that contain it."""
        if name in above:
            return
        ours = SCHEMAS[name]["fields"]
        # A value that can be one of several objects without a name has the properties of all of them.
        theirs = {key: value for properties in variants for key, value in properties.items()}
        self.names(where, set(ours), set(theirs))
        for key in sorted(ours.keys() & theirs.keys()):
            self.field(f"{where}.{key}", ours[key].get("of", []), theirs[key], (*above, name))

    def field(self, where, schemas, theirs, above):
        if not schemas:
            return
        variants = self.description.variants(theirs)
        if len(schemas) == 1:
            self.object(where, schemas[0], variants, above)
            return
        by_kind = {}
        for properties in variants:
            by_kind.setdefault(self.description.kind(properties), []).append(properties)
        if set(by_kind) == {None}:
            # An older description does not name the kinds.
            fields = {name for schema in schemas for name in SCHEMAS[schema]["fields"]}
            self.names(where, fields, names_of(variants))
            return
        self.names(f"{where} kinds", set(schemas), {str(kind) for kind in by_kind})
        for kind in sorted(set(schemas) & by_kind.keys()):
            self.object(f"{where} ({kind})", kind, by_kind[kind], above)

    def names(self, where, ours, theirs):
        for name in sorted(ours - theirs):
            self.differences.append(f"{where}: only the crate has {name}")
        for name in sorted(theirs - ours):
            self.differences.append(f"{where}: only the description has {name}")


def explain(version, difference, used):
    """Returns the reason of a difference, or `None`."""
    for index, (versions, pattern, reason) in enumerate(EXCEPTIONS):
        if version in versions and fnmatch.fnmatchcase(difference, pattern):
            used.add((index, version))
            return reason
    return None


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    folder = pathlib.Path(sys.argv[1])
    failed = False
    used = set()
    for version in VERSIONS:
        differences = Comparison(version, Description(folder / f"{version}.yml")).run()
        reasons = {one: explain(version, one, used) for one in differences}
        unexplained = [one for one in differences if reasons[one] is None]
        print(f"{version}: {len(differences)} differences, {len(unexplained)} without a reason")
        for one in unexplained:
            print(f"  {one}")
        failed |= bool(unexplained)
    for index, (versions, pattern, _) in enumerate(EXCEPTIONS):
        for version in versions:
            if (index, version) not in used:
                print(f"the exception does not occur in {version}: {pattern}")
                failed = True
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
