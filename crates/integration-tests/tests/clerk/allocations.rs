//! Allocation counts of calls through the HTTP adapter. Unlike timings, they do not depend on the machine's load.

#[path = "../../../../benches/support/allocations.rs"]
mod counting;
#[path = "../../../../benches/support/page.rs"]
mod page;
#[path = "../../../../benches/support/stub.rs"]
mod stub;

#[test]
fn get_makes_at_most_95_allocations_and_list_of_500_users_at_most_14_000() {
    let counts = counting::Counts::measure();
    assert!(counts.get <= 95 && counts.page <= 14_000, "{counts:?}");
    // The baseline only reads the bytes of the same responses, so its counts must be lower.
    assert!(
        (1..counts.get).contains(&counts.baseline_get) && (1..counts.page).contains(&counts.baseline_page),
        "{counts:?}"
    );
}
