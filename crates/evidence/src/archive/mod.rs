//! Archives: members become artifacts, in the archive's own order.

mod entry;
mod member;
mod salvage;
mod tar;
mod zip;

use std::collections::BTreeSet;

/// The names seen in one archive, as hashes: bounded per member whatever the names are.
#[derive(Default)]
struct Names(BTreeSet<u64>);

impl Names {
    /// Whether the name is new.
    fn insert(&mut self, uri: &str) -> bool {
        let hash = crate::hash::sha256(uri.as_bytes());
        self.0.insert(u64::from_le_bytes(hash[..8].try_into().expect("eight bytes of 32")))
    }
}
