//! What an investigation is about: accounts, regions, time.

use std::collections::BTreeSet;

use heptagon_model::Timestamp;

use crate::input::Inputs;
use crate::settings::Places;
use crate::workload::Workload;

/// The region that records IAM, STS and sign-in events.
pub(crate) const GLOBAL_REGION: &str = "us-east-1";

/// Regions that are enabled in every account; nobody can disable them.
const REGIONS_BY_DEFAULT: [&str; 17] = [
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-south-1",
    "ap-southeast-1",
    "ap-southeast-2",
    "ca-central-1",
    "eu-central-1",
    "eu-north-1",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "sa-east-1",
    "us-east-1",
    "us-east-2",
    "us-west-1",
    "us-west-2",
];

/// Accounts without any record, known from a list of the organisation's, that are looked at one by
/// one: each of them alone leaves every "no" open.
const ACCOUNTS_WITHOUT_RECORDS_MAX: usize = 50;

/// A stretch of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// Inclusive.
    pub from: Timestamp,
    /// Exclusive.
    pub to: Timestamp,
    /// Whether it was given rather than inferred.
    pub given: bool,
}

#[derive(Debug, Clone)]
pub(crate) struct Scope {
    /// Accounts seen or declared, sorted.
    pub(crate) accounts: Vec<String>,
    /// Regions in which "no" has to be proven, sorted.
    pub(crate) regions: Vec<String>,
    pub(crate) window: Window,
}

impl Scope {
    /// `window` when given; else everything the management events of the evidence span. Regions are
    /// those declared, or else the ones enabled by default and those that snapshots show enabled;
    /// those with records are always among them.
    pub(crate) fn new(
        inputs: &Inputs,
        workload: &Workload,
        places: &Places,
        incident: Option<(Timestamp, Timestamp)>,
        since: Option<Timestamp>,
        until: Option<Timestamp>,
    ) -> Scope {
        let mut accounts: BTreeSet<String> = workload.accounts.iter().cloned().collect();
        let mut regions: BTreeSet<String> = workload.regions.iter().cloned().collect();
        let declared = !regions.is_empty();
        let (mut from, mut to) = (None::<Timestamp>, None::<Timestamp>);
        for row in &inputs.presence {
            if !row.account.is_empty() {
                accounts.insert(row.account.clone());
            }
            if !row.region.is_empty() {
                regions.insert(row.region.clone());
            }
            if row.source == "cloudtrail" && row.category.starts_with("management-") {
                from = Some(from.map_or(row.first_time, |known| known.min(row.first_time)));
                to = Some(to.map_or(row.last_time, |known| known.max(row.last_time)));
            }
        }
        let without: Vec<&String> =
            places.accounts.iter().filter(|account| !accounts.contains(*account)).collect();
        accounts.extend(without.into_iter().take(ACCOUNTS_WITHOUT_RECORDS_MAX).cloned());
        if !declared {
            regions.extend(places.regions.iter().cloned());
            regions.extend(REGIONS_BY_DEFAULT.map(str::to_owned));
        }
        let later = |a: Timestamp, b: Option<Timestamp>| b.map_or(a, |b| a.max(b));
        let sooner = |a: Timestamp, b: Option<Timestamp>| b.map_or(a, |b| a.min(b));
        let window = match incident {
            Some((from, to)) => Window { from, to, given: true },
            None => Window {
                from: later(from.unwrap_or_default(), since),
                to: sooner(to.unwrap_or_default(), until),
                given: false,
            },
        };
        Scope {
            accounts: accounts.into_iter().collect(),
            regions: regions.into_iter().collect(),
            window,
        }
    }
}
