//! [`Fault`]: what goes wrong on purpose.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::Serialize;

use super::form::Form;
use crate::error::{ApiError, Error, Result, codes};
use crate::model::Text;
use crate::operation::Operation;

/// Where a connection is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Cut {
    /// Before a byte of the answer was sent.
    BeforeAnswer,
    /// In the middle of the answer's body.
    WithinAnswer,
}

/// What goes wrong with the next calls of an operation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Fault {
    /// Which operation's calls; those of every one if it is not given.
    #[serde(serialize_with = "name")]
    operation: Option<Operation>,
    /// How many more calls; all of them, until the faults are cleared, if it is not given.
    times: Option<u32>,
    /// How long the answer takes longer.
    delay_ms: u64,
    /// The status of an answer in the place of the real one.
    status: Option<u16>,
    code: Option<Text>,
    /// As it is sent, so that it may be wrong on purpose.
    retry_after: Option<Text>,
    cut: Option<Cut>,
    /// Whether the work is done all the same, and only its answer is lost.
    after_work: bool,
}

#[expect(clippy::ref_option, clippy::trivially_copy_pass_by_ref, reason = "the signature that serde asks for")]
fn name<S: serde::Serializer>(operation: &Option<Operation>, serializer: S) -> Result<S::Ok, S::Error> {
    operation.map(Operation::name).serialize(serializer)
}

impl Fault {
    /// Reads a fault, as the control surface takes it.
    pub(super) fn parse(body: &[u8]) -> Result<Self> {
        let mut form = Form::parse(body)?;
        let operation: Option<Text> = form.optional("operation");
        let named = operation.as_ref().map(|name| Operation::ALL.iter().find(|operation| *name == operation.name()));
        if named == Some(None) {
            form.wrong(codes::FORM_PARAM_VALUE_INVALID, "operation", "is not the name of an operation");
        }
        let choices = [("before_answer", Cut::BeforeAnswer), ("within_answer", Cut::WithinAnswer)];
        let fault = Self {
            operation: named.flatten().copied(),
            times: form.optional("times"),
            delay_ms: form.optional("delay_ms").unwrap_or(0),
            status: form.optional("status"),
            code: form.optional("code"),
            retry_after: form.optional("retry_after"),
            cut: form.choice("cut", &choices),
            after_work: form.optional("after_work").unwrap_or(false),
        };
        if fault.status.is_some_and(|status| !(400..=599).contains(&status)) {
            form.wrong(codes::FORM_PARAM_VALUE_INVALID, "status", "must be from 400 to 599");
        }
        if fault.status.is_some() && fault.cut.is_some() {
            form.wrong(codes::FORM_CONDITIONAL_PARAM_DISALLOWED, "cut", "excludes a status");
        }
        if fault.status.is_none() && fault.cut.is_none() && fault.delay_ms == 0 && form.is_right() {
            form.wrong(codes::FORM_PARAM_MISSING, "status", "is missing, and so are cut and delay_ms");
        }
        if fault.status.is_none() && (fault.code.is_some() || fault.retry_after.is_some()) {
            form.wrong(codes::FORM_CONDITIONAL_PARAM_MISSING, "status", "is needed for a code or a wait");
        }
        form.finish()?;
        Ok(fault)
    }

    pub(super) fn delay(&self) -> Duration {
        Duration::from_millis(self.delay_ms)
    }

    pub(super) fn cut(&self) -> Option<Cut> {
        self.cut
    }

    /// The header of the answer, as it is to be sent.
    pub(super) fn retry_after(&self) -> Option<&str> {
        self.retry_after.as_deref()
    }

    /// The answer in the place of the real one, if there is to be one.
    pub(super) fn error(&self) -> Option<Error> {
        let status = self.status?;
        let error = |code: &Text| ApiError::new(code).with_message("This answer was asked for.");
        Some(Error::from_api(status, self.code.iter().map(error).collect()))
    }

    /// Whether the work is not done: something else is answered, or nothing, in its place.
    pub(super) fn is_instead_of_work(&self) -> bool {
        !self.after_work && (self.status.is_some() || self.cut == Some(Cut::BeforeAnswer))
    }
}

/// The faults that are still to come, in the order in which they were asked for.
#[derive(Debug, Default)]
pub(super) struct Faults(Mutex<Vec<Fault>>);

impl Faults {
    fn list(&self) -> MutexGuard<'_, Vec<Fault>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn add(&self, fault: Fault) {
        if fault.times != Some(0) {
            self.list().push(fault);
        }
    }

    /// The fault of a call of this operation, if it has one, which is used up by it.
    pub(super) fn next(&self, operation: Operation) -> Option<Fault> {
        let mut list = self.list();
        let meant = |fault: &Fault| fault.operation.is_none_or(|other| other == operation);
        let index = list.iter().position(meant)?;
        let fault = list[index].clone();
        match &mut list[index].times {
            None => {}
            Some(1) => {
                list.remove(index);
            }
            Some(times) => *times -= 1,
        }
        Some(fault)
    }

    pub(super) fn all(&self) -> Vec<Fault> {
        self.list().clone()
    }

    pub(super) fn clear(&self) {
        self.list().clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(json: &str) -> Fault {
        Fault::parse(json.as_bytes()).unwrap()
    }

    #[test]
    fn a_fault_is_for_the_next_calls_of_its_operation() {
        let faults = Faults::default();
        faults.add(fault(r#"{"operation":"create","times":2,"status":503}"#));
        faults.add(fault(r#"{"times":1,"cut":"before_answer"}"#));
        assert!(faults.next(Operation::Create).unwrap().error().is_some());
        assert_eq!(faults.next(Operation::Get).unwrap().cut(), Some(Cut::BeforeAnswer));
        assert_eq!(faults.next(Operation::Get), None);
        assert!(faults.next(Operation::Create).is_some());
        assert_eq!(faults.next(Operation::Create), None);
    }

    #[test]
    fn a_fault_without_a_number_stays_until_it_is_cleared() {
        let faults = Faults::default();
        faults.add(fault(r#"{"delay_ms":5}"#));
        assert!((0..100).all(|_| faults.next(Operation::List).is_some()));
        faults.clear();
        assert_eq!(faults.next(Operation::List), None);
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        for (json, param_name) in [
            ("{}", "status"),
            (r#"{"status":200}"#, "status"),
            (r#"{"status":503,"cut":"before_answer"}"#, "cut"),
            (r#"{"cut":"somewhere"}"#, "cut"),
            (r#"{"operation":"fly","status":503}"#, "operation"),
            (r#"{"delay_ms":1,"retry_after":"1"}"#, "status"),
            (r#"{"status":503,"colour":"red"}"#, "colour"),
        ] {
            let error = Fault::parse(json.as_bytes()).unwrap_err();
            assert_eq!(error.param_name(), Some(param_name), "{json}");
        }
    }
}
