//! The order in which actors are looked at, and what to lock first.

use std::collections::BTreeMap;

use heptagon_model::{Level, Timestamp};

use super::{Actor, Containment, Suspects};
use crate::input::{ActorRow, Inputs, Origin};
use crate::text;
use crate::workload::{Purpose, Workload};

/// Points per different rule. Levels are apart by more than a handful of rules of the one below.
fn points(level: Level) -> u32 {
    match level {
        Level::Critical => 100,
        Level::High => 50,
        Level::Medium => 12,
        Level::Low => 2,
        Level::Informational => 0,
    }
}

/// For credentials made or obtained by a suspect, or quarantined by AWS.
const TAINTED: u32 = 90;
/// For a change of network after a history elsewhere.
const NEW_NETWORK: u32 = 25;
/// For acting outside the declared networks.
const OUTSIDE: u32 = 30;
/// For many refused calls.
const REFUSED: u32 = 15;
/// So many refusals, and so large a part of all calls, are more than misconfiguration.
const REFUSED_MIN: u64 = 5;

/// All actors, the most suspicious first.
pub(crate) fn rank(inputs: &Inputs, suspects: &Suspects, workload: &Workload) -> Vec<Actor> {
    let mut findings: BTreeMap<&str, Vec<&crate::input::FindingRow>> = BTreeMap::new();
    for row in &inputs.findings {
        for actor in row.actors.keys() {
            findings.entry(actor).or_default().push(row);
        }
    }
    let mut origins: BTreeMap<&str, Vec<&Origin>> = BTreeMap::new();
    for origin in &inputs.origins {
        origins.entry(&origin.actor).or_default().push(origin);
    }
    let mut actors: Vec<Actor> = inputs
        .actors
        .iter()
        .map(|row| {
            let of = findings.get(row.actor.as_str()).map_or(&[][..], Vec::as_slice);
            let from = origins.get(row.actor.as_str()).map_or(&[][..], Vec::as_slice);
            judge(row, of, from, suspects, workload)
        })
        .collect();
    actors.sort_by(|a, b| {
        b.suspicion
            .cmp(&a.suspicion)
            .then_with(|| (&a.account, &a.actor).cmp(&(&b.account, &b.actor)))
    });
    actors
}

fn judge(
    row: &ActorRow,
    findings: &[&crate::input::FindingRow],
    origins: &[&Origin],
    suspects: &Suspects,
    workload: &Workload,
) -> Actor {
    let case = suspects.cases.get(&row.actor).cloned().unwrap_or_default();
    let mut score = 0u32;
    let mut reasons = Vec::new();
    let mut rules: BTreeMap<&str, (Level, &str)> = BTreeMap::new();
    for finding in findings {
        rules.insert(&finding.finding.rule_id, (finding.finding.level, &finding.finding.title));
    }
    let mut by_level: BTreeMap<Level, Vec<&str>> = BTreeMap::new();
    for (level, title) in rules.values() {
        score += points(*level);
        by_level.entry(*level).or_default().push(title);
    }
    for (level, titles) in by_level.iter().rev().filter(|(level, _)| **level >= Level::Medium) {
        reasons.push(format!("{}: {}", level.name(), text::some(titles, 4)));
    }
    for reason in &case.tainted {
        score += TAINTED;
        reasons.push(reason.clone());
    }
    let role = workload.role(&row.principal);
    if case.outside
        || role.is_some_and(|role| {
            origins.iter().any(|origin| !role.fits(Some(&origin.source_ip), None))
        })
    {
        score += OUTSIDE;
        reasons.push("acts from outside the networks declared for it".to_owned());
    } else if let Some(address) = changed_network(origins) {
        score += NEW_NETWORK;
        reasons.push(format!("came from {} after a history elsewhere", text::inert(address)));
    }
    if row.denied >= REFUSED_MIN && row.denied * 5 >= row.events {
        score += REFUSED;
        reasons.push(format!("{} of {} calls were refused", row.denied, row.events));
    }
    if let Some(excuse) = &case.excused
        && !case.suspect()
    {
        score = 0;
        reasons.insert(0, format!("not accused: {excuse}"));
    } else if row.kind == "aws-service" {
        score = 0;
    } else if !case.suspect()
        && role
            .is_some_and(|role| role.purpose == Purpose::Application || !role.networks.is_empty())
    {
        // Where it belongs: what it was made to do is judged by the questions, not held against it.
        score /= 4;
    }
    let mut findings: Vec<String> =
        findings.iter().map(|row| row.finding.finding_id.clone()).collect();
    findings.sort();
    findings.dedup();
    Actor {
        actor: row.actor.clone(),
        kind: row.kind.clone(),
        account: row.account.clone(),
        principal: row.principal.clone(),
        access_keys: row.access_keys.clone(),
        sessions: row.access_keys.iter().filter(|key| key.starts_with("ASIA")).count() as u64,
        source_ips: row.source_ips.clone(),
        user_agents: row.user_agents.clone(),
        regions: row.regions.clone(),
        first_time: row.first_time,
        last_time: row.last_time,
        events: row.events,
        writes: row.writes,
        denied: row.denied,
        findings,
        suspicion: score,
        suspect: case.suspect(),
        reasons,
    }
}

/// An address in another /16 (or /48), used only after at least a day elsewhere.
fn changed_network<'a>(origins: &[&'a Origin]) -> Option<&'a str> {
    let first = origins.iter().map(|origin| origin.first_time).min()?;
    let early: Vec<&str> = origins
        .iter()
        .filter(|origin| origin.first_time.0 < first.0 + Timestamp::DAY_US)
        .map(|origin| block(&origin.source_ip))
        .collect();
    origins
        .iter()
        .filter(|origin| {
            origin.first_time.0 >= first.0 + Timestamp::DAY_US
                && !crate::network::by_aws(&origin.source_ip)
                && !early.contains(&block(&origin.source_ip))
        })
        .map(|origin| origin.source_ip.as_str())
        .min()
}

fn block(address: &str) -> &str {
    let (separator, parts) = if address.contains(':') { (':', 3) } else { ('.', 2) };
    let mut ends = address.match_indices(separator).map(|(at, _)| at);
    ends.nth(parts - 1).map_or(address, |end| &address[..end])
}

/// Keys and sessions of suspects, to be locked in the order of suspicion.
pub(crate) fn containment(actors: &[Actor]) -> Vec<Containment> {
    let mut hints = Vec::new();
    for actor in actors.iter().filter(|actor| actor.suspect) {
        let why = actor.reasons.first().cloned().unwrap_or_default();
        let name = actor.principal.rsplit('/').next().unwrap_or_default();
        let mut add = |kind: &str, id: &str, command: String| {
            hints.push(Containment {
                kind: kind.to_owned(),
                id: id.to_owned(),
                account: actor.account.clone(),
                command,
                why: why.clone(),
            });
        };
        let long_term: Vec<&String> =
            actor.access_keys.iter().filter(|key| key.starts_with("AKIA")).collect();
        for key in &long_term {
            add(
                "access-key",
                key,
                format!(
                    "aws iam update-access-key --user-name {} --access-key-id {} --status Inactive",
                    quote(name),
                    quote(key)
                ),
            );
        }
        if !long_term.is_empty() {
            continue;
        }
        match actor.kind.as_str() {
            "session" | "service-credential" => {
                let role = heptagon_model::canonical_principal(&actor.principal);
                let role = role.rsplit('/').next().unwrap_or_default().to_owned();
                add(
                    "session",
                    &actor.actor,
                    format!(
                        "aws iam put-role-policy --role-name {} --policy-name heptagon-deny-older-sessions --policy-document '{{\"Version\":\"2012-10-17\",\"Statement\":[{{\"Effect\":\"Deny\",\"Action\":\"*\",\"Resource\":\"*\",\"Condition\":{{\"DateLessThan\":{{\"aws:TokenIssueTime\":\"'\"$(date -u +%FT%TZ)\"'\"}}}}}}]}}'",
                        quote(&role)
                    ),
                );
            }
            "root" => add("root", &actor.principal, "aws iam get-account-summary".to_owned()),
            "api-key" => add(
                "api-key",
                &actor.principal,
                format!("aws iam list-service-specific-credentials --user-name {}", quote(name)),
            ),
            _ => add(
                "user",
                &actor.principal,
                format!("aws iam delete-login-profile --user-name {}", quote(name)),
            ),
        }
    }
    hints
}

/// A word for a POSIX shell: names come from records.
pub(crate) fn quote(word: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-_./:=@+,".contains(&b);
    if !word.is_empty() && word.bytes().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", text::inert(word).replace('\'', "'\\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_from_records_stay_words_in_a_shell() {
        assert_eq!(quote("ci-deploy"), "ci-deploy");
        assert_eq!(quote("a;rm -rf 'x'"), "'a;rm -rf '\\''x'\\'''");
        assert_eq!(quote(""), "''");
    }

    #[test]
    fn networks_are_compared_by_block() {
        assert_eq!((block("192.0.2.9"), block("2001:db8:1:2::3")), ("192.0", "2001:db8:1"));
        assert_eq!(block("odd"), "odd");
    }
}
