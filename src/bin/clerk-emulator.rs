//! Clerk on a laptop.

fn main() {}
