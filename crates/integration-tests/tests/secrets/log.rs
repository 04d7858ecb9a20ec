//! Everything that a process tells, by `tracing` or by `log`.

use std::fmt::{Debug, Write};
use std::sync::{Mutex, MutexGuard, OnceLock};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

/// What was told by this crate, and by all others.
#[derive(Default)]
pub struct RecordingSubscriber {
    pub ours: String,
    pub others: String,
}

struct Everything;

fn told() -> MutexGuard<'static, RecordingSubscriber> {
    static TOLD: OnceLock<Mutex<RecordingSubscriber>> = OnceLock::new();
    TOLD.get_or_init(Mutex::default).lock().unwrap()
}

/// Begins to listen. Once in a process.
pub fn listen() {
    tracing::subscriber::set_global_default(Everything).unwrap();
    log::set_logger(&Everything).unwrap();
    log::set_max_level(log::LevelFilter::Trace);
}

/// What was told so far.
pub fn take() -> RecordingSubscriber {
    std::mem::take(&mut *told())
}

fn write_of(target: &str, write: impl FnOnce(&mut String)) {
    let mut told = told();
    let text = if target.starts_with("user_directory") { &mut told.ours } else { &mut told.others };
    write!(text, "\n{target}:").unwrap();
    write(text);
}

struct Append<'a>(&'a mut String);

impl Visit for Append<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        write!(self.0, " {}={value:?}", field.name()).unwrap();
    }
}

impl Subscriber for Everything {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let metadata = span.metadata();
        write_of(metadata.target(), |text| {
            write!(text, " span {}", metadata.name()).unwrap();
            span.record(&mut Append(text));
        });
        // Whose it is has to be known when something is recorded later.
        Id::from_u64(if metadata.target().starts_with("user_directory") { 1 } else { 2 })
    }

    fn record(&self, span: &Id, values: &Record<'_>) {
        let target = if span.into_u64() == 1 { "user_directory" } else { "others" };
        write_of(target, |text| values.record(&mut Append(text)));
    }

    fn event(&self, event: &Event<'_>) {
        write_of(event.metadata().target(), |text| event.record(&mut Append(text)));
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

impl log::Log for Everything {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        write_of(record.target(), |text| write!(text, " {}", record.args()).unwrap());
    }

    fn flush(&self) {}
}
