//! AWS actions: what each event name means to the seven elements.
//!
//! The catalog is looked up for every record, so it is one table of static text behind a small
//! hash index: no allocation, any letter case. Service and name are always looked up together,
//! because names such as `CreateDataSource` exist in several services.

mod index;
mod selection;

use heptagon_model::Element;

use crate::embedded;
use index::KeyIndex;
pub use selection::{EventTraits, Selection};

const FILE: &str = "catalog/actions.csv";

/// What an action does to what it is called on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Access {
    /// Reads one thing.
    Read,
    /// Lists things.
    List,
    /// Changes something.
    Write,
    /// Changes tags.
    Tagging,
    /// Changes who may do what.
    Permissions,
}

impl Access {
    fn from_name(name: &str) -> Option<Access> {
        Some(match name {
            "read" => Access::Read,
            "list" => Access::List,
            "write" => Access::Write,
            "tagging" => Access::Tagging,
            "permissions" => Access::Permissions,
            _ => return None,
        })
    }

    /// Whether anything is different after it.
    pub fn changes(self) -> bool {
        matches!(self, Access::Write | Access::Tagging | Access::Permissions)
    }
}

/// One event name of one service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Action {
    /// `bedrock.amazonaws.com`.
    pub event_source: &'static str,
    /// `DeleteGuardrail`.
    pub event_name: &'static str,
    /// What it does.
    pub access: Access,
    /// Whether it is a data event, which is recorded only when a selector asks for it.
    pub data_event: bool,
    /// The data event's resource type, `AWS::Bedrock::KnowledgeBase`; several are joined by `|`.
    pub data_type: &'static str,
    /// Elements it speaks to, the methodology's own first.
    pub elements: Vec<Element>,
    /// The component of the workload: `guardrail`, `knowledge-base`, `identity`, ...
    pub component: &'static str,
}

/// Something wrong with the catalog's file.
#[derive(Debug, thiserror::Error)]
pub enum CatalogError {
    /// The file is not embedded.
    #[error("the catalog {FILE} is missing")]
    Missing,
    /// A line that cannot be understood.
    #[error("line {line} of the catalog: {reason}")]
    Line {
        /// Counted from 1.
        line: usize,
        /// What is wrong.
        reason: String,
    },
}

/// All known actions.
#[derive(Debug)]
pub struct Catalog {
    actions: Vec<Action>,
    index: KeyIndex,
}

impl Catalog {
    /// The embedded catalog.
    pub fn load() -> Result<Catalog, CatalogError> {
        Catalog::parse(embedded::text(FILE).ok_or(CatalogError::Missing)?)
    }

    fn parse(text: &'static str) -> Result<Catalog, CatalogError> {
        let mut actions: Vec<Action> = Vec::new();
        for (number, line) in text.lines().enumerate().skip(1) {
            let action = parse_line(line)
                .map_err(|reason| CatalogError::Line { line: number + 1, reason })?;
            actions.push(action);
        }
        let index = KeyIndex::new(actions.iter().map(|a| (a.event_source, a.event_name)));
        for (number, action) in actions.iter().enumerate() {
            if index.get(action.event_source, action.event_name, |at| key(&actions, at))
                != Some(number)
            {
                let reason = format!("{} {} is twice", action.event_source, action.event_name);
                return Err(CatalogError::Line { line: number + 2, reason });
            }
        }
        Ok(Catalog { actions, index })
    }

    /// The action of an event, whatever the letter case.
    pub fn lookup(&self, event_source: &str, event_name: &str) -> Option<&Action> {
        self.index
            .get(event_source, event_name, |at| key(&self.actions, at))
            .map(|at| &self.actions[at])
    }

    /// All actions, sorted by service and name.
    pub fn actions(&self) -> &[Action] {
        &self.actions
    }
}

fn key(actions: &[Action], at: usize) -> (&str, &str) {
    (actions[at].event_source, actions[at].event_name)
}

fn parse_line(line: &'static str) -> Result<Action, String> {
    let fields: Vec<&'static str> = line.split(',').collect();
    let &[event_source, event_name, access, category, data_type, elements, component] =
        fields.as_slice()
    else {
        return Err(format!("{} fields instead of 7", fields.len()));
    };
    let data_event = match category {
        "data" => true,
        "management" => false,
        other => return Err(format!("unknown category {other}")),
    };
    let elements = elements
        .split('|')
        .map(|slug| Element::from_slug(slug).ok_or_else(|| format!("unknown element {slug}")))
        .collect::<Result<Vec<Element>, String>>()?;
    Ok(Action {
        event_source,
        event_name,
        access: Access::from_name(access)
            .ok_or_else(|| format!("unknown access level {access}"))?,
        data_event,
        data_type,
        elements,
        component,
    })
}

/// Whether a service's own purpose is generative AI or what it stands on.
pub fn is_genai_source(event_source: &str) -> bool {
    const SERVICES: [&str; 18] = [
        "agent-registry",
        "aoss",
        "aws-external-anthropic",
        "bedrock",
        "bedrock-agentcore",
        "bedrock-mantle",
        "codewhisperer",
        "kendra",
        "lex",
        "neptune-graph",
        "nova-act",
        "osm",
        "q",
        "qapps",
        "qbusiness",
        "s3vectors",
        "sagemaker",
        "wisdom",
    ];
    let service = event_source.split('.').next().unwrap_or(event_source);
    SERVICES.iter().any(|known| known.eq_ignore_ascii_case(service))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_embedded_catalog_is_whole() {
        let catalog = Catalog::load().expect("the embedded catalog");
        assert!(catalog.actions().len() > 3_000);
        for action in catalog.actions() {
            let found = catalog.lookup(action.event_source, action.event_name);
            assert_eq!(found, Some(action));
            assert!(action.event_source.contains('.') && !action.component.is_empty());
            assert!(action.data_event || action.data_type.is_empty(), "{action:?}");
        }
    }

    #[test]
    fn letter_case_does_not_matter_and_services_are_apart() {
        let catalog = Catalog::load().expect("the embedded catalog");
        let action = catalog.lookup("Bedrock.AmazonAWS.com", "deleteguardrail").expect("known");
        assert_eq!(action.event_name, "DeleteGuardrail");
        assert_eq!(action.component, "guardrail");
        let bedrock = catalog.lookup("bedrock.amazonaws.com", "CreateDataSource");
        let qbusiness = catalog.lookup("qbusiness.amazonaws.com", "CreateDataSource");
        assert!(bedrock.is_some() && qbusiness.is_some() && bedrock != qbusiness);
        assert_eq!(catalog.lookup("bedrock.amazonaws.com", "NoSuchName"), None);
        assert_eq!(catalog.lookup("", ""), None);
    }

    #[test]
    fn the_missions_names_are_known() {
        let catalog = Catalog::load().expect("the embedded catalog");
        for (source, names) in [
            ("ec2", "RunInstances StartInstances TerminateInstances"),
            ("ecs", "CreateCluster"),
            ("cloudformation", "CreateStack"),
            ("rds", "DeleteDBInstance ModifyDBClusterSnapshotAttribute"),
            (
                "bedrock",
                "PutModelInvocationLoggingConfiguration DeleteModelInvocationLoggingConfiguration \
                 GetFoundationModelAvailability ListProvisionedModelThroughputs ListCustomModels \
                 ListFoundationModels ListProvisionedModelThroughput GetGuardrail DeleteGuardrail \
                 CreateDataSource GetKnowledgeBase DeleteKnowledgeBase CreateAgent DeleteAgent \
                 InvokeAgent Retrieve RetrieveAndGenerate InvokeModel Converse ConverseStream \
                 InvokeModelWithResponseStream",
            ),
        ] {
            for name in names.split_whitespace() {
                let source = format!("{source}.amazonaws.com");
                assert!(catalog.lookup(&source, name).is_some(), "{source} {name}");
            }
        }
    }

    #[test]
    fn a_bad_line_is_named() {
        for (text, part) in [
            ("h\na,b,read,management,,access", "6 fields"),
            ("h\na,b,reed,management,,access,x", "access level reed"),
            ("h\na,b,read,management,,acces,x", "element acces"),
            ("h\na,b,read,management,,access,x\nA,B,read,management,,access,x", "is twice"),
        ] {
            let error = Catalog::parse(text).expect_err(text).to_string();
            assert!(error.contains(part), "{error}");
        }
    }
}
