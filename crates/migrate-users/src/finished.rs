//! [`Finished`]: the rows that an earlier run imported.

use crate::reading::Position;

/// The rows that an earlier run imported and that have not changed since. The import skips them.
#[derive(Debug, Default)]
pub struct Finished(Vec<bool>);

impl Finished {
    pub fn insert(&mut self, position: Position) {
        let index = index_of(position);
        if index >= self.0.len() {
            self.0.resize(index + 1, false);
        }
        self.0[index] = true;
    }

    pub fn remove(&mut self, position: Position) {
        if let Some(is_finished) = self.0.get_mut(index_of(position)) {
            *is_finished = false;
        }
    }

    pub fn contains(&self, position: Position) -> bool {
        self.0.get(index_of(position)).is_some_and(|is_finished| *is_finished)
    }
}

fn index_of(position: Position) -> usize {
    usize::try_from(position.row).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contains_returns_whether_the_row_is_finished() {
        let mut finished = Finished::default();
        for row in [3, 1, 7] {
            finished.insert(Position::on_line(row));
        }
        finished.remove(Position::on_line(1));
        finished.remove(Position::on_line(100));
        let rows: Vec<_> = (0..10).filter(|row| finished.contains(Position::on_line(*row))).collect();
        assert_eq!(rows, [3, 7]);
    }
}
