//! [`FaultQueue`]: the faults that are still to come, of a directory and of the emulator.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::operation::Operation;

/// A fault that is one of some calls.
pub(crate) trait Scripted: Clone {
    /// The operation whose calls it is for; all if there is none.
    fn operation(&self) -> Option<Operation>;

    /// How many calls it is still for; all if there is no number.
    fn times(&mut self) -> &mut Option<u32>;
}

/// The faults that are still to come, in the order in which they were asked for.
#[derive(Debug)]
pub(crate) struct FaultQueue<F>(Mutex<Vec<F>>);

impl<F> Default for FaultQueue<F> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<F: Scripted> FaultQueue<F> {
    fn list(&self) -> MutexGuard<'_, Vec<F>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn add(&self, mut fault: F) {
        if *fault.times() != Some(0) {
            self.list().push(fault);
        }
    }

    /// The fault of a call of this operation, if it has one, which is used up by it.
    pub(crate) fn next(&self, operation: Operation) -> Option<F> {
        let mut list = self.list();
        let meant = |fault: &F| fault.operation().is_none_or(|other| other == operation);
        let index = list.iter().position(meant)?;
        let fault = list[index].clone();
        match list[index].times() {
            None => {}
            Some(1) => {
                drop(list.remove(index));
            }
            Some(times) => *times -= 1,
        }
        Some(fault)
    }

    pub(crate) fn all(&self) -> Vec<F> {
        self.list().clone()
    }

    pub(crate) fn clear(&self) {
        self.list().clear();
    }
}
