//! A recorder of everything that the process logs with `tracing` or `log`.

use std::fmt::{Debug, Write};
use std::sync::{Mutex, MutexGuard, OnceLock};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

/// The output of this crate and of all others.
#[derive(Default)]
pub struct Captured {
    pub ours: String,
    pub others: String,
}

struct Recorder;

fn captured() -> MutexGuard<'static, Captured> {
    static CAPTURED: OnceLock<Mutex<Captured>> = OnceLock::new();
    CAPTURED.get_or_init(Mutex::default).lock().unwrap()
}

/// Installs the recorder. Call this once per process.
pub fn install() {
    tracing::subscriber::set_global_default(Recorder).unwrap();
    log::set_logger(&Recorder).unwrap();
    log::set_max_level(log::LevelFilter::Trace);
}

/// Removes and returns the output so far.
pub fn take() -> Captured {
    std::mem::take(&mut *captured())
}

fn append(target: &str, write: impl FnOnce(&mut String)) {
    let mut captured = captured();
    let text = if target.starts_with("user_directory") { &mut captured.ours } else { &mut captured.others };
    write!(text, "\n{target}:").unwrap();
    write(text);
}

struct AppendVisitor<'a>(&'a mut String);

impl Visit for AppendVisitor<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        write!(self.0, " {}={value:?}", field.name()).unwrap();
    }
}

impl Subscriber for Recorder {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let metadata = span.metadata();
        append(metadata.target(), |text| {
            write!(text, " span {}", metadata.name()).unwrap();
            span.record(&mut AppendVisitor(text));
        });
        // The ID tells `record` which crate the span belongs to.
        Id::from_u64(if metadata.target().starts_with("user_directory") { 1 } else { 2 })
    }

    fn record(&self, span: &Id, values: &Record<'_>) {
        let target = if span.into_u64() == 1 { "user_directory" } else { "others" };
        append(target, |text| values.record(&mut AppendVisitor(text)));
    }

    fn event(&self, event: &Event<'_>) {
        append(event.metadata().target(), |text| event.record(&mut AppendVisitor(text)));
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

impl log::Log for Recorder {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        append(record.target(), |text| write!(text, " {}", record.args()).unwrap());
    }

    fn flush(&self) {}
}
