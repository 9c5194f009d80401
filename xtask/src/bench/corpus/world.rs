//! Who acts in the corpus, from where and with what.

use super::random::{BASE32, HEX, Random};

/// Accounts of the corpus.
pub(crate) const ACCOUNTS: [&str; 3] = ["111122223333", "444455556666", "777788889999"];
/// Regions of the corpus.
pub(crate) const REGIONS: [&str; 4] = ["us-east-1", "us-west-2", "eu-west-1", "ap-southeast-2"];

const USERS: u64 = 400;
const ADDRESSES: u64 = 3_000;
const KEYS: u64 = 5_000;
/// Sessions that make the changes few people make.
const ADMINISTRATORS: u64 = 8;

/// Form of an identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Role,
    User,
    Service,
    Root,
}

/// Who makes a call.
#[derive(Debug)]
pub(crate) struct Actor<'a> {
    pub(crate) kind: Kind,
    pub(crate) name: &'a str,
    pub(crate) session: &'a str,
    pub(crate) principal: &'a str,
    pub(crate) arn: String,
    pub(crate) key: &'a str,
    pub(crate) address: &'a str,
    pub(crate) agent: &'a str,
}

/// The names things go by; made once, drawn from for every record.
#[derive(Debug)]
pub(crate) struct World {
    users: Vec<String>,
    roles: Vec<String>,
    principals: Vec<String>,
    sessions: Vec<String>,
    addresses: Vec<String>,
    keys: Vec<String>,
    session_keys: Vec<String>,
    agents: Vec<String>,
    buckets: Vec<String>,
    ids: Vec<String>,
}

const SERVICES: [&str; 6] = [
    "s3.amazonaws.com",
    "lambda.amazonaws.com",
    "ec2.amazonaws.com",
    "bedrock.amazonaws.com",
    "config.amazonaws.com",
    "autoscaling.amazonaws.com",
];
const TEAMS: [&str; 10] =
    ["billing", "search", "support", "catalog", "orders", "media", "risk", "data", "chat", "ops"];
const JOBS: [&str; 8] =
    ["reader", "writer", "indexer", "deploy", "worker", "gateway", "audit", "batch"];
const MODELS: [&str; 6] = [
    "anthropic.claude-sonnet-4-20250514-v1:0",
    "us.anthropic.claude-haiku-4-5-20251001-v1:0",
    "amazon.nova-pro-v1:0",
    "amazon.titan-embed-text-v2:0",
    "meta.llama3-3-70b-instruct-v1:0",
    "cohere.rerank-v3-5:0",
];
const SENTENCES: [&str; 6] = [
    "requested by the owner of the service",
    "nightly job; see the runbook",
    "rolled out by the pipeline",
    "temporary, remove after the migration",
    "created from the template of the platform team",
    "kept for the auditors",
];

impl World {
    pub(crate) fn new(seed: u64) -> World {
        let mut random = Random::new(seed, u64::MAX);
        let mut many = |n: u64, make: &mut dyn FnMut(&mut Random, u64, &mut String)| {
            (0..n)
                .map(|index| {
                    let mut text = String::new();
                    make(&mut random, index, &mut text);
                    text
                })
                .collect::<Vec<_>>()
        };
        let key = |prefix: &'static str| {
            move |random: &mut Random, _: u64, text: &mut String| {
                text.push_str(prefix);
                random.text(BASE32, 16, text);
            }
        };
        let team = |index: u64| TEAMS[(index % 10) as usize];
        let job = |index: u64| JOBS[(index / 10 % 8) as usize];
        World {
            users: many(USERS, &mut |_, index, text| {
                text.push_str(&format!("{}.user{index:03}", team(index)));
            }),
            roles: many(200, &mut |_, index, text| {
                text.push_str(&format!("{}-{}-{index:03}", team(index), job(index)));
            }),
            principals: many(600, &mut key("AROA")),
            sessions: many(KEYS, &mut |random, index, text| {
                if index % 3 == 0 {
                    text.push_str("i-0");
                    random.text(HEX, 16, text);
                } else {
                    text.push_str(&format!("session-{index}"));
                }
            }),
            addresses: many(ADDRESSES, &mut |random, index, text| {
                let (a, b) = (random.below(256), random.below(254) + 1);
                let first = if index % 3 == 0 { "10.20" } else { "198.18" };
                text.push_str(&format!("{first}.{a}.{b}"));
            }),
            keys: many(1_000, &mut key("AKIA")),
            session_keys: many(KEYS - 1_000, &mut key("ASIA")),
            agents: many(120, &mut agent),
            buckets: many(400, &mut |_, index, text| {
                text.push_str(&format!("{}-{}-data-{index:03}", team(index), job(index)));
            }),
            ids: many(4_096, &mut |random, _, text| random.uuid(text)),
        }
    }

    /// Draws who acts: a minority does most of it, and a handful administers.
    pub(crate) fn actor(&self, random: &mut Random, account: &str, administers: bool) -> Actor<'_> {
        let kind = match random.below(1_000) {
            _ if administers => Kind::Role,
            0..=639 => Kind::Role,
            640..=909 => Kind::User,
            910..=998 => Kind::Service,
            _ => Kind::Root,
        };
        // A key belongs to one identity, and mostly comes from the same place with the same client.
        let key = match kind {
            Kind::Role if administers => random.below(ADMINISTRATORS),
            Kind::User => random.skewed(self.keys.len() as u64),
            _ => random.skewed(self.session_keys.len() as u64),
        } as usize;
        let user = &self.users[key % self.users.len()];
        let role = &self.roles[key % self.roles.len()];
        let moved = if random.permille(60) { random.below(ADDRESSES) as usize } else { key * 7 };
        let session = &self.sessions[key % self.sessions.len()];
        let (name, arn) = match kind {
            Kind::Role => {
                let arn = format!("arn:aws:sts::{account}:assumed-role/{role}/{session}");
                (role.as_str(), arn)
            }
            Kind::User => (user.as_str(), format!("arn:aws:iam::{account}:user/{user}")),
            Kind::Service => (SERVICES[key % SERVICES.len()], String::new()),
            Kind::Root => ("root", format!("arn:aws:iam::{account}:root")),
        };
        Actor {
            kind,
            name,
            session,
            principal: &self.principals[key % self.principals.len()],
            arn,
            key: if kind == Kind::User { &self.keys[key] } else { &self.session_keys[key] },
            address: match kind {
                Kind::Service => name,
                _ => &self.addresses[moved % self.addresses.len()],
            },
            agent: match kind {
                Kind::Service => name,
                _ => &self.agents[key % self.agents.len()],
            },
        }
    }

    pub(crate) fn role(&self, n: u64) -> &str {
        &self.roles[n as usize % self.roles.len()]
    }

    pub(crate) fn bucket(&self, n: u64) -> &str {
        &self.buckets[n as usize % self.buckets.len()]
    }

    pub(crate) fn id(&self, n: u64) -> &str {
        &self.ids[n as usize % self.ids.len()]
    }
}

/// The id of a model.
pub(crate) fn model(random: &mut Random) -> &'static str {
    random.pick(&MODELS)
}

/// A description as people write them.
pub(crate) fn sentence(random: &mut Random) -> &'static str {
    random.pick(&SENTENCES)
}

/// An object's key.
pub(crate) fn object_key(random: &mut Random) -> String {
    let (a, b) = (random.below(30), random.below(1 << 20));
    format!("{}/2026/10/{a:02}/part-{b:06}.json", random.pick(&TEAMS))
}

fn agent(random: &mut Random, index: u64, text: &mut String) {
    let (minor, patch) = (random.below(30), random.below(20));
    text.push_str(&match index % 4 {
        0 => format!(
            "aws-cli/2.{minor}.{patch} md/awscrt#0.23.8 ua/2.0 os/linux#6.1.0 md/arch#x86_64 lang/python#3.12.6"
        ),
        1 => format!("Boto3/1.35.{patch} md/Botocore#1.35.{minor} ua/2.0 os/linux#5.15.0 lang/python#3.11.9"),
        2 => format!("aws-sdk-java/2.{minor}.{patch} Linux/5.10.226 OpenJDK_64-Bit_Server_VM/17.0.12 Java/17"),
        _ => format!("APN/1.0 HashiCorp/1.0 Terraform/1.{minor}.{patch} aws-sdk-go-v2/1.30.{patch} ua/2.1 os/linux"),
    });
}
