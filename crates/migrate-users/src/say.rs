//! Output on standard output.

use std::fmt::Display;
use std::io::{self, ErrorKind, Write};

/// Prints a line. A closed pipe, as with `| head`, is ignored.
pub fn say(line: impl Display) -> io::Result<()> {
    if cfg!(test) {
        // Only `print!` is captured by tests.
        println!("{line}");
        return Ok(());
    }
    say_to(io::stdout().lock(), line)
}

fn say_to(mut out: impl Write, line: impl Display) -> io::Result<()> {
    match writeln!(out, "{line}").and_then(|()| out.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        result => result,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Failing(ErrorKind);

    impl Write for Failing {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(self.0.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn closed_pipe_is_ignored() {
        let mut said = Vec::new();
        say_to(&mut said, "hello").unwrap();
        assert_eq!(said, b"hello\n");
        assert!(say_to(Failing(ErrorKind::BrokenPipe), "hello").is_ok());
        assert!(say_to(Failing(ErrorKind::StorageFull), "hello").is_err());
    }
}
