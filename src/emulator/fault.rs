//! [`Fault`]: what goes wrong on purpose.

use std::time::Duration;

use axum::http::HeaderValue;
use serde::Serialize;

use super::form::Form;
use crate::error::{ApiError, Error, Result, codes};
use crate::fault_queue::{FaultQueue, Scripted};
use crate::model::Text;
use crate::operation::Operation;

/// Where a connection is cut.
///
/// ```
/// use user_directory::emulator::{Cut, Fault};
///
/// // The client has read the status and a part of the body when the connection breaks.
/// let broken = Fault::cut(Cut::WithinAnswer).times(1);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Cut {
    /// Before a byte of the answer was sent.
    BeforeAnswer,
    /// In the middle of the answer's body.
    WithinAnswer,
}

/// What goes wrong on purpose with the next calls; see [`Emulator::add_fault`](super::Emulator::add_fault).
///
/// Unless it says otherwise, a fault is one of every operation, stays until the faults are cleared, and keeps the work
/// from being done.
///
/// ```
/// use std::time::Duration;
/// use user_directory::Operation;
/// use user_directory::emulator::{Cut, Fault};
///
/// let overloaded = Fault::status(503).operation(Operation::Create).times(2);
/// let busy = Fault::status(429).retry_after("1").times(1);
/// let slow = Fault::delay(Duration::from_secs(5));
/// let created_and_not_told = Fault::cut(Cut::BeforeAnswer).operation(Operation::Create).after_work().times(1);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[must_use = "a fault does nothing until it is added to an emulator"]
pub struct Fault {
    #[serde(serialize_with = "name")]
    operation: Option<Operation>,
    times: Option<u32>,
    delay_ms: u64,
    status: Option<u16>,
    code: Option<Text>,
    retry_after: Option<Text>,
    cut: Option<Cut>,
    after_work: bool,
}

#[expect(clippy::ref_option, clippy::trivially_copy_pass_by_ref, reason = "the signature that serde asks for")]
pub(super) fn name<S: serde::Serializer>(operation: &Option<Operation>, serializer: S) -> Result<S::Ok, S::Error> {
    operation.map(Operation::as_str).serialize(serializer)
}

impl Fault {
    const NONE: Self = Self {
        operation: None,
        times: None,
        delay_ms: 0,
        status: None,
        code: None,
        retry_after: None,
        cut: None,
        after_work: false,
    };

    /// This status is answered, an error: what is below 400 or above 599 counts as the nearest.
    ///
    /// ```
    /// # use user_directory::emulator::Fault;
    /// let down = Fault::status(503);
    /// assert_eq!(Fault::status(200), Fault::status(400));
    /// ```
    pub fn status(status: u16) -> Self {
        Self { status: Some(status.clamp(*ERRORS.start(), *ERRORS.end())), ..Self::NONE }
    }

    /// The connection is cut.
    ///
    /// ```
    /// # use user_directory::emulator::{Cut, Fault};
    /// let silent = Fault::cut(Cut::BeforeAnswer);
    /// ```
    pub fn cut(cut: Cut) -> Self {
        Self { cut: Some(cut), ..Self::NONE }
    }

    /// The answer takes so much longer, to the millisecond; nothing else is wrong with it.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use user_directory::emulator::Fault;
    /// let slow = Fault::delay(Duration::from_secs(5)).times(1);
    /// ```
    pub fn delay(delay: Duration) -> Self {
        Self::NONE.delayed(delay)
    }

    /// The answer, or whatever comes in its place, takes so much longer.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use user_directory::emulator::Fault;
    /// let slowly_refused = Fault::status(503).delayed(Duration::from_millis(1_500));
    /// ```
    pub fn delayed(mut self, delay: Duration) -> Self {
        self.delay_ms = u64::try_from(delay.as_millis()).unwrap_or(u64::MAX);
        self
    }

    /// Only calls of this operation go wrong.
    ///
    /// ```
    /// # use user_directory::Operation;
    /// # use user_directory::emulator::Fault;
    /// let nobody_new = Fault::status(503).operation(Operation::Create);
    /// ```
    pub fn operation(mut self, operation: Operation) -> Self {
        self.operation = Some(operation);
        self
    }

    /// Only so many calls go wrong.
    ///
    /// ```
    /// # use user_directory::emulator::Fault;
    /// let once = Fault::status(503).times(1);
    /// ```
    pub fn times(mut self, times: u32) -> Self {
        self.times = Some(times);
        self
    }

    /// The code of the error, if it is not to be the usual one of the status.
    ///
    /// ```
    /// # use user_directory::codes;
    /// # use user_directory::emulator::Fault;
    /// let locked = Fault::status(409).code(codes::RESOURCE_LOCKED);
    /// ```
    pub fn code(mut self, code: impl Into<Text>) -> Self {
        self.code = Some(code.into());
        self
    }

    /// The header `Retry-After`, word for word, so that it can be wrong too.
    ///
    /// ```
    /// # use user_directory::emulator::Fault;
    /// let busy = Fault::status(429).retry_after("2");
    /// let nonsense = Fault::status(429).retry_after("soon");
    /// ```
    pub fn retry_after(mut self, retry_after: impl Into<Text>) -> Self {
        self.retry_after = Some(retry_after.into());
        self
    }

    /// The work is done all the same, and only its answer is lost.
    ///
    /// ```
    /// # use user_directory::emulator::{Cut, Fault};
    /// let done_and_not_told = Fault::cut(Cut::BeforeAnswer).after_work();
    /// ```
    pub fn after_work(mut self) -> Self {
        self.after_work = true;
        self
    }

    /// Reads a fault, as the control surface takes it.
    pub(super) fn parse(body: &[u8]) -> Result<Self> {
        let mut form = Form::parse(body)?;
        let operation: Option<Text> = form.optional("operation");
        let found = operation.as_ref().map(|name| Operation::ALL.iter().find(|operation| *name == operation.as_str()));
        if found == Some(None) {
            let names: Vec<_> = Operation::ALL.iter().map(|operation| operation.as_str()).collect();
            form.not_one_of("operation", &names);
        }
        let choices = [("before_answer", Cut::BeforeAnswer), ("within_answer", Cut::WithinAnswer)];
        let fault = Self {
            operation: found.flatten().copied(),
            times: form.optional("times"),
            delay_ms: form.optional("delay_ms").unwrap_or(0),
            status: form.optional("status"),
            code: form.optional("code"),
            retry_after: form.text_or_number("retry_after"),
            cut: form.choice("cut", &choices),
            after_work: form.optional("after_work").unwrap_or(false),
        };
        if fault.status.is_some_and(|status| !ERRORS.contains(&status)) {
            form.wrong(codes::FORM_PARAM_VALUE_INVALID, "status", "must be from 400 to 599");
        }
        if fault.status.is_some() && fault.cut.is_some() {
            form.wrong(codes::FORM_CONDITIONAL_PARAM_DISALLOWED, "cut", "cannot be combined with a status");
        }
        if fault.status.is_none() && fault.cut.is_none() && fault.delay_ms == 0 && form.is_right() {
            form.wrong(codes::FORM_PARAM_MISSING, "status", "is missing: one of status, cut and delay_ms is needed");
        }
        if fault.retry_after.as_ref().is_some_and(|text| HeaderValue::from_str(text).is_err()) {
            form.wrong(codes::FORM_PARAM_VALUE_INVALID, "retry_after", "cannot be written in a header");
        }
        if fault.status.is_none() && (fault.code.is_some() || fault.retry_after.is_some()) {
            form.wrong(codes::FORM_CONDITIONAL_PARAM_MISSING, "status", "is needed for a code or a wait");
        }
        form.finish()?;
        Ok(fault)
    }

    pub(super) fn wait(&self) -> Duration {
        Duration::from_millis(self.delay_ms)
    }

    pub(super) fn where_cut(&self) -> Option<Cut> {
        self.cut
    }

    /// The header of the answer, as it is to be sent.
    pub(super) fn header(&self) -> Option<&str> {
        self.retry_after.as_deref()
    }

    /// The answer in the place of the real one, if there is to be one.
    pub(super) fn error(&self) -> Option<Error> {
        let status = self.status?;
        let error = |code: &Text| ApiError::new(code).with_message("This answer was asked for.");
        Some(Error::from_api(status, self.code.iter().map(error).collect()))
    }

    pub(super) fn is_after_work(&self) -> bool {
        self.after_work
    }

    /// Whether the work is not done: something else is answered, or nothing, in its place.
    pub(super) fn is_instead_of_work(&self) -> bool {
        !self.after_work && (self.status.is_some() || self.cut == Some(Cut::BeforeAnswer))
    }
}

/// The statuses of errors.
const ERRORS: std::ops::RangeInclusive<u16> = 400..=599;

impl Scripted for Fault {
    fn operation(&self) -> Option<Operation> {
        self.operation
    }

    fn times(&mut self) -> &mut Option<u32> {
        &mut self.times
    }
}

/// The faults that are still to come.
pub(super) type Faults = FaultQueue<Fault>;

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
        assert_eq!(faults.next(Operation::Get).unwrap().where_cut(), Some(Cut::BeforeAnswer));
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
    fn what_is_built_is_what_is_read() {
        let built = Fault::status(429).retry_after("2").operation(Operation::Ban).times(3).code("x").after_work();
        let built = built.delayed(Duration::from_millis(7));
        let json =
            r#"{"status":429,"retry_after":2,"operation":"ban","times":3,"code":"x","after_work":true,"delay_ms":7}"#;
        assert_eq!(built, fault(json));
        assert_eq!(Fault::status(200), Fault::status(400));
        assert_eq!(Fault::cut(Cut::WithinAnswer), fault(r#"{"cut":"within_answer"}"#));
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
            (r#"{"status":503,"retry_after":"1\n2"}"#, "retry_after"),
        ] {
            let error = Fault::parse(json.as_bytes()).unwrap_err();
            assert_eq!(error.param_name(), Some(param_name), "{json}");
        }
    }
}
