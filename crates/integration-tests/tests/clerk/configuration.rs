//! Configuration of `ClerkUserDirectory`. Errors and `Debug` output do not contain the key.

use std::process::Command;
use std::time::Duration;

use integration_tests::{Clerk, KEY, fixture, user};
use serde_json::json;
use user_directory::clerk::{ClerkBuilder, RateLimits};
use user_directory::{ClerkUserDirectory, Error, ErrorKind, SecretKey, UserDirectory, UserFilter};

fn builder() -> ClerkBuilder {
    ClerkUserDirectory::builder(SecretKey::new(KEY).unwrap())
}

#[track_caller]
fn assert_configuration(error: &Error, secret: &str) {
    assert_eq!(error.kind(), ErrorKind::Configuration, "{error}");
    let text = format!("{error} {error:?}");
    assert!(secret.is_empty() || !text.contains(secret), "{text}");
}

#[test]
fn secret_key_rejects_malformed_keys_without_printing_them() {
    for (key, hint) in [
        ("", "empty"),
        (" ", "whitespace"),
        ("sk_test_abc\n", "line break"),
        ("\tsk_test_abc", "whitespace"),
        ("sk_test_a b", "whitespace"),
        ("sk_test_a\u{a0}b", "whitespace"),
        ("sk_test_a\u{0}b", "character"),
        ("sk_test_a\u{7f}b", "character"),
        ("sk_test_äbc", "character"),
        ("“sk_test_abc”", "character"),
        ("pk_test_abc", "publishable key"),
        ("pk_live_abc", "publishable key"),
    ] {
        let error = SecretKey::new(key).unwrap_err();
        assert!(error.to_string().contains(hint), "{key:?}: {error}");
        assert_configuration(&error, key.trim());
        assert!(!format!("{error:?}").contains("abc"), "{error:?}");
    }
}

#[test]
fn runtime_without_drivers_is_a_configuration_error() {
    let directory = builder().base_url("http://127.0.0.1:1").build().unwrap();
    for is_timed in [false, true] {
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        if is_timed {
            runtime.enable_time();
        }
        let error = runtime.build().unwrap().block_on(directory.get(&user())).unwrap_err();
        assert_configuration(&error, KEY);
        assert!(error.to_string().contains("enable_all"), "{error}");
    }
    // The client can still be used.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    assert_eq!(runtime.block_on(directory.get(&user())).unwrap_err().kind(), ErrorKind::Connect);
}

#[test]
fn request_that_waits_for_a_rate_limit_without_a_time_driver_is_a_configuration_error() {
    let limits = RateLimits::default().development(1);
    let directory = builder().base_url("http://127.0.0.1:1").rate_limits(limits).build().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    // The second call has to wait.
    for _ in 0..2 {
        let error = runtime.block_on(directory.get(&user())).unwrap_err();
        assert_configuration(&error, KEY);
    }
}

#[test]
fn secret_key_debug_shows_only_the_kind() {
    for (key, debug, is_live, is_test) in [
        ("sk_live_abcdef", "SecretKey(sk_live_[REDACTED])", true, false),
        ("sk_test_abcdef", "SecretKey(sk_test_[REDACTED])", false, true),
        ("abcdef", "SecretKey([REDACTED])", false, false),
    ] {
        let key = SecretKey::new(key).unwrap();
        assert_eq!(format!("{key:?}"), debug);
        assert_eq!(format!("{:#?}", Some(key.clone())).matches("abcdef").count(), 0);
        assert_eq!((key.is_live(), key.is_test()), (is_live, is_test));
    }
}

#[test]
fn debug_of_directory_and_builder_omits_the_key() {
    let builder = builder().base_url("https://ada:password@example.com");
    let text = format!("{builder:?} {builder:#?}");
    assert!(text.contains("sk_test_[REDACTED]"), "{text}");
    assert!(!text.contains("notarealkey") && !text.contains("password"), "{text}");

    let directory = self::builder().build().unwrap();
    let text = format!("{directory:?} {directory:#?} {:?}", directory.clone());
    assert!(text.contains("https://api.clerk.com/v1") && text.contains("sk_test_[REDACTED]"), "{text}");
    assert!(!text.contains("notarealkey"), "{text}");
}

#[test]
fn base_url_accepts_https_and_loopback_urls() {
    for url in [
        "https://api.clerk.com/v1",
        "https://api.clerk.com/v1/",
        "HTTPS://API.CLERK.COM",
        "https://localhost:8443/v1",
        "https://[2001:db8::1]/v1",
        "http://localhost:8080/v1",
        "http://127.0.0.1/v1",
        "http://127.255.0.9:9/v1/",
        "http://[::1]:8080",
    ] {
        assert!(builder().base_url(url).build().is_ok(), "{url}");
    }
}

#[test]
fn base_url_rejects_unsafe_urls_without_printing_them() {
    for url in [
        "",
        "api.clerk.com/v1",
        "/v1",
        "https://",
        "ftp://api.clerk.com/v1",
        "file:///v1",
        "data:text/plain,v1",
        "http://api.clerk.com/v1",
        "http://localhost.example.com/v1",
        "http://128.0.0.1/v1",
        "http://0.0.0.0/v1",
        "http://[::2]/v1",
        "http://127.0.0.1.example.com/v1",
        "https://ada@api.clerk.com/v1",
        "https://:hidden@api.clerk.com/v1",
        "https://ada:hidden@api.clerk.com/v1",
        "http://localhost@api.clerk.com/v1",
        "https://api.clerk.com/v1?",
        "https://api.clerk.com/v1?a=b",
        "https://api.clerk.com/v1#a",
    ] {
        let error = builder().base_url(url).build().unwrap_err();
        assert_configuration(&error, if url.len() > 3 { url } else { "" });
        assert!(!format!("{error} {error:?}").contains("hidden"), "{error:?}");
    }
}

#[test]
fn allow_insecure_http_permits_plain_http_to_other_hosts() {
    let url = "http://clerk-emulator:8080/v1";
    let error = builder().base_url(url).build().unwrap_err();
    assert!(error.to_string().contains("allow_insecure_http"), "{error}");
    assert!(builder().base_url(url).allow_insecure_http().build().is_ok());

    // It permits nothing but plain HTTP.
    for url in ["ftp://clerk-emulator/v1", "http://ada:pw@clerk-emulator/v1", "http://clerk-emulator/v1?a=b"] {
        assert_configuration(&builder().base_url(url).allow_insecure_http().build().unwrap_err(), url);
    }
}

#[test]
fn build_rejects_invalid_headers_timeouts_and_limits() {
    for error in [
        builder().api_version("").build().unwrap_err(),
        builder().api_version("2026\r\nx-evil: 1").build().unwrap_err(),
        builder().user_agent("").build().unwrap_err(),
        builder().user_agent("shop\n").build().unwrap_err(),
        builder().timeout(Duration::ZERO).build().unwrap_err(),
        builder().connect_timeout(Duration::ZERO).build().unwrap_err(),
        builder().attempt_timeout(Duration::ZERO).build().unwrap_err(),
        builder().max_in_flight(0).build().unwrap_err(),
        builder().max_response_size(0).build().unwrap_err(),
    ] {
        assert_configuration(&error, "evil");
    }
}

#[tokio::test]
async fn timeout_applies_to_a_custom_http_client() {
    let response = wiremock::ResponseTemplate::new(200).set_delay(Duration::from_secs(30));
    let clerk = Clerk::responding_with(response).await;
    let directory = builder()
        .base_url(clerk.base_url("/v1"))
        .http_client(ClerkBuilder::http_client_builder().unwrap().no_proxy().build().unwrap())
        .timeout(Duration::from_millis(100))
        .build()
        .unwrap();
    assert!(directory.get(&user()).await.unwrap_err().is_timeout());
}

#[tokio::test]
async fn clones_share_the_configuration() {
    let clerk = Clerk::with_json(200, fixture("responses/get.json")).await;
    let clone = clerk.directory.clone();
    drop(clerk.directory.get(&user()).await.unwrap());
    clone.get(&user()).await.unwrap();
    assert_eq!(format!("{clone:?}"), format!("{:?}", clerk.directory));
    assert_eq!(clerk.requests().await.len(), 2);
}

#[test]
fn secret_key_from_env_reads_the_given_variable() {
    let error = SecretKey::from_env("USER_DIRECTORY_TESTS_DO_NOT_SET_THIS").unwrap_err();
    assert_eq!(
        error.to_string(),
        "invalid configuration: USER_DIRECTORY_TESTS_DO_NOT_SET_THIS: the environment variable is not set"
    );
    // Cargo sets this variable for every test, and its value has the form of a key.
    assert!(SecretKey::from_env("CARGO_PKG_VERSION").is_ok());
}

/// Runs [`from_env_child`] in a child process, because it is not safe to set variables while other tests run.
fn from_env_with(variables: &[(&str, &str)]) -> String {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "configuration::from_env_child", "--ignored", "--nocapture"])
        .env_remove("CLERK_SECRET_KEY")
        .env_remove("CLERK_API_URL")
        .envs(variables.iter().copied())
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().find_map(|line| line.split_once("from_env: ")).unwrap().1.to_owned()
}

#[test]
#[ignore = "other tests run it in a child process"]
fn from_env_child() {
    match ClerkUserDirectory::from_env() {
        Ok(directory) => println!("\nfrom_env: {directory:?}"),
        Err(error) => println!("\nfrom_env: {error}"),
    }
}

#[test]
fn from_env_reads_key_and_api_url() {
    let key = ("CLERK_SECRET_KEY", KEY);
    for (variables, expected) in [
        (&[key] as &[_], "https://api.clerk.com/v1\""),
        (&[key, ("CLERK_API_URL", "https://api.example.com")], "https://api.example.com/v1\""),
        (&[key, ("CLERK_API_URL", "http://localhost:80/v2/")], "http://localhost/v2\""),
        (&[key, ("CLERK_API_URL", "http://example.com")], "must be https"),
        (&[], "CLERK_SECRET_KEY: the environment variable is not set"),
        (&[("CLERK_SECRET_KEY", "pk_test_abc")], "CLERK_SECRET_KEY: this is a publishable key"),
    ] {
        let text = from_env_with(variables);
        assert!(text.contains(expected), "{variables:?}: {text}");
        assert!(!text.contains("notarealkey") && !text.contains("abc"), "{text}");
    }
}

#[test]
fn loopback_requests_bypass_the_proxy() {
    integration_tests::assert_passes_with_unreachable_proxy("configuration::clones_share_the_configuration");
}

/// Counts users at a URL through the proxy that the environment configures, in a child process.
fn count_with_proxy(url: &str, proxy: &str, no_proxy: &str) -> String {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "configuration::count_child", "--ignored", "--nocapture"])
        .env("COUNT_URL", url)
        .envs(["HTTP_PROXY", "http_proxy"].map(|name| (name, proxy)))
        .envs(["NO_PROXY", "no_proxy"].map(|name| (name, no_proxy)))
        .env_remove("REQUEST_METHOD")
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{text}");
    text.lines().find_map(|line| line.split_once("count: ")).unwrap().1.to_owned()
}

#[tokio::test]
#[ignore = "another test runs it in a child process"]
async fn count_child() {
    let url = std::env::var("COUNT_URL").unwrap();
    let directory = builder().base_url(url).allow_insecure_http().build().unwrap();
    println!("\ncount: {}", directory.count(&UserFilter::new()).await.unwrap());
}

#[tokio::test]
async fn requests_to_hosts_in_no_proxy_bypass_the_proxy() {
    let count = |number: u64| json!({ "object": "total_count", "total_count": number }).to_string();
    let (server, proxy) = (Clerk::with_json(200, count(1)).await, Clerk::with_json(200, count(2)).await);
    // The unspecified address is not a loopback address, for which the proxy is never used. It connects to this host.
    let url = server.base_url("/v1").replace("127.0.0.1", "0.0.0.0");
    let proxy = proxy.base_url("");
    assert_eq!(count_with_proxy(&url, &proxy, ""), "2");
    assert_eq!(count_with_proxy(&url, &proxy, "192.0.2.1"), "2");
    assert_eq!(count_with_proxy(&url, &proxy, "192.0.2.1,0.0.0.0"), "1");
}
