//! [`Paging`]: detects responses from APIs that contain only one page of the users.

use serde_json::Value;

use crate::mapping::fields::normalized;

/// The keys of the number of all users. The keys in this and the following lists are normalized.
const TOTALS: [&str; 12] = [
    "total",
    "total_count",
    "count",
    "total_results",
    "total_items",
    "total_records",
    "total_users",
    "total_elements",
    "total_docs",
    "total_hits",
    "odata_count",
    "@odata_count",
];
/// The keys of the number of all pages.
const PAGES: [&str; 6] = ["last_page", "total_pages", "page_count", "num_pages", "number_of_pages", "pages"];
/// The keys of booleans that indicate the last page.
const LAST: [&str; 3] = ["last", "is_last", "is_last_page"];
/// The keys of the next page.
const NEXT: [&str; 18] = [
    "next",
    "next_page",
    "next_page_token",
    "page_token",
    "pagination_token",
    "next_token",
    "next_cursor",
    "next_url",
    "next_page_url",
    "next_link",
    "odata_next_link",
    "@odata_next_link",
    "has_more",
    "has_next_page",
    "cursor",
    "truncated",
    "is_truncated",
    "incomplete_results",
];
/// The keys of errors.
const ERRORS: [&str; 3] = ["error", "errors", "error_message"];
/// The keys of objects that describe the page.
const CONTAINERS: [&str; 8] = ["meta", "metadata", "pagination", "paging", "page_info", "links", "_links", "page"];

/// The meaning of a key.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Total,
    Pages,
    Last,
    Next,
    Error,
    Container,
}

impl Kind {
    fn of(name: &str) -> Option<Self> {
        let name = normalized(name);
        let kinds: [(&[&str], Self); 6] = [
            (&TOTALS, Self::Total),
            (&PAGES, Self::Pages),
            (&LAST, Self::Last),
            (&NEXT, Self::Next),
            (&ERRORS, Self::Error),
            (&CONTAINERS, Self::Container),
        ];
        kinds.into_iter().find(|(names, _)| names.contains(&name.as_str())).map(|(_, kind)| kind)
    }
}

/// The members of an object with an array of users that describe the page.
#[derive(Default)]
pub struct Paging {
    /// The key and the number of all users.
    total: Option<(String, u64)>,
    /// The key and the number of all pages.
    pages: Option<(String, u64)>,
    /// The key that indicates another page.
    next: Option<String>,
    /// The key of an error.
    error: Option<String>,
}

impl Paging {
    /// Returns whether [`Self::add`] uses the value of a key.
    pub fn has_key(name: &str) -> bool {
        Kind::of(name).is_some()
    }

    /// Returns whether a key contains errors.
    pub fn is_error(name: &str) -> bool {
        Kind::of(name) == Some(Kind::Error)
    }

    /// Adds an array of errors.
    pub fn add_errors(&mut self, name: &str, elements: u64) {
        if elements > 0 {
            self.error = Some(name.to_owned());
        }
    }

    /// Adds a member of the object, which is not the array of users.
    pub fn add(&mut self, name: &str, json: &[u8]) {
        // Malformed values are rejected when the rows are read.
        let Ok(value) = serde_json::from_slice(json) else { return };
        self.add_value(name, &value);
    }

    fn add_value(&mut self, name: &str, value: &Value) {
        let Some(kind) = Kind::of(name) else { return };
        let is_set = match value {
            Value::Null => false,
            Value::Bool(is_set) => *is_set,
            Value::Number(number) => number.as_f64() > Some(0.0),
            Value::String(text) => !text.is_empty(),
            Value::Array(elements) => !elements.is_empty(),
            Value::Object(members) => !members.is_empty(),
        };
        match (kind, value) {
            (Kind::Container, Value::Object(members)) => {
                members.iter().for_each(|(name, value)| self.add_value(name, value));
            }
            (Kind::Total, Value::Number(total)) if is_set => {
                let total = total.as_u64().unwrap_or_default();
                if self.total.as_ref().is_none_or(|(_, other)| *other < total) {
                    self.total = Some((name.to_owned(), total));
                }
            }
            (Kind::Pages, Value::Number(pages)) if pages.as_u64() > Some(1) => {
                self.pages = pages.as_u64().map(|pages| (name.to_owned(), pages));
            }
            (Kind::Last, Value::Bool(false)) => self.next = Some(name.to_owned()),
            (Kind::Next, _) if is_set => self.next = Some(name.to_owned()),
            (Kind::Error, _) if is_set => self.error = Some(name.to_owned()),
            _ => {}
        }
    }

    /// Returns the reason why an array with this number of elements may lack users.
    pub fn incomplete(&self, elements: u64) -> Option<String> {
        if let Some((name, total)) = self.total.as_ref().filter(|(_, total)| *total > elements) {
            Some(format!("{name} is {total}, but the array has {elements} elements"))
        } else if let Some(name) = &self.next {
            Some(format!("{name} indicates another page"))
        } else if let Some((name, pages)) = &self.pages {
            Some(format!("{name} is {pages}"))
        } else {
            self.error.as_ref().map(|name| format!("{name} indicates an error"))
        }
    }

    /// Returns the key of an error.
    pub fn error(&self) -> Option<&str> {
        self.error.as_deref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn incomplete_recognizes_pages_of_common_apis() {
        for (name, json, expected) in [
            ("total", "100", Some("total is 100, but the array has 2 elements")),
            ("totalCount", "500", Some("totalCount is 500")),
            ("count", "3", Some("count is 3")),
            ("nextPage", "2", Some("nextPage indicates")),
            ("PaginationToken", "\"abc\"", Some("PaginationToken indicates")),
            ("pageToken", "\"abc\"", Some("pageToken indicates")),
            ("next", "\"https://example.com/?page=2\"", Some("next indicates")),
            ("pageInfo", "{\"hasNextPage\":true}", Some("hasNextPage indicates")),
            ("meta", "{\"page\":{\"total\":3}}", Some("total is 3")),
            ("next_page_url", "\"https://example.com/?page=2\"", Some("next_page_url indicates")),
            ("@odata.nextLink", "\"https://example.com/?page=2\"", Some("@odata.nextLink indicates")),
            ("odata.nextLink", "\"https://example.com/?page=2\"", Some("odata.nextLink indicates")),
            ("nextLink", "\"https://example.com/?page=2\"", Some("nextLink indicates")),
            ("meta", "{\"errors\":[{\"message\":\"timeout\"}]}", Some("errors indicates")),
            ("totalDocs", "3", Some("totalDocs is 3")),
            ("@odata.count", "3", Some("@odata.count is 3")),
            ("meta", "{\"last_page\":9,\"current_page\":1}", Some("last_page is 9")),
            ("totalPages", "2", Some("totalPages is 2")),
            ("cursor", "\"abc\"", Some("cursor indicates another page")),
            ("incomplete_results", "true", Some("incomplete_results indicates another page")),
            ("last", "false", Some("last indicates another page")),
            ("total", "2", None),
            ("count", "1", None),
            ("next", "null", None),
            ("pageToken", "\"\"", None),
            ("hasMore", "false", None),
            ("nextPage", "0", None),
            ("error", "null", None),
            ("meta", "{\"errors\":[]}", None),
            ("next_page_url", "null", None),
            ("total_pages", "1", None),
            ("pages", "[]", None),
            ("links", "{\"last\":\"https://example.com/?page=1\"}", None),
            ("last", "true", None),
            ("cursor", "null", None),
            ("truncated", "false", None),
            ("limit", "100", None),
        ] {
            assert!(expected.is_none() || Paging::has_key(name), "{name}");
            let mut paging = Paging::default();
            paging.add(name, json.as_bytes());
            let reason = paging.incomplete(2);
            let is_expected = match (expected, &reason) {
                (Some(expected), Some(reason)) => reason.starts_with(expected),
                (expected, reason) => expected.is_none() && reason.is_none(),
            };
            assert!(is_expected, "{name}: {json}: {reason:?}");
        }
    }
}
