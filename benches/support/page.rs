//! Generates a page of users with the structure and size of responses of the service, from a fixed seed.
//!
//! A user has about 3.9 KB of JSON on average, more than a third of it metadata. Each user has an email address and a
//! Google account, every fourth one a second email address and a phone number, and every sixteenth one an organization
//! membership.

use serde_json::{Value, json};

/// Returns a page with a number of users, as compact JSON.
pub fn page(users: u64) -> Vec<u8> {
    let page: Vec<Value> = (0..users).map(user).collect();
    serde_json::to_vec(&page).expect("a JSON value can be serialized")
}

/// A pseudorandom number generator with a fixed seed (`SplitMix64`), so that the page is the same in every run.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    fn one_of<'a>(&mut self, values: &[&'a str]) -> &'a str {
        let index = self.below(values.len() as u64);
        values[usize::try_from(index).expect("the index is small")]
    }

    /// Returns random letters and digits.
    fn text(&mut self, length: usize) -> String {
        const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
        let digits =
            (0..length).map(|_| char::from(DIGITS[usize::try_from(self.below(62)).expect("the number is small")]));
        digits.collect()
    }

    /// Returns an id in the format of the service: a prefix and a KSUID of 27 characters.
    fn id(&mut self, prefix: &str) -> String {
        format!("{prefix}_2{}", self.text(26))
    }

    fn time(&mut self) -> u64 {
        1_700_000_000_000 + self.below(90_000_000_000)
    }

    fn image(&mut self) -> String {
        format!("https://img.clerk.com/{}", self.text(24))
    }
}

/// Returns the user with this number.
pub fn user(number: u64) -> Value {
    let random = &mut Random(number);
    let first_name = random.one_of(&["Ada", "Bartholomäus", "Chidinma", "Dmitri", "Eszter", "Françoise", "Gō", "Hana"]);
    let last_name = random.one_of(&["Lovelace", "Papadopoulos", "Okonkwo-Smith", "Nagy", "de la Cruz", "Ó Briain"]);
    let address =
        format!("{}.{}@{}", random.text(7).to_lowercase(), number, random.one_of(&["example.com", "mail.example.org"]));
    let (user, email, account) = (random.id("user"), random.id("idn"), random.id("idn"));
    let (image, picture) = (random.image(), random.image());
    let phone_numbers: Vec<Value> = number.is_multiple_of(4).then(|| phone_number(random)).into_iter().collect();
    let memberships: Vec<Value> = number.is_multiple_of(16).then(|| membership(random, &user)).into_iter().collect();
    let mut email_addresses = vec![email_address(random, &email, &address, &[&account])];
    if number.is_multiple_of(4) {
        email_addresses.push(email_address(random, "", &format!("{}@example.net", random_name(number)), &[]));
    }
    json!({
        "id": user,
        "object": "user",
        "external_id": if number.is_multiple_of(2) { json!(format!("customer-{number}")) } else { Value::Null },
        "primary_email_address_id": email,
        "primary_phone_number_id": phone_numbers.first().map(|phone| &phone["id"]),
        "primary_web3_wallet_id": null,
        "username": format!("{}_{number}", random.text(6).to_lowercase()),
        "first_name": first_name,
        "last_name": last_name,
        "locale": random.one_of(&["en-US", "de-DE", "pt-BR"]),
        "profile_image_url": image,
        "image_url": image,
        "has_image": random.below(2) == 0,
        "public_metadata": public_metadata(random),
        "private_metadata": private_metadata(random),
        "unsafe_metadata": {},
        "email_addresses": email_addresses,
        "phone_numbers": phone_numbers,
        "web3_wallets": [],
        "passkeys": [],
        "password_enabled": true,
        "two_factor_enabled": false,
        "totp_enabled": false,
        "backup_code_enabled": false,
        "mfa_enabled_at": null,
        "mfa_disabled_at": null,
        "password_last_updated_at": random.time(),
        "external_accounts": [{
            "object": "external_account",
            "id": random.id("eac"),
            "provider": "oauth_google",
            "identification_id": account,
            "provider_user_id": format!("1{:020}", random.next()),
            "approved_scopes": "email openid profile",
            "email_address": address,
            "email_address_verified": true,
            "first_name": first_name,
            "last_name": last_name,
            "image_url": picture,
            "username": null,
            "public_metadata": {},
            "created_at": random.time(),
            "updated_at": random.time(),
            "verification": verification(random, "verification_oauth", "oauth_google"),
        }],
        "saml_accounts": [],
        "enterprise_accounts": [],
        "organization_memberships": memberships,
        "last_sign_in_at": random.time(),
        "banned": false,
        "locked": false,
        "deprovisioned": false,
        "lockout_expires_in_seconds": null,
        "verification_attempts_remaining": 100,
        "updated_at": random.time(),
        "created_at": random.time(),
        "delete_self_enabled": true,
        "create_organization_enabled": true,
        "create_organizations_limit": 5,
        "last_active_at": random.time(),
        "legal_accepted_at": random.time(),
        "bypass_client_trust": false,
    })
}

fn random_name(number: u64) -> String {
    Random(number ^ 0x5eed).text(12).to_lowercase()
}

fn email_address(random: &mut Random, id: &str, address: &str, linked_to: &[&str]) -> Value {
    let links: Vec<Value> = linked_to.iter().map(|id| json!({ "type": "oauth_google", "id": id })).collect();
    json!({
        "id": if id.is_empty() { random.id("idn") } else { id.to_owned() },
        "object": "email_address",
        "email_address": address,
        "reserved": false,
        "verification": verification(random, "verification_otp", "email_code"),
        "linked_to": links,
        "matches_sso_connection": false,
        "created_at": random.time(),
        "updated_at": random.time(),
    })
}

fn phone_number(random: &mut Random) -> Value {
    json!({
        "id": random.id("idn"),
        "object": "phone_number",
        "phone_number": format!("+1555{:07}", random.below(10_000_000)),
        "reserved_for_second_factor": false,
        "default_second_factor": false,
        "reserved": false,
        "verification": verification(random, "verification_otp", "phone_code"),
        "linked_to": [],
        "created_at": random.time(),
        "updated_at": random.time(),
    })
}

fn verification(random: &mut Random, object: &str, strategy: &str) -> Value {
    json!({
        "object": object,
        "status": "verified",
        "strategy": strategy,
        "attempts": 1,
        "expire_at": random.time(),
    })
}

fn membership(random: &mut Random, user: &str) -> Value {
    json!({
        "object": "organization_membership",
        "id": random.id("orgmem"),
        "role": "org:admin",
        "role_name": "Admin",
        "permissions": ["org:sys_memberships:manage", "org:sys_profile:manage"],
        "public_metadata": {},
        "organization": {
            "object": "organization",
            "id": random.id("org"),
            "name": "Analytical Engines",
            "slug": format!("analytical-engines-{}", random.below(1000)),
            "image_url": random.image(),
            "has_image": false,
            "members_count": random.below(100),
            "max_allowed_memberships": 5,
            "admin_delete_enabled": true,
            "public_metadata": {},
            "created_by": user,
            "created_at": random.time(),
            "updated_at": random.time(),
        },
        "created_at": random.time(),
        "updated_at": random.time(),
    })
}

fn public_metadata(random: &mut Random) -> Value {
    json!({
        "plan": random.one_of(&["free", "pro", "enterprise"]),
        "roles": ["editor", "reviewer", random.one_of(&["owner", "guest"])],
        "features": { "beta": random.below(2) == 0, "export": true, "seats": random.below(50) },
        "onboarding": { "completed": true, "step": random.below(9), "finished_at": "2025-11-23T10:15:30Z" },
        "company": { "name": "Müller & Söhne GmbH", "size": "51-200", "country": random.one_of(&["DE", "FR", "US"]) },
        "notifications": { "email": true, "sms": false, "digest": random.one_of(&["daily", "weekly"]), "quiet": [22, 7] },
        "tags": ["newsletter", "conference-2025", random.text(8)],
        "dashboard": {
            "layout": "two-columns",
            "theme": { "mode": random.one_of(&["dark", "light"]), "accent": "#0f766e", "density": "comfortable" },
            "widgets": (0..2).map(|row| json!({
                "id": random.text(12),
                "kind": random.one_of(&["chart", "table", "note"]),
                "title": random.one_of(&["Open orders", "Umsatz je Monat", "Notes for the team"]),
                "position": { "row": row, "column": random.below(2), "height": 3 },
            })).collect::<Vec<_>>(),
        },
    })
}

fn private_metadata(random: &mut Random) -> Value {
    json!({
        "crm": {
            "id": random.text(18),
            "owner": "sales-emea@example.com",
            "score": 0.25 + f64::from(u32::try_from(random.below(1000)).expect("the number is small")),
            "last_contact": "2025-10-02",
            "notes": "Asked for a quote for twenty more seats; wants to see the audit log first.\nCall back in May.",
        },
        "billing": {
            "customer_id": format!("cus_{}", random.text(14)),
            "subscription_id": format!("sub_{}", random.text(24)),
            "currency": "EUR",
            "invoices": [random.below(100_000), random.below(100_000), random.below(100_000)],
        },
        "consent": {
            "terms": { "version": "2025-03", "accepted_at": random.time(), "ip": "203.0.113.24" },
            "marketing": { "granted": random.below(2) == 0, "source": "signup-form" },
        },
        "attribution": { "campaign": "spring-launch", "medium": "cpc", "landing": "/pricing?ref=docs" },
        "migration": { "source": "legacy-auth", "legacy_id": random.below(10_000_000), "batch": 17, "verified": true },
    })
}
