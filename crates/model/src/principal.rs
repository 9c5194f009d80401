//! Principals and actors: who, and the smallest identity an intruder can hold.

use serde::{Deserialize, Serialize};

/// What an actor is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ActorKind {
    /// The account's root user.
    Root,
    /// A long-term access key of an IAM user.
    AccessKey,
    /// An IAM user in the console, or with temporary credentials.
    User,
    /// A role session.
    Session,
    /// A role's credentials held by a compute service, split by network and client.
    ServiceCredential,
    /// Bedrock API key (bearer token).
    ApiKey,
    /// An AWS service acting by itself.
    AwsService,
    /// Another account, an anonymous or an unknown caller.
    Other,
}

/// The principal without its session: `arn:aws:sts::1:assumed-role/R/S` becomes
/// `arn:aws:iam::1:role/R`; everything else stays.
pub fn canonical_principal(arn: &str) -> String {
    let Some((head, tail)) = arn.split_once(":assumed-role/") else { return arn.to_owned() };
    let role = tail.split('/').next().unwrap_or(tail);
    format!("{}:role/{role}", head.replacen(":sts:", ":iam:", 1))
}

/// The key under which an actor's events are counted.
///
/// Long-term keys (`AKIA…`) are actors by themselves. Temporary credentials are grouped by their
/// session ARN, since keys of one session rotate; `network` splits service credentials so that an
/// application's role is not accused for its stolen session.
pub fn actor_key(access_key: Option<&str>, principal: &str, network: Option<&str>) -> String {
    match (access_key, network) {
        (Some(key), _) if key.starts_with("AKIA") => key.to_owned(),
        (_, Some(network)) => format!("{principal}@{network}"),
        _ => principal.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_belongs_to_its_role() {
        assert_eq!(
            canonical_principal("arn:aws:sts::111122223333:assumed-role/App/i-0abc"),
            "arn:aws:iam::111122223333:role/App"
        );
        assert_eq!(canonical_principal("arn:aws:iam::1:user/U"), "arn:aws:iam::1:user/U");
    }

    #[test]
    fn long_term_keys_are_actors_by_themselves() {
        assert_eq!(actor_key(Some("AKIA1"), "arn:u", Some("x")), "AKIA1");
        assert_eq!(actor_key(Some("ASIA1"), "arn:s", Some("outside")), "arn:s@outside");
        assert_eq!(actor_key(None, "arn:s", None), "arn:s");
    }
}
