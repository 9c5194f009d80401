//! Invocation logging as snapshots show it.

use std::collections::BTreeMap;

use serde_json::Value;

use super::of_kinds;
use crate::coverage::LoggingEvents;
use crate::input::{Inputs, Ref};
use crate::text::inert;

/// Invocation logging of an account and region.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Logging {
    /// Where to, in words; `None` when it is off.
    pub(crate) destination: Option<String>,
    /// Whether text is delivered.
    pub(crate) text: bool,
    pub(crate) reference: Ref,
}

/// By (account, region): places where answers differ, or where records show a change, are left out.
#[derive(Debug, Clone, Default)]
pub(crate) struct InvocationLogging {
    places: BTreeMap<(String, String), Logging>,
}

impl InvocationLogging {
    pub(super) fn new(inputs: &Inputs, changes: &LoggingEvents) -> InvocationLogging {
        let mut answers: BTreeMap<(String, String), Vec<(Value, Logging)>> = BTreeMap::new();
        for (snapshot, document) in
            of_kinds(inputs, &["bedrock:GetModelInvocationLoggingConfiguration"])
        {
            let (Some(account), Some(region)) = (&snapshot.account, &snapshot.region) else {
                continue;
            };
            let Some(logging) = logging(&document, &snapshot.reference) else { continue };
            let place = (account.clone(), region.clone());
            answers.entry(place).or_default().push((document, logging));
        }
        let mut places = BTreeMap::new();
        for (place, mut answers) in answers {
            let changed = changes.of_invocations(&place.0, &place.1).next().is_some();
            let config = |document: &Value| document.get("loggingConfig").cloned();
            let first = config(&answers[0].0);
            if !changed && answers.iter().all(|(other, _)| config(other) == first) {
                places.insert(place, answers.swap_remove(0).1);
            }
        }
        InvocationLogging { places }
    }

    pub(crate) fn at(&self, account: &str, region: &str) -> Option<&Logging> {
        self.places.get(&(account.to_owned(), region.to_owned()))
    }

    /// The places where it is off.
    pub(crate) fn off(&self) -> impl Iterator<Item = (&(String, String), &Logging)> {
        self.places.iter().filter(|(_, logging)| logging.destination.is_none())
    }
}

fn logging(document: &Value, reference: &Ref) -> Option<Logging> {
    let Some(config) = document.get("loggingConfig") else {
        let empty = document.as_object().is_some_and(serde_json::Map::is_empty);
        let off = Logging { destination: None, text: true, reference: reference.clone() };
        return empty.then_some(off);
    };
    let name = |destination: &str, name: &str| {
        config.get(destination).and_then(|d| d.get(name)).and_then(Value::as_str)
    };
    let bucket = name("s3Config", "bucketName").map(|b| format!("bucket {}", inert(b)));
    let group = name("cloudWatchConfig", "logGroupName").map(|g| format!("log group {}", inert(g)));
    let destinations: Vec<String> = bucket.into_iter().chain(group).collect();
    // Without a destination it is not known what the answer means.
    let destination = (!destinations.is_empty()).then(|| destinations.join(" and "))?;
    let text = config.get("textDataDeliveryEnabled").and_then(Value::as_bool) != Some(false);
    Some(Logging { destination: Some(destination), text, reference: reference.clone() })
}
