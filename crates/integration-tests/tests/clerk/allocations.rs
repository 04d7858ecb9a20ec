//! Allocation counts of calls through the HTTP adapter. Unlike timings, they do not depend on the machine's load.

#[path = "../../../../benches/support/allocations.rs"]
mod counting;
#[path = "../../../../benches/support/page.rs"]
mod page;
#[path = "../../../../benches/support/stub.rs"]
mod stub;

#[test]
fn get_makes_at_most_68_allocations_and_list_of_500_users_at_most_6_300() {
    let counts = counting::Counts::measure();
    // A page arrives in several reads, whose number varies. It usually makes 6,254 allocations.
    assert!(counts.get <= 68 && counts.page <= 6_300, "{counts:?}");
    // The baseline only reads the bytes of the same responses, so its counts must be lower.
    assert!(
        (1..counts.get).contains(&counts.baseline_get) && (1..counts.page).contains(&counts.baseline_page),
        "{counts:?}"
    );
}
