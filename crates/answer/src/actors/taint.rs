//! Credentials that suspects make or obtain are suspect themselves.

use std::collections::{BTreeSet, HashMap};

use serde_json::Value;

use super::{Suspects, user_name};
use crate::input::{ActorRow, Observation};
use crate::text;
use crate::workload::Workload;

/// Follows credentials while observations pass in the order of time.
#[derive(Debug)]
pub(crate) struct Taint<'a> {
    actors: &'a [ActorRow],
    /// Positions of actors by access key, the actor itself being one or not.
    by_key: HashMap<&'a str, Vec<usize>>,
    /// Positions of the actors of a user, by its name.
    by_user: HashMap<String, Vec<usize>>,
}

impl<'a> Taint<'a> {
    pub(crate) fn new(actors: &'a [ActorRow]) -> Taint<'a> {
        let mut taint = Taint { actors, by_key: HashMap::new(), by_user: HashMap::new() };
        for (at, row) in actors.iter().enumerate() {
            let keys: BTreeSet<&str> =
                row.access_keys.iter().map(String::as_str).chain([row.actor.as_str()]).collect();
            for key in keys {
                taint.by_key.entry(key).or_default().push(at);
            }
            if let Some(user) = user_name(&row.principal) {
                taint.by_user.entry(user).or_default().push(at);
            }
        }
        taint
    }

    /// Takes in one observation; adds suspects that follow from it.
    pub(crate) fn observe(
        &mut self,
        event: &Observation<'_>,
        suspects: &mut Suspects,
        workload: &Workload,
    ) {
        let issues = match (event.event_source, event.event_name) {
            ("iam.amazonaws.com", "AttachUserPolicy") => {
                return self.quarantine(event, suspects);
            }
            ("iam.amazonaws.com", "CreateAccessKey" | "CreateUser" | "CreateLoginProfile")
            | (
                "sts.amazonaws.com",
                "AssumeRole" | "GetFederationToken" | "GetSessionToken" | "AssumeRoot",
            ) => event.succeeded(),
            _ => false,
        };
        if !issues {
            return;
        }
        let standing =
            suspects.standing(workload, event.actor, event.principal, event.source_ip, event.time);
        if !standing.is_suspect() {
            return;
        }
        let by = text::inert(event.actor);
        let request = json(event.request_parameters);
        let response = json(event.response_elements);
        let key = find(&response, "accessKeyId");
        let user = find(&request, "userName");
        let issued = key.as_deref().and_then(|key| self.by_key.get(key)).into_iter().flatten();
        let made = user
            .as_deref()
            .filter(|_| event.event_name != "CreateAccessKey")
            .and_then(|user| self.by_user.get(user))
            .into_iter()
            .flatten()
            .filter(|at| {
                let row = &self.actors[**at];
                row.account == event.account && row.first_time >= event.time
            });
        let held: BTreeSet<usize> = issued.chain(made).copied().collect();
        for at in held {
            let row = &self.actors[at];
            if row.actor != event.actor {
                let reason = format!("holds credentials that suspect {by} made or obtained");
                suspects.taint(&row.actor, event.time, reason);
            }
        }
    }

    /// AWS attaches a quarantine policy to the user whose key it found in public.
    fn quarantine(&self, event: &Observation<'_>, suspects: &mut Suspects) {
        let request = json(event.request_parameters);
        let policy = find(&request, "policyArn").unwrap_or_default();
        let Some(user) = find(&request, "userName") else { return };
        if !policy.contains("AWSCompromisedKeyQuarantine") {
            return;
        }
        for at in self.by_user.get(&user).into_iter().flatten() {
            let row = &self.actors[*at];
            if row.kind == "access-key"
                && row.account == event.account
                && row.first_time <= event.time
            {
                let reason = "AWS put its user under quarantine: its key was found in public";
                suspects.taint(&row.actor, event.time, reason.to_owned());
            }
        }
    }
}

fn json(text: Option<&str>) -> Value {
    text.and_then(|text| serde_json::from_str(text).ok()).unwrap_or(Value::Null)
}

/// The first string of this key, at the top or one or two levels below.
fn find(value: &Value, key: &str) -> Option<String> {
    fn look(value: &Value, key: &str, depth: u8) -> Option<String> {
        let object = value.as_object()?;
        if let Some(text) = object.get(key).and_then(Value::as_str) {
            return Some(text.to_owned());
        }
        if depth == 0 {
            return None;
        }
        object.values().find_map(|inner| look(inner, key, depth - 1))
    }
    look(value, key, 2)
}
