//! PostgreSQL clusters for tests.
//!
//! The programs must be in the directories that the Debian packages use. A cluster has its own directory, port and
//! server, so it does not affect other clusters on the machine. It is removed when it is dropped or when the process
//! ends, even if the process is killed.

use std::fs::Permissions;
use std::io::{self, Write as _};
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Once, OnceLock};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// The superuser of a cluster.
const SUPERUSER: &str = "postgres";

/// The database that new databases are copied from. It has the extension `pg_trgm`.
const TEMPLATE: &str = "template_trgm";

/// The settings of the server. Without `fsync`, data survives a killed server, but not a power failure.
const SETTINGS: &str = "
listen_addresses = '127.0.0.1'
max_connections = 300
shared_buffers = '64MB'
fsync = off
full_page_writes = off
";

/// How long the server may take to start or stop.
const TIMEOUT: Duration = Duration::from_mins(1);

/// Waits until standard input is closed, because the owner dropped the cluster or ended, and then removes the cluster.
const WATCHDOG: &str = r#"cat; "$1/pg_ctl" stop --silent --mode=immediate --pgdata="$2/data"; rm -rf "$2""#;

/// A PostgreSQL cluster with its own server.
#[derive(Debug)]
pub struct Cluster {
    programs: PathBuf,
    /// The account of the server, because PostgreSQL does not run as root.
    account: Option<Account>,
    directory: PathBuf,
    port: u16,
    databases: AtomicU32,
    watchdog: Child,
}

#[derive(Debug, Clone, Copy)]
struct Account {
    user: u32,
    group: u32,
}

impl Cluster {
    /// Returns the cluster that all tests of this process share, or `None` if PostgreSQL is not installed.
    ///
    /// The first call starts the server, which takes a few seconds. Tests must not stop it.
    pub fn shared() -> Option<&'static Self> {
        static SHARED: OnceLock<Option<Cluster>> = OnceLock::new();
        SHARED.get_or_init(Self::start_new).as_ref()
    }

    /// Starts a cluster. If PostgreSQL is not installed, prints once that tests are skipped and returns `None`.
    ///
    /// # Panics
    ///
    /// Panics if the server does not start, or if PostgreSQL is not installed and `SKIP_NO_TESTS` is set.
    pub fn start_new() -> Option<Self> {
        static NOTICE: Once = Once::new();
        let Some(programs) = programs() else {
            assert!(std::env::var_os("SKIP_NO_TESTS").is_none(), "PostgreSQL is missing");
            NOTICE.call_once(|| {
                // Unlike `println`, this is printed even if the test harness captures output.
                io::stdout().write_all(b"skipped: PostgreSQL is missing, so only SQLite is tested\n").unwrap();
            });
            return None;
        };
        let directory = tempfile::Builder::new().prefix("postgres-").tempdir().unwrap().keep();
        let account = (directory.metadata().unwrap().uid() == 0).then(unprivileged_account);
        if let Some(Account { user, group }) = account {
            chown(&directory, Some(user), Some(group)).unwrap();
        }
        let mut watchdog = Command::new("sh");
        watchdog
            .args(["-c", WATCHDOG, "sh"])
            .args([&programs, &directory])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            // Ctrl-C in a terminal ends the owner, but not the watchdog.
            .process_group(0);
        let watchdog = run_as(&mut watchdog, account, &directory).spawn().unwrap();
        let cluster = Self { programs, account, directory, port: free_port(), databases: AtomicU32::new(0), watchdog };
        cluster.initialize();
        cluster.start();
        cluster.sql("postgres", &format!("CREATE DATABASE {TEMPLATE}"));
        cluster.sql(TEMPLATE, "CREATE EXTENSION pg_trgm");
        Some(cluster)
    }

    fn initialize(&self) {
        let data = self.data();
        let arguments = ["--no-sync", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8"];
        let mut initdb = self.command("initdb");
        assert_success(initdb.args(arguments).arg("--username").arg(SUPERUSER).arg("--pgdata").arg(&data));
        let sockets = self.directory.display();
        self.configure(&format!("{SETTINGS}port = {}\nunix_socket_directories = '{sockets}'\n", self.port));
    }

    /// Appends settings, which apply when the server starts.
    fn configure(&self, settings: &str) {
        let file = self.data().join("postgresql.conf");
        let mut file = std::fs::OpenOptions::new().append(true).open(file).unwrap();
        file.write_all(settings.as_bytes()).unwrap();
    }

    /// Enables TLS with a certificate and its key in PEM format, and restarts the server.
    pub fn enable_tls(&self, certificate: &str, key: &str) {
        for (name, text) in [("server.crt", certificate), ("server.key", key)] {
            let path = self.data().join(name);
            std::fs::write(&path, text).unwrap();
            std::fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
            if let Some(Account { user, group }) = self.account {
                chown(&path, Some(user), Some(group)).unwrap();
            }
        }
        self.configure("ssl = on\n");
        self.restart();
    }

    /// Creates an empty database and returns its URL.
    pub fn database(&self) -> String {
        self.url(&self.database_name())
    }

    /// Creates an empty database and returns its name.
    pub fn database_name(&self) -> String {
        let name = format!("test_{}", self.databases.fetch_add(1, Ordering::Relaxed));
        self.sql("postgres", &format!("CREATE DATABASE {name} TEMPLATE {TEMPLATE}"));
        name
    }

    /// Returns the URL of a database, through the Unix socket.
    pub fn url(&self, database: &str) -> String {
        let sockets = self.directory.to_str().unwrap().replace('/', "%2F");
        format!("postgres://{SUPERUSER}@{sockets}:{}/{database}", self.port)
    }

    /// Returns the URL of a database, through TCP.
    pub fn tcp_url(&self, database: &str) -> String {
        format!("postgres://{SUPERUSER}@localhost:{}/{database}", self.port)
    }

    /// Returns the TCP port of the server.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Runs SQL in a database and returns what `psql` prints: one line per row, with `|` between columns.
    pub fn sql(&self, database: &str, sql: &str) -> String {
        let mut psql = self.client("psql", database);
        psql.args(["--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--set=ON_ERROR_STOP=1"])
            .arg(format!("--command={sql}"));
        let output = assert_success(&mut psql);
        String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
    }

    /// Returns the SQL statements that recreate the contents of a database in an empty one.
    pub fn dump(&self, database: &str) -> String {
        let mut pg_dump = self.client("pg_dump", database);
        pg_dump.args(["--inserts", "--no-owner", "--no-privileges"]);
        let dump = String::from_utf8(assert_success(&mut pg_dump).stdout).unwrap();
        // These are commands of `psql` with random arguments, not SQL.
        let is_sql = |line: &&str| !line.starts_with("\\restrict ") && !line.starts_with("\\unrestrict ");
        dump.split_inclusive('\n').filter(is_sql).collect()
    }

    /// Starts the server and waits until it accepts connections.
    pub fn start(&self) {
        let end = Instant::now() + TIMEOUT;
        loop {
            let output = self.pg_ctl(&["start"]).output().unwrap();
            if output.status.success() {
                return;
            }
            // The processes of a killed server may still be running.
            let log = std::fs::read_to_string(self.log()).unwrap_or_default();
            assert!(Instant::now() < end, "{output:?}\n{log}");
            sleep(Duration::from_millis(50));
        }
    }

    /// Stops the server. Open connections are closed.
    pub fn stop(&self) {
        assert_success(&mut self.pg_ctl(&["stop", "--mode=fast"]));
    }

    /// Stops and starts the server.
    pub fn restart(&self) {
        self.stop();
        self.start();
    }

    /// Kills the server with `SIGKILL`. [`start`](Self::start) starts it again.
    pub fn kill(&self) {
        let file = std::fs::read_to_string(self.data().join("postmaster.pid")).unwrap();
        let process = file.lines().next().unwrap();
        assert_success(Command::new("kill").args(["-KILL", process]));
        // The server is not a child of this process, so it cannot be waited for.
        let end = Instant::now() + TIMEOUT;
        while is_running(process) {
            assert!(Instant::now() < end, "the server {process} is not killed");
            sleep(Duration::from_millis(5));
        }
    }

    fn data(&self) -> PathBuf {
        self.directory.join("data")
    }

    fn log(&self) -> PathBuf {
        self.directory.join("log")
    }

    fn pg_ctl(&self, arguments: &[&str]) -> Command {
        let mut command = self.command("pg_ctl");
        command.args(arguments).args(["--wait", "--silent"]).arg(format!("--timeout={}", TIMEOUT.as_secs()));
        command.arg("--pgdata").arg(self.data()).arg("--log").arg(self.log());
        command
    }

    /// Returns a command that connects to a database through the Unix socket.
    fn client(&self, program: &str, database: &str) -> Command {
        let mut command = self.command(program);
        command
            .arg(format!("--host={}", self.directory.display()))
            .arg(format!("--port={}", self.port))
            .arg(format!("--username={SUPERUSER}"))
            .arg(format!("--dbname={database}"));
        command
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.programs.join(program));
        run_as(&mut command, self.account, &self.directory);
        command
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        drop(self.watchdog.stdin.take());
        let _ = self.watchdog.wait();
    }
}

/// Returns the directory with the programs of the newest installed version, or `None` if PostgreSQL is not installed.
fn programs() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut versions: Vec<(u32, PathBuf)> = versions
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin"))))
        .collect();
    versions.sort();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut candidates = versions.into_iter().rev().map(|(_, path)| path).chain(std::env::split_paths(&path));
    candidates.find(|directory| directory.join("initdb").is_file() && directory.join("postgres").is_file())
}

/// Returns the account `postgres`, or else `nobody`.
fn unprivileged_account() -> Account {
    let file = std::fs::read_to_string("/etc/passwd").unwrap();
    let account = |name: &str| {
        let fields = file.lines().map(|line| line.split(':').collect::<Vec<_>>()).find(|fields| fields[0] == name)?;
        Some(Account { user: fields.get(2)?.parse().ok()?, group: fields.get(3)?.parse().ok()? })
    };
    account("postgres").or_else(|| account("nobody")).expect("neither `postgres` nor `nobody` is an account")
}

fn run_as<'a>(command: &'a mut Command, account: Option<Account>, directory: &Path) -> &'a mut Command {
    if let Some(Account { user, group }) = account {
        command.uid(user).gid(group);
    }
    command.current_dir(directory).env_remove("PGOPTIONS").env_remove("PGDATABASE").env("LC_ALL", "C.UTF-8")
}

/// Returns `true` if there is such a process and it is not a zombie.
fn is_running(process: &str) -> bool {
    std::fs::read_to_string(format!("/proc/{process}/stat")).is_ok_and(|stat| !stat.contains(") Z "))
}

fn free_port() -> u16 {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port()
}

fn assert_success(command: &mut Command) -> Output {
    let output = command.stdin(Stdio::null()).output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let program = command.get_program();
    assert!(output.status.success(), "{}: {}", program.display(), String::from_utf8_lossy(&output.stderr));
    output
}
