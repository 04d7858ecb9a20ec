//! A directory served over HTTP in Clerk's wire format.
