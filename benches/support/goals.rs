//! The table that a benchmark ends with: what was asked for, what was measured, and whether that is met.

/// Prints the head of a table.
pub fn head(title: &str) {
    println!("\n{title}");
    println!("{:<64}{:>12}{:>12}  met", "", "goal", "measured");
}

/// Prints a row with a goal: at most so much.
#[allow(dead_code, reason = "not every benchmark has such a goal")]
pub fn at_most(what: &str, goal: f64, measured: f64) {
    print(what, goal, measured, measured <= goal);
}

/// Prints a row with a goal: at least so much.
#[allow(dead_code, reason = "not every benchmark has such a goal")]
pub fn at_least(what: &str, goal: f64, measured: f64) {
    print(what, goal, measured, measured >= goal);
}

/// Prints a row without a goal: a floor, or something to compare with.
#[allow(dead_code, reason = "not every benchmark has such a row")]
pub fn figure(what: &str, measured: f64) {
    println!("{what:<64}{:>12}{:>12}", "", digits(measured));
}

fn print(what: &str, goal: f64, measured: f64, met: bool) {
    println!("{what:<64}{:>12}{:>12}  {}", digits(goal), digits(measured), if met { "yes" } else { "NO" });
}

/// Three digits that count, or more before the point.
fn digits(value: f64) -> String {
    let decimals = match value.abs() {
        100.0.. => 0,
        10.0..100.0 => 1,
        _ => 2,
    };
    format!("{value:.decimals$}")
}
