//! The seven elements of the AWS CIRT methodology for Gen-AI incidents.

use serde::{Deserialize, Serialize};

/// One of the seven elements, in the methodology's order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Element {
    /// Who can get into the environment, and who did.
    Access,
    /// Servers, databases, functions, networks and the logs about them.
    InfrastructureChanges,
    /// Models, guardrails, prompts, agents' code, Gen-AI logging.
    AiChanges,
    /// Data sources, knowledge bases, agents, plugins, training data.
    DataStoreChanges,
    /// What was sent to the models and what came back.
    Invocation,
    /// Confidential data the application is not meant to touch.
    PrivateData,
    /// What the application can do, and did, on someone's behalf.
    Agency,
}

impl Element {
    /// All seven, in the methodology's order.
    pub const ALL: [Element; 7] = [
        Element::Access,
        Element::InfrastructureChanges,
        Element::AiChanges,
        Element::DataStoreChanges,
        Element::Invocation,
        Element::PrivateData,
        Element::Agency,
    ];

    /// The slug used in JSON, tags and file names.
    pub fn slug(self) -> &'static str {
        match self {
            Element::Access => "access",
            Element::InfrastructureChanges => "infrastructure-changes",
            Element::AiChanges => "ai-changes",
            Element::DataStoreChanges => "data-store-changes",
            Element::Invocation => "invocation",
            Element::PrivateData => "private-data",
            Element::Agency => "agency",
        }
    }

    /// The name people read.
    pub fn title(self) -> &'static str {
        match self {
            Element::Access => "Access",
            Element::InfrastructureChanges => "Infrastructure changes",
            Element::AiChanges => "AI changes",
            Element::DataStoreChanges => "Data store changes",
            Element::Invocation => "Invocation",
            Element::PrivateData => "Private data",
            Element::Agency => "Agency",
        }
    }

    /// The element of a slug.
    pub fn from_slug(slug: &str) -> Option<Element> {
        Element::ALL.into_iter().find(|element| element.slug() == slug)
    }
}
