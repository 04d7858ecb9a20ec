//! [`Progress`]: a progress bar on a terminal, or periodic lines otherwise.

use std::cell::{Cell, RefCell};
use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use user_directory::{Error, ErrorKind};

/// The interval between two progress lines.
const INTERVAL: Duration = Duration::from_secs(5);

/// The minimum interval between two updates of the progress bar.
const BAR_INTERVAL: Duration = Duration::from_millis(100);

enum View {
    Bar { bar: ProgressBar, last: Duration },
    Lines { out: Box<dyn Write>, last: Duration },
}

/// Counts finished and rejected rows, and estimates the remaining time.
pub struct Progress {
    view: RefCell<View>,
    /// Returns the time since the start.
    elapsed: Box<dyn Fn() -> Duration>,
    total: Cell<u64>,
    skipped: Cell<u64>,
    done: Cell<u64>,
    errors: Cell<u64>,
    /// The kinds of temporary errors that were printed.
    reported: RefCell<Vec<ErrorKind>>,
}

impl Progress {
    /// Creates a progress display on standard error.
    pub fn on_stderr() -> Self {
        let view = if std::io::stderr().is_terminal() {
            let style = ProgressStyle::with_template("{wide_bar} {pos}/{len}  {msg}");
            let style = style.unwrap_or_else(|_| ProgressStyle::default_bar());
            View::Bar { bar: ProgressBar::new(0).with_style(style), last: Duration::ZERO }
        } else {
            View::Lines { out: Box::new(std::io::stderr()), last: Duration::ZERO }
        };
        let start = Instant::now();
        Self::new(view, move || start.elapsed())
    }

    /// Creates a progress display without output, for tests.
    #[cfg(test)]
    pub fn silent() -> Self {
        Self::new(View::Bar { bar: ProgressBar::hidden(), last: Duration::ZERO }, || Duration::ZERO)
    }

    fn new(view: View, elapsed: impl Fn() -> Duration + 'static) -> Self {
        let zero = || Cell::new(0);
        Self {
            view: RefCell::new(view),
            elapsed: Box::new(elapsed),
            total: zero(),
            skipped: zero(),
            done: zero(),
            errors: zero(),
            reported: RefCell::default(),
        }
    }

    pub fn set_total(&self, total: u64) {
        self.total.set(total);
        self.update();
    }

    /// Counts skipped rows and rows of earlier runs, which do not affect the rate.
    pub fn skip(&self, number: u64) {
        self.skipped.set(self.skipped.get() + number);
        self.update();
    }

    pub fn done(&self, number: u64) {
        self.done.set(self.done.get() + number);
        self.update();
    }

    /// Counts a row that was rejected or failed.
    pub fn error(&self) {
        self.errors.set(self.errors.get() + 1);
        self.done(1);
    }

    /// Prints a temporary error before the retry. Each kind of error is printed once.
    pub fn report(&self, error: &Error) {
        if self.reported.borrow().contains(&error.kind()) {
            return;
        }
        self.reported.borrow_mut().push(error.kind());
        let message = format!("{error}; trying again");
        match &mut *self.view.borrow_mut() {
            View::Bar { bar, .. } => bar.println(message),
            // A failed write of progress must not stop the import.
            View::Lines { out, .. } => drop(writeln!(out, "{message}")),
        }
    }

    /// Removes the bar.
    pub fn finish(&self) {
        if let View::Bar { bar, .. } = &*self.view.borrow() {
            bar.finish_and_clear();
        }
    }

    /// Prints progress periodically. Never completes.
    pub async fn update_periodically(&self) -> ! {
        loop {
            tokio::time::sleep(Duration::from_secs(1)).await;
            self.update();
        }
    }

    fn update(&self) {
        let elapsed = (self.elapsed)();
        match &mut *self.view.borrow_mut() {
            View::Bar { bar, last } => {
                if elapsed >= *last + BAR_INTERVAL {
                    *last = elapsed;
                    bar.set_length(self.total.get());
                    bar.set_position(self.position());
                    bar.set_message(self.message(elapsed));
                }
            }
            View::Lines { out, last } => {
                if elapsed >= *last + INTERVAL {
                    *last = elapsed;
                    let (position, total) = (self.position(), self.total.get());
                    // A failed write of progress must not stop the import.
                    drop(writeln!(out, "{position} of {total}, {}", self.message(elapsed)));
                }
            }
        }
    }

    fn position(&self) -> u64 {
        self.skipped.get() + self.done.get()
    }

    fn message(&self, elapsed: Duration) -> String {
        let (done, milliseconds) = (self.done.get(), u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX).max(1));
        let remaining = self.total.get().saturating_sub(self.position());
        let time_left = (remaining.saturating_mul(milliseconds)).checked_div(done);
        let time_left = time_left.map_or("?".to_owned(), |left| duration(Duration::from_millis(left)));
        let rate = done.saturating_mul(1000) / milliseconds;
        format!("{rate}/s, errors: {}, {time_left} left", self.errors.get())
    }
}

/// Formats a duration: `5 s`, `2 min 5 s`, `3 h 20 min`.
pub fn duration(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let (hours, minutes, rest) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    match (hours, minutes) {
        (0, 0) => format!("{rest} s"),
        (0, _) => format!("{minutes} min {rest} s"),
        _ => format!("{hours} h {minutes} min"),
    }
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use super::*;

    /// An output that the test reads.
    #[derive(Clone, Default)]
    struct Output(Rc<RefCell<Vec<u8>>>);

    impl Write for Output {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.borrow_mut().write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn lines_are_written_every_five_seconds() {
        let (output, now) = (Output::default(), Rc::new(Cell::new(0)));
        let clock = Rc::clone(&now);
        let view = View::Lines { out: Box::new(output.clone()), last: Duration::ZERO };
        let progress = Progress::new(view, move || Duration::from_secs(clock.get()));
        progress.set_total(1000);
        progress.skip(300);
        for second in 0..12 {
            now.set(second);
            progress.done(10);
            if second == 3 {
                progress.error();
            }
        }
        let written = String::from_utf8(output.0.take()).unwrap();
        assert_eq!(written, "361 of 1000, 12/s, errors: 1, 52 s left\n411 of 1000, 11/s, errors: 1, 53 s left\n");
    }

    #[test]
    fn bar_shows_the_same_message() {
        let (bar, now) = (ProgressBar::hidden(), Rc::new(Cell::new(1)));
        let clock = Rc::clone(&now);
        let view = View::Bar { bar: bar.clone(), last: Duration::ZERO };
        let progress = Progress::new(view, move || Duration::from_secs(clock.get()));
        progress.set_total(10);
        progress.done(3);
        assert_eq!(bar.position(), 0, "updates are throttled");
        now.set(2);
        progress.done(1);
        assert_eq!((bar.position(), bar.length()), (4, Some(10)));
        assert_eq!(bar.message(), "2/s, errors: 0, 3 s left");
        progress.finish();
        assert!(bar.is_finished());
    }

    #[test]
    fn duration_uses_at_most_two_units() {
        for (seconds, text) in [(0, "0 s"), (59, "59 s"), (125, "2 min 5 s"), (12_000, "3 h 20 min")] {
            assert_eq!(duration(Duration::from_secs(seconds)), text);
        }
    }
}
