//! Detects quoted cells that contain other rows. Two stray quotes in the same column of different rows have this effect.

use std::borrow::Cow;

/// The length of the shortest cells that are similar because they have the same length, such as random ids.
const MIN_RANDOM_LENGTH: usize = 16;

/// Returns whether the cell at `index` seems to contain the end of its row, other rows, and the beginning of a row.
///
/// If so, the first line completes the row before the cell, and the last line completes the row after it. Other text
/// can have the same number of delimiters. It seldom has an email address in the column in which the row has one, and
/// its lines seldom all begin like the row.
pub fn has_swallowed_rows(cells: &[Cow<'_, str>], index: usize, delimiter: char) -> bool {
    let (columns, mut lines) = (cells.len(), cells[index].split('\n'));
    let (Some(first), Some(last)) = (lines.next(), lines.next_back()) else { return false };
    let (before, after) = (cells[..index].iter(), cells[index + 1..].iter());
    let row: Vec<_> = before.map(AsRef::as_ref).chain(first.split(delimiter)).collect();
    let last: Vec<_> = last.split(delimiter).chain(after.map(AsRef::as_ref)).collect();
    if columns < 2 || row.len() != columns || last.len() != columns {
        return false;
    }
    let is_missing = |cell: &str| cell.trim().is_empty();
    let begins_with_value = !is_missing(last[0]);
    let lines = lines.filter(|line| !is_missing(line)).map(|line| line.split(delimiter).collect());
    let others: Vec<Vec<_>> = lines.chain([last]).collect();

    // The row may have no email address, although other rows do.
    let can_be_address = |column: usize| row[column].contains('@') || column < index && is_missing(row[column]);
    let has_address = |other: &Vec<&str>| {
        other.iter().take(columns).enumerate().any(|(column, cell)| cell.contains('@') && can_be_address(column))
    };
    let begins_like_row = |other: &Vec<&str>| is_missing(other[0]) || are_similar(row[0], other[0]);
    // Words of letters are similar in any text.
    let is_distinctive =
        |cell: &str| cell.contains(|c: char| c.is_ascii_digit() || !c.is_alphanumeric() && !c.is_whitespace());
    let has_similar_value =
        |other: &Vec<&str>| row.iter().zip(other).any(|(cell, other)| is_distinctive(cell) && are_similar(cell, other));
    others.iter().any(has_address)
        || begins_with_value && others.iter().all(begins_like_row) && others.iter().any(has_similar_value)
}

/// Returns whether two cells have the same form, or are random ids of the same length.
fn are_similar(one: &str, other: &str) -> bool {
    let (one, other) = (one.trim(), other.trim());
    let is_random = |cell: &str| cell.len() >= MIN_RANDOM_LENGTH && !cell.contains(char::is_whitespace);
    form(one) == form(other) || one.len() == other.len() && is_random(one) && is_random(other)
}

/// Returns the form of a cell: `0` for a number, and otherwise the text with one character for each word. It is `x` if
/// the cell has a digit, and otherwise `a`.
fn form(cell: &str) -> String {
    let is_digit = |character: char| character.is_ascii_digit();
    if !cell.is_empty() && cell.chars().all(is_digit) {
        return "0".to_owned();
    }
    let (word, mut form) = (if cell.contains(is_digit) { 'x' } else { 'a' }, String::new());
    for character in cell.chars() {
        let character = if character.is_alphanumeric() { word } else { character };
        if character != word || !form.ends_with(word) {
            form.push(character);
        }
    }
    form
}

#[cfg(test)]
mod tests {
    use super::*;

    fn has_swallowed(cells: &[&str]) -> bool {
        let index = cells.iter().position(|cell| cell.contains('\n')).unwrap();
        let cells: Vec<_> = cells.iter().map(|cell| Cow::Borrowed(*cell)).collect();
        has_swallowed_rows(&cells, index, ',')
    }

    #[test]
    fn has_swallowed_rows_recognizes_lines_that_begin_like_the_row() {
        for cells in [
            &["1", "ada_1", "hello\n22,ben_2,b"][..],
            // The delimiter is followed by a space.
            &["1", " ada_1", "hello\n22, ben_2, b"],
            &["1", "ada_1", "Ada,L\n2,ben_2,Ben,B\n3,cle_3,Cle", "M"],
            &["1", "ada_1", "hello\n2,ben_2,b\n\n3,cle_3,c"],
            // One of the rows has too few cells, or no id.
            &["1", "ada_1", "hello\n2,ben_2,b\n3,cle_3\n4,dor_4,d"],
            &["1", "ada_1", "hello\n,ben_2,b\n4,dor_4,d"],
            &["ada_1", "Ada\nben_1,Ben"],
            &["Ada", "ada_1", "hello\nBen,ben_2,b"],
            &["550e8400-e29b-41d4-a716-446655440000", "hi\n6ba7b810-9dad-11d1-80b4-00c04fd430c8,x"],
            &["V1StGXR8_Z5jdHi6B-myT", "hi\nUakgb_J5m9g-0JDMbcJqL,x"],
            // The first column.
            &["1,ada_1,x\n2,ben_2,y\n3", "cle_3", "z"],
            &["1,ada_1,x\n2", "ben_2", "y"],
        ] {
            assert!(has_swallowed(cells), "{cells:?}");
        }
    }

    #[test]
    fn has_swallowed_rows_recognizes_email_addresses_in_the_same_column() {
        for cells in [
            &["a@example.com", "Ada\nb@example.com,Ben"][..],
            &["Ada L", "a@example.com", "hello\nBen,b@example.com,b"],
            &["Ada L", "", "hello\nBen,b@example.com,b"],
            &["Ada,a@example.com\nBen", "b@example.com"],
        ] {
            assert!(has_swallowed(cells), "{cells:?}");
        }
        for cells in [
            &["1", "ada_1", "Contact:\na@example.com, home, work"][..],
            &["1", "hello, Ada\nfoo, bar", "a@example.com"],
            &["1", "Hi Ben,\nfoo, bar", "a@example.com"],
        ] {
            assert!(!has_swallowed(cells), "{cells:?}");
        }
    }

    #[test]
    fn has_swallowed_rows_accepts_text_of_several_lines() {
        for cells in [
            &["1", "ada_1", "Skills:\nC, C++, Rust\nGo, Java, Kotlin"][..],
            &["ck1abc", "Ada", "12 Main St,Apt 4\nSpringfield,IL,62701", "X"],
            &["Ada Lovelace", "a@example.com", "12 Main St\nNew York, NY, 10001"],
            &["1", "ada_1", "hello\nred, green, blue"],
            &["1", "red,green\nblue,black", "x"],
            &["1", "hello\nx,y"],
            &["1", "x", "{\n\"a\": 1,\n\"b\": 2\n}"],
            &["hello, Ada\nfoo", "a@example.com"],
            &["1", "ada_1", "two\nlines"],
        ] {
            assert!(!has_swallowed(cells), "{cells:?}");
        }
        assert!(!has_swallowed_rows(&["1\n2".into()], 0, ','));
    }

    #[test]
    fn form_distinguishes_numbers_words_and_ids() {
        for (cell, expected) in [
            ("12", "0"),
            ("Ada", "a"),
            ("Ada Lovelace", "a a"),
            ("ck1abc", "x"),
            ("ada_1", "x_x"),
            ("550e8400-e29b-abcd", "x-x-x"),
            ("a@example.com", "a@a.a"),
            ("", ""),
        ] {
            assert_eq!(form(cell), expected, "{cell}");
        }
    }
}
