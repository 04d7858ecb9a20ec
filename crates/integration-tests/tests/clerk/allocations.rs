//! How often a call through the HTTP adapter allocates: the part of speed that a noisy machine cannot blur.

#[path = "../../../../benches/support/allocations.rs"]
mod counting;
#[path = "../../../../benches/support/page.rs"]
mod page;
#[path = "../../../../benches/support/stub.rs"]
mod stub;

#[test]
fn a_get_takes_at_most_95_allocations_and_a_page_of_500_at_most_14_000() {
    let counts = counting::Counts::measure();
    assert!(counts.get <= 95 && counts.page <= 14_000, "{counts:?}");
    // The answers are those that the floor reads, and more is done with them.
    assert!((1..counts.get).contains(&counts.floor_get) && (1..counts.page).contains(&counts.floor_page), "{counts:?}");
}
