//! What is counted over all events while they pass: presence per hour, and activity per actor.

use std::collections::{BTreeMap, BTreeSet};

use ahash::AHashMap;
use heptagon_model::Timestamp;

/// Distinct members kept of one set; a set that reaches it says so by its size.
const SET_MAX: usize = 1_000;

/// Events of one source, category, account and region within one hour.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Presence {
    pub(crate) events: i64,
    pub(crate) first: Timestamp,
    pub(crate) last: Timestamp,
    /// Whether any of them came from a source that is complete for its time.
    pub(crate) complete: bool,
}

/// (source, category, account, region, hour).
pub(crate) type PresenceKey = (String, String, String, String, Timestamp);

/// Presence of one day; the hot path is a lookup in a hash map without allocation.
#[derive(Debug, Default)]
pub(crate) struct PresenceCounter {
    cells: AHashMap<Vec<u8>, Presence>,
    key: Vec<u8>,
}

const HOUR_US: i64 = 3_600 * 1_000_000;

impl PresenceCounter {
    pub(crate) fn add(
        &mut self,
        category: &str,
        account: &str,
        region: &str,
        time: Timestamp,
        complete: bool,
    ) {
        self.key.clear();
        for part in [category, account, region] {
            self.key.extend_from_slice(part.as_bytes());
            self.key.push(SEPARATOR);
        }
        self.key.extend_from_slice(&time.0.div_euclid(HOUR_US).to_be_bytes());
        match self.cells.get_mut(&self.key) {
            Some(cell) => {
                cell.events += 1;
                cell.first = cell.first.min(time);
                cell.last = cell.last.max(time);
                cell.complete |= complete;
            }
            None => {
                let cell = Presence { events: 1, first: time, last: time, complete };
                self.cells.insert(self.key.clone(), cell);
            }
        }
    }

    /// The cells in order.
    pub(crate) fn finish(self, source: &str) -> BTreeMap<PresenceKey, Presence> {
        self.cells
            .into_iter()
            .map(|(key, cell)| {
                let mut parts = key.splitn(4, |byte| *byte == SEPARATOR);
                let mut part = || parts.next().unwrap_or_default();
                let mut text = || String::from_utf8_lossy(part()).into_owned();
                let (category, account, region) = (text(), text(), text());
                let hour = part().try_into().map_or(0, i64::from_be_bytes) * HOUR_US;
                ((source.to_owned(), category, account, region, Timestamp(hour)), cell)
            })
            .collect()
    }
}

/// A byte that no UTF-8 text has.
const SEPARATOR: u8 = 0xff;

/// Rows per artifact; the hot path is a lookup without allocation.
#[derive(Debug, Default)]
pub(crate) struct RowCounter {
    rows: AHashMap<String, u64>,
}

impl RowCounter {
    pub(crate) fn add(&mut self, artifact: &str) {
        match self.rows.get_mut(artifact) {
            Some(rows) => *rows += 1,
            None => {
                self.rows.insert(artifact.to_owned(), 1);
            }
        }
    }

    /// The rows in order of artifacts.
    pub(crate) fn finish(self) -> BTreeMap<String, u64> {
        self.rows.into_iter().collect()
    }
}

/// What one actor did on one day, or in all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Activity {
    pub(crate) kind: String,
    pub(crate) account: String,
    pub(crate) principal: String,
    pub(crate) access_keys: BTreeSet<String>,
    pub(crate) source_ips: BTreeSet<String>,
    pub(crate) user_agents: BTreeSet<String>,
    pub(crate) regions: BTreeSet<String>,
    pub(crate) first: Timestamp,
    pub(crate) last: Timestamp,
    pub(crate) events: i64,
    pub(crate) writes: i64,
    pub(crate) denied: i64,
}

/// An event as the activity counter sees it.
pub(crate) struct Seen<'a> {
    pub(crate) actor: &'a str,
    pub(crate) kind: &'a str,
    pub(crate) account: &'a str,
    pub(crate) principal: &'a str,
    pub(crate) access_key: Option<&'a str>,
    pub(crate) source_ip: Option<&'a str>,
    pub(crate) user_agent: Option<&'a str>,
    pub(crate) region: &'a str,
    pub(crate) time: Timestamp,
    pub(crate) write: bool,
    pub(crate) denied: bool,
}

/// Activity of one day.
#[derive(Debug, Default)]
pub(crate) struct ActivityCounter {
    actors: AHashMap<String, (Activity, Latest)>,
}

/// What was added to each set last: most events of an actor say the same as the one before.
type Latest = [String; 4];

fn add(set: &mut BTreeSet<String>, value: Option<&str>) {
    let Some(value) = value else { return };
    if value.is_empty() || set.contains(value) {
        return;
    }
    set.insert(value.to_owned());
    // The smallest stay, so that the order of arrival does not matter.
    if set.len() > SET_MAX {
        set.pop_last();
    }
}

impl ActivityCounter {
    pub(crate) fn add(&mut self, seen: &Seen<'_>) {
        if let Some((activity, latest)) = self.actors.get_mut(seen.actor) {
            activity.add(seen, latest);
            return;
        }
        let mut activity = Activity {
            kind: seen.kind.to_owned(),
            account: seen.account.to_owned(),
            principal: seen.principal.to_owned(),
            access_keys: BTreeSet::new(),
            source_ips: BTreeSet::new(),
            user_agents: BTreeSet::new(),
            regions: BTreeSet::new(),
            first: seen.time,
            last: seen.time,
            events: 0,
            writes: 0,
            denied: 0,
        };
        let mut latest = Latest::default();
        activity.add(seen, &mut latest);
        self.actors.insert(seen.actor.to_owned(), (activity, latest));
    }

    /// The actors in order.
    pub(crate) fn finish(self) -> BTreeMap<String, Activity> {
        self.actors.into_iter().map(|(actor, (activity, _))| (actor, activity)).collect()
    }
}

impl Activity {
    fn add(&mut self, seen: &Seen<'_>, latest: &mut Latest) {
        self.events += 1;
        self.writes += i64::from(seen.write);
        self.denied += i64::from(seen.denied);
        self.first = self.first.min(seen.time);
        self.last = self.last.max(seen.time);
        let sets = [
            (&mut self.access_keys, seen.access_key),
            (&mut self.source_ips, seen.source_ip),
            (&mut self.user_agents, seen.user_agent),
            (&mut self.regions, Some(seen.region)),
        ];
        for ((set, value), latest) in sets.into_iter().zip(latest) {
            if let Some(value) = value
                && latest != value
            {
                add(set, Some(value));
                value.clone_into(latest);
            }
        }
    }

    /// Adds another day's activity of the same actor.
    pub(crate) fn merge(&mut self, other: &Activity) {
        // Times are compared with the facts that come with them, so that order does not matter.
        if (other.first, &other.kind, &other.account, &other.principal)
            < (self.first, &self.kind, &self.account, &self.principal)
        {
            self.kind.clone_from(&other.kind);
            self.account.clone_from(&other.account);
            self.principal.clone_from(&other.principal);
        }
        self.first = self.first.min(other.first);
        self.last = self.last.max(other.last);
        self.events += other.events;
        self.writes += other.writes;
        self.denied += other.denied;
        for (mine, theirs) in [
            (&mut self.access_keys, &other.access_keys),
            (&mut self.source_ips, &other.source_ips),
            (&mut self.user_agents, &other.user_agents),
            (&mut self.regions, &other.regions),
        ] {
            theirs.iter().for_each(|value| add(mine, Some(value)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(actor: &str, secs: i64) -> Seen<'_> {
        Seen {
            actor,
            kind: "access-key",
            account: "1",
            principal: "p",
            access_key: Some("AKIA"),
            source_ip: Some("198.51.100.1"),
            user_agent: None,
            region: "us-east-1",
            time: Timestamp::from_secs(secs),
            write: secs % 2 == 0,
            denied: false,
        }
    }

    #[test]
    fn days_add_up_whatever_their_order() {
        let day = |secs: &[i64]| {
            let mut counter = ActivityCounter::default();
            secs.iter().for_each(|&s| counter.add(&seen("a", s)));
            counter.finish().remove("a").unwrap()
        };
        let (one, two, both) = (day(&[1, 2]), day(&[90_000]), day(&[1, 2, 90_000]));
        let mut forward = one.clone();
        forward.merge(&two);
        let mut backward = two;
        backward.merge(&one);
        assert_eq!(forward, both);
        assert_eq!(backward, both);
    }

    #[test]
    fn presence_counts_per_hour() {
        let mut counter = PresenceCounter::default();
        for secs in [0, 10, 3_600] {
            counter.add(
                "management-read",
                "1",
                "us-east-1",
                Timestamp::from_secs(secs),
                secs == 10,
            );
        }
        let cells: Vec<_> = counter.finish("cloudtrail").into_values().collect();
        assert_eq!(
            cells.iter().map(|c| (c.events, c.complete)).collect::<Vec<_>>(),
            [(2, true), (1, false)]
        );
    }
}
