//! Snapshots against records: what coverage and scope make of both.

mod logging;
mod scope;
mod trails;

use std::collections::BTreeSet;

use heptagon_content::questions::{Need, NeedScope};
use heptagon_model::{Basis, CoverageRow, CoverageState, Timestamp};

use super::Settings;
use crate::coverage::{Blind, Configured, Coverage, LoggingChange, LoggingEvent, LoggingEvents};
use crate::input::{Inputs, ModelCall, PresenceRow, Ref, RefBook, Snapshot, StoreSeen};
use crate::scope::Scope;
use crate::workload::Workload;

const START: i64 = 1_777_852_800_000_000;
const HOUR_US: i64 = 3_600_000_000;
const HOURS: i64 = 48;
const ACCOUNT: &str = "111122223333";
const BASES: &str = "data:AWS::Bedrock::KnowledgeBase";
const OBJECTS: &str = "data:AWS::S3::Object";

fn hour(number: i64) -> Timestamp {
    Timestamp(START + number * HOUR_US)
}

/// Records, snapshots and changes of one account.
#[derive(Default)]
struct Scene {
    inputs: Inputs,
    changes: LoggingEvents,
    workload: Workload,
}

impl Scene {
    /// Reads and writes in us-east-1, in every hour.
    fn new() -> Scene {
        let regions = vec!["eu-west-1".into(), "us-east-1".into()];
        let workload = Workload { regions, ..Workload::default() };
        let scene = Scene { workload, ..Scene::default() };
        scene.records("management-read", "us-east-1", 0..HOURS).records(
            "management-write",
            "us-east-1",
            0..HOURS,
        )
    }

    fn records(mut self, category: &str, region: &str, hours: std::ops::Range<i64>) -> Scene {
        for number in hours {
            self.inputs.presence.push(PresenceRow {
                source: "cloudtrail".into(),
                category: category.into(),
                account: ACCOUNT.into(),
                region: region.into(),
                hour: hour(number),
                events: 20,
                first_time: Timestamp(hour(number).0 + 1),
                last_time: Timestamp(hour(number + 1).0 - 1),
                complete_source: true,
            });
        }
        self
    }

    fn snapshot(mut self, kind: &str, place: (&str, &str), document: &str) -> Scene {
        let part = |part: &str| (!part.is_empty()).then(|| part.to_owned());
        self.inputs.snapshots.push(Snapshot {
            kind: kind.into(),
            account: part(place.0),
            region: part(place.1),
            document: document.into(),
            reference: Ref { artifact: format!("s{}", self.inputs.snapshots.len()), record: 0 },
        });
        self
    }

    /// A trail of the account at home in us-east-1.
    fn trail(self, name: &str, multi_region: bool) -> Scene {
        let document = format!(
            r#"{{"trailList":[{{"Name":"{name}","TrailARN":"{}","HomeRegion":"us-east-1",
                "IsMultiRegionTrail":{multi_region},"IsOrganizationTrail":false}}]}}"#,
            arn(name)
        );
        self.snapshot("cloudtrail:DescribeTrails", (ACCOUNT, "us-east-1"), &document)
    }

    fn selectors(self, name: &str, selectors: &str) -> Scene {
        let document = format!(r#"{{"TrailARN":"{}","EventSelectors":[{selectors}]}}"#, arn(name));
        self.snapshot("cloudtrail:GetEventSelectors", (ACCOUNT, "us-east-1"), &document)
    }

    fn logging(self, region: &str, document: &str) -> Scene {
        self.snapshot("bedrock:GetModelInvocationLoggingConfiguration", (ACCOUNT, region), document)
    }

    fn changed(mut self, number: i64, change: LoggingChange, trail: Option<&str>) -> Scene {
        self.changes.all.push(LoggingEvent {
            time: hour(number),
            account: ACCOUNT.into(),
            region: "us-east-1".into(),
            trail: trail.map(str::to_owned),
            change,
            actor: "a".into(),
            principal: "a".into(),
            source_ip: None,
            reference: Ref { artifact: "x".into(), record: 3 },
        });
        self
    }

    fn settings(&self) -> Settings {
        Settings::new(&self.inputs, &self.changes)
    }

    fn scope(&self) -> Scope {
        Scope::new(&self.inputs, &self.workload, &self.settings().places, None, None, None)
    }

    fn coverage(&self) -> Coverage {
        let data_types: BTreeSet<&str> = [BASES, OBJECTS].into();
        let configured = Configured { settings: self.settings(), data_types: &data_types };
        let refs = RefBook::new(&self.inputs.artifacts);
        let scope = self.scope();
        Coverage::compute(&self.inputs, &self.changes, &self.workload, scope, &refs, configured)
    }

    /// State, basis and trail of a cell, stretch by stretch.
    fn states(&self, category: &str, region: &str) -> Vec<(CoverageState, Basis, String)> {
        let rows = self.rows(category, region);
        rows.into_iter()
            .map(|row| (row.state, row.basis, row.trail.unwrap_or_else(|| "-".into())))
            .collect()
    }

    fn rows(&self, category: &str, region: &str) -> Vec<CoverageRow> {
        let rows = self.coverage().rows().into_iter();
        rows.filter(|row| row.category == category && row.region == region).collect()
    }

    fn blind(&self, category: &str, scope: NeedScope) -> Vec<Blind> {
        let need = Need { source: "cloudtrail".into(), category: category.into(), scope };
        self.coverage().blind(&need, &self.workload)
    }
}

fn arn(name: &str) -> String {
    format!("arn:aws:cloudtrail:us-east-1:{ACCOUNT}:trail/{name}")
}

const ALL: &str = r#"{"ReadWriteType":"All","IncludeManagementEvents":true,"DataResources":[]}"#;
const WRITES: &str =
    r#"{"ReadWriteType":"WriteOnly","IncludeManagementEvents":true,"DataResources":[]}"#;

fn expect(state: CoverageState, basis: Basis, trail: &str) -> Vec<(CoverageState, Basis, String)> {
    vec![(state, basis, trail.to_owned())]
}
