//! What every implementation of [`UserDirectory`](crate::UserDirectory) has to do, as tests that anybody can run.
