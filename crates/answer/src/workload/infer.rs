//! The workload as records show it.

use std::collections::{BTreeMap, BTreeSet};

use heptagon_model::canonical_principal;
use serde_json::Value;

use super::{Component, Known, Link, Purpose, Role, Store, Workload};
use crate::input::{ActorRow, Inputs, Observation, RefBook};
use crate::network;

/// Evidence kept per inferred thing.
const REFS_MAX: usize = 5;
/// Things inferred: ids come from records, so their number is bounded.
const THINGS_MAX: usize = 10_000;
/// An application invokes models in at least this many different hours.
const APPLICATION_HOURS_MIN: usize = 6;
/// And at least so often.
const APPLICATION_CALLS_MIN: u64 = 20;

/// Collects what observations say about the workload.
#[derive(Debug, Default)]
pub(crate) struct Inference {
    components: BTreeMap<(String, String, String), Component>,
    stores: BTreeMap<(String, String), Store>,
    links: BTreeMap<(String, String, String), Link>,
    /// Roles handed to agents and knowledge bases: the application's by design.
    component_roles: BTreeMap<String, Vec<heptagon_model::EvidenceRef>>,
}

impl Inference {
    /// Takes in one observation.
    pub(crate) fn observe(&mut self, event: &Observation<'_>, refs: &RefBook) {
        if !event.succeeded() || event.event_source != "bedrock.amazonaws.com" {
            return;
        }
        let Some(request) = event.request_parameters else { return };
        if self.components.len() + self.links.len() > THINGS_MAX {
            return;
        }
        let Ok(request) = serde_json::from_str::<Value>(request) else { return };
        let response = event
            .response_elements
            .and_then(|text| serde_json::from_str::<Value>(text).ok())
            .unwrap_or(Value::Null);
        let text = |key: &str| request.get(key).and_then(Value::as_str).map(last_segment);
        let made = |parent: &str, key: &str| {
            response
                .get(parent)
                .and_then(|part| part.get(key))
                .or_else(|| response.get(key))
                .and_then(Value::as_str)
                .map(last_segment)
        };
        let guardrail = text("guardrailIdentifier").or_else(|| made("", "guardrailId"));
        let base = text("knowledgeBaseId").or_else(|| made("knowledgeBase", "knowledgeBaseId"));
        let agent = text("agentId").or_else(|| made("agent", "agentId"));
        let source = text("dataSourceId").or_else(|| made("dataSource", "dataSourceId"));
        for (kind, id) in [
            ("guardrail", &guardrail),
            ("knowledge-base", &base),
            ("agent", &agent),
            ("flow", &text("flowIdentifier")),
            ("prompt", &text("promptIdentifier")),
            ("custom-model", &text("customModelName")),
            ("custom-model", &text("importedModelName")),
        ] {
            if let Some(id) = id {
                self.component(kind, id, event, refs);
            }
        }
        if let (Some(base), Some(source)) = (&base, &source) {
            self.link("data-source", base, source, event, refs);
        }
        if let Some(base) = &base {
            for bucket in buckets(&request) {
                self.link("bucket", base, &bucket, event, refs);
                self.store(&bucket, event, refs);
            }
            if let Some(agent) = &agent {
                self.link("knowledge-base", agent, base, event, refs);
            }
        }
        if let Some(agent) = &agent {
            let executor = request.get("actionGroupExecutor").and_then(|e| e.get("lambda"));
            if let Some(function) = executor.and_then(Value::as_str) {
                self.link("action-group", agent, function, event, refs);
            }
        }
        for key in ["agentResourceRoleArn", "roleArn"] {
            let role = request.get(key).and_then(Value::as_str);
            let component = agent.as_ref().or(base.as_ref());
            if let (Some(role), Some(component)) = (role, component) {
                self.link("role", component, role, event, refs);
                let evidence = self.component_roles.entry(role.to_owned()).or_default();
                if evidence.len() < REFS_MAX {
                    evidence.push(refs.complete(event.artifact, event.record));
                }
            }
        }
    }

    fn component(&mut self, kind: &str, id: &str, event: &Observation<'_>, refs: &RefBook) {
        let key = (kind.to_owned(), id.to_owned(), event.region.to_owned());
        let component = self.components.entry(key).or_insert_with(|| Component {
            kind: kind.to_owned(),
            id: id.to_owned(),
            account: Some(event.account.to_owned()),
            region: Some(event.region.to_owned()),
            name: None,
            known: Known::Inferred,
            evidence: Vec::new(),
        });
        if component.evidence.len() < REFS_MAX {
            component.evidence.push(refs.complete(event.artifact, event.record));
        }
    }

    fn store(&mut self, bucket: &str, event: &Observation<'_>, refs: &RefBook) {
        let store =
            self.stores.entry(("s3".to_owned(), bucket.to_owned())).or_insert_with(|| Store {
                kind: "s3".to_owned(),
                id: bucket.to_owned(),
                class: "data-store".to_owned(),
                known: Known::Inferred,
                evidence: Vec::new(),
            });
        if store.evidence.len() < REFS_MAX {
            store.evidence.push(refs.complete(event.artifact, event.record));
        }
    }

    fn link(&mut self, kind: &str, from: &str, to: &str, event: &Observation<'_>, refs: &RefBook) {
        let key = (kind.to_owned(), from.to_owned(), to.to_owned());
        let link = self.links.entry(key).or_insert_with(|| Link {
            kind: kind.to_owned(),
            from: from.to_owned(),
            to: to.to_owned(),
            known: Known::Inferred,
            evidence: Vec::new(),
        });
        if link.evidence.len() < REFS_MAX {
            link.evidence.push(refs.complete(event.artifact, event.record));
        }
    }

    /// The workload as inferred. `accused` are actors with a finding of level high: their
    /// regularity proves nothing.
    pub(crate) fn finish(
        mut self,
        inputs: &Inputs,
        accused: &BTreeSet<String>,
        refs: &RefBook,
    ) -> Workload {
        for call in &inputs.model_calls {
            if call.calls == 0 || accused.contains(&call.actor) || call.model.is_empty() {
                continue;
            }
            if self.components.len() > THINGS_MAX {
                break;
            }
            let key = ("model".to_owned(), last_segment(&call.model), call.region.clone());
            let component = self.components.entry(key).or_insert_with_key(|key| Component {
                kind: key.0.clone(),
                id: key.1.clone(),
                account: Some(call.account.clone()),
                region: Some(call.region.clone()),
                name: None,
                known: Known::Inferred,
                evidence: Vec::new(),
            });
            if component.evidence.len() < REFS_MAX {
                component.evidence.push(refs.of(&call.first_ref));
            }
        }
        for used in &inputs.guardrails {
            let id = last_segment(&used.guardrail);
            let key = ("guardrail".to_owned(), used.principal.clone(), id.clone());
            self.links.entry(key).or_insert_with(|| Link {
                kind: "guardrail".to_owned(),
                from: canonical_principal(&used.principal),
                to: id,
                known: Known::Inferred,
                evidence: vec![refs.of(&used.first_ref)],
            });
        }
        let mut workload = Workload {
            components: self.components.into_values().collect(),
            stores: self.stores.into_values().collect(),
            links: self.links.into_values().collect(),
            roles: application_roles(inputs, accused, refs),
            ..Workload::default()
        };
        for (arn, evidence) in self.component_roles {
            if workload.roles.iter().all(|role| role.arn != arn) {
                workload.roles.push(application_role(arn, evidence));
            }
        }
        workload.sort();
        workload
    }
}

/// Roles that invoke models regularly from where workloads run.
fn application_roles(inputs: &Inputs, accused: &BTreeSet<String>, refs: &RefBook) -> Vec<Role> {
    let actors: BTreeMap<&str, &ActorRow> =
        inputs.actors.iter().map(|row| (row.actor.as_str(), row)).collect();
    let mut hours: BTreeMap<String, (BTreeSet<i64>, u64, Vec<heptagon_model::EvidenceRef>)> =
        BTreeMap::new();
    for call in &inputs.model_calls {
        let principal = canonical_principal(&call.principal);
        if !principal.contains(":role/") || accused.contains(&call.actor) {
            continue;
        }
        let by_workload = actors
            .get(call.actor.as_str())
            .map_or(call.source_ip.as_deref().is_some_and(network::by_aws), |row| {
                row.kind == "service-credential" || row.kind == "aws-service"
            });
        if !by_workload && !call.source_ip.as_deref().is_some_and(network::by_aws) {
            continue;
        }
        let (seen, calls, evidence) = hours.entry(principal).or_default();
        seen.insert(call.hour.0);
        *calls += call.calls;
        if evidence.len() < REFS_MAX {
            evidence.push(refs.of(&call.first_ref));
        }
    }
    hours
        .into_iter()
        .filter(|(_, (seen, calls, _))| {
            seen.len() >= APPLICATION_HOURS_MIN && *calls >= APPLICATION_CALLS_MIN
        })
        .map(|(arn, (_, _, evidence))| application_role(arn, evidence))
        .collect()
}

fn application_role(arn: String, evidence: Vec<heptagon_model::EvidenceRef>) -> Role {
    Role {
        arn,
        purpose: Purpose::Application,
        networks: Vec::new(),
        regions: Vec::new(),
        actions: Vec::new(),
        known: Known::Inferred,
        evidence,
    }
}

/// The id of an ARN or of an id: what follows the last `/`.
fn last_segment(text: &str) -> String {
    text.rsplit('/').next().unwrap_or(text).to_owned()
}

/// Buckets named anywhere in a data source's configuration.
fn buckets(request: &Value) -> Vec<String> {
    let configuration = request.get("dataSourceConfiguration");
    let s3 = configuration.and_then(|part| part.get("s3Configuration"));
    s3.and_then(|part| part.get("bucketArn"))
        .and_then(Value::as_str)
        .map(|arn| arn.rsplit(":::").next().unwrap_or(arn).to_owned())
        .into_iter()
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event<'a>(name: &'a str, request: &'a str) -> Observation<'a> {
        Observation {
            account: "111122223333",
            region: "us-east-1",
            event_source: "bedrock.amazonaws.com",
            event_name: name,
            outcome: "success",
            request_parameters: Some(request),
            artifact: "00112233aabbccdd",
            record: 4,
            ..Observation::default()
        }
    }

    #[test]
    fn links_come_with_the_record_that_shows_them() {
        let mut inference = Inference::default();
        let refs = RefBook::default();
        let source = r#"{"knowledgeBaseId":"KB1","dataSourceId":"DS1","dataSourceConfiguration":
            {"type":"S3","s3Configuration":{"bucketArn":"arn:aws:s3:::articles"}}}"#;
        inference.observe(&event("UpdateDataSource", source), &refs);
        let group = r#"{"agentId":"A1","actionGroupExecutor":{"lambda":"arn:aws:lambda:f"}}"#;
        inference.observe(&event("CreateAgentActionGroup", group), &refs);
        let denied = Observation {
            outcome: "AccessDenied",
            ..event("GetGuardrail", r#"{"guardrailIdentifier":"no"}"#)
        };
        inference.observe(&denied, &refs);
        inference.observe(&event("GetGuardrail", "not json"), &refs);
        let workload = inference.finish(&Inputs::default(), &BTreeSet::new(), &refs);
        let links: Vec<(&str, &str, &str)> = workload
            .links
            .iter()
            .map(|link| (link.kind.as_str(), link.from.as_str(), link.to.as_str()))
            .collect();
        assert_eq!(
            links,
            [
                ("action-group", "A1", "arn:aws:lambda:f"),
                ("bucket", "KB1", "articles"),
                ("data-source", "KB1", "DS1"),
            ]
        );
        assert_eq!(workload.stores[0].id, "articles");
        assert_eq!(workload.links[0].evidence[0].record, 4);
        assert!(!workload.has_component("guardrail") && workload.has_component("knowledge-base"));
    }
}
