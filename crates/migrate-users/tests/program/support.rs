//! A folder, an emulator, and the program.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use clerk_emulator::Emulator;
use tempfile::TempDir;
use user_directory::clerk::RateLimits;
use user_directory::model::PasswordVerification;
use user_directory::{InMemoryUserDirectory, Password, User, UserDirectory, UserDirectoryExt};

/// The password of all digests in the tests.
pub const PASSWORD: &str = "correct horse";
/// `passlib.hash.bcrypt.using(rounds=4, ident='2b', salt='abcdefghijklmnopqrstuO')`.
pub const BCRYPT: &str = "$2b$04$abcdefghijklmnopqrstuOqYRIqRs12k1wOugwHhZf/vUS/IBW0b2";

pub struct Case {
    pub folder: TempDir,
    pub users: InMemoryUserDirectory,
    pub emulator: Emulator,
    key: &'static str,
}

/// The result of a run.
pub struct Run {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Case {
    pub async fn new() -> Self {
        Self::with(InMemoryUserDirectory::permissive(), None).await
    }

    pub async fn with(users: InMemoryUserDirectory, limits: Option<RateLimits>) -> Self {
        let key = if limits.is_some() { "sk_live_not_a_real_key" } else { "sk_test_not_a_real_key" };
        let mut builder = Emulator::builder().store(&users).secret_key(key).unwrap();
        if let Some(limits) = limits {
            builder = builder.rate_limits(limits);
        }
        let emulator = builder.start().await.unwrap();
        Self { folder: tempfile::tempdir().unwrap(), users, emulator, key }
    }

    /// Creates a case with a file.
    pub async fn of(name: &str, content: impl AsRef<[u8]>) -> Self {
        let case = Self::new().await;
        case.write(name, content);
        case
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        std::fs::write(self.path(name), content).unwrap();
    }

    pub fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    pub fn files(&self) -> Vec<String> {
        let names = std::fs::read_dir(self.folder.path()).unwrap().map(|entry| entry.unwrap().file_name());
        let mut names: Vec<_> = names.map(|name| name.into_string().unwrap()).collect();
        names.sort();
        names
    }

    /// Returns a command that runs the program in the folder.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_migrate-users"));
        command.args(arguments).current_dir(self.folder.path());
        command.env("CLERK_SECRET_KEY", self.key).env("CLERK_API_URL", self.emulator.api_url());
        let names = ["FIREBASE_SIGNER_KEY", "FIREBASE_SALT_SEPARATOR", "FIREBASE_ROUNDS", "FIREBASE_MEM_COST"];
        for name in [&names[..], &["DEVISE_PEPPER", "MIGRATE_USERS_ENCRYPTION_KEYS"]].concat() {
            command.env_remove(name);
        }
        command.stdin(Stdio::null());
        command
    }

    pub async fn run(&self, arguments: &[&str]) -> Run {
        Run::of(self.command(arguments)).await
    }

    /// Runs an import that must succeed completely, without client-side rate limits.
    pub async fn import(&self, arguments: &[&str]) -> Run {
        let run = self.try_import(arguments).await;
        assert_eq!(run.code, Some(0), "{run}");
        run
    }

    pub async fn try_import(&self, arguments: &[&str]) -> Run {
        self.run(&[&["import", "--rate-limits", "off"], arguments].concat()).await
    }

    pub async fn user(&self, external_id: &str) -> User {
        let user = self.users.find_by_external_id(external_id).await.unwrap();
        user.unwrap_or_else(|| panic!("{external_id} was not imported"))
    }

    pub async fn verifies(&self, external_id: &str, password: &str) -> bool {
        let user = self.user(external_id).await;
        let result = self.users.verify_password(&user.id, &Password::new(password)).await;
        result.is_ok_and(PasswordVerification::is_correct)
    }

    /// Returns the lines and the codes of the rejects file.
    pub fn rejects(&self, file: &str) -> Vec<(u64, String)> {
        let text = self.read(&format!("{file}.rejects.jsonl"));
        let reject = |line: &str| {
            let reject: serde_json::Value = serde_json::from_str(line).unwrap();
            (reject["line"].as_u64().unwrap(), reject["code"].as_str().unwrap().to_owned())
        };
        let mut rejects: Vec<_> = text.lines().map(reject).collect();
        rejects.sort();
        rejects
    }
}

impl Run {
    pub async fn of(mut command: Command) -> Self {
        let Output { status, stdout, stderr } =
            tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Self { code: status.code(), stdout: text(stdout), stderr: text(stderr) }
    }
}

impl std::fmt::Display for Run {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?}\n{}\n{}", self.code, self.stdout, self.stderr)
    }
}

/// Returns each email address of a user and whether it is verified, the primary one first.
pub fn emails(user: &User) -> Vec<(&str, bool)> {
    user.email_addresses.iter().map(|email| (email.email_address.as_str(), email.is_verified())).collect()
}

pub fn phones(user: &User) -> Vec<(&str, bool)> {
    user.phone_numbers.iter().map(|phone| (phone.phone_number.as_str(), phone.is_verified())).collect()
}

/// Returns the names of a user.
pub fn names(user: &User) -> (Option<&str>, Option<&str>) {
    (user.first_name.as_deref(), user.last_name.as_deref())
}

#[cfg(unix)]
pub fn mode(path: &Path) -> u32 {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}
