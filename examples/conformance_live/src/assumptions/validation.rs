//! The validation of identifiers and names.

use user_directory::{NewUser, codes};

use super::{Assumption, probed};
use crate::probe::{Disagreement, Finding, Probe, if_enabled, rejected, rejected_param, same};

pub const ASSUMPTIONS: &[Assumption] = &[
    probed("All invalid fields of a request are reported together.", |probe| {
        Box::pin(invalid_fields_are_reported_together(probe))
    }),
    probed(
        "A first or last name that is blank or contains a phone number, a URL or HTML is rejected with the code \
         `form_param_format_invalid`.",
        |probe| Box::pin(refused_names_have_a_code(probe)),
    ),
    probed("A phone number has at least 7 digits.", |probe| Box::pin(phone_numbers_have_at_least_7_digits(probe))),
    probed("Identifiers are returned as they were sent.", |probe| {
        Box::pin(identifiers_are_returned_as_they_were_sent(probe))
    }),
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

async fn refused_names_have_a_code(probe: &Probe<'_>) -> Finding {
    let code = codes::FORM_PARAM_FORMAT_INVALID;
    for name in [" ", "+447836887904", "4165550123", "ada#0", "https://example.com", "example.com/path", "<b>Ada</b>"] {
        let first = probe.users.create(&probe.new_user().first_name(name)).await;
        rejected(&format!("the first name {name:?}"), first, code)?;
        let last = probe.users.create(&probe.new_user().last_name(name)).await;
        rejected(&format!("the last name {name:?}"), last, code)?;
    }
    Ok(())
}

async fn phone_numbers_have_at_least_7_digits(probe: &Probe<'_>) -> Finding {
    // The last digits of a generated number are unique.
    let digits = probe.phone_number();
    let number = |length: usize| format!("+1{}", &digits[digits.len() + 1 - length..]);
    probe.create(probe.new_user().phone_number(number(7))).await?;
    let result = probe.users.create(&probe.new_user().phone_number(number(6))).await;
    rejected_param("a phone number of 6 digits", result, "phone_number")
}

async fn identifiers_are_returned_as_they_were_sent(probe: &Probe<'_>) -> Finding {
    let email = format!("{}.Ada@EXAMPLE.com", probe.word().to_uppercase());
    let new_user = NewUser::new().email_address(email.as_str()).skip_password_requirement(true);
    let ada = probe.create(new_user).await?;
    let found = probe.users.get(&ada.id).await?;
    let emails: Vec<_> = found.email_addresses.iter().map(|found| found.email_address.as_str()).collect();
    same("the email addresses", &emails[..], &[email.as_str()][..])?;
    if_enabled(username_is_returned_as_it_was_sent(probe).await)
}

async fn username_is_returned_as_it_was_sent(probe: &Probe<'_>) -> Finding {
    let username = format!("{}Ada", probe.word());
    let ada = probe.create(probe.new_user().username(username.as_str())).await?;
    same("the username", &probe.users.get(&ada.id).await?.username.as_deref(), &Some(&*username))
}
