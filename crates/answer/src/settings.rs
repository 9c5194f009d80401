//! What configuration snapshots say: trails and what they select, invocation logging, regions and
//! accounts.
//!
//! A snapshot shows the state when somebody asked, not when that was. It is therefore never used
//! for the time before a change of the same thing that the records show, and never against records
//! that contradict it.

mod logging;
mod places;
mod selectors;
#[cfg(test)]
mod tests;
mod trail;
mod trail_status;

use crate::coverage::LoggingEvents;
use crate::input::{Inputs, Snapshot};

pub(crate) use logging::{InvocationLogging, Logging};
pub(crate) use places::Places;
pub(crate) use selectors::Selected;
pub(crate) use trail::{Trail, names};

/// Everything that snapshots say.
#[derive(Debug, Clone, Default)]
pub(crate) struct Settings {
    /// Trails by their ARN, sorted.
    pub(crate) trails: Vec<Trail>,
    pub(crate) logging: InvocationLogging,
    pub(crate) places: Places,
}

impl Settings {
    pub(crate) fn new(inputs: &Inputs, changes: &LoggingEvents) -> Settings {
        Settings {
            trails: trail::trails(inputs, changes),
            logging: InvocationLogging::new(inputs, changes),
            places: Places::new(inputs),
        }
    }

    /// The trails that record a place, as far as they are known.
    pub(crate) fn covering(&self, account: &str, region: &str) -> Vec<&Trail> {
        self.trails.iter().filter(|trail| trail.covers(account, region)).collect()
    }
}

/// The snapshots of some kinds, with their documents.
fn of_kinds<'a>(
    inputs: &'a Inputs,
    kinds: &'a [&'a str],
) -> impl Iterator<Item = (&'a Snapshot, serde_json::Value)> {
    inputs
        .snapshots
        .iter()
        .filter(|snapshot| kinds.contains(&snapshot.kind.as_str()))
        .filter_map(|snapshot| Some((snapshot, serde_json::from_str(&snapshot.document).ok()?)))
}
