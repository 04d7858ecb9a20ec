//! Tests of the dashboard in Chromium, which loads it and dumps the DOM.
//!
//! The executable is `CHROMIUM`, `chromium` on the `PATH`, or `/usr/bin/chromium`. Without one, these tests are skipped. The
//! screenshots are written to `target/tmp`.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::sleep;
use std::time::Duration;

use clerk_emulator::{Emulator, EmulatorBuilder};
use user_directory::clerk::ClerkBuilder;
use user_directory::decorators::{Fault, FaultyUserDirectory};
use user_directory::store_directory::InstanceSettings;
use user_directory::{
    ErrorKind, InMemoryUserDirectory, MockUserDirectory, NewUser, Operation, User, UserDirectory, UserFilter, UserId,
};

#[cfg(feature = "webhooks")]
use crate::receiver::Receiver;

const SCRIPTS: [&str; 4] = [
    include_str!("../../src/dashboard/dashboard.js"),
    include_str!("../../src/dashboard/elements.js"),
    include_str!("../../src/dashboard/user.js"),
    include_str!("../../src/dashboard/webhooks.js"),
];

const USERS: &str = r#"[
    {
        "id": "user_ada", "first_name": "Ada", "last_name": "Lovelace", "external_id": "engine-1",
        "primary_email_address_id": "idn_ada",
        "email_addresses": [{
            "id": "idn_ada", "email_address": "ada@example.com",
            "verification": { "status": "verified", "strategy": "email_code" }
        }],
        "two_factor_enabled": true, "totp_enabled": true, "password_enabled": true, "created_at": 1778922000000,
        "private_metadata": { "</pre><script>note()</script>": "\u202etxt.exe", "exact": 12345678901234567890.50 }
    },
    { "id": "user_grace", "first_name": "Grace", "last_name": "Hopper", "username": "grace", "banned": true },
    { "id": "user_script", "first_name": "<script>document.title='taken'</script>", "last_name": "<img src=x onerror=y>" },
    { "id": "user_disguised", "first_name": "\u202egnp.exe", "last_name": "\u0007\u200b" },
    { "id": "user_bare" }
]"#;

fn chromium() -> Option<PathBuf> {
    if let Some(given) = std::env::var_os("CHROMIUM") {
        return Some(given.into());
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).map(|folder| folder.join("chromium")).find(|program| program.is_file());
    found.or_else(|| Some(PathBuf::from("/usr/bin/chromium")).filter(|program| program.is_file()))
}

/// The output of Chromium.
struct Output {
    dom: String,
    log: String,
}

impl Output {
    fn has(&self, text: &str) -> bool {
        self.dom.contains(text)
    }

    fn assert_has(&self, texts: &[&str]) {
        for text in texts {
            assert!(self.has(text), "{text:?} is not in {}", self.dom);
        }
    }

    /// Asserts that the dashboard was drawn without errors and that data did not create elements.
    fn assert_sound(&self) {
        self.assert_has(&[r#"data-state="ready""#, "<title>Clerk emulator</title>"]);
        assert!(!self.has("data-problem"), "{}", self.dom);
        let console: Vec<_> = self.log.lines().filter(|line| line.contains("CONSOLE")).collect();
        assert!(console.is_empty(), "{console:#?}");
        assert_eq!(self.dom.matches("<script").count(), 1, "{}", self.dom);
        for element in ["<img", "<svg", "<iframe", "<style", "<object"] {
            assert!(!self.has(element), "{element} in {}", self.dom);
        }
    }
}

/// Loads a URL in Chromium with a budget of virtual time. Returns `None` if Chromium is not installed.
///
/// Virtual time advances while nothing is loading, so polling does not slow down the tests.
fn browse(url: &str, milliseconds: u32, arguments: &[&str]) -> Option<Output> {
    let Some(chromium) = chromium() else {
        assert!(std::env::var_os("SKIP_NO_TESTS").is_none(), "chromium is missing");
        eprintln!("skipped: chromium is missing");
        return None;
    };
    let folder = tempfile::tempdir().unwrap();
    let [dom, log] = ["dom", "log"].map(|name| folder.path().join(name));
    let mut command = Command::new(chromium);
    command
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"])
        .args(["--hide-scrollbars", "--window-size=1280,800", "--enable-logging=stderr"])
        .arg(format!("--user-data-dir={}", folder.path().join("profile").display()))
        .arg(format!("--virtual-time-budget={milliseconds}"))
        .args(arguments)
        .arg(url)
        .env("TZ", "UTC")
        .stdin(Stdio::null())
        .stdout(File::create(&dom).unwrap())
        .stderr(File::create(&log).unwrap());
    let mut browser = command.spawn().unwrap();
    let ended = (0..1200).find_map(|_| {
        sleep(Duration::from_millis(100));
        browser.try_wait().unwrap()
    });
    if ended.is_none() {
        browser.kill().unwrap();
        browser.wait().unwrap();
    }
    let read = |path: &Path| String::from_utf8_lossy(&std::fs::read(path).unwrap()).into_owned();
    let output = Output { dom: read(&dom), log: read(&log) };
    assert!(ended.is_some_and(|status| status.success()), "{ended:?}: {}", output.log);
    Some(output)
}

fn load(url: &str) -> Option<Output> {
    browse(url, 3_000, &["--dump-dom"])
}

/// Starts an emulator with users, including some with hostile names, and with requests, two of which failed.
async fn emulator() -> Emulator {
    emulator_with(|builder| builder).await
}

async fn emulator_with(configure: impl FnOnce(EmulatorBuilder) -> EmulatorBuilder) -> Emulator {
    let directory = InMemoryUserDirectory::builder().settings(InstanceSettings::permissive());
    #[cfg(feature = "webhooks")]
    let directory = directory.emit_events();
    let directory = directory.build();
    directory.load_json(USERS).await.unwrap();
    let long = format!(r#"[{{ "id": "user_long", "first_name": "{}" }}]"#, "W".repeat(10_000));
    directory.load_json(&long).await.unwrap();
    let emulator = configure(Emulator::builder().store(&directory)).start().await.unwrap();

    let clerk = integration_tests::directory(&emulator.api_url());
    clerk.get(&"user_ada".parse().unwrap()).await.unwrap();
    let taken = clerk.create(&NewUser::new().email_address("ada@example.com").skip_password_requirement(true)).await;
    assert_eq!(taken.unwrap_err().kind(), ErrorKind::Conflict);
    let missing = clerk.get(&"user_unknown".parse().unwrap()).await;
    assert_eq!(missing.unwrap_err().kind(), ErrorKind::NotFound);
    emulator
}

#[test]
fn scripts_never_parse_text_as_html() {
    for script in SCRIPTS {
        for sink in
            ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "DOMParser", "eval(", "Function("]
        {
            assert!(!script.contains(sink), "{sink}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn dashboard_shows_users_and_requests() {
    let emulator = emulator().await;
    let Some(page) = load(&emulator.url()) else { return };
    page.assert_sound();
    page.assert_has(&[
        "Ada Lovelace",
        "ada@example.com",
        "Grace Hopper",
        ">banned<",
        ">MFA<",
        r#"data-key="user_bare""#,
    ]);
    page.assert_has(&[">200</span>", ">422</span>", "form_identifier_exists", ">404</span>", "resource_not_found"]);
    page.assert_has(&["/v1/users/", "user_unknown", r#"id="figure-users">6<"#, r#"id="request-count" class="muted""#]);
}

#[tokio::test(flavor = "multi_thread")]
async fn dashboard_shows_hostile_names_as_text() {
    let emulator = emulator().await;
    let Some(page) = load(&emulator.url()) else { return };
    page.assert_sound();
    page.assert_has(&["&lt;script&gt;document.title='taken'&lt;/script&gt;", "&lt;img src=x onerror=y&gt;"]);
    page.assert_has(&["⟨U+202E⟩gnp.exe", "␇⟨U+200B⟩"]);
    assert!(!page.has("\u{202e}") && !page.has("\u{7}"), "{}", page.dom);
    assert!(page.has(&"W".repeat(200)) && !page.has(&"W".repeat(201)), "a long name is not cut off");
}

#[tokio::test(flavor = "multi_thread")]
async fn link_opens_a_user() {
    let emulator = emulator().await;
    let Some(page) = load(&format!("{}/#/users/user_ada", emulator.url())) else { return };
    page.assert_sound();
    page.assert_has(&[r#"aria-current="true""#, "engine-1", "idn_ada", "Multi-factor authentication", "2026-05-16"]);
    page.assert_has(&["&lt;/pre&gt;&lt;script&gt;note()", "⟨U+202E⟩txt.exe", "12345678901234567890.50"]);

    let Some(page) = load(&format!("{}/#/users/user_long", emulator.url())) else { return };
    page.assert_sound();
    assert!(page.has(&"W".repeat(10_000)), "the whole name is not in the user's JSON");

    let Some(page) = load(&format!("{}/#/users/user_unknown", emulator.url())) else { return };
    page.assert_has(&["This user does not exist or was deleted."]);
}

#[tokio::test(flavor = "multi_thread")]
async fn user_page_lists_empty_and_disabled_features_without_errors() {
    let directory = InMemoryUserDirectory::new();
    let saml = r#"[
        { "id": "user_saml", "saml_accounts": [{ "id": "samlacc_1", "email_address": "ada@example.com" }] },
        { "id": "user_bare" }
    ]"#;
    directory.load_json(saml).await.unwrap();
    let emulator = Emulator::builder().store(&directory).start().await.unwrap();
    for (user, none) in [("user_bare", "external accounts, SAML accounts, "), ("user_saml", "external accounts, ")] {
        let Some(page) = load(&format!("{}/#/users/{user}", emulator.url())) else { return };
        page.assert_sound();
        let line =
            format!("No {none}enterprise accounts, passkeys, devices. Disabled: organizations, invitations.</span>");
        page.assert_has(&[&line]);
        assert!(!page.has("organization_not_enabled_in_instance"), "{}", page.dom);
        assert_eq!(page.has("<h3>SAML accounts</h3>"), user == "user_saml", "{}", page.dom);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn user_page_shows_missing_permissions_as_errors() {
    let inner = InMemoryUserDirectory::permissive();
    inner.load_json(r#"{ "id": "user_bare" }"#).await.unwrap();
    let directory = FaultyUserDirectory::new(inner);
    directory.add_fault(Fault::kind(ErrorKind::Forbidden).operation(Operation::GetOrganizationMemberships));
    let emulator = Emulator::builder().directory(Arc::new(directory)).start().await.unwrap();
    let Some(page) = load(&format!("{}/#/users/user_bare", emulator.url())) else { return };
    page.assert_sound();
    page.assert_has(&["<h3>Organizations</h3>", "403 authorization_invalid"]);
    assert!(!page.has("Disabled: "), "{}", page.dom);
}

#[tokio::test(flavor = "multi_thread")]
async fn link_opens_a_search() {
    let emulator = emulator().await;
    let Some(page) = load(&format!("{}/#/?query=grace&errors=1", emulator.url())) else { return };
    page.assert_sound();
    page.assert_has(&["Grace Hopper", ">1 found<", ">2 failed<"]);
    assert!(!page.has("Ada Lovelace") && !page.has(">200</span>"), "{}", page.dom);
}

#[cfg(feature = "webhooks")]
#[tokio::test(flavor = "multi_thread")]
async fn dashboard_shows_webhook_deliveries() {
    let mut receiver = Receiver::start().await;
    receiver.reply_with(&[503]);
    let emulator = emulator_with(|builder| builder.webhook(receiver.endpoint())).await;
    let directory = emulator.store().unwrap();
    let failed = directory.create(&NewUser::new().username("kay_mcnulty")).await.unwrap();
    assert_eq!(receiver.event().await.user_id(), Some(&failed.id));
    let grace = "user_grace".parse().unwrap();
    directory.unban(&grace).await.unwrap();
    assert_eq!(receiver.event().await.user_id(), Some(&grace));
    // The event of the failed delivery stays in the outbox.
    while directory.outbox().unwrap().read(0, 2).await.unwrap().len() > 1 {
        tokio::task::yield_now().await;
    }
    let Some(page) = load(&emulator.url()) else { return };
    page.assert_sound();
    page.assert_has(&["1 delivered, 1 pending", ">user.updated</span>", ">user.created</span>", "user_grace"]);
    page.assert_has(&[failed.id.as_str(), ">pending</bdi>", ">delivered</bdi>", "/webhooks<", "Send example"]);
    assert!(!page.has(crate::receiver::SECRET) && !page.has("in-the-query"), "{}", page.dom);

    let without = self::emulator().await;
    let Some(page) = load(&without.url()) else { return };
    page.assert_has(&[r#"aria-labelledby="webhooks-title" hidden"#]);
}

/// Runs the steps of `tests/chromium/driver.js`, which clicks and types.
#[cfg(feature = "webhooks")]
#[tokio::test(flavor = "multi_thread")]
async fn dashboard_can_be_operated() {
    let receiver = Receiver::start().await;
    let emulator = emulator_with(|builder| builder.webhook(receiver.endpoint())).await;
    let extension = concat!("--load-extension=", env!("CARGO_MANIFEST_DIR"), "/tests/chromium");
    let arguments = ["--dump-dom", extension, "--disable-features=DisableLoadExtensionCommandLineSwitch"];
    let Some(page) = browse(&format!("{}/?drive", emulator.url()), 120_000, &arguments) else { return };
    let (_, report) = page.dom.split_once(r#"<pre id="report">"#).expect("the driver did not end");
    let (report, _) = report.split_once("</pre>").unwrap();
    let steps: Vec<_> = report.lines().collect();
    assert_eq!(steps.last(), Some(&"done"), "{report}");
    let failed = |step: &&&str| !step.starts_with("ok ");
    assert_eq!(steps[..steps.len() - 1].iter().filter(failed).collect::<Vec<_>>(), Vec::<&&str>::new());
    assert!(steps.len() > 10, "{report}");
    assert!(!page.has("data-problem"), "{}", page.dom);
}

#[tokio::test(flavor = "multi_thread")]
async fn empty_dashboard_explains_how_to_create_a_user() {
    let directory = InMemoryUserDirectory::permissive();
    let emulator = Emulator::builder().store(&directory).start().await.unwrap();
    let Some(page) = load(&emulator.url()) else { return };
    page.assert_sound();
    let (_, command) = page.dom.split_once("<pre>curl ").expect("no command");
    let (command, _) = command.split_once("</pre>").unwrap();
    let (target, rest) = command.split_once(" \\\n").unwrap();
    let (_, key) = rest.split_once("Authorization: ").unwrap();
    let (_, body) = rest.split_once("-d '").unwrap();

    let request = ClerkBuilder::http_client_builder()
        .unwrap()
        .build()
        .unwrap()
        .post(target)
        .header("Content-Type", "application/json");
    let request = request.header("Authorization", key.split('"').next().unwrap());
    let response = request.body(body.trim_end_matches('\'').to_owned()).send().await.unwrap();
    assert_eq!(response.status(), 200, "{}", response.text().await.unwrap());
    assert_eq!(directory.count(&UserFilter::new()).await.unwrap(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn dashboard_prompts_for_a_configured_key() {
    let directory = InMemoryUserDirectory::permissive();
    directory.load_json(USERS).await.unwrap();
    let emulator =
        Emulator::builder().store(&directory).secret_key("sk_test_configured").unwrap().start().await.unwrap();
    let Some(page) = load(&emulator.url()) else { return };
    page.assert_has(&[
        r#"data-state="locked""#,
        r#"<form id="key-form" class="card">"#,
        r#"<main id="workspace" hidden"#,
    ]);
    assert!(!page.has("Ada"), "{}", page.dom);
}

#[tokio::test(flavor = "multi_thread")]
async fn dashboard_does_not_poll_a_gateway() {
    let lists = Arc::new(AtomicUsize::new(0));
    let mut directory = MockUserDirectory::new();
    directory.expect_count().returning(|_| Ok(1));
    let counted = Arc::clone(&lists);
    directory.expect_list().returning(move |_| {
        counted.fetch_add(1, Ordering::Relaxed);
        Ok(vec![User::new(UserId::new("user_ada").unwrap())])
    });
    let emulator = Emulator::builder().directory(Arc::new(directory)).start().await.unwrap();
    let Some(page) = browse(&emulator.url(), 15_000, &["--dump-dom"]) else { return };
    page.assert_sound();
    page.assert_has(&["gateway to another directory", r#"data-key="user_ada""#]);
    assert_eq!(lists.load(Ordering::Relaxed), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn dashboard_supports_light_and_dark_mode() {
    let emulator = emulator().await;
    let url = format!("{}/#/users/user_ada", emulator.url());
    let mut images = Vec::new();
    for (name, scheme) in [("light", 1), ("dark", 0)] {
        let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("emulator-dashboard-{name}.png"));
        let screenshot = format!("--screenshot={}", file.display());
        let scheme = format!("--blink-settings=preferredColorScheme={scheme}");
        if browse(&url, 3_000, &[&screenshot, &scheme]).is_none() {
            return;
        }
        images.push(std::fs::read(&file).unwrap());
    }
    for image in &images {
        assert_eq!(image[16..24], [1280_u32.to_be_bytes(), 800_u32.to_be_bytes()].concat(), "the size");
    }
    assert_ne!(images[0], images[1]);
}
