//! [`Passes`]: the passes over a file in which rows that depend on other rows are imported after these rows.

use std::collections::HashSet;

use crate::reading::Position;

/// The maximum number of passes. Only long chains of rows, each of which depends on the next one, need more.
const MAX_PASSES: u32 = 8;

/// The passes over a file. The first pass reads all rows and postpones each row that depends on other rows. Each later
/// pass reads the rows that the previous pass postponed, and postpones those that depend on a row of the same pass.
///
/// The last pass postpones no rows. It is reached if all remaining rows depend on each other.
#[derive(Debug)]
pub struct Passes {
    number: u32,
    /// The numbers of the rows of this pass. All rows belong to the first pass.
    rows: HashSet<u64>,
    /// The numbers of the rows of the next pass.
    postponed: HashSet<u64>,
    is_last: bool,
}

impl Default for Passes {
    fn default() -> Self {
        Self { number: 1, rows: HashSet::new(), postponed: HashSet::new(), is_last: false }
    }
}

impl Passes {
    pub fn is_first(&self) -> bool {
        self.number == 1
    }

    /// Returns whether the row belongs to this pass.
    pub fn contains(&self, position: Position) -> bool {
        self.is_first() || self.rows.contains(&position.row)
    }

    /// Returns whether rows that depend on the row can be imported in this pass.
    pub fn is_settled(&self, position: Position) -> bool {
        self.is_last || !self.contains(position)
    }

    /// Moves a row to the next pass.
    pub fn postpone(&mut self, position: Position) {
        self.postponed.insert(position.row);
    }

    /// Starts the next pass. Returns `false` if no rows are left.
    pub fn advance(&mut self) -> bool {
        let is_stuck = !self.is_first() && self.postponed.len() == self.rows.len();
        self.number += 1;
        self.is_last = is_stuck || self.number == MAX_PASSES;
        self.rows = std::mem::take(&mut self.postponed);
        !self.rows.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the rows that each pass imports, if `preferred` lists the row on which each row depends, or 0.
    fn imported(preferred: &[u64]) -> Vec<Vec<u64>> {
        let (mut passes, mut imported) = (Passes::default(), Vec::new());
        loop {
            let mut rows = Vec::new();
            for (row, other) in (1..).zip(preferred) {
                let position = Position::on_line(row);
                if !passes.contains(position) {
                    continue;
                }
                if *other == 0 || passes.is_settled(Position::on_line(*other)) {
                    rows.push(row);
                } else {
                    passes.postpone(position);
                }
            }
            imported.push(rows);
            if !passes.advance() {
                return imported;
            }
        }
    }

    #[test]
    fn rows_are_imported_after_the_rows_on_which_they_depend() {
        assert_eq!(imported(&[0, 0]), [vec![1, 2]]);
        assert_eq!(imported(&[2, 3, 0, 1]), [vec![3], vec![2], vec![1], vec![4]]);
        // Rows that depend on each other are imported in the order of the file.
        assert_eq!(imported(&[2, 1, 0]), [vec![3], vec![], vec![1, 2]]);
        assert_eq!(imported(&[2, 3, 2, 0, 4]), [vec![4], vec![5], vec![], vec![1, 2, 3]]);
    }

    #[test]
    fn number_of_passes_is_limited() {
        let chain: Vec<_> = (2..=100).chain([0]).collect();
        let imported = imported(&chain);
        assert_eq!(imported.len(), 8);
        assert_eq!(imported.concat().len(), 100);
        assert_eq!(imported[7], (1..=93).collect::<Vec<_>>());
    }
}
