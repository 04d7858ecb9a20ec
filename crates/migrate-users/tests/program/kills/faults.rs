//! The faults of a trial.

use std::time::Duration;

use clerk_emulator::{Cut, HttpFault};
use user_directory::Operation;

/// Returns a fault of `create`, before or after it is performed, or of the lookup that follows. The number selects the
/// fault.
pub fn fault(number: usize) -> HttpFault {
    let fault = match number % 12 {
        0 => HttpFault::status(503),
        1 => HttpFault::status(503).after_work(),
        2 => HttpFault::cut(Cut::BeforeResponse),
        3 => HttpFault::cut(Cut::BeforeResponse).after_work(),
        4 => HttpFault::cut(Cut::WithinResponse),
        5 => HttpFault::status(500).after_work(),
        6 => HttpFault::delay(Duration::from_millis(300)),
        7 => HttpFault::delay(Duration::from_millis(300)).after_work(),
        8 => HttpFault::status(429).retry_after("1"),
        9 => HttpFault::status(504).after_work(),
        10 => return HttpFault::status(503).operation(Operation::List).times(2),
        _ => return HttpFault::cut(Cut::WithinResponse).operation(Operation::List).times(1),
    };
    fault.operation(Operation::Create).times(1)
}
