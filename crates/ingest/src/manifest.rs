//! The manifest after an ingest: who is canonical among equal files, and how many rows each gave.

use std::collections::{BTreeMap, BTreeSet};

use heptagon_model::{Accounting, ArtifactRow, Problem};

use crate::day::RowCounts;

/// Everything known about artifacts when the merge is done.
pub(crate) struct Assembly {
    /// By SHA-256: the row under the smallest URI, and the other URIs with their sizes.
    artifacts: BTreeMap<String, (ArtifactRow, BTreeSet<String>)>,
    /// Artifacts whose rows the manifest has counted already; rows of others may be in the tables
    /// all the same, when a run was killed between writing the two.
    counted: BTreeSet<String>,
    pub(crate) problems: BTreeSet<Problem>,
}

impl Assembly {
    /// Starts from what the case has.
    pub(crate) fn new(existing: Vec<ArtifactRow>, problems: Vec<Problem>) -> Assembly {
        let mut assembly = Assembly {
            artifacts: BTreeMap::new(),
            counted: existing.iter().map(|row| row.artifact.clone()).collect(),
            problems: problems.into_iter().collect(),
        };
        for row in existing {
            assembly.add(row);
        }
        assembly
    }

    /// Adds an artifact that was read, or a row of the case.
    pub(crate) fn add(&mut self, row: ArtifactRow) {
        match self.artifacts.get_mut(&row.sha256) {
            None => {
                self.artifacts.insert(row.sha256.clone(), (row, BTreeSet::new()));
            }
            // A copy of a file the case knows: the row with rows in the tables stays the measure.
            Some((known, others)) => {
                others.insert(known.uri.clone());
                others.insert(row.uri.clone());
                if row.accounting.rows > known.accounting.rows {
                    *known = row;
                }
            }
        }
    }

    /// Whether an artifact is in the case.
    pub(crate) fn knows(&self, sha256: &str) -> bool {
        self.artifacts.contains_key(sha256)
    }

    /// Adds another URI of an artifact.
    pub(crate) fn again(&mut self, sha256: &str, uri: &str) {
        if let Some((row, others)) = self.artifacts.get_mut(sha256)
            && row.uri != uri
        {
            others.insert(row.uri.clone());
            others.insert(uri.to_owned());
        }
    }

    /// Settles URIs and counts: `rows` are the rows per artifact of the days that were merged.
    pub(crate) fn settle(mut self, rows: &RowCounts) -> (Vec<ArtifactRow>, Vec<Problem>) {
        self.rename();
        let mut manifest = Vec::new();
        for (mut row, others) in std::mem::take(&mut self.artifacts).into_values() {
            let count = |of: &BTreeMap<String, u64>| of.get(&row.artifact).copied().unwrap_or(0);
            let before = if self.counted.contains(&row.artifact) { count(&rows.before) } else { 0 };
            let rows_now = (row.accounting.rows + count(&rows.after)).saturating_sub(before);
            let accounting = &mut row.accounting;
            accounting.rows = rows_now;
            accounting.duplicates =
                (accounting.parsed - accounting.notices).saturating_sub(accounting.rows);
            for uri in others.into_iter().filter(|uri| *uri != row.uri) {
                manifest.push(copy_of(&row, uri));
            }
            manifest.push(row);
        }
        manifest.sort_by(|a, b| (&a.uri, &a.sha256).cmp(&(&b.uri, &b.sha256)));
        (manifest, self.problems.into_iter().collect())
    }

    /// Gives every artifact its smallest URI, and members the URI of their archive.
    fn rename(&mut self) {
        let mut renamed: BTreeMap<String, String> = BTreeMap::new();
        for (row, others) in self.artifacts.values_mut() {
            if let Some(least) = others.first().filter(|uri| **uri < row.uri) {
                renamed.insert(std::mem::replace(&mut row.uri, least.clone()), least.clone());
            }
        }
        if renamed.is_empty() {
            return;
        }
        let new_uri = |uri: &str| -> Option<String> {
            if let Some(least) = renamed.get(uri) {
                return Some(least.clone());
            }
            uri.match_indices('!').map(|(at, _)| at).find_map(|at| {
                renamed.get(&uri[..at]).map(|least| format!("{least}{}", &uri[at..]))
            })
        };
        for (row, _) in self.artifacts.values_mut() {
            if let Some(uri) = row.uri.contains('!').then(|| new_uri(&row.uri)).flatten() {
                row.uri = uri;
            }
        }
        self.problems = std::mem::take(&mut self.problems)
            .into_iter()
            .map(|mut problem| {
                if let Some(uri) = new_uri(&problem.uri) {
                    problem.uri = uri;
                }
                problem
            })
            .collect();
    }
}

/// The row of a file that holds the same bytes as another: all its records are duplicates.
fn copy_of(row: &ArtifactRow, uri: String) -> ArtifactRow {
    let accounting = Accounting {
        rows: 0,
        duplicates: row.accounting.parsed - row.accounting.notices,
        ..row.accounting
    };
    ArtifactRow { uri, accounting, ..row.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(uri: &str, sha256: &str, parsed: u64) -> ArtifactRow {
        ArtifactRow {
            artifact: sha256.to_owned(),
            uri: uri.to_owned(),
            bytes: 1,
            sha256: sha256.to_owned(),
            content_sha256: String::new(),
            content_bytes: 1,
            kind: "cloudtrail".to_owned(),
            accounting: Accounting { records: parsed, parsed, ..Accounting::default() },
            first_event_time: None,
            last_event_time: None,
            accounts: Vec::new(),
            regions: Vec::new(),
            reason: None,
        }
    }

    #[test]
    fn rows_of_a_killed_commit_are_counted_once() {
        let counts = RowCounts {
            before: BTreeMap::from([("a".to_owned(), 3), ("b".to_owned(), 2)]),
            after: BTreeMap::from([("a".to_owned(), 3), ("b".to_owned(), 2)]),
        };
        let mut known = row("a", "a", 3);
        known.accounting.rows = 3;
        let mut assembly = Assembly::new(vec![known], Vec::new());
        // In the tables already, but not in the manifest.
        assembly.add(row("b", "b", 2));
        let (manifest, _) = assembly.settle(&counts);
        let rows: Vec<u64> = manifest.iter().map(|row| row.accounting.rows).collect();
        assert_eq!(rows, [3, 2]);
    }

    #[test]
    fn equal_files_count_once_under_the_smallest_uri() {
        for order in [["b.zip", "a.zip"], ["a.zip", "b.zip"]] {
            let mut assembly = Assembly::new(Vec::new(), Vec::new());
            assembly.add(row(order[0], "archive", 0));
            assembly.add(row(&format!("{}!x", order[0]), "member", 3));
            assembly.again("archive", order[1]);
            let (manifest, _) = assembly.settle(&RowCounts {
                before: BTreeMap::new(),
                after: BTreeMap::from([("member".to_owned(), 2)]),
            });
            let uris: Vec<&str> = manifest.iter().map(|row| row.uri.as_str()).collect();
            assert_eq!(uris, ["a.zip", "a.zip!x", "b.zip"]);
            assert_eq!(manifest[1].accounting.rows, 2);
            assert_eq!(manifest[1].accounting.duplicates, 1);
            assert!(manifest.iter().all(|row| row.accounting.balances()));
        }
    }
}
