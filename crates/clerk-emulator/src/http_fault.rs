//! [`HttpFault`]: an injected fault.

use std::time::Duration;

use axum::http::HeaderValue;
use serde::Serialize;
use user_directory::fault_queue::{FaultQueue, QueuedFault};
use user_directory::wire::body::Form;
use user_directory::wire::status;
use user_directory::{Error, ErrorDetail, Operation, Result, Text, codes};

/// The point at which a fault closes the connection.
///
/// ```
/// use clerk_emulator::{Cut, HttpFault};
///
/// // The client receives the status and part of the body before the connection is closed.
/// let broken = HttpFault::cut(Cut::WithinResponse).times(1);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Cut {
    /// Before the first byte of the response.
    BeforeResponse,
    /// In the middle of the response body.
    WithinResponse,
}

/// A fault that the emulator injects into requests; see [`Emulator::add_fault`](crate::Emulator::add_fault).
///
/// By default, a fault affects all operations, and stays in the emulator's fault queue until the queue is cleared.
///
/// If a fault has a status or [`Cut::BeforeResponse`], the operation is not performed, unless
/// [`after_work`](Self::after_work) is called. If it has [`Cut::WithinResponse`] or only a delay, the operation is
/// always performed.
///
/// To inject errors without HTTP, use `user_directory::decorators::FaultyUserDirectory`.
///
/// ```
/// use std::time::Duration;
/// use clerk_emulator::{Cut, HttpFault};
/// use user_directory::Operation;
///
/// let overloaded = HttpFault::status(503).operation(Operation::Create).times(2);
/// let busy = HttpFault::status(429).retry_after("1").times(1);
/// let slow = HttpFault::delay(Duration::from_secs(5));
/// let lost_response = HttpFault::cut(Cut::BeforeResponse).operation(Operation::Create).after_work().times(1);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[must_use = "a fault does nothing until it is added to an emulator"]
pub struct HttpFault {
    operation: Option<Operation>,
    times: Option<u32>,
    delay_ms: u64,
    status: Option<u16>,
    code: Option<Text>,
    retry_after: Option<Text>,
    cut: Option<Cut>,
    after_work: bool,
}

impl HttpFault {
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

    /// Creates a fault that responds with the given status, clamped to the range from 400 to 599.
    ///
    /// ```
    /// # use clerk_emulator::HttpFault;
    /// let down = HttpFault::status(503);
    /// assert_eq!(HttpFault::status(200), HttpFault::status(400));
    /// ```
    pub fn status(status: u16) -> Self {
        Self { status: Some(status.clamp(*ERRORS.start(), *ERRORS.end())), ..Self::NONE }
    }

    /// Creates a fault that closes the connection at the given point.
    ///
    /// ```
    /// # use clerk_emulator::{Cut, HttpFault};
    /// let silent = HttpFault::cut(Cut::BeforeResponse);
    /// ```
    pub fn cut(cut: Cut) -> Self {
        Self { cut: Some(cut), ..Self::NONE }
    }

    /// Creates a fault that only delays the response.
    ///
    /// The delay has millisecond resolution.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use clerk_emulator::HttpFault;
    /// let slow = HttpFault::delay(Duration::from_secs(5)).times(1);
    /// ```
    pub fn delay(delay: Duration) -> Self {
        Self::NONE.delayed(delay)
    }

    /// Sets the delay of the fault.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use clerk_emulator::HttpFault;
    /// let slow_rejection = HttpFault::status(503).delayed(Duration::from_millis(1_500));
    /// ```
    pub fn delayed(mut self, delay: Duration) -> Self {
        self.delay_ms = u64::try_from(delay.as_millis()).unwrap_or(u64::MAX);
        self
    }

    /// Limits the fault to requests for one operation.
    ///
    /// ```
    /// # use clerk_emulator::HttpFault;
    /// # use user_directory::Operation;
    /// let no_new_users = HttpFault::status(503).operation(Operation::Create);
    /// ```
    pub fn operation(mut self, operation: Operation) -> Self {
        self.operation = Some(operation);
        self
    }

    /// Limits the fault to the given number of requests.
    ///
    /// ```
    /// # use clerk_emulator::HttpFault;
    /// let once = HttpFault::status(503).times(1);
    /// ```
    pub fn times(mut self, times: u32) -> Self {
        self.times = Some(times);
        self
    }

    /// Sets the error code. The default depends on the status.
    ///
    /// Without a status, the code has no effect.
    ///
    /// ```
    /// # use clerk_emulator::HttpFault;
    /// # use user_directory::codes;
    /// let locked = HttpFault::status(409).code(codes::RESOURCE_LOCKED);
    /// ```
    pub fn code(mut self, code: impl Into<Text>) -> Self {
        self.code = Some(code.into());
        self
    }

    /// Sets the value of the `Retry-After` header, which may be malformed.
    ///
    /// Without a status, the value has no effect. If the value contains a character that is not allowed in a header,
    /// such as a line break, the header is not sent.
    ///
    /// ```
    /// # use clerk_emulator::HttpFault;
    /// let busy = HttpFault::status(429).retry_after("2");
    /// let malformed = HttpFault::status(429).retry_after("soon");
    /// ```
    pub fn retry_after(mut self, retry_after: impl Into<Text>) -> Self {
        self.retry_after = Some(retry_after.into());
        self
    }

    /// Applies the fault after the operation has been performed, so that only the response is affected.
    ///
    /// ```
    /// # use clerk_emulator::{Cut, HttpFault};
    /// let lost_response = HttpFault::cut(Cut::BeforeResponse).after_work();
    /// ```
    pub fn after_work(mut self) -> Self {
        self.after_work = true;
        self
    }

    /// Parses a fault in the format of the control API.
    pub(crate) fn parse(body: &[u8]) -> Result<Self> {
        let mut form = Form::parse(body)?;
        let operation: Option<Text> = form.optional("operation");
        let found = operation.as_ref().map(|name| Operation::ALL.iter().find(|operation| *name == operation.as_str()));
        if found == Some(None) {
            let names: Vec<_> = Operation::ALL.iter().map(|operation| operation.as_str()).collect();
            form.reject_choice("operation", &names);
        }
        let cuts = [("before_response", Cut::BeforeResponse), ("within_response", Cut::WithinResponse)];
        let fault = Self {
            operation: found.flatten().copied(),
            times: form.optional("times"),
            delay_ms: form.optional("delay_ms").unwrap_or(0),
            status: form.integer("status", ERRORS),
            code: form.optional("code"),
            retry_after: form.text_or_number("retry_after"),
            cut: form.choice("cut", &cuts),
            after_work: form.optional("after_work").unwrap_or(false),
        };
        if fault.status.is_some() && fault.cut.is_some() {
            form.reject(codes::FORM_CONDITIONAL_PARAM_DISALLOWED, "cut", "cannot be combined with a status");
        }
        let is_rejected = ["status", "cut", "delay_ms"].into_iter().any(|name| form.is_rejected(name));
        if fault.status.is_none() && fault.cut.is_none() && fault.delay_ms == 0 && !is_rejected {
            let message = "is missing: one of status, cut and delay_ms is required";
            form.reject(codes::FORM_PARAM_MISSING, "status", message);
        }
        if fault.retry_after.as_ref().is_some_and(|text| HeaderValue::from_str(text).is_err()) {
            form.reject(codes::FORM_PARAM_VALUE_INVALID, "retry_after", "is not a valid header value");
        }
        if fault.code.as_ref().is_some_and(|code| code.is_empty()) {
            form.reject(codes::FORM_PARAM_VALUE_INVALID, "code", "must not be empty");
        }
        if fault.status.is_none() && !is_rejected && (fault.code.is_some() || fault.retry_after.is_some()) {
            form.reject(codes::FORM_CONDITIONAL_PARAM_MISSING, "status", "is required with code or retry_after");
        }
        form.finish()?;
        Ok(fault)
    }

    pub(crate) fn delay_duration(&self) -> Duration {
        Duration::from_millis(self.delay_ms)
    }

    pub(crate) fn cut_position(&self) -> Option<Cut> {
        self.cut
    }

    /// Returns the value of the `Retry-After` header.
    pub(crate) fn retry_after_header(&self) -> Option<&str> {
        self.retry_after.as_deref()
    }

    /// Returns the error from the response, or `None` if the fault has no status.
    pub(crate) fn error(&self) -> Option<Error> {
        let status = self.status?;
        let detail = |code: &Text| ErrorDetail::new(code.to_string()).with_message("This fault was injected.");
        Some(status::error(status, self.code.iter().map(detail).collect()))
    }

    pub(crate) fn is_after_work(&self) -> bool {
        self.after_work
    }

    /// Returns `true` if the fault prevents the operation from being performed.
    pub(crate) fn replaces_work(&self) -> bool {
        !self.after_work && (self.status.is_some() || self.cut == Some(Cut::BeforeResponse))
    }
}

/// The range of valid statuses.
const ERRORS: std::ops::RangeInclusive<u16> = 400..=599;

impl QueuedFault for HttpFault {
    type Target = Operation;

    fn affects(&self, operation: &Operation) -> bool {
        self.operation.is_none_or(|other| other == *operation)
    }

    fn times(&mut self) -> &mut Option<u32> {
        &mut self.times
    }
}

/// The queued faults.
pub(crate) type HttpFaults = FaultQueue<HttpFault>;

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(json: &str) -> HttpFault {
        HttpFault::parse(json.as_bytes()).unwrap()
    }

    #[test]
    fn fault_affects_requests_of_its_operation() {
        let faults = HttpFaults::default();
        faults.add(fault(r#"{"operation":"create","times":2,"status":503}"#));
        faults.add(fault(r#"{"times":1,"cut":"before_response"}"#));
        assert!(faults.next(&Operation::Create).unwrap().error().is_some());
        assert_eq!(faults.next(&Operation::Get).unwrap().cut_position(), Some(Cut::BeforeResponse));
        assert_eq!(faults.next(&Operation::Get), None);
        assert!(faults.next(&Operation::Create).is_some());
        assert_eq!(faults.next(&Operation::Create), None);
    }

    #[test]
    fn fault_without_times_stays_until_it_is_cleared() {
        let faults = HttpFaults::default();
        faults.add(fault(r#"{"delay_ms":5}"#));
        assert!((0..100).all(|_| faults.next(&Operation::List).is_some()));
        faults.clear();
        assert_eq!(faults.next(&Operation::List), None);
    }

    #[test]
    fn parse_and_builder_create_equal_faults() {
        let built = HttpFault::status(429).retry_after("2").operation(Operation::Ban).times(3).code("x").after_work();
        let built = built.delayed(Duration::from_millis(7));
        let json =
            r#"{"status":429,"retry_after":2,"operation":"ban","times":3,"code":"x","after_work":true,"delay_ms":7}"#;
        assert_eq!(built, fault(json));
        assert_eq!(HttpFault::status(200), HttpFault::status(400));
        assert_eq!(HttpFault::cut(Cut::WithinResponse), fault(r#"{"cut":"within_response"}"#));
    }

    #[test]
    fn parse_rejects_contradictory_faults() {
        for (json, param_name) in [
            ("{}", "status"),
            (r#"{"status":200}"#, "status"),
            (r#"{"status":503,"code":""}"#, "code"),
            (r#"{"status":503,"cut":"before_response"}"#, "cut"),
            (r#"{"cut":"somewhere"}"#, "cut"),
            (r#"{"operation":"fly","status":503}"#, "operation"),
            (r#"{"delay_ms":1,"retry_after":"1"}"#, "status"),
            (r#"{"status":503,"colour":"red"}"#, "colour"),
            (r#"{"status":503,"retry_after":"1\n2"}"#, "retry_after"),
        ] {
            let error = HttpFault::parse(json.as_bytes()).unwrap_err();
            assert_eq!(error.param_name(), Some(param_name), "{json}");
        }
    }

    #[test]
    fn parse_rejects_an_invalid_status_with_the_range() {
        for status in ["399", "600", "-1", "70000", "100000000000000000000"] {
            let error = HttpFault::parse(format!(r#"{{"status":{status},"code":"x"}}"#).as_bytes()).unwrap_err();
            let messages: Vec<_> = error.details().iter().map(ErrorDetail::long_message).collect();
            assert_eq!(messages, ["status is invalid. It must be from 400 to 599."], "{status}");
        }
    }
}
