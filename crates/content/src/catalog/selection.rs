//! Which events are kept with their parameters, in the table `observations`.

use super::index::KeyIndex;
use super::{Access, Action, Catalog, is_genai_source};
use crate::questions::Question;

/// What about an event decides, besides its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct EventTraits {
    /// It has an error code.
    pub failed: bool,
    /// An AWS service made it, for itself or on someone's behalf.
    pub by_service: bool,
}

/// The set of (service, name) that questions look at, or that the catalog marks as the workload's
/// configuration or as a change; names that come in bulk are left out unless a question asks.
#[derive(Debug)]
pub struct Selection {
    keys: Vec<(String, String, Mode)>,
    index: KeyIndex,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    Always,
    /// Selected unless a service did it: role assumptions by services come by the thousand.
    ByPeople,
    /// Selected only when it failed: refused attempts on the workload are rare and telling.
    Failed,
}

/// Calls that any busy account makes by the thousand, and that change nothing in the workload.
const BULK: [(&str, &[&str]); 12] = [
    (
        "bedrock",
        &[
            "InvokeModel",
            "InvokeModelWithResponseStream",
            "InvokeModelWithBidirectionalStream",
            "Converse",
            "ConverseStream",
            "CountTokens",
            "ApplyGuardrail",
        ],
    ),
    ("bedrock-mantle", &["CreateInference", "CountTokens", "ListModels", "GetModel"]),
    ("sagemaker", &["BatchPutMetrics", "AddTags", "InvokeEndpoint", "InvokeEndpointAsync"]),
    (
        "kms",
        &[
            "Decrypt",
            "Encrypt",
            "ReEncrypt",
            "GenerateDataKey",
            "GenerateDataKeyWithoutPlaintext",
            "GenerateMac",
            "Sign",
        ],
    ),
    ("s3", &["UploadPart", "AbortMultipartUpload", "CreateMultipartUpload"]),
    ("logs", &["PutLogEvents", "CreateLogStream", "StartQuery"]),
    ("sqs", &["SendMessage", "SendMessageBatch", "DeleteMessage", "ReceiveMessage"]),
    ("sns", &["Publish", "PublishBatch"]),
    ("lambda", &["Invoke"]),
    ("events", &["PutEvents"]),
    ("states", &["StartExecution", "StartSyncExecution"]),
    ("monitoring", &["SetAlarmState"]),
];

impl Selection {
    /// The selection for these questions.
    pub fn new(catalog: &Catalog, questions: &[Question]) -> Selection {
        let mut keys: Vec<(String, String, Mode)> = Vec::new();
        let mut add = |source: &str, name: &str, mode: Mode| {
            keys.push((source.to_ascii_lowercase(), name.to_ascii_lowercase(), mode));
        };
        for events in questions.iter().flat_map(|question| &question.selects) {
            for name in &events.names {
                let by_service = events.source.eq_ignore_ascii_case("sts.amazonaws.com");
                add(&events.source, name, if by_service { Mode::ByPeople } else { Mode::Always });
            }
        }
        for action in catalog.actions() {
            if let Some(mode) = by_catalog(action) {
                add(action.event_source, action.event_name, mode);
            }
        }
        // The first of equal keys wins: what a question asks for is kept whatever the catalog says.
        let mut seen = std::collections::BTreeSet::new();
        keys.retain(|(source, name, _)| seen.insert((source.clone(), name.clone())));
        let index = KeyIndex::new(keys.iter().map(|(source, name, _)| (&**source, &**name)));
        Selection { keys, index }
    }

    /// Whether an event goes into `observations`.
    pub fn selects(&self, event_source: &str, event_name: &str, traits: EventTraits) -> bool {
        let key = |at: usize| (self.keys[at].0.as_str(), self.keys[at].1.as_str());
        self.index.get(event_source, event_name, key).is_some_and(|at| match self.keys[at].2 {
            Mode::Always => true,
            Mode::ByPeople => !traits.by_service,
            Mode::Failed => traits.failed,
        })
    }

    /// How many names are selected.
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether nothing is selected.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }
}

fn by_catalog(action: &Action) -> Option<Mode> {
    let service = action.event_source.split('.').next().unwrap_or_default();
    let genai = is_genai_source(action.event_source);
    let bulk =
        BULK.iter().any(|(source, names)| *source == service && names.contains(&action.event_name));
    let described = action.event_name.starts_with("Describe");
    if service == "sts" && action.event_name.starts_with("AssumeRole") {
        return Some(Mode::ByPeople);
    }
    match action.access {
        _ if bulk => genai.then_some(Mode::Failed),
        Access::Write | Access::Tagging | Access::Permissions if !action.data_event => {
            Some(Mode::Always)
        }
        Access::Write | Access::Permissions if matches!(service, "s3" | "ses" | "s3vectors") => {
            Some(Mode::Always)
        }
        Access::Read | Access::List if genai && !action.data_event && !described => {
            Some(Mode::Always)
        }
        _ if genai => Some(Mode::Failed),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_and_configuration_reads_are_kept_and_bulk_is_not() {
        let catalog = Catalog::load().expect("the embedded catalog");
        let questions = crate::questions::load().0;
        let selection = Selection::new(&catalog, &questions);
        let plain = EventTraits::default();
        let selects = |source: &str, name: &str, traits| {
            selection.selects(&format!("{source}.amazonaws.com"), name, traits)
        };
        for (source, name) in [
            ("bedrock", "DeleteGuardrail"),
            ("bedrock", "ListFoundationModels"),
            ("Bedrock", "getmodelinvocationloggingconfiguration"),
            ("s3", "PutObject"),
            ("s3", "DeleteObject"),
            ("s3", "CopyObject"),
            ("secretsmanager", "GetSecretValue"),
            ("iam", "CreateAccessKey"),
            ("lambda", "UpdateFunctionCode20150331v2"),
            ("cloudtrail", "StopLogging"),
            ("sts", "AssumeRole"),
            ("ses", "SendEmail"),
        ] {
            assert!(selects(source, name, plain), "{source} {name}");
        }
        for (source, name) in [
            ("bedrock", "InvokeModel"),
            ("bedrock", "Converse"),
            ("kms", "Decrypt"),
            ("s3", "GetObject"),
            ("ec2", "DescribeInstances"),
            ("logs", "PutLogEvents"),
            ("nosuch", "Thing"),
        ] {
            assert!(!selects(source, name, plain), "{source} {name}");
        }
        let service = EventTraits { by_service: true, failed: false };
        assert!(!selects("sts", "AssumeRole", service));
        let failed = EventTraits { by_service: false, failed: true };
        assert!(selects("bedrock", "InvokeModel", failed));
    }
}
