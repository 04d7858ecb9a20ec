//! [`Prepared`]: a file, its mapping, and the results of the first pass.

use std::collections::BTreeMap;
use std::path::Path;

use secrecy::ExposeSecret;
use serde::Deserialize;
use user_directory::time::{Clock, SystemClock};

use super::announce;
use crate::Failure;
use crate::claims::Claims;
use crate::journal::Journal;
use crate::mapping::{Cognito, FirebaseParameters, JoinedPasswords, Mapping};
use crate::options::{InputOptions, SecretOptions};
use crate::reading::{Format, Input, NullWords, ReadOptions};
use crate::sources::System;
use crate::stop::Stop;
use crate::survey::{Survey, VerificationOption};

/// A file, its mapping, and the results of the first pass.
pub struct Prepared {
    pub input: Input,
    pub mapping: Mapping,
    pub survey: Survey,
    pub claims: Claims,
    /// The error if the import requires another option.
    pub undecided: Option<Failure>,
}

/// The contents of a `--mapping` file.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct MappingFile {
    #[serde(default)]
    map: BTreeMap<String, String>,
    #[serde(default)]
    set: BTreeMap<String, String>,
    #[serde(default)]
    ignore: Vec<String>,
}

impl Prepared {
    /// Reads a file and prints its numbers of rows and users. Returns an error if the import requires another option.
    pub fn new(options: &InputOptions, journal: Option<&Journal>, stop: &Stop) -> Result<Self, Failure> {
        let mut prepared = Self::read(options, journal, stop)?;
        match prepared.undecided.take() {
            Some(failure) => Err(failure),
            None => Ok(prepared),
        }
    }

    /// Like [`Self::new`], but stores the error in [`Self::undecided`] if the import requires another option.
    pub fn to_check(options: &InputOptions, stop: &Stop) -> Result<Self, Failure> {
        Self::read(options, None, stop)
    }

    fn read(options: &InputOptions, journal: Option<&Journal>, stop: &Stop) -> Result<Self, Failure> {
        let (input, mut mapping) = open(options)?;
        let mut survey = Survey::of(&input, &mapping, journal, stop)?;
        let undecided = survey.determine_statuses(&mut mapping, verification_option(options)).err();
        let claims = survey.claims(&input, &mapping)?;
        announce_input(&input, &mapping, &survey);
        Ok(Self { input, mapping, survey, claims, undecided })
    }
}

fn verification_option(options: &InputOptions) -> Option<VerificationOption> {
    match (options.unverified, options.assume_verified) {
        (true, _) => Some(VerificationOption::Unverified),
        (_, true) => Some(VerificationOption::AssumeVerified),
        _ => None,
    }
}

/// Detects the format of a file, and creates its mapping.
pub fn open(options: &InputOptions) -> Result<(Input, Mapping), Failure> {
    let read_options = ReadOptions {
        format: options.format,
        from: options.from,
        delimiter: options.delimiter,
        encoding: options.encoding,
        backslashes: options.backslashes,
        null_words: null_words(options),
    };
    let mut inputs = Vec::new();
    for file in &options.files {
        inputs.push(Input::detect(file, &read_options)?);
    }
    let (input, joined) = join(inputs)?;
    let mut mapping = Mapping::new(input.from.source(), SystemClock.now());
    configure(&mut mapping, options)?;
    mapping.joined = joined;
    if let Some(table) = &input.table
        && input.format == Format::Csv
    {
        let failed = |reason| format!("{}: {reason}", input.path.display());
        mapping.check_columns(&table.columns).map_err(|rejection| failed(rejection.reason))?;
    }
    Ok((input, mapping))
}

fn null_words(options: &InputOptions) -> NullWords {
    NullWords { keep_literals: options.keep_null_literals, given: options.null.clone() }
}

/// Returns the file of users, and the password hashes of the other file if there is one. The order of the files does
/// not matter.
fn join(mut inputs: Vec<Input>) -> Result<(Input, Option<JoinedPasswords>), Failure> {
    let (Some(last), first) = (inputs.pop(), inputs.pop()) else { return Err("a file is missing".into()) };
    let Some(first) = first else { return Ok((last, None)) };
    if first.from != System::Auth0 || last.from != System::Auth0 {
        return Err("two files are supported only for Auth0 (--from auth0): the users and the password hashes".into());
    }
    let (users, passwords) = if first.is_auth0_passwords()? { (last, first) } else { (first, last) };
    if users.is_auth0_passwords()? || !passwords.is_auth0_passwords()? {
        return Err("one of the files must contain users, and the other one password hashes".into());
    }
    let joined = JoinedPasswords::read(&passwords)?;
    joined.note_owners(&users)?;
    announce(format_args!("{}: {} password hashes", passwords.path.display(), joined.len()));
    Ok((users, Some(joined)))
}

fn configure(mapping: &mut Mapping, options: &InputOptions) -> Result<(), Failure> {
    let file = options.mapping.as_deref().map(read_mapping).transpose()?.unwrap_or_default();
    for (name, field) in &file.map {
        mapping.map(&format!("{name}={field}"))?;
    }
    for (field, value) in &file.set {
        mapping.set(&format!("{field}={value}"))?;
    }
    file.ignore.iter().for_each(|name| mapping.ignore(name));
    options.map.iter().try_for_each(|renaming| mapping.map(renaming))?;
    options.set.iter().try_for_each(|setting| mapping.set(setting))?;
    options.ignore.iter().for_each(|name| mapping.ignore(name));
    if let Some(name) = &options.external_id_from {
        mapping.set_external_id_from(name);
    }
    mapping.null_words = null_words(options);
    mapping.ignore_unknown = options.ignore_unknown;
    mapping.unknown_into = options.unknown_into;
    mapping.rules.phones.country = options.default_country;
    if options.phones_without_plus.is_some() {
        mapping.rules.phones.without_plus = options.phones_without_plus;
    }
    mapping.rules.passwords.plaintext = options.plaintext_passwords;
    let SecretOptions { devise_pepper, cognito_user_pool, cognito_client, .. } = &options.secrets;
    // An environment variable without a value means that there is no pepper.
    mapping.rules.passwords.pepper = devise_pepper.clone().filter(|pepper| !pepper.expose_secret().is_empty());
    mapping.rules.passwords.firebase = firebase(&options.secrets);
    if mapping.rules.passwords.firebase.as_ref().is_some_and(|parameters| !parameters.are_base64()) {
        return Err(
            "--firebase-signer-key and --firebase-salt-separator must be Base64; the key must not be empty".into()
        );
    }
    if let (Some(user_pool), Some(client)) = (cognito_user_pool, cognito_client) {
        mapping.cognito = Some(Cognito { user_pool: user_pool.clone(), client: client.clone() });
    }
    Ok(())
}

fn firebase(options: &SecretOptions) -> Option<FirebaseParameters> {
    Some(FirebaseParameters {
        // Files and environment variables can add a line feed.
        signer_key: options.firebase_signer_key.as_ref()?.expose_secret().trim().into(),
        salt_separator: options.firebase_salt_separator.as_ref()?.trim().to_owned(),
        rounds: options.firebase_rounds?,
        mem_cost: options.firebase_mem_cost?,
    })
}

fn read_mapping(path: &Path) -> Result<MappingFile, Failure> {
    let failed = |problem: &dyn std::fmt::Display| format!("{}: {problem}", path.display());
    let json = std::fs::read_to_string(path).map_err(|error| failed(&error))?;
    Ok(serde_json::from_str(&json).map_err(|error| failed(&error))?)
}

fn announce_input(input: &Input, mapping: &Mapping, survey: &Survey) {
    let how = if input.is_from_given { "" } else { ", detected" };
    announce(format_args!(
        "{}: {} rows in the format {}{how}; {} users, {} rows that cannot be imported",
        input.path.display(),
        survey.rows,
        mapping.source().name,
        survey.users,
        survey.problems.rows(),
    ));
    for notice in input.notices.iter().chain(&survey.notices()) {
        announce(format_args!("  {notice}"));
    }
    if let Some(unused) = mapping.joined.as_ref().map(JoinedPasswords::unused).filter(|unused| *unused > 0) {
        announce(format_args!("  {unused} password hashes belong to no user"));
    }
}
