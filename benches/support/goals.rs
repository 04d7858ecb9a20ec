//! Prints the table of a benchmark: goals, measurements, and whether the goals are met.

/// Prints the header of a table.
pub fn header(title: &str) {
    println!("\n{title}");
    println!("{:<64}{:>12}{:>12}  met", "", "goal", "measured");
}

/// Prints a row with an upper limit.
#[allow(dead_code, reason = "some benchmarks have no such goal")]
pub fn at_most(name: &str, goal: f64, measured: f64) {
    print(name, goal, measured, measured <= goal);
}

/// Prints a row with a lower limit.
#[allow(dead_code, reason = "some benchmarks have no such goal")]
pub fn at_least(name: &str, goal: f64, measured: f64) {
    print(name, goal, measured, measured >= goal);
}

/// Prints a row without a goal, for comparison.
#[allow(dead_code, reason = "some benchmarks have no such row")]
pub fn value(name: &str, measured: f64) {
    println!("{name:<64}{:>12}{:>12}", "", format_number(measured));
}

fn print(name: &str, goal: f64, measured: f64, met: bool) {
    println!(
        "{name:<64}{:>12}{:>12}  {}",
        format_number(goal),
        format_number(measured),
        if met { "yes" } else { "NO" }
    );
}

/// Formats a number with three significant digits or, if it is at least 1000, without decimals.
fn format_number(number: f64) -> String {
    let decimals = match number.abs() {
        100.0.. => 0,
        10.0..100.0 => 1,
        _ => 2,
    };
    format!("{number:.decimals$}")
}
