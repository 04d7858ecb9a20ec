//! An export of each system, with awkward rows, imported with the options that the system requires.

mod auth0;
mod better_auth;
mod clerk;
mod cognito;
mod firebase;
mod frameworks;
mod supabase;
