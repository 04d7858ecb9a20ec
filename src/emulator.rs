//! A directory served over HTTP in Clerk's wire format.

#[cfg_attr(not(test), expect(dead_code, unused_imports, reason = "the server is about to use it"))]
mod state;
