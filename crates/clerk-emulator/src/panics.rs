//! [`Panics`]: that the directory behind the emulator panicked, so that a test does not pass all the same.

use std::any::Any;
use std::sync::{Mutex, PoisonError};

use crate::operation::Operation;

/// The first panic of the directory.
#[derive(Debug, Default)]
pub(super) struct Panics(Mutex<Option<String>>);

impl Panics {
    /// Remembers a panic, and tells what it says.
    pub(super) fn note(&self, operation: Operation, panic: &(dyn Any + Send)) -> String {
        let text = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref().copied());
        let what = format!("the directory panicked in {operation}: {}", text.unwrap_or("it does not say why"));
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_with(|| what.clone());
        what
    }

    pub(super) fn first(&self) -> Option<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
