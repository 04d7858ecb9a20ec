//! What goes wrong, one after another.

use std::time::Duration;

use user_directory::Operation;
use user_directory::emulator::{Cut, Fault};

/// The fault of this number: everything that can happen to a `create`, done or not, and to the look-up after it.
pub fn fault(number: usize) -> Fault {
    let fault = match number % 12 {
        0 => Fault::status(503),
        1 => Fault::status(503).after_work(),
        2 => Fault::cut(Cut::BeforeAnswer),
        3 => Fault::cut(Cut::BeforeAnswer).after_work(),
        4 => Fault::cut(Cut::WithinAnswer),
        5 => Fault::status(500).after_work(),
        6 => Fault::delay(Duration::from_millis(300)),
        7 => Fault::delay(Duration::from_millis(300)).after_work(),
        8 => Fault::status(429).retry_after("1"),
        9 => Fault::status(504).after_work(),
        10 => return Fault::status(503).operation(Operation::List).times(2),
        _ => return Fault::cut(Cut::WithinAnswer).operation(Operation::List).times(1),
    };
    fault.operation(Operation::Create).times(1)
}
