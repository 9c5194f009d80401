//! Groups of rows by several texts, without building a key for every row.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

/// Rows by the hash of what makes them a group; equal hashes are told apart by the caller.
#[derive(Debug)]
pub(super) struct Groups<T> {
    rows: Vec<T>,
    index: HashMap<u64, Vec<u32>>,
    rows_max: usize,
}

impl<T> Groups<T> {
    /// No more groups than `rows_max`: rows of others are not counted.
    pub(super) fn new(rows_max: usize) -> Groups<T> {
        Groups { rows: Vec::new(), index: HashMap::new(), rows_max }
    }

    /// The group that `same` recognises under this hash, made when there is none and room is left.
    pub(super) fn at(
        &mut self,
        hash: u64,
        same: impl Fn(&T) -> bool,
        make: impl FnOnce() -> T,
    ) -> Option<&mut T> {
        let places = self.index.get(&hash).map_or(&[][..], Vec::as_slice);
        if let Some(at) = places.iter().copied().find(|at| same(&self.rows[*at as usize])) {
            return self.rows.get_mut(at as usize);
        }
        if self.rows.len() >= self.rows_max {
            return None;
        }
        self.index.entry(hash).or_default().push(self.rows.len() as u32);
        self.rows.push(make());
        self.rows.last_mut()
    }

    /// The groups, in the order in which they were first seen.
    pub(super) fn into_rows(self) -> Vec<T> {
        self.rows
    }
}

/// The hash of several texts and a number.
pub(super) fn hash_of(texts: &[&str], number: i64) -> u64 {
    let mut hasher = DefaultHasher::new();
    texts.hash(&mut hasher);
    number.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_hashes_are_no_equal_groups_and_there_are_not_too_many() {
        let mut groups: Groups<(&str, u32)> = Groups::new(2);
        for name in ["a", "b", "a", "c", "a"] {
            if let Some(group) = groups.at(7, |known| known.0 == name, || (name, 0)) {
                group.1 += 1;
            }
        }
        assert_eq!(groups.into_rows(), [("a", 3), ("b", 1)]);
        assert_ne!(hash_of(&["ab", "c"], 0), hash_of(&["a", "bc"], 0));
    }
}
