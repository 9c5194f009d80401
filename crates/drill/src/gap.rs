//! Stretches of evidence that an exercise withholds: what can't be known is part of the truth.

use heptagon_model::Timestamp;
use serde::{Deserialize, Serialize};

use crate::place::{Account, Log, Region};

/// The logs that can be withheld.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum GapSource {
    /// CloudTrail's log files.
    Cloudtrail,
    /// Bedrock's model invocation log.
    InvocationLogs,
}

/// Evidence that is withheld.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gap {
    /// Which log.
    pub source: GapSource,
    /// In which account; all when none is named.
    pub account: Option<String>,
    /// In which region; all when none is named.
    pub region: Option<String>,
    /// From when on; from the beginning when not said.
    pub from: Option<Timestamp>,
    /// Until when; to the end when not said.
    pub to: Option<Timestamp>,
}

impl Gap {
    /// Everything of a source.
    pub fn all(source: GapSource) -> Gap {
        Gap { source, account: None, region: None, from: None, to: None }
    }

    /// Reads `cloudtrail`, `cloudtrail:us-west-2` or `cloudtrail:us-west-2:T1..T2`.
    pub fn parse(text: &str) -> Option<Gap> {
        let (source, rest) = text.split_once(':').unwrap_or((text, ""));
        let mut gap = Gap::all(match source {
            "cloudtrail" => GapSource::Cloudtrail,
            "invocation-logs" => GapSource::InvocationLogs,
            _ => return None,
        });
        let (region, interval) = rest.split_once(':').unwrap_or((rest, ""));
        if !region.is_empty() && region != "*" {
            gap.region = Some(region.to_owned());
        }
        if !interval.is_empty() {
            let (from, to) = interval.split_once("..")?;
            gap.from = Some(Timestamp::parse(from)?);
            gap.to = Some(Timestamp::parse(to)?);
        }
        Some(gap)
    }

    pub(crate) fn is_of(&self, log: Log) -> bool {
        match self.source {
            GapSource::Cloudtrail => log == Log::CloudTrail,
            GapSource::InvocationLogs => log == Log::Invocations,
        }
    }

    pub(crate) fn covers(&self, log: Log, account: Account, region: Region, secs: i64) -> bool {
        let time = Timestamp::from_secs(secs);
        self.is_of(log)
            && self.account.as_deref().is_none_or(|id| id == account.id())
            && self.region.as_deref().is_none_or(|name| name == region.name())
            && self.from.is_none_or(|from| from <= time)
            && self.to.is_none_or(|to| time < to)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_are_read_as_they_are_typed() {
        let gap = Gap::parse("cloudtrail:us-west-2:2026-10-12T00:00:00Z..2026-10-13").unwrap();
        let inside = Timestamp::parse("2026-10-12T12:00:00Z").unwrap().secs();
        assert!(gap.covers(Log::CloudTrail, Account::Shared, Region::West, inside));
        assert!(!gap.covers(Log::CloudTrail, Account::Shared, Region::East, inside));
        assert!(!gap.covers(Log::CloudTrail, Account::Shared, Region::West, inside + 86_400));
        assert!(!gap.covers(Log::Invocations, Account::Shared, Region::West, inside));
        assert!(Gap::parse("invocation-logs").unwrap().is_of(Log::Invocations));
        assert_eq!(Gap::parse("flow-logs"), None);
        assert_eq!(Gap::parse("cloudtrail:us-west-2:yesterday"), None);
    }
}
