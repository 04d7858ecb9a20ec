//! Detects quoted cells that contain other rows. Two stray quotes in the same column of different rows have this effect.

use std::borrow::Cow;

/// The length of the shortest cells that are similar because they have the same length, such as random ids.
const MIN_RANDOM_LENGTH: usize = 16;

/// Returns whether the cell at `index` seems to contain the end of its row, other rows, and the beginning of a row.
///
/// If so, the first line completes the row before the cell, and the last line completes the row after it. Other text
/// can have the same number of delimiters. It seldom has an email address in the column in which the row has one, and
/// its lines seldom begin like the row, or have similar values in a column.
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
    let lines = lines.filter(|line| !is_missing(line)).map(|line| line.split(delimiter).collect());
    let others: Vec<Vec<_>> = lines.chain([last.clone()]).collect();

    // The row may have no email address, although other rows do.
    let can_be_address = |column: usize| row[column].contains('@') || column < index && is_missing(row[column]);
    let has_address = |other: &Vec<&str>| {
        other.iter().take(columns).enumerate().any(|(column, cell)| cell.contains('@') && can_be_address(column))
    };
    if others.iter().any(has_address) {
        return true;
    }
    // The quoted cell separates the row from the cells after it, which belong to the last line.
    let has_other_value = |other: &Vec<&str>, column: usize| {
        other.get(column).is_some_and(|cell| !is_missing(cell) && !cell.contains('@'))
    };
    let contradicts_address = |column: usize| {
        if column < index {
            row[column].contains('@') && others.iter().all(|other| has_other_value(other, column))
        } else {
            column > index && last[column].contains('@') && has_other_value(&row, column)
        }
    };
    if (0..columns).any(contradicts_address) {
        return false;
    }
    let begins_like_row = |other: &Vec<&str>| is_missing(other[0]) || are_similar(row[0], other[0]);
    // Words of letters are similar in any text.
    let is_distinctive =
        |cell: &str| cell.contains(|c: char| c.is_ascii_digit() || !c.is_alphanumeric() && !c.is_whitespace());
    let has_similar_value =
        |other: &Vec<&str>| row.iter().zip(other).any(|(cell, other)| is_distinctive(cell) && are_similar(cell, other));
    let have_all_cells = others.iter().all(|other| other.len() == columns);
    // An id can have another form than the others.
    let are_rows = !is_missing(last[0])
        && begins_like_row(&last)
        && others.iter().all(|other| begins_like_row(other) || other.len() == columns)
        && 2 * others.iter().filter(|other| begins_like_row(other)).count() >= others.len();
    // A value of the quoted cell is similar to one outside of it.
    let is_similar_column = |column: usize| {
        let outside = if column < index { row[column] } else { last[column] };
        column != index
            && is_distinctive(outside)
            && others.iter().chain([&row]).all(|other| are_similar(outside, other[column]))
    };
    are_rows && others.iter().any(has_similar_value) || have_all_cells && (0..columns).any(is_similar_column)
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
            // One id has another form.
            &["1", "Ada,L\nx-2,Ben,B\n3,Cle", "M"],
            &["ada_1", "Ada,L,a@example.com\nben,Ben,B,\ncle_3,Cle", "M", ""],
            // The first column.
            &["1,ada_1,x\n2,ben_2,y\n3", "cle_3", "z"],
            &["1,ada_1,x\n2", "ben_2", "y"],
        ] {
            assert!(has_swallowed(cells), "{cells:?}");
        }
    }

    #[test]
    fn has_swallowed_rows_recognizes_similar_values_in_a_column() {
        for cells in [&["ada_1", "admin,1\nben,user,2\ncle,user", "3"][..], &["ada", "7", "admin\nben_2,8,user"]] {
            assert!(has_swallowed(cells), "{cells:?}");
        }
        // Both values are in the quoted cell, or a line has no similar value.
        for cells in [&["ada_1", "Apt 4\nSpringfield, IL 62701"][..], &["ada_1", "admin,1\nben,user,x\ncle,user", "3"]]
        {
            assert!(!has_swallowed(cells), "{cells:?}");
        }
    }

    #[test]
    fn has_swallowed_rows_accepts_lines_without_the_email_address_of_the_row() {
        for cells in [
            &["1", "a@example.com", "Residence X\n12, rue de la Paix, Paris"][..],
            &["1", "a@example.com", "Main St 3\n62701, Springfield, IL"],
            &["1", "Residence X,b\n12, rue de la Paix", "a@example.com"],
        ] {
            assert!(!has_swallowed(cells), "{cells:?}");
        }
        // The address of another row is missing.
        assert!(has_swallowed(&["1", "a@example.com", "hello\n2,,b"]));
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
