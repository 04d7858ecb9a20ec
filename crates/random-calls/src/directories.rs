//! [`Directories`]: the directories whose results are compared.

use std::fmt::{Debug, Write as _};
use std::sync::Arc;

use user_directory::store::UserStore;
use user_directory::store_directory::{InstanceSettings, SequentialIds, StoreUserDirectory, StoreUserDirectoryBuilder};
use user_directory::time::ManualClock;
use user_directory::{Error, ErrorDetail, Result};

use crate::random::start;

/// The name of a store, and the store.
pub type Store = (String, Arc<dyn UserStore>);
type Directory = StoreUserDirectory<Arc<dyn UserStore>>;

/// Directories that share a clock, have equal settings, and generate equal ids.
#[derive(Debug)]
pub struct Directories {
    directories: Vec<(String, Directory)>,
    pub(crate) clock: ManualClock,
}

/// The properties of an error that a caller can observe.
#[derive(Debug, PartialEq)]
struct Failure {
    text: String,
    debug: String,
    details: Vec<ErrorDetail>,
    outcome_unknown: bool,
    retryable: bool,
}

impl Failure {
    fn of(error: &Error) -> Self {
        Self {
            text: error.to_string(),
            debug: format!("{error:?}"),
            details: error.details().to_vec(),
            outcome_unknown: error.is_outcome_unknown(),
            retryable: error.is_retryable(),
        }
    }
}

impl Directories {
    /// Creates a directory over each store. The stores must be empty.
    #[must_use]
    pub fn new(stores: &[Store]) -> Self {
        let clock = ManualClock::new(start());
        let directories = stores.iter().map(|(name, store)| {
            let builder = StoreUserDirectoryBuilder::new(Arc::clone(store)).settings(InstanceSettings::permissive());
            (name.clone(), builder.clock(clock.clone()).ids(SequentialIds::default()).build())
        });
        Self { directories: directories.collect(), clock }
    }

    pub(crate) fn first(&self) -> &Directory {
        &self.directories[0].1
    }

    /// Makes the same call to all directories and asserts that the results are equal.
    pub(crate) async fn agree<T: Debug + PartialEq>(
        &self,
        what: &dyn Debug,
        call: impl AsyncFn(&Directory) -> Result<T>,
    ) {
        let mut expected: Option<(&str, Result<T, Failure>)> = None;
        for (name, directory) in &self.directories {
            let result = call(directory).await.map_err(|error| Failure::of(&error));
            match &expected {
                None => expected = Some((name, result)),
                Some((first, expected)) => {
                    assert!(result == *expected, "{what:?}\n{}", difference(first, expected, name, &result));
                }
            }
        }
    }
}

/// Returns the lines of the debug output that differ.
fn difference<T: Debug>(first: &str, expected: &T, name: &str, found: &T) -> String {
    let [expected, found] = [expected, found].map(|value| format!("{value:#?}"));
    let (mut expected, mut found) = (expected.lines(), found.lines());
    let mut lines = String::new();
    loop {
        match (expected.next(), found.next()) {
            (None, None) => return lines,
            (expected, found) if expected == found => {}
            (expected, found) => {
                let [expected, found] = [expected, found].map(Option::unwrap_or_default);
                writeln!(lines, "{first}: {expected}\n{name}: {found}").unwrap();
            }
        }
    }
}
