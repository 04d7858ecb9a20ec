//! [`Prepared`]: a file, its mapping, and the results of the first pass.

use std::collections::{BTreeMap, HashSet};
use std::path::Path;

use secrecy::ExposeSecret;
use serde::Deserialize;
use user_directory::time::{Clock, SystemClock};

use super::announce;
use crate::Failure;
use crate::claims::Claims;
use crate::counted::Counted;
use crate::journal::Journal;
use crate::mapping::fields::normalized;
use crate::mapping::{Cognito, FirebaseParameters, JoinedPasswords, Mapping};
use crate::options::{InputOptions, Number, SecretOptions};
use crate::reading::{Format, Input, NullWords, ReadOptions};
use crate::sources::{Source, System};
use crate::stop::Stop;
use crate::survey::{Survey, VerificationOption};

/// The code of rejections because of unknown columns or keys.
const UNKNOWN_FIELD: &str = "unknown_field";

/// A file, its mapping, and the results of the first pass.
pub struct Prepared {
    pub input: Input,
    pub mapping: Mapping,
    pub survey: Survey,
    pub claims: Claims,
    /// The messages about the file and its rows.
    pub notices: Vec<String>,
    /// The reasons why the import requires another option.
    pub undecided: Vec<String>,
}

/// The contents of a `--mapping` file.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct MappingFile {
    #[serde(default)]
    map: BTreeMap<String, String>,
    /// The values can be strings, or other JSON values.
    #[serde(default)]
    set: BTreeMap<String, serde_json::Value>,
    #[serde(default)]
    ignore: Vec<String>,
}

impl Prepared {
    /// Reads a file that [`open`] has opened, and prints its numbers of rows and users.
    ///
    /// # Errors
    ///
    /// Returns an error if the file cannot be read, or if the import requires another option.
    pub fn new(
        options: &InputOptions,
        opened: (Input, Mapping),
        journal: Option<&Journal>,
        stop: &Stop,
    ) -> Result<Self, Failure> {
        let mut prepared = Self::read(options, opened, journal, stop)?;
        match prepared.undecided.pop() {
            Some(reason) => Err(reason.into()),
            None => Ok(prepared),
        }
    }

    /// Opens and reads a file to check it. Like [`open`] and [`Self::new`], but ignores unknown columns, and stores the
    /// reasons in [`Self::undecided`] if the import requires another option.
    pub fn for_check(options: &InputOptions, stop: &Stop) -> Result<Self, Failure> {
        let (input, mut mapping) = detect(options)?;
        let unknown = check_columns(&input, &mapping)?;
        if unknown.is_some() {
            mapping.ignore_all_unknown();
        }
        let mut prepared = Self::read(options, (input, mapping), None, stop)?;
        prepared.undecided = unknown.into_iter().chain(prepared.undecided).collect();
        Ok(prepared)
    }

    fn read(
        options: &InputOptions,
        (input, mut mapping): (Input, Mapping),
        journal: Option<&Journal>,
        stop: &Stop,
    ) -> Result<Self, Failure> {
        let mut survey = Survey::of(&input, &mapping, journal, stop)?;
        let undecided = survey.determine_statuses(&mut mapping, verification_option(options)).err();
        let undecided = undecided.iter().map(ToString::to_string).collect();
        let claims = survey.claims(&input, &mapping)?;
        let notices: Vec<_> = input.notices.iter().cloned().chain(survey.notices()).collect();
        announce_input(&input, &mapping, &survey, &notices);
        Ok(Self { input, mapping, survey, claims, notices, undecided })
    }
}

fn verification_option(options: &InputOptions) -> Option<VerificationOption> {
    match (options.unverified, options.assume_verified) {
        (true, _) => Some(VerificationOption::Unverified),
        (_, true) => Some(VerificationOption::AssumeVerified),
        _ => None,
    }
}

/// Detects the format of a file, creates its mapping, and checks the header of a table.
pub fn open(options: &InputOptions) -> Result<(Input, Mapping), Failure> {
    let (input, mapping) = detect(options)?;
    match check_columns(&input, &mapping)? {
        Some(unknown) => Err(format!("{}: {unknown}", input.path.display()).into()),
        None => Ok((input, mapping)),
    }
}

/// Checks the header of a table. Returns the reason if some of its columns are unknown.
fn check_columns(input: &Input, mapping: &Mapping) -> Result<Option<String>, Failure> {
    let Some(table) = input.table.as_ref().filter(|_| input.format == Format::Csv) else { return Ok(None) };
    match mapping.check_columns(&table.columns) {
        // Without a parameter, all columns are unknown, so that the first line may not be a header.
        Err(rejection) if rejection.code == UNKNOWN_FIELD && rejection.param.is_some() => Ok(Some(rejection.reason)),
        Err(rejection) => Err(format!("{}: {}", input.path.display(), rejection.reason).into()),
        Ok(()) => Ok(None),
    }
}

/// Detects the format of a file, and creates its mapping.
fn detect(options: &InputOptions) -> Result<(Input, Mapping), Failure> {
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
    let hashes = Counted(joined.len() as u64, "password hash");
    announce(format_args!("{}: {hashes}", passwords.path.display()));
    Ok((users, Some(joined)))
}

fn configure(mapping: &mut Mapping, options: &InputOptions) -> Result<(), Failure> {
    let file = options.mapping.as_deref().map(read_mapping).transpose()?.unwrap_or_default();
    for (name, field) in &file.map {
        mapping.map(&format!("{name}={field}"))?;
    }
    for (field, value) in &file.set {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        mapping.set(&format!("{field}={text}"))?;
    }
    file.ignore.iter().for_each(|name| mapping.ignore(name));
    let mut names = HashSet::new();
    for renaming in &options.map {
        mapping.map(renaming)?;
        if let Some((name, _)) = renaming.rsplit_once('=')
            && !names.insert(normalized(name))
        {
            return Err(format!("--map: {name} is mapped twice").into());
        }
    }
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
    mapping.rules.passwords.firebase = firebase(&options.secrets, mapping.source())?;
    if mapping.rules.passwords.firebase.as_ref().is_some_and(|parameters| !parameters.are_base64()) {
        return Err("--firebase-signer-key and --firebase-salt-separator must be Base64".into());
    }
    if let (Some(user_pool), Some(client)) = (cognito_user_pool, cognito_client) {
        mapping.cognito = Some(Cognito { user_pool: user_pool.clone(), client: client.clone() });
    }
    Ok(())
}

/// Returns the parameters of Firebase if all are set. Empty environment variables are ignored.
///
/// # Errors
///
/// Returns an error if the file comes from Firebase and only some of the parameters are set. In files of other systems,
/// digests of Firebase are then rejected.
fn firebase(options: &SecretOptions, source: &Source) -> Result<Option<FirebaseParameters>, Failure> {
    // Files and environment variables can add a line feed.
    let signer_key = options.firebase_signer_key.as_ref().map(|key| key.expose_secret().trim());
    let signer_key = signer_key.filter(|key| !key.is_empty());
    let salt_separator = options.firebase_salt_separator.as_ref().map(|separator| separator.trim().to_owned());
    let salt_separator = salt_separator.filter(|separator| !separator.is_empty());
    let rounds = options.firebase_rounds.and_then(|Number(rounds)| rounds);
    let mem_cost = options.firebase_mem_cost.and_then(|Number(mem_cost)| mem_cost);
    if let (Some(signer_key), Some(salt_separator), Some(rounds), Some(mem_cost)) =
        (signer_key, salt_separator.clone(), rounds, mem_cost)
    {
        return Ok(Some(FirebaseParameters { signer_key: signer_key.into(), salt_separator, rounds, mem_cost }));
    }
    let parameters = [
        (signer_key.is_some(), "--firebase-signer-key (FIREBASE_SIGNER_KEY)"),
        (salt_separator.is_some(), "--firebase-salt-separator (FIREBASE_SALT_SEPARATOR)"),
        (rounds.is_some(), "--firebase-rounds (FIREBASE_ROUNDS)"),
        (mem_cost.is_some(), "--firebase-mem-cost (FIREBASE_MEM_COST)"),
    ];
    let missing: Vec<_> = parameters.iter().filter(|(is_set, _)| !is_set).map(|(_, name)| *name).collect();
    if missing.len() == parameters.len() || source.name != System::Firebase.source().name {
        return Ok(None);
    }
    Err(format!("the hash parameters of Firebase are incomplete; missing: {}", missing.join(", ")).into())
}

fn read_mapping(path: &Path) -> Result<MappingFile, Failure> {
    let failed = |problem: &dyn std::fmt::Display| format!("{}: {problem}", path.display());
    let json = std::fs::read_to_string(path).map_err(|error| failed(&error))?;
    let json = json.trim_start_matches('\u{feff}').trim();
    if !json.starts_with('{') {
        return Err(failed(&"must be a JSON object").into());
    }
    let file: MappingFile = serde_json::from_str(json).map_err(|error| failed(&error))?;
    match file.set.iter().find(|(_, value)| value.is_null()) {
        Some((field, _)) => Err(failed(&format_args!("set: {field} must not be null")).into()),
        None => Ok(file),
    }
}

fn announce_input(input: &Input, mapping: &Mapping, survey: &Survey, notices: &[String]) {
    let how = if input.is_from_given { "" } else { ", detected" };
    announce(format_args!(
        "{}: {} in the format {}{how}; {}, {} that cannot be imported",
        input.path.display(),
        Counted(survey.rows, "row"),
        mapping.source().name,
        Counted(survey.users, "user"),
        Counted(survey.problems.rows(), "row"),
    ));
    for notice in notices {
        announce(format_args!("  {notice}"));
    }
    if mapping.rules.passwords.pepper.is_some() {
        announce("  --devise-pepper or DEVISE_PEPPER is set: the pepper is appended to all bcrypt digests");
    }
    if let Some(unused) = mapping.joined.as_ref().map(JoinedPasswords::unused).filter(|unused| *unused > 0) {
        announce(format_args!("  without a user: {}", Counted(unused as u64, "password hash")));
    }
}
