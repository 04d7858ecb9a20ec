//! The limiter for builds without the `rate-limit` feature. It cannot be created.

use std::future::Ready;
use std::time::Duration;

use super::request::Request;
use crate::error::Result;

pub(super) enum Limiter {}

impl Limiter {
    pub(super) fn wait_for_user(&self, _: &Request<'_>, _: Duration) -> Ready<Result<()>> {
        match *self {}
    }

    pub(super) fn wait_for_instance(&self, _: Duration) -> Ready<Result<()>> {
        match *self {}
    }

    pub(super) fn close(&self, _: Duration) {
        match *self {}
    }
}
