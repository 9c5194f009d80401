//! What is counted over all events while they pass: presence per hour, and activity per actor.

use std::collections::{BTreeMap, BTreeSet, HashMap};

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
    cells: HashMap<String, Presence>,
    key: String,
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
        use std::fmt::Write;
        self.key.clear();
        let hour = time.0.div_euclid(HOUR_US);
        let _ = write!(self.key, "{category}\0{account}\0{region}\0{hour}");
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
                let mut parts = key.split('\0').map(str::to_owned);
                let mut part = || parts.next().unwrap_or_default();
                let (category, account, region) = (part(), part(), part());
                let hour = part().parse::<i64>().unwrap_or_default() * HOUR_US;
                ((source.to_owned(), category, account, region, Timestamp(hour)), cell)
            })
            .collect()
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
    actors: HashMap<String, Activity>,
}

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
        if !self.actors.contains_key(seen.actor) {
            let activity = Activity {
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
            self.actors.insert(seen.actor.to_owned(), activity);
        }
        let activity = self.actors.get_mut(seen.actor).expect("inserted above");
        activity.events += 1;
        activity.writes += i64::from(seen.write);
        activity.denied += i64::from(seen.denied);
        activity.first = activity.first.min(seen.time);
        activity.last = activity.last.max(seen.time);
        add(&mut activity.access_keys, seen.access_key);
        add(&mut activity.source_ips, seen.source_ip);
        add(&mut activity.user_agents, seen.user_agent);
        add(&mut activity.regions, Some(seen.region));
    }

    /// The actors in order.
    pub(crate) fn finish(self) -> BTreeMap<String, Activity> {
        self.actors.into_iter().collect()
    }
}

impl Activity {
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
