//! [`Panics`]: records panics in the directory, so that they fail the test.

use std::any::Any;
use std::sync::{Mutex, PoisonError};

use user_directory::Operation;

/// The first panic in the directory.
#[derive(Debug, Default)]
pub(crate) struct Panics(Mutex<Option<String>>);

impl Panics {
    /// Records a panic, and returns its message.
    pub(crate) fn record(&self, operation: Operation, panic: &(dyn Any + Send)) -> String {
        let text = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref().copied());
        let message = format!("the directory panicked in {operation}: {}", text.unwrap_or("no message"));
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_with(|| message.clone());
        message
    }

    pub(crate) fn first(&self) -> Option<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
