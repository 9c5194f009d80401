//! Events that claim one time, account and id.

use std::sync::Arc;

use crate::merge::{GATHER_ROWS, Keyed};
use crate::project::{text, value};

/// Rows gathered before they are written even inside a group.
pub(crate) const FLUSH_ROWS: usize = 4 * GATHER_ROWS;

/// Different events of one id that copies are looked for among; more are kept without looking.
const GROUP_MAX: usize = 64;

/// The different events of one id: one, unless evidence was changed or ids were made up. Rows that
/// differ in `core` are never taken for copies: nothing is lost, and the conflict is reported.
pub(crate) struct Group {
    core: &'static [&'static str],
    members: Vec<(Arc<Keyed>, usize, usize)>,
}

impl Group {
    pub(crate) fn new(core: &'static [&'static str]) -> Group {
        Group { core, members: Vec::new() }
    }

    /// Whether a row claims the id of this group.
    pub(crate) fn is_of(&self, keyed: &Keyed, row: usize) -> bool {
        self.members
            .first()
            .is_some_and(|(first, at, _)| first.keys.same_event(*at, &keyed.keys, row))
    }

    pub(crate) fn clear(&mut self) {
        self.members.clear();
    }

    /// Adds an event that no member is a copy of; `extra` is the place of what copies add to it.
    pub(crate) fn add(&mut self, keyed: Arc<Keyed>, row: usize, extra: usize) {
        self.members.push((keyed, row, extra));
    }

    /// The event that a row is a copy of, and the place of its extra.
    pub(crate) fn copy_of(&self, keyed: &Keyed, row: usize) -> Option<(&Keyed, usize, usize)> {
        self.members.iter().take(GROUP_MAX).find_map(|(first, at, extra)| {
            let same = self.core.iter().all(|name| {
                value(text(&first.batch, name), *at) == value(text(&keyed.batch, name), row)
            });
            same.then_some((&**first, *at, *extra))
        })
    }

    /// The extras of the first and the latest event, when they are not one.
    pub(crate) fn conflict(&self) -> Option<(usize, usize)> {
        match self.members.as_slice() {
            [first, .., last] => Some((first.2, last.2)),
            _ => None,
        }
    }
}
