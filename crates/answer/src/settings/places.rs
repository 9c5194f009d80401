//! Accounts and enabled regions as snapshots show them.

use std::collections::BTreeSet;

use serde_json::Value;

use super::of_kinds;
use crate::input::Inputs;

/// More regions than AWS has: a list beyond is none of theirs.
const REGIONS_MAX: usize = 200;

/// Accounts of the organisation, and regions that are enabled.
#[derive(Debug, Clone, Default)]
pub(crate) struct Places {
    pub(crate) accounts: BTreeSet<String>,
    /// Regions that are enabled anywhere.
    pub(crate) regions: BTreeSet<String>,
    /// Accounts whose regions are all known; `None` stands for an answer that names no account.
    whole: BTreeSet<Option<String>>,
}

impl Places {
    pub(super) fn new(inputs: &Inputs) -> Places {
        let mut places = Places::default();
        for (_, document) in of_kinds(inputs, &["organizations:ListAccounts"]) {
            for account in items(&document, "Accounts") {
                let status = ["Status", "State"].iter().find_map(|name| account.get(*name));
                let active = status.is_none_or(|status| status == "ACTIVE");
                let id = account.get("Id").and_then(Value::as_str).filter(|id| is_account(id));
                places.accounts.extend(id.filter(|_| active).map(str::to_owned));
            }
        }
        for (snapshot, document) in
            of_kinds(inputs, &["ec2:DescribeRegions", "account:ListRegions"])
        {
            if items(&document, "Regions").count() > REGIONS_MAX {
                continue;
            }
            let mut always = false;
            for region in items(&document, "Regions") {
                let Some(name) = region.get("RegionName").and_then(Value::as_str) else { continue };
                let status = ["OptInStatus", "RegionOptStatus"]
                    .iter()
                    .find_map(|member| region.get(*member).and_then(Value::as_str));
                let (enabled, by_default) = match status {
                    // Without a state only enabled regions are listed.
                    Some("opt-in-not-required" | "ENABLED_BY_DEFAULT") | None => (true, true),
                    // What is being disabled was enabled until now.
                    Some("opted-in" | "ENABLED" | "ENABLING" | "DISABLING") => (true, false),
                    Some(_) => (false, false),
                };
                always |= by_default;
                if enabled && is_region(name) {
                    places.regions.insert(name.to_owned());
                }
            }
            // A page of a list, or a list of the opted-in alone, is not all there is.
            if always && document.get("NextToken").is_none() {
                places.whole.insert(snapshot.account.clone());
            }
        }
        places
    }

    /// Whether the enabled regions of every account are known.
    pub(crate) fn know_regions_of(&self, accounts: &BTreeSet<String>) -> bool {
        let known = |account: &String| self.whole.contains(&Some(account.clone()));
        self.whole.contains(&None) || (!self.whole.is_empty() && accounts.iter().all(known))
    }
}

fn items<'a>(document: &'a Value, name: &str) -> impl Iterator<Item = &'a Value> {
    document.get(name).and_then(Value::as_array).into_iter().flatten()
}

fn is_account(id: &str) -> bool {
    id.len() == 12 && id.bytes().all(|b| b.is_ascii_digit())
}

/// Regions are demanded one by one: what is none must not become one.
fn is_region(name: &str) -> bool {
    name.len() <= 32
        && name.contains('-')
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}
