//! `ClerkUserDirectory` maps every error status of the API description to a kind.

use user_directory::{ErrorKind, Operation};

use crate::described::described;
use crate::samples;
use integration_tests::{Clerk, call};

#[tokio::test]
async fn every_described_error_status_has_a_kind() {
    let body = samples::full("ClerkErrors", 0).to_string();
    for &operation in Operation::ALL {
        let described = described(operation);
        assert!(!described.errors.is_empty(), "{operation}");
        for &status in &described.errors {
            let clerk = Clerk::with_json(status, body.as_str()).await;
            let error = call(operation, &clerk.directory).await.unwrap_err();
            assert_eq!(error.status(), Some(status), "{operation}");
            assert_ne!(error.kind(), ErrorKind::Unexpected, "{operation}: {status}");
            assert_eq!(error.operation(), Some(operation));
            assert_eq!(error.trace_id(), Some("text"), "{operation}: {status}");
            assert_eq!(error.details().len(), 1, "{operation}: {status}");
            assert_eq!(error.details()[0].long_message(), "text", "{operation}: {status}");
        }
    }
}
