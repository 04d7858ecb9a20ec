//! The validation of identifiers and names.

use user_directory::model::{BackupCode, ImageId};
use user_directory::{NewUser, UserUpdate};

use super::{Assumption, not_probed, probed};
use crate::probe::{Disagreement, Finding, Probe, rejected_param, same};

pub const ASSUMPTIONS: &[Assumption] = &[
    probed("All invalid fields of a request are reported together.", |probe| {
        Box::pin(invalid_fields_are_reported_together(probe))
    }),
    probed(
        "An unknown image id, changes to attributes that a SCIM directory manages, and the removal of the last \
         identification are reported first, without other errors.",
        |probe| Box::pin(unknown_image_is_reported_first(probe)),
    ),
    probed("The letters of a username are ASCII letters.", |probe| Box::pin(username_letters_are_ascii(probe))),
    probed("A username must not consist only of digits.", |probe| Box::pin(username_is_not_numeric(probe))),
    probed("A backup code is plain text of at most 72 bytes, or a bcrypt digest.", |probe| {
        Box::pin(backup_codes_have_72_bytes(probe))
    }),
    probed("Text that has the shape of another digest is rejected.", |probe| {
        Box::pin(other_digests_are_no_backup_codes(probe))
    }),
    probed(
        "First and last names have at most 256 characters and must not contain a URL: text with `://`, a word that \
         begins with `www.`, a word with a fragment, such as `ada#0`, or a host name with a path, such as \
         `example.com/path`.",
        |probe| Box::pin(names_are_limited(probe)),
    ),
    probed("A phone number has 7 to 15 digits.", |probe| Box::pin(phone_numbers_have_7_to_15_digits(probe))),
    probed("An email address must conform to RFC 5322; `ada@localhost` is valid.", |probe| {
        Box::pin(email_addresses_conform_to_rfc_5322(probe))
    }),
    probed("A wallet is an Ethereum or Solana address.", |probe| Box::pin(wallets_are_addresses(probe))),
    probed("An external id must not be empty.", |probe| Box::pin(external_ids_are_not_empty(probe))),
    probed("Identifiers are stored and returned without normalization.", |probe| {
        Box::pin(identifiers_are_not_normalized(probe))
    }),
    not_probed("Metadata is an object.", "the client sends only objects"),
    not_probed("An empty list, which is how PHP encodes an empty map, is rejected.", "the client sends only objects"),
];

async fn invalid_fields_are_reported_together(probe: &Probe<'_>) -> Finding {
    let new_user = NewUser::new()
        .email_address("not an email address")
        .first_name("a".repeat(300))
        .last_name("b".repeat(300))
        .skip_password_requirement(true);
    let Err(error) = probe.users.create(&new_user).await else {
        return Err(Disagreement::Differs("invalid fields are accepted".to_owned()));
    };
    let mut params: Vec<_> = error.details().iter().filter_map(|detail| detail.param_name()).collect();
    params.sort_unstable();
    same("the reported parameters", &params[..], &["email_address", "first_name", "last_name"][..])
}

async fn unknown_image_is_reported_first(probe: &Probe<'_>) -> Finding {
    let id = probe.user().await?.id;
    let image =
        ImageId::new(format!("unknown_{}", probe.word())).map_err(|error| Disagreement::Failed(error.to_string()))?;
    let update = UserUpdate::new().profile_image_id(image).first_name("a".repeat(300));
    let Err(error) = probe.users.update(&id, &update).await else {
        return Err(Disagreement::Differs("an unknown image id is accepted".to_owned()));
    };
    let params: Vec<_> = error.details().iter().filter_map(|detail| detail.param_name()).collect();
    same("the name is reported", &params.contains(&"first_name"), &false)
}

async fn username_letters_are_ascii(probe: &Probe<'_>) -> Finding {
    let new_user = probe.new_user().username(format!("é{}", probe.word()));
    rejected_param("the username", probe.users.create(&new_user).await, "username")
}

async fn username_is_not_numeric(probe: &Probe<'_>) -> Finding {
    let digits = probe.phone_number().trim_start_matches('+').to_owned();
    rejected_param("the username", probe.users.create(&probe.new_user().username(digits)).await, "username")
}

async fn expect_backup_code_rejected(probe: &Probe<'_>, what: &str, code: &str) -> Finding {
    let new_user = probe.new_user().backup_codes([BackupCode::new(code)]);
    rejected_param(what, probe.users.create(&new_user).await, "backup_codes")
}

async fn backup_codes_have_72_bytes(probe: &Probe<'_>) -> Finding {
    probe.create(probe.new_user().backup_codes([BackupCode::new("a".repeat(72))])).await?;
    expect_backup_code_rejected(probe, "a backup code of 73 bytes", &"a".repeat(73)).await
}

async fn other_digests_are_no_backup_codes(probe: &Probe<'_>) -> Finding {
    let digest = "$argon2id$v=19$m=64,t=2,p=2$c2FsdHNhbHRzYWx0$THCSjrpCax479tYXWawe59i39WVulBofGTC62Hlp2Cs";
    expect_backup_code_rejected(probe, "an Argon2 digest", digest).await
}

async fn names_are_limited(probe: &Probe<'_>) -> Finding {
    let longest = "a".repeat(256);
    probe.create(probe.new_user().first_name(longest.as_str()).last_name(longest.as_str())).await?;
    let dotted = probe.new_user().first_name("J.R.R. Tolkien").last_name("St.John");
    probe.create(dotted).await?;
    let too_long = "a".repeat(257);
    for name in [&*too_long, "ada#0", "https://example.com", "www.example.com", "example.com/path"] {
        let first = probe.users.create(&probe.new_user().first_name(name)).await;
        rejected_param(&format!("the first name {name:?}"), first, "first_name")?;
        let last = probe.users.create(&probe.new_user().last_name(name)).await;
        rejected_param(&format!("the last name {name:?}"), last, "last_name")?;
    }
    Ok(())
}

async fn phone_numbers_have_7_to_15_digits(probe: &Probe<'_>) -> Finding {
    let digits = probe.phone_number().trim_start_matches('+').repeat(2);
    // The last digits of a generated number are unique.
    for length in [7, 15] {
        let number = format!("+1{}", &digits[digits.len() + 1 - length..]);
        probe.create(probe.new_user().phone_number(number)).await?;
    }
    for length in [6, 16] {
        let number = format!("+1{}", &digits[digits.len() + 1 - length..]);
        let result = probe.users.create(&probe.new_user().phone_number(number)).await;
        rejected_param(&format!("a phone number of {length} digits"), result, "phone_number")?;
    }
    Ok(())
}

async fn email_addresses_conform_to_rfc_5322(probe: &Probe<'_>) -> Finding {
    let new_user = |email: String| NewUser::new().email_address(email).skip_password_requirement(true);
    probe.create(new_user(format!("{}@localhost", probe.word()))).await?;
    for invalid in ["", "@example.com", "a b@example.com"] {
        let result = probe.users.create(&new_user(invalid.to_owned())).await;
        rejected_param(&format!("the email address {invalid:?}"), result, "email_address")?;
    }
    Ok(())
}

async fn wallets_are_addresses(probe: &Probe<'_>) -> Finding {
    probe.create(probe.new_user().web3_wallet(probe.web3_wallet())).await?;
    // A Solana address is the Base58 form of 32 bytes. `1` stands for a zero byte.
    probe.create(probe.new_user().web3_wallet("1".repeat(32))).await?;
    let result = probe.users.create(&probe.new_user().web3_wallet("0x12")).await;
    rejected_param("the wallet", result, "web3_wallet")
}

async fn external_ids_are_not_empty(probe: &Probe<'_>) -> Finding {
    rejected_param("an empty external id", probe.users.create(&probe.new_user().external_id("")).await, "external_id")
}

async fn identifiers_are_not_normalized(probe: &Probe<'_>) -> Finding {
    let email = format!("{}.Ada@EXAMPLE.com", probe.word().to_uppercase());
    let new_user = NewUser::new().email_address(email.as_str()).skip_password_requirement(true);
    let ada = probe.create(new_user).await?;
    let found = probe.users.get(&ada.id).await?;
    let emails: Vec<_> = found.email_addresses.iter().map(|found| found.email_address.as_str()).collect();
    same("the email addresses", &emails[..], &[email.as_str()][..])
}
