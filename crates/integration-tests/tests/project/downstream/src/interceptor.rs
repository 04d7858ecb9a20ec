//! An interceptor that logs every call, and rejects some.

use std::sync::{Arc, Mutex, PoisonError};

use user_directory::interceptor::{Call, Interceptor, OperationOutput};
use user_directory::{Error, ErrorKind, Result};

/// Logs every call, and rejects writes while the directory is frozen. Clones share the log.
#[derive(Debug, Clone, Default)]
pub struct Audit {
    frozen: bool,
    log: Arc<Mutex<Vec<String>>>,
}

impl Audit {
    /// Returns an interceptor with the same log that rejects writes.
    pub fn frozen(&self) -> Self {
        Self { frozen: true, ..self.clone() }
    }

    pub fn log(&self) -> Vec<String> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Interceptor for Audit {
    async fn intercept<T: OperationOutput>(
        &self,
        call: &Call<'_>,
        next: impl Future<Output = Result<T>> + Send,
    ) -> Result<T> {
        let result = if self.frozen && !call.operation().is_read_only() {
            Err(Error::new(ErrorKind::Forbidden).with_operation(call.operation()).with_message("frozen"))
        } else {
            next.await
        };
        let outcome = match &result {
            Ok(output) => format!("{:?}", output.users().iter().map(|user| user.id.as_str()).collect::<Vec<_>>()),
            Err(error) => error.kind().as_str().to_owned(),
        };
        let user_ids: Vec<_> = call.user_ids().iter().map(|id| id.as_str()).collect();
        let line = format!("{} {user_ids:?} -> {outcome}", call.operation());
        self.log.lock().unwrap_or_else(PoisonError::into_inner).push(line);
        result
    }
}
