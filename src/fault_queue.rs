//! `FaultQueue`: the pending faults of a directory or the emulator.
//!
//! The `wire` feature makes the module public for `clerk-emulator`. The module is exempt from semantic versioning.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// A fault in a [`FaultQueue`].
pub trait QueuedFault: Clone {
    /// The properties of a call or delivery that determine whether a fault affects it, such as the operation.
    type Target;

    /// Returns `true` if the fault affects `target`.
    fn affects(&self, target: &Self::Target) -> bool;

    /// Returns a mutable reference to the number of calls or deliveries that the fault still affects.
    ///
    /// `None` means that there is no limit.
    fn times(&mut self) -> &mut Option<u32>;
}

/// The pending faults, in the order in which they were added.
#[derive(Debug)]
pub struct FaultQueue<F>(Mutex<Vec<F>>);

impl<F> Default for FaultQueue<F> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<F: QueuedFault> FaultQueue<F> {
    fn list(&self) -> MutexGuard<'_, Vec<F>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a fault to the end of the queue. A fault that affects 0 calls is ignored.
    pub fn add(&self, mut fault: F) {
        if *fault.times() != Some(0) {
            self.list().push(fault);
        }
    }

    /// Returns the first fault that affects `target`.
    ///
    /// If the fault has a limit, its remaining number of calls is decremented. If no calls remain, the fault is
    /// removed.
    pub fn next(&self, target: &F::Target) -> Option<F> {
        let mut list = self.list();
        let index = list.iter().position(|fault| fault.affects(target))?;
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

    /// Returns all faults.
    pub fn all(&self) -> Vec<F> {
        self.list().clone()
    }

    /// Removes all faults.
    pub fn clear(&self) {
        self.list().clear();
    }
}
