//! [`WebhookFault`]: a fault that affects the delivery of events.

use std::time::Duration;

use serde::Serialize;
use user_directory::fault_queue::{FaultQueue, QueuedFault};
use user_directory::wire::body::Form;
use user_directory::{Result, Text, codes};

/// The types of the events that are sent.
pub(crate) const EVENT_TYPES: [&str; 3] = ["user.created", "user.updated", "user.deleted"];
/// The maximum number of additional copies.
const MAX_COPIES: u32 = 100;
/// The maximum time for which an event is held back by [`WebhookFault::reorder`], in milliseconds.
const REORDER_MS: u64 = 1000;

/// A fault that affects the delivery of events; see
/// [`Emulator::add_webhook_fault`](crate::Emulator::add_webhook_fault).
///
/// By default, a fault affects all events for all endpoints, and stays in the queue until the faults are
/// [cleared](crate::Emulator::clear_webhook_faults).
///
/// Before the first attempt to deliver an event, the first matching fault in the queue is applied. Faults do not affect
/// events that are replayed or sent as examples through the [control API](crate#control-api), or events that are
/// received with [`Emulator::events`](crate::Emulator::events).
///
/// ```
/// use std::time::Duration;
/// use clerk_emulator::WebhookFault;
///
/// let lost = WebhookFault::drop_event().event_type("user.updated").times(1);
/// let twice = WebhookFault::duplicate(1);
/// let late = WebhookFault::delay(Duration::from_secs(2));
/// let swapped = WebhookFault::reorder().endpoint(1).times(1);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[must_use = "a fault does nothing until it is added to an emulator"]
pub struct WebhookFault {
    event_type: Option<Text>,
    endpoint: Option<usize>,
    times: Option<u32>,
    #[serde(flatten)]
    effect: Effect,
}

/// The effect of a fault on a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(tag = "effect", rename_all = "snake_case")]
pub(super) enum Effect {
    Drop,
    Duplicate { copies: u32 },
    Delay { delay_ms: u64 },
    Reorder { delay_ms: u64 },
}

impl WebhookFault {
    fn new(effect: Effect) -> Self {
        Self { event_type: None, endpoint: None, times: None, effect }
    }

    /// Creates a fault that drops events instead of sending them.
    pub fn drop_event() -> Self {
        Self::new(Effect::Drop)
    }

    /// Creates a fault that sends `copies` additional copies of each event, up to 100.
    ///
    /// The copies are sent after the endpoint has received the event.
    pub fn duplicate(copies: u32) -> Self {
        Self::new(Effect::Duplicate { copies: copies.min(MAX_COPIES) })
    }

    /// Creates a fault that delays the first attempt to deliver an event.
    ///
    /// The delay has millisecond resolution. [`webhook_speed`](crate::EmulatorBuilder::webhook_speed) does not shorten
    /// this delay.
    pub fn delay(delay: Duration) -> Self {
        Self::new(Effect::Delay { delay_ms: u64::try_from(delay.as_millis()).unwrap_or(u64::MAX) })
    }

    /// Creates a fault that changes the order of events.
    ///
    /// An event is held back until a later attempt to deliver another event to the same endpoint has ended, but for at
    /// most 1 second. While an event is held back, the fault does not affect other events for that endpoint.
    pub fn reorder() -> Self {
        Self::new(Effect::Reorder { delay_ms: REORDER_MS })
    }

    /// Limits the fault to events of one type, such as `user.updated`.
    pub fn event_type(mut self, event_type: impl Into<Text>) -> Self {
        self.event_type = Some(event_type.into());
        self
    }

    /// Limits the fault to one endpoint. Endpoints are numbered from 1.
    pub fn endpoint(mut self, number: usize) -> Self {
        self.endpoint = Some(number);
        self
    }

    /// Limits the fault to the given number of deliveries.
    pub fn times(mut self, times: u32) -> Self {
        self.times = Some(times);
        self
    }

    /// Parses a fault in the format of the control API. `endpoints` is the number of endpoints.
    pub(crate) fn parse(body: &[u8], endpoints: usize) -> Result<Self> {
        let mut form = Form::parse(body)?;
        let event_type = form.choice("event_type", &EVENT_TYPES.map(|event_type| (event_type, event_type)));
        let times = form.optional("times");
        let endpoint = endpoint_number(&mut form, endpoints);
        let copies = form.integer("copies", 1..=MAX_COPIES);
        let delay_ms = form.integer("delay_ms", 1..=u64::MAX);
        let effects = [
            ("drop", Effect::Drop),
            ("duplicate", Effect::Duplicate { copies: copies.unwrap_or(1) }),
            ("delay", Effect::Delay { delay_ms: delay_ms.unwrap_or(0) }),
            ("reorder", Effect::Reorder { delay_ms: delay_ms.unwrap_or(REORDER_MS) }),
        ];
        let effect = form.choice("effect", &effects);
        if effect.is_none() && !form.is_rejected("effect") {
            form.reject(codes::FORM_PARAM_MISSING, "effect", "is missing");
        }
        if copies.is_some() && !matches!(effect, Some(Effect::Duplicate { .. })) {
            form.reject(codes::FORM_CONDITIONAL_PARAM_DISALLOWED, "copies", "requires the effect duplicate");
        }
        if delay_ms.is_some() && matches!(effect, Some(Effect::Drop | Effect::Duplicate { .. })) {
            form.reject(codes::FORM_CONDITIONAL_PARAM_DISALLOWED, "delay_ms", "requires the effect delay or reorder");
        }
        if effect == Some(Effect::Delay { delay_ms: 0 }) && !form.is_rejected("delay_ms") {
            form.reject(codes::FORM_PARAM_MISSING, "delay_ms", "is missing: the effect delay requires it");
        }
        let effect = effect.unwrap_or(Effect::Drop);
        form.finish()?;
        Ok(Self { event_type: event_type.map(Text::from), endpoint, times, effect })
    }

    pub(super) fn effect(&self) -> Effect {
        self.effect
    }
}

/// Parses an endpoint number, which must be between 1 and `endpoints`.
pub(crate) fn endpoint_number(form: &mut Form<'_>, endpoints: usize) -> Option<usize> {
    let number: Option<usize> = form.optional("endpoint");
    if number.is_some_and(|number| !(1..=endpoints).contains(&number)) {
        form.reject(codes::FORM_PARAM_VALUE_INVALID, "endpoint", "is not the number of an endpoint");
    }
    number
}

/// The properties of a delivery that determine whether a fault affects it.
#[derive(Debug)]
pub struct FaultTarget {
    pub(super) event_type: Text,
    pub(super) endpoint: usize,
    /// Whether the event can be held back. An endpoint holds back at most one event at a time.
    pub(super) can_hold: bool,
}

impl QueuedFault for WebhookFault {
    type Target = FaultTarget;

    fn affects(&self, target: &FaultTarget) -> bool {
        self.event_type.as_ref().is_none_or(|event_type| *event_type == target.event_type)
            && self.endpoint.is_none_or(|endpoint| endpoint == target.endpoint)
            && (target.can_hold || !matches!(self.effect, Effect::Reorder { .. }))
    }

    fn times(&mut self) -> &mut Option<u32> {
        &mut self.times
    }
}

/// The queued faults.
pub(crate) type WebhookFaults = FaultQueue<WebhookFault>;

#[cfg(test)]
mod tests {
    use user_directory::ErrorDetail;

    use super::*;

    #[test]
    fn duplicate_makes_at_most_100_copies() {
        for (requested, copies) in [(99, 99), (100, 100), (101, 100), (u32::MAX, 100)] {
            assert_eq!(WebhookFault::duplicate(requested).effect, Effect::Duplicate { copies });
        }
    }

    #[test]
    fn parse_and_constructors_create_equal_faults() {
        for (json, built) in [
            (r#"{"effect":"drop","event_type":"user.updated"}"#, WebhookFault::drop_event().event_type("user.updated")),
            (r#"{"effect":"duplicate"}"#, WebhookFault::duplicate(1)),
            (r#"{"effect":"delay","delay_ms":7,"times":2}"#, WebhookFault::delay(Duration::from_millis(7)).times(2)),
            (r#"{"effect":"reorder","endpoint":2}"#, WebhookFault::reorder().endpoint(2)),
        ] {
            let parsed = WebhookFault::parse(json.as_bytes(), 2).unwrap();
            assert_eq!(parsed, built);
            let encoded = serde_json::to_value(&parsed).unwrap();
            assert!(json.contains(&encoded["effect"].to_string()), "{encoded}");
        }
    }

    #[test]
    fn parse_rejects_contradictory_faults() {
        for (json, param_name) in [
            ("{}", "effect"),
            (r#"{"effect":"lose"}"#, "effect"),
            (r#"{"effect":"delay"}"#, "delay_ms"),
            (r#"{"effect":"drop","delay_ms":1}"#, "delay_ms"),
            (r#"{"effect":"drop","copies":1}"#, "copies"),
            (r#"{"effect":"duplicate","copies":101}"#, "copies"),
            (r#"{"effect":"drop","type":"user.created"}"#, "type"),
            (r#"{"effect":"drop","event_type":"user.create"}"#, "event_type"),
            (r#"{"effect":"drop","endpoint":0}"#, "endpoint"),
            (r#"{"effect":"drop","endpoint":3}"#, "endpoint"),
        ] {
            let error = WebhookFault::parse(json.as_bytes(), 2).unwrap_err();
            assert_eq!(error.param_name(), Some(param_name), "{json}");
        }
    }

    #[test]
    fn parse_rejects_invalid_numbers_with_the_range() {
        for (json, message) in [
            (r#"{"effect":"delay","delay_ms":0}"#, "delay_ms is invalid. It must be from 1 to 18446744073709551615."),
            (r#"{"effect":"delay","delay_ms":-1}"#, "delay_ms is invalid. It must be from 1 to 18446744073709551615."),
            (r#"{"effect":"duplicate","copies":-1}"#, "copies is invalid. It must be from 1 to 100."),
            (
                r#"{"effect":"duplicate","copies":100000000000000000000}"#,
                "copies is invalid. It must be from 1 to 100.",
            ),
        ] {
            let error = WebhookFault::parse(json.as_bytes(), 2).unwrap_err();
            let messages: Vec<_> = error.details().iter().map(ErrorDetail::long_message).collect();
            assert_eq!(messages, [message], "{json}");
        }
    }

    #[test]
    fn reorder_is_not_used_up_while_another_event_is_held() {
        let faults = WebhookFaults::default();
        faults.add(WebhookFault::reorder().times(1));
        let target = |can_hold| FaultTarget { event_type: "user.created".into(), endpoint: 1, can_hold };
        assert_eq!(faults.next(&target(false)), None);
        assert_eq!(faults.next(&target(true)), Some(WebhookFault::reorder().times(1)));
        assert_eq!(faults.next(&target(true)), None);
    }
}
