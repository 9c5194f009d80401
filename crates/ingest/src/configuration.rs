//! Configuration snapshots: the documents of artifacts, and the places their names say.
//!
//! Equal settings of many regions are equal files: one artifact under many names, and every name
//! says another place. Rows are therefore made from the documents and all names together, anew in
//! every run; which name was met first, and when, does not matter.

use std::collections::{BTreeMap, BTreeSet};

use heptagon_case::configuration::ConfigurationRow;
use heptagon_model::{ArtifactRow, Limits};
use heptagon_parse::{Configuration, ConfigurationKind};
use serde::{Deserialize, Serialize};

use crate::place::Place;

/// What a row takes beside its document.
const ROW_BYTES: usize = 256;

/// A document of an artifact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Snapshot {
    pub(crate) record: u64,
    pub(crate) document: String,
}

/// The documents of a case.
#[derive(Debug, Default)]
pub(crate) struct Snapshots {
    /// By artifact and record.
    documents: BTreeMap<(String, u64), String>,
}

impl Snapshots {
    /// Starts from what the case has.
    pub(crate) fn new(existing: Vec<ConfigurationRow>) -> Snapshots {
        let documents = existing.into_iter().map(|r| ((r.artifact, r.record), r.document));
        Snapshots { documents: documents.collect() }
    }

    /// Adds the documents of an artifact that was read.
    pub(crate) fn add(&mut self, artifact: &str, snapshots: Vec<Snapshot>) {
        for snapshot in snapshots {
            self.documents.insert((artifact.to_owned(), snapshot.record), snapshot.document);
        }
    }

    /// The rows: every document, once for each place that the names of its artifact say.
    pub(crate) fn settle(self, manifest: &[ArtifactRow], limits: &Limits) -> Vec<ConfigurationRow> {
        let mut bytes: BTreeMap<&str, usize> = BTreeMap::new();
        for ((artifact, _), document) in &self.documents {
            *bytes.entry(artifact).or_default() += document.len() + ROW_BYTES;
        }
        let mut places: BTreeMap<&str, BTreeSet<Place>> = BTreeMap::new();
        for row in manifest.iter().filter(|row| bytes.contains_key(row.artifact.as_str())) {
            places.entry(&row.artifact).or_default().insert(Place::of(&row.uri));
        }
        for (artifact, places) in &mut places {
            if bytes[artifact].saturating_mul(places.len()) > limits.configuration_rows_bytes_max {
                *places = BTreeSet::from([Place::default()]);
            }
        }
        let mut rows = BTreeSet::new();
        for ((artifact, record), document) in &self.documents {
            let Some(found) = Configuration::read(document) else { continue };
            let named: BTreeSet<ConfigurationRow> = places
                .get(artifact.as_str())
                .into_iter()
                .flatten()
                .map(|place| row(&found, artifact, *record, place))
                .collect();
            // What names leave open says nothing beside what other names say.
            let known = |r: &ConfigurationRow| r.account.is_some() && r.region.is_some();
            let any_known = named.iter().any(known);
            rows.extend(named.into_iter().filter(|row| !any_known || known(row)));
        }
        rows.into_iter().collect()
    }
}

/// A document under one of its artifact's names.
fn row(found: &Configuration<'_>, artifact: &str, record: u64, place: &Place) -> ConfigurationRow {
    let empty = found.kind == ConfigurationKind::Empty;
    // An empty answer tells nothing by itself: the name says what was asked.
    let kind = if empty && place.logging && place.is_whole() {
        ConfigurationKind::InvocationLogging
    } else {
        found.kind
    };
    ConfigurationRow {
        kind: kind.slug().to_owned(),
        account: found.account.as_deref().map(str::to_owned).or_else(|| place.account.clone()),
        region: found.region.as_deref().map(str::to_owned).or_else(|| place.region.clone()),
        resource: found.resource.as_deref().map(str::to_owned),
        document: found.document.to_owned(),
        artifact: artifact.to_owned(),
        record,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use heptagon_model::Accounting;

    fn manifest(names: &[(&str, &str)]) -> Vec<ArtifactRow> {
        let row = |(artifact, uri): &(&str, &str)| ArtifactRow {
            artifact: (*artifact).to_owned(),
            uri: (*uri).to_owned(),
            bytes: 1,
            sha256: (*artifact).to_owned(),
            content_sha256: String::new(),
            content_bytes: 1,
            kind: "aws-configuration".to_owned(),
            accounting: Accounting::default(),
            first_event_time: None,
            last_event_time: None,
            accounts: Vec::new(),
            regions: Vec::new(),
            reason: None,
        };
        names.iter().map(row).collect()
    }

    fn places(document: &str, names: &[&str]) -> Vec<(String, String, String)> {
        let mut snapshots = Snapshots::default();
        snapshots.add("a", vec![Snapshot { record: 0, document: document.to_owned() }]);
        let names: Vec<(&str, &str)> = names.iter().map(|name| ("a", *name)).collect();
        let part = |part: Option<String>| part.unwrap_or_else(|| "-".to_owned());
        let rows = snapshots.settle(&manifest(&names), &Limits::DEFAULT).into_iter();
        rows.map(|row| (row.kind, part(row.account), part(row.region))).collect()
    }

    const LOGGING: &str = "bedrock:GetModelInvocationLoggingConfiguration";

    #[test]
    fn one_file_under_many_names_speaks_of_many_places() {
        let document = r#"{"loggingConfig":{"s3Config":{"bucketName":"b"}}}"#;
        let found = places(
            document,
            &[
                "copy.json",
                "x/invocation-logging-111122223333-us-east-1.json",
                "x/invocation-logging-111122223333-eu-west-1.json",
            ],
        );
        let at = |region: &str| (LOGGING.into(), "111122223333".into(), region.into());
        assert_eq!(found, [at("eu-west-1"), at("us-east-1")]);
        assert_eq!(places(document, &["copy.json"]), [(LOGGING.into(), "-".into(), "-".into())]);
    }

    #[test]
    fn an_empty_answer_is_what_its_name_says_and_nothing_without() {
        let off = places("{}", &["invocation-logging-111122223333-us-east-1.json"]);
        assert_eq!(off, [(LOGGING.into(), "111122223333".into(), "us-east-1".into())]);
        for name in ["invocation-logging.json", "invocation-logging-us-east-1.json", "x.json"] {
            assert_eq!(places("{}", &[name])[0].0, "empty", "{name}");
        }
    }

    #[test]
    fn earlier_and_later_names_give_the_same_rows() {
        let names =
            ["invocation-logging-111122223333-us-east-1.json", "111122223333/eu-west-1/l.json"];
        let both: Vec<_> = names.iter().map(|name| ("a", *name)).collect();
        let document = r#"{"loggingConfig":{"s3Config":{}}}"#.to_owned();
        let mut first = Snapshots::default();
        first.add("a", vec![Snapshot { record: 2, document }]);
        let rows = first.settle(&manifest(&both[..1]), &Limits::DEFAULT);
        assert_eq!(rows.len(), 1);
        let rows = Snapshots::new(rows).settle(&manifest(&both), &Limits::DEFAULT);
        assert_eq!(rows.len(), 2);
        let again = Snapshots::new(rows.clone()).settle(&manifest(&both), &Limits::DEFAULT);
        assert_eq!(again, rows);
        let tight = Limits { configuration_rows_bytes_max: 400, ..Limits::DEFAULT };
        let unplaced = Snapshots::new(rows).settle(&manifest(&both), &tight);
        assert_eq!((unplaced.len(), unplaced[0].account.as_deref()), (1, None));
    }
}
