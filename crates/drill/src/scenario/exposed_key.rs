//! A long-term key in a public repository, and what becomes of it within a day and a half.
//!
//! Enumeration, access to models that the application never used, the guardrail deleted,
//! invocation logging deleted, a document of the knowledge base replaced, inference for
//! strangers, an administrator of the intruder's own, mail through the application's role; and a
//! responder who disables the first key but not the second.

mod abuse;
mod recon;
mod takeover;
mod words;

use super::{Plot, Story};
use crate::clock::{DAY, HOUR};
use crate::identity::{Caller, User};
use crate::place::Account;
use crate::rng::Rng;
use crate::truth::{Intruders, LookAlike};
use crate::world::{Conditions, World, autoscaling};

/// Where the intruder comes from first.
const FIRST_IP: &str = "203.0.113.47";
/// Where the key's buyers come from.
const SECOND_IP: &str = "2001:db8:5e1f:40::1c";
const FIRST_AGENT: &str = "aws-cli/2.17.32 md/awscrt#0.21.2 ua/2.0 os/linux#6.8.11-amd64 md/arch#x86_64 lang/python#3.11.9 md/pyimpl#CPython cfg/retry-mode#standard md/installer#source md/prompt#off";
const SECOND_AGENT: &str = "Boto3/1.34.131 md/Botocore#1.34.131 ua/2.0 os/windows#10 md/arch#amd64 lang/python#3.11.4 md/pyimpl#CPython cfg/retry-mode#legacy Botocore/1.34.131";
/// The user that the intruder makes.
const BACKDOOR: &str = "svc-backup-sync";
/// The session name under which the application's role is taken.
const STOLEN_SESSION: &str = "mailer-7f2a";

/// The hours of the story.
#[derive(Debug, Clone, Copy)]
struct Hours {
    begin: i64,
    guardrail_deleted: i64,
    logging_deleted: i64,
    poisoned: i64,
    backdoor: i64,
    role_taken: i64,
    quarantined: i64,
    logging_restored: i64,
    guardrail_restored: i64,
    last: i64,
}

impl Hours {
    fn new(world: &World) -> Hours {
        let mut rng = Rng::derive(world.seed, "exposed-key hours", &[]);
        let day = world.to - 2 * DAY;
        let begin = day + 13 * HOUR + 2_400 + rng.between(0, 3_000);
        let next = day + DAY;
        let logging_deleted = begin + 100 * 60 + rng.between(0, 600);
        Hours {
            begin,
            guardrail_deleted: begin + 70 * 60 + rng.between(0, 400),
            logging_deleted,
            poisoned: logging_deleted + 1_020,
            backdoor: begin + 165 * 60 + rng.between(0, 600),
            role_taken: begin + 4 * HOUR + rng.between(0, 1_500),
            quarantined: next + 11 * HOUR + rng.between(0, 1_800),
            logging_restored: next + 14 * HOUR + rng.between(0, 1_800),
            guardrail_restored: next + 14 * HOUR + 2_700 + rng.between(0, 600),
            last: world.to - 41 * 60 - rng.between(0, 600),
        }
    }
}

/// The intruder's identities.
struct Hands {
    /// The exposed key, from the first address.
    first: Caller,
    /// The exposed key, from its buyers' address.
    second: Caller,
    /// The intruder's own user.
    backdoor: User,
    /// The application's role, taken.
    stolen: Caller,
}

impl Hands {
    fn new(world: &World, hours: &Hours) -> Hands {
        let key = world.cast.legacy.caller();
        Hands {
            first: key.clone().from(FIRST_IP, FIRST_AGENT),
            second: key.from(SECOND_IP, SECOND_AGENT),
            backdoor: User::new(world.seed, Account::Application, BACKDOOR),
            stolen: world
                .cast
                .app
                .session(STOLEN_SESSION, hours.role_taken)
                .from(FIRST_IP, FIRST_AGENT),
        }
    }

    fn backdoor(&self) -> Caller {
        self.backdoor.caller().from(SECOND_IP, SECOND_AGENT)
    }
}

/// Tells the story.
pub(super) fn plot(world: &World) -> Plot {
    let hours = Hours::new(world);
    let hands = Hands::new(world, &hours);
    let conditions = Conditions {
        logging_off: Some((hours.logging_deleted, hours.logging_restored)),
        guardrail_off: Some((hours.guardrail_deleted, hours.guardrail_restored)),
        poisoned: Some((hours.poisoned + 120, takeover::POISONED)),
    };
    let mut changed = world.clone();
    changed.conditions = conditions.clone();
    let mut story = Story::new(&changed, "exposed-key");
    recon::tell(&mut story, &hands, &hours);
    abuse::tell(&mut story, &hands, &hours);
    takeover::tell(&mut story, &hands, &hours);
    let Story { book, steps, .. } = story;
    let stolen_key = world.cast.app.session_key(STOLEN_SESSION, hours.role_taken);
    let intruders = Intruders {
        principals: vec![world.cast.legacy.arn.clone(), hands.backdoor.arn.clone()],
        access_keys: vec![world.cast.legacy.key.clone(), hands.backdoor.key.clone(), stolen_key],
        source_ips: vec![FIRST_IP.to_owned(), SECOND_IP.to_owned()],
        user_agents: vec![FIRST_AGENT.to_owned(), SECOND_AGENT.to_owned()],
        actors: vec![
            world.cast.legacy.key.clone(),
            hands.backdoor.key.clone(),
            world.cast.app.session_arn(STOLEN_SESSION),
        ],
    };
    Plot {
        conditions,
        entries: book.into_entries(),
        steps,
        intruders,
        look_alikes: look_alikes(world),
    }
}

fn look_alikes(world: &World) -> Vec<LookAlike> {
    let cast = &world.cast;
    let scaling = autoscaling(world.seed);
    let alike = |principal: &str, what: &str| LookAlike {
        principal: principal.to_owned(),
        what: what.to_owned(),
    };
    vec![
        alike(&cast.people[0].role.arn, "changes the guardrail on the second day, as announced"),
        alike(&cast.responder.role.arn, "restores logging and guardrail, disables the first key"),
        alike(&cast.stacks.arn, "applies invocation logging again, unchanged; deploys functions"),
        alike(&cast.pipeline.arn, "uploads articles and starts ingestion every night"),
        alike(&cast.notifications.arn, "sends the customers' mail"),
        alike(&cast.audited.arn, "reads trails, selectors and the logging configuration"),
        alike(&cast.app.arn, "invokes models all day; one of its sessions is the intruder's"),
        alike(&cast.legacy.arn, "uploads artifacts every night from the build server"),
        alike(&scaling.arn, "starts and terminates instances with the load"),
    ]
}
