//! Output to standard output.

use std::fmt::Display;
use std::io::{self, ErrorKind, Write};

/// Prints a line and ignores a closed pipe, for example of `| head`.
pub fn print(line: impl Display) -> io::Result<()> {
    if cfg!(test) {
        // The test harness captures only `println!`.
        println!("{line}");
        return Ok(());
    }
    write_line(io::stdout().lock(), line)
}

fn write_line(mut out: impl Write, line: impl Display) -> io::Result<()> {
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
    fn print_ignores_a_closed_pipe() {
        let mut written = Vec::new();
        write_line(&mut written, "hello").unwrap();
        assert_eq!(written, b"hello\n");
        assert!(write_line(Failing(ErrorKind::BrokenPipe), "hello").is_ok());
        assert!(write_line(Failing(ErrorKind::StorageFull), "hello").is_err());
    }
}
