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
    /// Regions that are enabled anywhere, as far as they are listed: a list may have been cut down,
    /// so it adds to the regions that nobody can disable, and never stands for them.
    pub(crate) regions: BTreeSet<String>,
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
        for (_, document) in of_kinds(inputs, &["ec2:DescribeRegions", "account:ListRegions"]) {
            if items(&document, "Regions").count() > REGIONS_MAX {
                continue;
            }
            for region in items(&document, "Regions") {
                let Some(name) = region.get("RegionName").and_then(Value::as_str) else { continue };
                let status = ["OptInStatus", "RegionOptStatus"]
                    .iter()
                    .find_map(|member| region.get(*member).and_then(Value::as_str));
                // Without a state only enabled regions are listed; what is being disabled was
                // enabled until now.
                let enabled = matches!(
                    status,
                    None | Some(
                        "opt-in-not-required"
                            | "opted-in"
                            | "ENABLED_BY_DEFAULT"
                            | "ENABLED"
                            | "ENABLING"
                            | "DISABLING"
                    )
                );
                if enabled && is_region(name) {
                    places.regions.insert(name.to_owned());
                }
            }
        }
        places
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
