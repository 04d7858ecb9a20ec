//! [`on_runtime`]: converts panics caused by an unsuitable Tokio runtime to errors.

use std::any::Any;
use std::future::Future;
use std::panic::{AssertUnwindSafe, resume_unwind};
use std::time::Duration;

use futures_util::{FutureExt, future};

use crate::error::{Error, ErrorKind, Result};

/// Runs a future that requires a Tokio runtime with I/O and time drivers.
///
/// Tokio panics if there is no runtime or if a required driver is disabled. It provides no way to check the drivers
/// beforehand. This function converts these panics to errors, and resumes all other panics. The panic hook is called
/// in both cases.
///
/// # Errors
///
/// Returns [`Configuration`](ErrorKind::Configuration) in the following cases:
///
/// - There is no runtime, or the time driver is disabled. The future is not polled.
/// - The future uses the I/O driver, but the driver is disabled. The future is not polled again.
///
/// # Examples
///
/// ```
/// use user_directory::ErrorKind;
/// use user_directory::time::on_runtime;
///
/// let runtime = tokio::runtime::Builder::new_current_thread().build()?;
/// let error = runtime.block_on(on_runtime(async { "connected" })).unwrap_err();
/// assert_eq!(error.kind(), ErrorKind::Configuration);
///
/// let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
/// assert_eq!(runtime.block_on(on_runtime(async { "connected" })).unwrap(), "connected");
/// # Ok::<_, std::io::Error>(())
/// ```
pub fn on_runtime<T>(future: impl Future<Output = T>) -> impl Future<Output = Result<T>> {
    // Panics without a time driver.
    let check = future::lazy(|_| drop(tokio::time::sleep(Duration::ZERO)));
    // An async block would store the future twice.
    catch_unsuitable_runtime(check.then(|()| future))
}

/// Converts panics caused by an unsuitable runtime to [`Configuration`](ErrorKind::Configuration) errors.
///
/// Unlike [`on_runtime`], this function requires only the drivers that the future uses.
pub(crate) fn catch_unsuitable_runtime<T>(future: impl Future<Output = T>) -> impl Future<Output = Result<T>> {
    AssertUnwindSafe(future).catch_unwind().map(|result| match result {
        Ok(output) => Ok(output),
        Err(panic) if is_about_runtime(&*panic) => Err(unsuitable_runtime()),
        Err(panic) => resume_unwind(panic),
    })
}

/// Returns `true` if a panic was caused by a missing runtime or a disabled driver.
///
/// In these cases, the message is "there is no reactor running, must be called from the context of a Tokio 1.x runtime"
/// or "A Tokio 1.x context was found, but timers are disabled" (or "IO is disabled"). The function returns `false` for
/// "A Tokio 1.x context was found, but it is being shutdown", because the drivers are enabled.
fn is_about_runtime(panic: &(dyn Any + Send)) -> bool {
    let message = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
    message.is_some_and(|message| message.contains("Tokio 1.x") && !message.contains("being shutdown"))
}

fn unsuitable_runtime() -> Error {
    let message = "a Tokio runtime with the I/O and time drivers is required; call `enable_all` on its builder";
    Error::new(ErrorKind::Configuration).with_message(message)
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use tokio::runtime::Builder;

    use super::*;

    #[test]
    fn runtime_without_driver_is_a_configuration_error() {
        let without_drivers = Builder::new_current_thread().build().unwrap();
        let nothing = on_runtime(poll_fn::<(), _>(|_| panic!("the future is polled")));
        assert_eq!(without_drivers.block_on(nothing).unwrap_err().kind(), ErrorKind::Configuration);
        let sleep = catch_unsuitable_runtime(async { tokio::time::sleep(Duration::ZERO).await });
        assert_eq!(without_drivers.block_on(sleep).unwrap_err().kind(), ErrorKind::Configuration);
        without_drivers.block_on(catch_unsuitable_runtime(async {})).unwrap();
        let without_io = Builder::new_current_thread().enable_time().build().unwrap();
        let listen = on_runtime(async { tokio::net::TcpListener::bind("127.0.0.1:0").await.is_ok() });
        assert_eq!(without_io.block_on(listen).unwrap_err().kind(), ErrorKind::Configuration);

        let without_runtime = on_runtime(async {});
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
        let sleep = catch_unsuitable_runtime(async { tokio::time::sleep(Duration::from_secs(1)).await });
        let _ = futures_util::FutureExt::now_or_never(sleep);
    }

    #[test]
    #[should_panic(expected = "another reason")]
    fn other_panics_are_resumed() {
        let _ = futures_util::FutureExt::now_or_never(catch_unsuitable_runtime(async { panic!("another reason") }));
    }
}
