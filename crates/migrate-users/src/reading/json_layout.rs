//! [`Layout`]: the location of the rows in a JSON file.

use std::io::BufRead;

use super::json_scanner::Scanner;
use super::paging::Paging;
use crate::Failure;
use crate::sources::is_identifier;

/// The keys of arrays that are recognized as arrays of users even if they are empty.
const ARRAYS: [&str; 5] = ["users", "data", "items", "results", "records"];

/// The location of the rows in a JSON file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Layout {
    /// The rows are the elements of an array.
    Array,
    /// The rows are the elements of an array in an object, under this key. The key includes its quotes.
    Member(Vec<u8>),
    /// The rows are consecutive values.
    Sequence,
}

/// An array of objects, or an empty array of users.
struct Array {
    /// The key, including its quotes.
    key: Vec<u8>,
    elements: u64,
}

/// The properties of an object that determine whether it contains an array of users.
#[derive(Default)]
struct Members {
    /// The number of members.
    number: u64,
    /// The number of members that are objects.
    objects: u64,
    arrays: Vec<Array>,
    /// Whether the object has a key that identifies a user, such as `email`.
    has_identifier: bool,
    /// The key of an object that may contain the users, because an array under this key would.
    object: Option<Vec<u8>>,
    paging: Paging,
}

impl Layout {
    /// Determines the layout of a file. Also returns a message if the array of users may be only one page of the users.
    ///
    /// An object contains an array of users if it is the only value of the file and has an array of objects under the
    /// key `users`, or one array of objects and no key that identifies a user.
    ///
    /// # Errors
    ///
    /// Returns an error if there are multiple such arrays, if the file has multiple objects with the key `users`, or if
    /// the users are the members of an object. Also returns an error if the file is the response of a failed request.
    pub fn detect(reader: impl BufRead) -> Result<(Self, Option<String>), Failure> {
        let mut scanner = Scanner::new(reader);
        match scanner.peek_token()? {
            Some(b'[') => return Ok((Self::Array, None)),
            Some(b'{') => scanner.bump(b'{'),
            Some(_) => return Err(scanner.broken("the file is not JSON")),
            None => return Ok((Self::Sequence, None)),
        }
        let mut members = Members::default();
        loop {
            match scanner.peek_token()? {
                Some(b'"') => members.add(&mut scanner)?,
                Some(b',') => scanner.bump(b','),
                Some(b'}') => {
                    scanner.bump(b'}');
                    break;
                }
                next => {
                    let problem =
                        if next.is_some() { "the object is not JSON" } else { "the file ends inside an object" };
                    let advice = "use --format jsonl to reject only malformed lines";
                    return Err(format!("line {}: {problem}; {advice}", scanner.line).into());
                }
            }
        }
        match scanner.peek_token()? {
            None => members.with_notice(),
            Some(_) => match members.arrays.iter().map(|array| name_of(&array.key)).find(|name| is_users(name)) {
                Some(name) if !members.has_identifier => {
                    let advice = format!("write all users to another file, for example with: jq -c '.{name}[]'");
                    Err(format!("the file has several objects with an array of users; {advice}").into())
                }
                _ => Ok((Self::Sequence, None)),
            },
        }
    }
}

fn name_of(key: &[u8]) -> String {
    serde_json::from_slice(key).unwrap_or_default()
}

fn is_users(name: &str) -> bool {
    name.eq_ignore_ascii_case("users")
}

impl Members {
    fn add(&mut self, scanner: &mut Scanner<impl BufRead>) -> Result<(), Failure> {
        let key = scanner.key()?;
        let name = name_of(&key);
        let is_array_of_users = || ARRAYS.iter().any(|other| name.eq_ignore_ascii_case(other));
        self.number += 1;
        self.has_identifier |= is_identifier(&name);
        match scanner.peek_token()? {
            Some(b'[') => {
                scanner.bump(b'[');
                let first = scanner.peek_token()?;
                let elements = skip_array(scanner)?;
                if Paging::is_error(&name) {
                    self.paging.add_errors(&name, elements);
                } else if first == Some(b'{') || elements == 0 && is_array_of_users() {
                    self.arrays.push(Array { key, elements });
                }
                Ok(())
            }
            _ if Paging::has_key(&name) => {
                let value = scanner.value()?;
                self.objects += u64::from(value.starts_with(b"{"));
                self.paging.add(&name, &value);
                Ok(())
            }
            next => {
                self.objects += u64::from(next == Some(b'{'));
                if next == Some(b'{') && is_array_of_users() {
                    self.object = Some(key);
                }
                scanner.skip(0)
            }
        }
    }

    fn with_notice(self) -> Result<(Layout, Option<String>), Failure> {
        let (layout, elements) = match self.array()? {
            Some(array) => (Layout::Member(array.key.clone()), array.elements),
            None => return Ok((Layout::Sequence, None)),
        };
        if let Some(error) = self.paging.error().filter(|_| elements == 0) {
            return Err(format!("the array of users is empty, and {error} indicates that the request failed").into());
        }
        let notice = self.paging.incomplete(elements).map(|reason| {
            format!("the file may lack users, because {reason}; check that it contains all pages of the list")
        });
        Ok((layout, notice))
    }

    /// Returns the array of users, or `None` if the object is a user.
    fn array(&self) -> Result<Option<&Array>, Failure> {
        let users: Vec<_> = self.arrays.iter().filter(|array| is_users(&name_of(&array.key))).collect();
        let filled: Vec<_> = self.arrays.iter().filter(|array| array.elements > 0).collect();
        match (&users[..], &filled[..]) {
            ([users], _) if users.elements > 0 || !self.has_identifier => Ok(Some(users)),
            ([] | [_], _) if self.has_identifier => Ok(None),
            ([], [array]) => Ok(Some(array)),
            ([], []) if self.arrays.is_empty() => self.check_nesting().map(|()| None),
            ([], []) => Ok(self.arrays.last()),
            _ => {
                let arrays = if users.len() > 1 { users } else { filled };
                let names: Vec<_> = arrays.iter().map(|array| name_of(&array.key)).collect();
                let name = names.iter().find(|name| name.to_ascii_lowercase().contains("user")).unwrap_or(&names[0]);
                let advice = format!("write the array of users to a file of its own, for example with: jq .{name}");
                Err(format!("the object has several arrays of objects ({}); {advice}", names.join(", ")).into())
            }
        }
    }

    /// Returns an error if the users seem to be in an inner object.
    fn check_nesting(&self) -> Result<(), Failure> {
        match self.object.as_ref().map(|key| name_of(key)) {
            Some(key) if !is_users(&key) => Err(format!(
                "the users are not in an array at the top level; write the array of users to another file, for \
                 example with: jq .{key}.users"
            )
            .into()),
            Some(key) => Err(is_map(&format!(".{key} | "))),
            None if self.number > 0 && self.objects == self.number => Err(is_map("")),
            None => Ok(()),
        }
    }
}

/// Skips the rest of an array whose opening bracket was consumed, and returns the number of its elements.
fn skip_array(scanner: &mut Scanner<impl BufRead>) -> Result<u64, Failure> {
    let mut elements = 0;
    loop {
        match scanner.peek_token()? {
            Some(b']') => {
                scanner.bump(b']');
                return Ok(elements);
            }
            Some(b',') => scanner.bump(b','),
            // The scanner does not consume this bracket.
            Some(b'}') => return Err(scanner.broken("unexpected bracket")),
            // Fails if the file ends.
            None => scanner.skip(1)?,
            Some(_) => {
                scanner.skip(0)?;
                elements += 1;
            }
        }
    }
}

/// Returns the error for users that may be the members of an object. `path` selects the object in jq.
fn is_map(path: &str) -> Failure {
    format!(
        "the users are not in an array; if they are the members of an object, convert it with: jq '[{path}to_entries[] \
         | {{id: .key}} + .value]'; otherwise, write the users to another file"
    )
    .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layout(text: &str) -> Result<Layout, String> {
        Layout::detect(text.as_bytes()).map(|(layout, _)| layout).map_err(|failure| failure.to_string())
    }

    #[test]
    fn detect_reports_arrays_that_are_pages() {
        for (text, is_page) in [
            (r#"{"start":0,"length":2,"total":100,"users":[{"user_id":"1"},{"user_id":"2"}]}"#, true),
            (r#"{"data":[{"id":"1"}],"totalCount":500}"#, true),
            (r#"{"Users":[{"Username":"a"}],"PaginationToken":"abc"}"#, true),
            (r#"{"count":300,"next":"https://x/?page=2","previous":null,"results":[{"id":"1"}]}"#, true),
            (r#"{"@odata.nextLink":"https://x","value":[{"id":"1"}]}"#, true),
            (r#"{"users":[{"id":"1"}],"errors":[{"message":"page 2 timed out"}]}"#, true),
            (r#"{"errors":["timeout"],"items":[{"id":"1"}]}"#, true),
            (r#"{"total":2,"users":[{"id":"1"},{"id":"2"}]}"#, false),
            (r#"{"next":null,"results":[{"id":"1"}]}"#, false),
            (r#"{"errors":[],"results":[{"id":"1"}]}"#, false),
            (r#"{"count":2,"roles":[{"id":"1"}],"users":[{"id":"1"},{"id":{"a":[1]}}]}"#, false),
        ] {
            let (layout, notice) = Layout::detect(text.as_bytes()).unwrap();
            assert!(!matches!(&layout, Layout::Member(name) if name == b"\"errors\""), "{text}");
            assert_eq!(notice.is_some_and(|notice| notice.contains("lack users")), is_page, "{text}");
        }
    }

    #[test]
    fn detect_rejects_responses_of_failed_requests() {
        for (text, key) in [
            (r#"{"users":[],"error":"rate limit exceeded"}"#, "error"),
            (r#"{"users":[],"errors":["rate limit exceeded"]}"#, "errors"),
            (r#"{"users":[],"errors":[{"message":"timeout"}]}"#, "errors"),
            (r#"{"Errors":[{"message":"timeout"}],"data":[]}"#, "Errors"),
        ] {
            let failure = layout(text).unwrap_err();
            assert!(failure.contains(&format!("{key} indicates that the request failed")), "{text}: {failure}");
        }
        assert_eq!(layout(r#"{"users":[],"errors":[]}"#), Ok(Layout::Member("\"users\"".into())));
    }

    #[test]
    fn detect_finds_the_array_of_users_under_any_name() {
        for (text, name) in [
            (r#"{"start":0,"total":1,"users":[{"user_id":"1"}]}"#, "\"users\""),
            (r#"{"id":"export","Users" : [ {"id":1} ]}"#, "\"Users\""),
            ("{\n \"members\": [\n{\"email\":\"a@example.com\"}]}\n", "\"members\""),
            (r#"{"roles":[{"id":1}],"users":[{"id":2}]}"#, "\"users\""),
            (r#"{"next":null,"results":[]}"#, "\"results\""),
            (r#"{"users":[],"roles":[{"id":1}]}"#, "\"users\""),
        ] {
            assert_eq!(layout(text), Ok(Layout::Member(name.into())), "{text}");
        }
        assert_eq!(layout(" [1]"), Ok(Layout::Array));
    }

    #[test]
    fn detect_does_not_mistake_users_for_containers() {
        for text in [
            r#"{"identities":[{"provider":"a"}],"user_id":"1"}"#,
            "{\"logins\":[{\"at\":1}]}\n{\"logins\":[{\"at\":2}]}",
            r#"{"handle":"ada","tags":[]}"#,
            r#"{"handle":"ada","tags":["a"],"profile":{}}"#,
            r#"{"id":1,"users":[]}"#,
        ] {
            assert_eq!(layout(text), Ok(Layout::Sequence), "{text}");
        }
    }

    #[test]
    fn detect_fails_with_advice_if_the_users_are_not_in_one_array() {
        for (text, advice) in [
            (r#"{"users": {"1": {"email":"a"}}, "total": 1}"#, "jq '[.users | to_entries[]"),
            (r#"{"data": {"users": [{"email":"a"}]}, "error": null}"#, "jq .data.users"),
            ("id,email", "line 1: the file is not JSON"),
            (r#"{"1": {"email":"a"}, "2": {"email":"b"}}"#, "jq '[to_entries[]"),
            (r#"{"admins":[{"id":1}],"members":[{"id":2}]}"#, "several arrays of objects (admins, members)"),
            (r#"{"users":[{"id":1}],"users":[{"id":2}]}"#, "several arrays of objects"),
            (r#"{"users":[],"users":[]}"#, "several arrays of objects"),
            (r#"{"users":[{"id":1}"#, "the file ends inside"),
            ("{\"users\":[{\"id\":1}]}\n{\"users\":[{\"id\":2}]}", "jq -c '.users[]'"),
            ("{\"Users\":[{\"Username\":1}]}\n{\"Users\":[{\"Username\":2}]}", "jq -c '.Users[]'"),
            (r#"{"account":[{"id":1}],"user":[{"id":2}]}"#, "jq .user"),
            (r#"{"Users": {"1": {"email":"a"}}}"#, "jq '[.Users | to_entries[]"),
            ("{\"a\":\n1\nhello", "line 3: the object is not JSON; use --format jsonl"),
        ] {
            let failure = layout(text).unwrap_err();
            assert!(failure.contains(advice), "{text}: {failure}");
        }
    }
}
