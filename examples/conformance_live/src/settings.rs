//! The settings of a run: the secret key and the base URL.

use std::ffi::OsString;

use user_directory::clerk::RateLimits;
use user_directory::reqwest::Url;
use user_directory::{ClerkUserDirectory, Error, ErrorKind, Result, SecretKey};

use crate::http::Http;

/// The environment variable with the secret key of the development instance.
pub const KEY: &str = "CLERK_CONFORMANCE_KEY";
/// The environment variable with the base URL, for the emulator.
pub const URL: &str = "CLERK_API_URL";

/// The base URL of the service.
const DEFAULT_URL: &str = "https://api.clerk.com/v1";

pub const INSTRUCTIONS: &str = "\
Runs the conformance suite, and a probe for each assumption of `store_directory`, against a Clerk development instance:

    CLERK_CONFORMANCE_KEY=sk_test_… cargo run -p conformance_live

The run takes several minutes, because a development instance accepts 100 requests per 10 seconds. It creates up to 60
users at a time, and deletes them at the end or on Ctrl-C. Use an instance that sends no webhooks.

Settings of the instance (in the dashboard):

| setting                                         | required | otherwise                                       |
| ----------------------------------------------- | -------- | ----------------------------------------------- |
| email addresses enabled                         | yes      | every behavior fails                            |
| no required attribute but email and password    | yes      | every behavior fails                            |
| default rules for passwords and usernames       | yes      | behaviors and probes that set them fail         |
| at most 40 users                                | yes      | the run does not start                          |
| phone numbers, usernames, Web3 wallets, names   | no       | behaviors that need them are not applicable     |
| authenticator apps, backup codes, bans          | no       | behaviors that need them are not applicable     |
| organizations, billing, sign-in with Google     | no       | behaviors that need them are not applicable     |

To try it without an account, start the emulator with `cargo run -p clerk-emulator -- --permissive`, and set
CLERK_API_URL=http://127.0.0.1:4010/v1 and CLERK_CONFORMANCE_KEY=sk_test_1.";

/// Creates the client, and the access to the API without it. Returns `None` if no key is set.
///
/// # Errors
///
/// Returns [`Configuration`](ErrorKind::Configuration) if the key is not a development key, or the URL is invalid. The
/// error does not contain the key.
pub fn instance(variable: impl Fn(&str) -> Option<OsString>) -> Result<Option<(ClerkUserDirectory, Http)>> {
    let invalid = |message: String| Error::new(ErrorKind::Configuration).with_message(message);
    let text = |name: &str| match variable(name).map(OsString::into_string) {
        Some(Ok(text)) => Ok(Some(text).filter(|text| !text.is_empty())),
        Some(Err(_)) => Err(invalid(format!("{name}: the value is not Unicode"))),
        None => Ok(None),
    };
    let Some(key) = text(KEY)? else { return Ok(None) };
    let key = SecretKey::new(key)?;
    if !key.is_test() {
        return Err(invalid(format!("{KEY}: only a development key (sk_test_…) is accepted; the run deletes users")));
    }
    let url = text(URL)?;
    let http = Http::new(&key, url.as_deref().unwrap_or(DEFAULT_URL))?;
    let mut builder = ClerkUserDirectory::builder(key);
    if is_limited(url.as_deref()) {
        builder = builder.rate_limits(RateLimits::new());
    }
    if let Some(url) = url {
        builder = builder.base_url(url);
    }
    Ok(Some((builder.build()?, http)))
}

/// Returns `false` for an emulator on this machine, which has no rate limit.
pub fn is_limited(url: Option<&str>) -> bool {
    let host = url.and_then(|url| Url::parse(url).ok()?.host_str().map(str::to_owned));
    host.is_none_or(|host| !["localhost", "127.0.0.1", "[::1]"].contains(&&*host))
}
