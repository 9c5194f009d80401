//! Reading `workload.toml`.

use heptagon_model::Timestamp;
use serde::Deserialize;

use super::{Announced, Component, Decision, Known, Link, Purpose, Role, Store, Workload};

/// What is wrong with a declaration.
#[derive(Debug, thiserror::Error)]
pub enum WorkloadError {
    /// Not the form that is expected.
    #[error("the workload file cannot be understood: {0}")]
    Form(String),
    /// A value that is none of those allowed.
    #[error("{entry}: {value} is not {expected}")]
    Value {
        /// Where.
        entry: String,
        /// What is there.
        value: String,
        /// What may be there.
        expected: &'static str,
    },
}

#[derive(Deserialize, Default)]
struct File {
    #[serde(default)]
    organisation: Organisation,
    #[serde(default)]
    application: Application,
    #[serde(default)]
    component: Vec<FileComponent>,
    #[serde(default)]
    role: Vec<FileRole>,
    #[serde(default)]
    store: Vec<FileStore>,
    #[serde(default)]
    link: Vec<FileLink>,
    #[serde(default)]
    announced: Vec<FileAnnounced>,
    #[serde(default)]
    decision: Vec<FileDecision>,
}

#[derive(Deserialize, Default)]
struct Organisation {
    #[serde(default)]
    accounts: Vec<String>,
    #[serde(default)]
    regions: Vec<String>,
}

#[derive(Deserialize, Default)]
struct Application {
    exposure: Option<String>,
    authentication: Option<String>,
}

#[derive(Deserialize)]
struct FileComponent {
    kind: String,
    id: String,
    account: Option<String>,
    region: Option<String>,
    name: Option<String>,
    basis: Option<String>,
}

#[derive(Deserialize)]
struct FileRole {
    arn: String,
    purpose: String,
    #[serde(default)]
    networks: Vec<String>,
    #[serde(default)]
    regions: Vec<String>,
    #[serde(default)]
    actions: Vec<String>,
    basis: Option<String>,
}

#[derive(Deserialize)]
struct FileStore {
    kind: String,
    id: String,
    #[serde(default = "data_store")]
    class: String,
    basis: Option<String>,
}

fn data_store() -> String {
    "data-store".to_owned()
}

#[derive(Deserialize)]
struct FileLink {
    kind: String,
    from: String,
    to: String,
    basis: Option<String>,
}

#[derive(Deserialize)]
struct FileAnnounced {
    principal: String,
    from: String,
    to: String,
    #[serde(default)]
    what: String,
}

#[derive(Deserialize)]
struct FileDecision {
    what: String,
    #[serde(default)]
    by: String,
    #[serde(default)]
    why: String,
}

impl Workload {
    /// Reads a `workload.toml`. Entries that the tool printed as inferred count as declared once
    /// they are given back, unless they still say `basis = "inferred"`.
    pub fn parse(text: &str) -> Result<Workload, WorkloadError> {
        let file: File =
            toml::from_str(text).map_err(|error| WorkloadError::Form(error.to_string()))?;
        let mut workload = Workload {
            accounts: file.organisation.accounts,
            regions: file.organisation.regions,
            exposure: file.application.exposure,
            authentication: file.application.authentication,
            ..Workload::default()
        };
        for entry in file.component {
            workload.components.push(Component {
                known: known(entry.basis.as_deref()),
                kind: entry.kind,
                id: entry.id,
                account: entry.account,
                region: entry.region,
                name: entry.name,
                evidence: Vec::new(),
            });
        }
        for entry in file.role {
            let purpose = Purpose::from_name(&entry.purpose).ok_or_else(|| WorkloadError::Value {
                entry: format!("role {}", entry.arn),
                value: entry.purpose.clone(),
                expected: "application, pipeline, deployment, administration, responder or scanner",
            })?;
            workload.roles.push(Role {
                known: known(entry.basis.as_deref()),
                arn: entry.arn,
                purpose,
                networks: entry.networks,
                regions: entry.regions,
                actions: entry.actions,
                evidence: Vec::new(),
            });
        }
        for entry in file.store {
            if !matches!(entry.class.as_str(), "data-store" | "private") {
                return Err(WorkloadError::Value {
                    entry: format!("store {}", entry.id),
                    value: entry.class,
                    expected: "data-store or private",
                });
            }
            workload.stores.push(Store {
                known: known(entry.basis.as_deref()),
                kind: if entry.kind == "bucket" { "s3".to_owned() } else { entry.kind },
                id: entry.id,
                class: entry.class,
                evidence: Vec::new(),
            });
        }
        for entry in file.link {
            workload.links.push(Link {
                known: known(entry.basis.as_deref()),
                kind: entry.kind,
                from: entry.from,
                to: entry.to,
                evidence: Vec::new(),
            });
        }
        for entry in file.announced {
            let time = |field: &str, text: &str| {
                Timestamp::parse(text).ok_or_else(|| WorkloadError::Value {
                    entry: format!("announced {field} of {}", entry.principal),
                    value: text.to_owned(),
                    expected: "a time such as 2026-01-31T09:00:00Z",
                })
            };
            workload.announced.push(Announced {
                from: time("from", &entry.from)?,
                to: time("to", &entry.to)?,
                principal: entry.principal.clone(),
                what: entry.what,
            });
        }
        workload.decisions = file
            .decision
            .into_iter()
            .map(|entry| Decision { what: entry.what, by: entry.by, why: entry.why })
            .collect();
        workload.sort();
        Ok(workload)
    }
}

fn known(basis: Option<&str>) -> Known {
    if basis == Some("inferred") { Known::Inferred } else { Known::Declared }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mistakes_are_named() {
        for (text, part) in [
            ("[[role]]\narn = \"a\"\npurpose = \"fun\"", "fun is not application"),
            ("[[store]]\nkind = \"s3\"\nid = \"b\"\nclass = \"x\"", "x is not data-store"),
            ("[[announced]]\nprincipal = \"p\"\nfrom = \"soon\"\nto = \"later\"", "soon is not"),
            ("[[component]]\nkind = 3", "cannot be understood"),
        ] {
            let error = Workload::parse(text).expect_err(text).to_string();
            assert!(error.contains(part), "{error}");
        }
    }
}
