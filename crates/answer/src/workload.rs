//! The Gen-AI workload: what it consists of, who is meant to touch it, and where that is known from.

mod declared;
mod infer;
mod print;

use heptagon_model::{EvidenceRef, Timestamp, canonical_principal};

use crate::network;

pub use declared::WorkloadError;
pub(crate) use infer::Inference;

/// Where a fact about the workload is from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Known {
    /// The organisation says so.
    Declared,
    /// Records imply it.
    Inferred,
}

impl Known {
    /// The lower-case name.
    pub fn name(self) -> &'static str {
        match self {
            Known::Declared => "declared",
            Known::Inferred => "inferred",
        }
    }
}

/// What a role is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Purpose {
    /// The Gen-AI application runs with it.
    Application,
    /// A data or build pipeline.
    Pipeline,
    /// Deployment of infrastructure.
    Deployment,
    /// People who administer.
    Administration,
    /// People who respond to this incident.
    Responder,
    /// Tools that audit.
    Scanner,
}

impl Purpose {
    const ALL: [Purpose; 6] = [
        Purpose::Application,
        Purpose::Pipeline,
        Purpose::Deployment,
        Purpose::Administration,
        Purpose::Responder,
        Purpose::Scanner,
    ];

    /// The lower-case name.
    pub fn name(self) -> &'static str {
        match self {
            Purpose::Application => "application",
            Purpose::Pipeline => "pipeline",
            Purpose::Deployment => "deployment",
            Purpose::Administration => "administration",
            Purpose::Responder => "responder",
            Purpose::Scanner => "scanner",
        }
    }

    pub(crate) fn from_name(name: &str) -> Option<Purpose> {
        Purpose::ALL.into_iter().find(|purpose| purpose.name() == name)
    }
}

/// A component of the workload.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Component {
    /// `guardrail`, `knowledge-base`, `agent`, `model`, `bucket`, ...
    pub kind: String,
    /// Its id.
    pub id: String,
    /// Its account, when known.
    pub account: Option<String>,
    /// Its region, when known.
    pub region: Option<String>,
    /// Its name, when known.
    pub name: Option<String>,
    /// Where this is from.
    pub known: Known,
    /// Records that show it.
    pub evidence: Vec<EvidenceRef>,
}

/// A role with its intended pattern of access.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Role {
    /// ARN of the role or user.
    pub arn: String,
    /// What it is for.
    pub purpose: Purpose,
    /// Where it is used from; empty when nothing is said.
    pub networks: Vec<String>,
    /// Where it is used; empty when nothing is said.
    pub regions: Vec<String>,
    /// What it is designed to do; empty when nothing is said.
    pub actions: Vec<String>,
    /// Where this is from.
    pub known: Known,
    /// Records that show it.
    pub evidence: Vec<EvidenceRef>,
}

impl Role {
    /// Whether this address and region fit the declared pattern; an empty list fits everything.
    pub fn fits(&self, source_ip: Option<&str>, region: Option<&str>) -> bool {
        let network = self.networks.is_empty()
            || source_ip.is_some_and(network::by_aws)
            || network::inside(source_ip, &self.networks);
        let region = self.regions.is_empty()
            || region.is_none_or(|region| self.regions.iter().any(|known| known == region));
        network && region
    }

    /// Whether an event is among the declared actions; `None` when no actions are declared.
    pub fn designed_for(&self, event_source: &str, event_name: &str) -> Option<bool> {
        (!self.actions.is_empty()).then(|| {
            self.actions.iter().any(|action| action_covers(action, event_source, event_name))
        })
    }
}

/// Whether an IAM action, `s3:Get*`, allows what an event name says.
fn action_covers(action: &str, event_source: &str, event_name: &str) -> bool {
    let Some((service, name)) = action.split_once(':') else { return action == "*" };
    let source = event_source.split('.').next().unwrap_or_default();
    if service != "*" && !service.eq_ignore_ascii_case(source) {
        return false;
    }
    let permissions = permission_names(source, event_name);
    permissions.iter().any(|permission| match name.strip_suffix('*') {
        Some(prefix) => {
            permission.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
        }
        None => permission.eq_ignore_ascii_case(name),
    })
}

/// What IAM calls an event: names differ for a few, and Lambda's carry the API's date.
fn permission_names<'a>(service: &str, event_name: &'a str) -> Vec<&'a str> {
    let undated = event_name.find("20").filter(|_| service == "lambda");
    let base = undated.map_or(event_name, |at| &event_name[..at]);
    let mut names = vec![base];
    names.extend_from_slice(match (service, base) {
        ("bedrock", "Converse" | "ConverseStream" | "InvokeModelWithResponseStream") => {
            &["InvokeModel", "InvokeModelWithResponseStream"]
        }
        ("lambda", "Invoke") => &["InvokeFunction"],
        ("s3", "HeadObject" | "GetObjectAttributes") => &["GetObject"],
        ("s3", "ListObjects" | "ListObjectsV2" | "HeadBucket") => &["ListBucket"],
        (
            "s3",
            "CopyObject" | "CreateMultipartUpload" | "UploadPart" | "CompleteMultipartUpload",
        ) => &["PutObject"],
        ("s3", "DeleteObjects") => &["DeleteObject"],
        ("ses", "SendTemplatedEmail" | "SendBulkEmail" | "SendRawEmail") => &["SendEmail"],
        _ => &[],
    });
    names
}

/// A store of data.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Store {
    /// `s3`, `secret`, `dynamodb`, ...
    pub kind: String,
    /// Bucket, secret or table.
    pub id: String,
    /// `data-store` (the application's own) or `private`.
    pub class: String,
    /// Where this is from.
    pub known: Known,
    /// Records that show it.
    pub evidence: Vec<EvidenceRef>,
}

impl Store {
    /// Whether a resource, as an event names it, is this store or lies in it.
    pub fn holds(&self, resource: &str) -> bool {
        let tail = resource.rsplit(":::").next().unwrap_or(resource);
        let tail = tail.rsplit_once("secret:").map_or(tail, |(_, secret)| secret);
        let tail = tail.rsplit_once("table/").map_or(tail, |(_, table)| table);
        let id = self.id.rsplit(":::").next().unwrap_or(&self.id);
        let id = id.rsplit_once("secret:").map_or(id, |(_, secret)| secret);
        tail.strip_prefix(id).is_some_and(|rest| {
            rest.is_empty() || rest.starts_with('/') || (self.kind != "s3" && rest.starts_with('-'))
        })
    }
}

/// Two components that work together.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Link {
    /// `data-source`, `action-group`, `guardrail`, `role`, `knowledge-base`.
    pub kind: String,
    /// From which.
    pub from: String,
    /// To which.
    pub to: String,
    /// Where this is from.
    pub known: Known,
    /// Records that show it.
    pub evidence: Vec<EvidenceRef>,
}

/// Activity that was announced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Announced {
    /// Who.
    pub principal: String,
    /// From when.
    pub from: Timestamp,
    /// Until when.
    pub to: Timestamp,
    /// What.
    pub what: String,
}

/// A decision of the organisation, such as invocation logging declined.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// What was decided.
    pub what: String,
    /// By whom.
    pub by: String,
    /// Why.
    pub why: String,
}

/// The workload, declared and inferred.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Workload {
    /// Accounts declared.
    pub accounts: Vec<String>,
    /// Regions declared as enabled.
    pub regions: Vec<String>,
    /// `external` or `internal`, when declared.
    pub exposure: Option<String>,
    /// How users sign in, when declared.
    pub authentication: Option<String>,
    /// Components, sorted.
    pub components: Vec<Component>,
    /// Roles, sorted by ARN.
    pub roles: Vec<Role>,
    /// Stores, sorted.
    pub stores: Vec<Store>,
    /// Links, sorted.
    pub links: Vec<Link>,
    /// Announced activity.
    pub announced: Vec<Announced>,
    /// Decisions.
    pub decisions: Vec<Decision>,
}

impl Workload {
    /// The role or user of a principal, whatever its session.
    pub fn role(&self, principal: &str) -> Option<&Role> {
        let arn = canonical_principal(principal);
        self.roles.iter().find(|role| role.arn == arn)
    }

    /// What was announced for a principal at a time.
    pub fn announced(&self, principal: &str, time: Timestamp) -> Option<&Announced> {
        let arn = canonical_principal(principal);
        self.announced.iter().find(|announced| {
            (announced.principal == principal || canonical_principal(&announced.principal) == arn)
                && announced.from <= time
                && time <= announced.to
        })
    }

    /// Positions of the announcements of a principal.
    pub(crate) fn announcements(&self, principal: &str) -> Vec<usize> {
        let arn = canonical_principal(principal);
        let its = |announced: &Announced| {
            announced.principal == principal || canonical_principal(&announced.principal) == arn
        };
        let all = self.announced.iter().enumerate();
        all.filter(|(_, announced)| its(announced)).map(|(at, _)| at).collect()
    }

    /// Whether any component of a kind is known.
    pub fn has_component(&self, kind: &str) -> bool {
        self.components.iter().any(|component| component.kind == kind)
    }

    /// The stores of a class.
    pub fn stores_of<'a>(&'a self, class: &'a str) -> impl Iterator<Item = &'a Store> {
        self.stores.iter().filter(move |store| store.class == class)
    }

    /// `declared`, `inferred`, or both.
    pub fn basis(&self) -> String {
        let mut declared = !self.accounts.is_empty() || !self.announced.is_empty();
        let mut inferred = false;
        let known = self.components.iter().map(|c| c.known);
        let known = known.chain(self.roles.iter().map(|r| r.known));
        for known in known.chain(self.stores.iter().map(|s| s.known)) {
            match known {
                Known::Declared => declared = true,
                Known::Inferred => inferred = true,
            }
        }
        match (declared, inferred) {
            (true, true) => "declared and inferred",
            (true, false) => "declared",
            (false, _) => "inferred",
        }
        .to_owned()
    }

    /// What was declared, completed by what was inferred: the declaration wins.
    pub fn merge(declared: Workload, inferred: Workload) -> Workload {
        let mut merged = declared;
        for component in inferred.components {
            let same = |known: &&mut Component| {
                known.kind == component.kind
                    && known.id == component.id
                    && (known.region.is_none() || known.region == component.region)
            };
            match merged.components.iter_mut().find(same) {
                Some(known) => known.evidence = component.evidence,
                None => merged.components.push(component),
            }
        }
        for role in inferred.roles {
            match merged.roles.iter_mut().find(|known| known.arn == role.arn) {
                Some(known) => known.evidence = role.evidence,
                None => merged.roles.push(role),
            }
        }
        for store in inferred.stores {
            let same = |known: &&mut Store| known.kind == store.kind && known.id == store.id;
            match merged.stores.iter_mut().find(same) {
                Some(known) => known.evidence = store.evidence,
                None => merged.stores.push(store),
            }
        }
        for link in inferred.links {
            let same = |known: &Link| {
                (&known.kind, &known.from, &known.to) == (&link.kind, &link.from, &link.to)
            };
            if !merged.links.iter().any(same) {
                merged.links.push(link);
            }
        }
        merged.sort();
        merged
    }

    fn sort(&mut self) {
        self.components.sort();
        self.roles.sort_by(|a, b| a.arn.cmp(&b.arn));
        self.stores.sort();
        self.links.sort();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn actions_cover_the_event_names_they_allow() {
        for (action, source, name, expect) in [
            ("bedrock:InvokeModel", "bedrock.amazonaws.com", "Converse", true),
            (
                "lambda:UpdateFunctionCode",
                "lambda.amazonaws.com",
                "UpdateFunctionCode20150331v2",
                true,
            ),
            ("lambda:InvokeFunction", "lambda.amazonaws.com", "Invoke", true),
            ("s3:Get*", "s3.amazonaws.com", "HeadObject", true),
            ("cloudformation:*", "cloudformation.amazonaws.com", "CreateStack", true),
            ("ses:SendEmail", "ses.amazonaws.com", "SendRawEmail", true),
            ("s3:GetObject", "s3.amazonaws.com", "PutObject", false),
            ("s3:*", "ses.amazonaws.com", "SendEmail", false),
            ("*", "ses.amazonaws.com", "SendEmail", true),
        ] {
            assert_eq!(action_covers(action, source, name), expect, "{action} {name}");
        }
    }

    #[test]
    fn stores_hold_their_objects_and_no_others() {
        let store = |kind: &str, id: &str| Store {
            kind: kind.into(),
            id: id.into(),
            class: "private".into(),
            known: Known::Declared,
            evidence: vec![],
        };
        let bucket = store("s3", "records");
        assert!(bucket.holds("arn:aws:s3:::records/a/b") && bucket.holds("records"));
        assert!(!bucket.holds("arn:aws:s3:::records-copy/a") && !bucket.holds("other"));
        let secret = store("secret", "crm/key");
        assert!(secret.holds("arn:aws:secretsmanager:us-east-1:1:secret:crm/key-AbCdEf"));
        assert!(secret.holds("crm/key"));
    }
}
