//! Checks the requirements on the Tokio runtime.

use std::any::Any;
use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::pin;
use std::task::Poll;

use crate::error::{Error, ErrorKind, Result};

/// Runs a future that needs a Tokio runtime with its I/O and time drivers.
///
/// Tokio panics if there is no runtime or if a driver is disabled, and provides no way to check this beforehand. These
/// panics are converted to [`Configuration`](ErrorKind::Configuration) errors. All other panics are resumed.
pub(super) async fn on_runtime<T>(future: impl Future<Output = T>) -> Result<T> {
    let mut future = pin!(future);
    poll_fn(|context| match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(context))) {
        Ok(poll) => poll.map(Ok),
        Err(panic) if is_about_runtime(&*panic) => Poll::Ready(Err(unsuitable_runtime())),
        Err(panic) => resume_unwind(panic),
    })
    .await
}

/// Returns `true` for the messages "there is no reactor running, must be called from the context of a Tokio 1.x
/// runtime" and "A Tokio 1.x context was found, but timers are disabled" (or "IO is disabled").
///
/// Returns `false` for "A Tokio 1.x context was found, but it is being shutdown", because the drivers are enabled.
fn is_about_runtime(panic: &(dyn Any + Send)) -> bool {
    let message = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
    message.is_some_and(|message| message.contains("Tokio 1.x") && !message.contains("being shutdown"))
}

fn unsuitable_runtime() -> Error {
    let message = "the client needs a Tokio runtime with the I/O and time drivers; call `enable_all` on its builder";
    Error::new(ErrorKind::Configuration).with_message(message)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::runtime::Builder;

    use super::*;

    #[test]
    fn runtime_without_driver_is_a_configuration_error() {
        let without_drivers = Builder::new_current_thread().build().unwrap();
        let sleep = on_runtime(async { tokio::time::sleep(Duration::ZERO).await });
        assert_eq!(without_drivers.block_on(sleep).unwrap_err().kind(), ErrorKind::Configuration);
        let listen = on_runtime(async { tokio::net::TcpListener::bind("127.0.0.1:0").await.is_ok() });
        assert_eq!(without_drivers.block_on(listen).unwrap_err().kind(), ErrorKind::Configuration);

        let without_runtime = on_runtime(async { tokio::time::sleep(Duration::ZERO).await });
        let error = futures_util::FutureExt::now_or_never(without_runtime).unwrap().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Configuration);
        assert!(error.to_string().contains("enable_all"), "{error}");
    }

    #[test]
    #[should_panic(expected = "being shutdown")]
    fn shutdown_of_the_runtime_is_no_configuration_error() {
        let runtime = Builder::new_current_thread().enable_time().build().unwrap();
        let handle = runtime.handle().clone();
        drop(runtime);
        let _entered = handle.enter();
        let sleep = on_runtime(async { tokio::time::sleep(Duration::from_secs(1)).await });
        let _ = futures_util::FutureExt::now_or_never(sleep);
    }

    #[test]
    #[should_panic(expected = "another reason")]
    fn other_panics_are_resumed() {
        let _ = futures_util::FutureExt::now_or_never(on_runtime(async { panic!("another reason") }));
    }
}
