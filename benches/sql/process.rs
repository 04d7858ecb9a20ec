//! The start time and memory of separate processes with a large database: this benchmark and the emulator.

use std::hint::black_box;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use user_directory::{UserDirectory, UserFilter, UserQuery};
use user_directory_sql::SqlUserDirectory;

use crate::program::{self, Program};
use crate::users::{COMMON, RARE, sqlite_url};
use crate::{crowd, goals, memory};

/// The option that makes this program read the database of a URL.
pub const READER: &str = "--reader";

/// Measures how long opening takes, and the memory after reads and searches.
pub fn measure_reader(file: &Path, users: u64, reads: u64) {
    let program = std::env::current_exe().expect("the path of this program is known");
    let mut command = Command::new(program);
    command.args([READER, &sqlite_url(file), &users.to_string(), &reads.to_string()]);
    let output = command.output().expect("this program can be run");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).expect("the output is text");
    let numbers: Vec<f64> = text.split_whitespace().map(|number| number.parse().expect("a number")).collect();
    let [open, memory] = numbers[..] else { panic!("unexpected output: {text}") };
    goals::at_most("open, s", 1.0, open);
    goals::at_most(&format!("memory after {reads} reads and {} searches, MB", reads / 100), 200.0, memory);
}

/// Reads the database of a URL, and prints the seconds until the first user is read and the megabytes of memory.
pub async fn read(url: &str, users: u64, reads: u64) {
    let start = Instant::now();
    let directory = SqlUserDirectory::open(url).await.expect("the database can be opened");
    directory.migrate().await.expect("the tables exist");
    directory.get(&crowd::user_id(0)).await.expect("the user exists");
    let open = start.elapsed();
    read_randomly(&directory, users, reads).await;
    println!("{} {}", open.as_secs_f64(), megabytes(memory::resident_bytes()));
}

/// Reads random users and searches, with several connections at the same time.
async fn read_randomly(directory: &(impl UserDirectory + Clone + 'static), users: u64, reads: u64) {
    const CALLERS: u64 = 4;
    let callers = (0..CALLERS).map(|caller| {
        let directory = directory.clone();
        tokio::spawn(async move {
            for call in (caller..reads).step_by(4) {
                let number = crowd::mixed(call) % users;
                black_box(directory.get(&crowd::user_id(number)).await.expect("the user exists"));
                if (call / CALLERS).is_multiple_of(100) {
                    let text = match call / CALLERS / 100 % 4 {
                        0 => RARE.to_owned(),
                        1 => COMMON.to_owned(),
                        2 => "example".to_owned(),
                        _ => format!(".{number}@mail"),
                    };
                    let query = UserQuery::from(UserFilter::new().query(text)).limit(100);
                    black_box(directory.list(&query).await.expect("the query is valid"));
                }
            }
        })
    });
    for caller in callers.collect::<Vec<_>>() {
        caller.await.expect("no call fails");
    }
}

/// Measures the emulator on the database.
pub async fn measure_emulator(file: &Path, users: u64, reads: u64) {
    let program = program::build();
    let start = Instant::now();
    let emulator = Program::start(&program, "--database", sqlite_url(file));
    goals::at_most("emulator: start until it listens, s", 2.0, start.elapsed().as_secs_f64());
    goals::value("  memory after the start, MB", megabytes(emulator.resident_bytes()));
    read_randomly(&emulator.directory(), users, reads).await;
    let name = format!("  memory after {reads} reads and {} searches, MB", reads / 100);
    goals::at_most(&name, 300.0, megabytes(emulator.resident_bytes()));
}

fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}
