//! The benign world: an organisation at work around its Gen-AI application.
//!
//! A world is a pure function of the seed: each module writes the records of any stretch of time
//! without knowing what came before, so that stretches can be made in parallel and in any order.

mod agents;
mod assistant;
mod audit;
mod cast;
mod content;
mod delivery;
mod desk;
mod fleet;
mod mail;
mod people;
mod services;
mod shared;

pub(crate) use cast::Cast;
pub(crate) use content::{get_ingestion, ingest, put_object, start_ingestion};
pub(crate) use delivery::put_logging;
pub(crate) use fleet::autoscaling;
pub(crate) use mail::send_email;
pub(crate) use people::guardrail_change;
pub(crate) use people::sign_in;
pub(crate) use shared::CRM_SECRET;

use crate::book::Book;
use crate::clock::{DAY, HOUR, weekday};
use crate::place::Region;
use crate::rng::Rng;

/// The bucket that the organisation's logs are delivered to.
pub(crate) const LOG_BUCKET: &str = "fernhill-org-logs-444455556666";
/// The application's bucket of attachments and web assets.
pub(crate) const APP_BUCKET: &str = "fernhill-support-attachments";
/// Build artifacts.
pub(crate) const ARTIFACT_BUCKET: &str = "fernhill-build-artifacts";
/// Private: invoices and payment records.
pub(crate) const PRIVATE_BUCKET: &str = "fernhill-billing-records";
/// The agent that handles returns.
pub(crate) const AGENT_ID: &str = "AGRETURN01";
/// Its alias in production.
pub(crate) const AGENT_ALIAS: &str = "PRODALIAS1";
/// The address that the application's mail comes from.
pub(crate) const SENDER: &str = "orders@fernhill-outdoor.example";
/// The application's model.
pub(crate) const MODEL: &str = "us.anthropic.claude-sonnet-4-6";
/// The model behind short tasks.
pub(crate) const SMALL_MODEL: &str = "amazon.nova-lite-v1:0";
/// The model that summarises tickets.
pub(crate) const SUMMARY_MODEL: &str = "us.anthropic.claude-haiku-4-5-20251001-v1:0";

/// A knowledge base, its data source and the bucket behind it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct KnowledgeBase {
    pub(crate) id: &'static str,
    pub(crate) data_source: &'static str,
    pub(crate) bucket: &'static str,
}

impl KnowledgeBase {
    /// The knowledge base of a region's assistant.
    pub(crate) fn of(region: Region) -> KnowledgeBase {
        match region {
            Region::East => KnowledgeBase {
                id: "KBFHSUPP01",
                data_source: "DSFHARTC01",
                bucket: "fernhill-support-kb",
            },
            Region::West => KnowledgeBase {
                id: "KBFHCANA02",
                data_source: "DSFHARTC02",
                bucket: "fernhill-support-kb-west",
            },
        }
    }
}

/// A guardrail as it stands at some moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Guard {
    /// In force, with its id and version.
    On(String, &'static str),
    /// Deleted, and the application still asks for it: its calls fail.
    Broken(String),
    /// Deleted, and the application does without.
    Off,
}

/// What a scenario does to the world around it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Conditions {
    /// When invocation logging is off in us-east-1 of the application's account.
    pub(crate) logging_off: Option<(i64, i64)>,
    /// When the application's guardrail in us-east-1 is gone, and when a new one replaces it.
    pub(crate) guardrail_off: Option<(i64, i64)>,
    /// Since when articles of the knowledge base in us-east-1 are others: key and text.
    pub(crate) poisoned: Option<(i64, &'static [(&'static str, &'static str)])>,
}

/// Writes one side of the world into a stretch.
type Part = fn(&World, &mut Book);

/// The organisation, and the stretch of time that evidence is made of.
#[derive(Debug, Clone)]
pub(crate) struct World {
    pub(crate) seed: u64,
    pub(crate) from: i64,
    pub(crate) to: i64,
    /// How busy it is, in thousandths of the usual.
    pub(crate) scale: u64,
    pub(crate) cast: Cast,
    pub(crate) conditions: Conditions,
}

/// Records a day at a scale of one.
const RECORDS_PER_DAY: u64 = 6_200;
/// Records that come whatever the scale: schedules and heartbeats.
const FIXED_PER_DAY: u64 = 770;

impl World {
    /// A world of about this many records over as many days.
    pub(crate) fn new(seed: u64, days: u32, events: u64) -> World {
        let days = u64::from(days.max(1));
        // 5 to 24 October 2026: a seed also moves the calendar.
        let start = 1_791_158_400 + (seed % 20) as i64 * DAY;
        let varying = (events / days).saturating_sub(FIXED_PER_DAY).max(200);
        World {
            seed,
            from: start,
            to: start + days as i64 * DAY,
            scale: varying * 1000 / (RECORDS_PER_DAY - FIXED_PER_DAY),
            cast: Cast::new(seed),
            conditions: Conditions::default(),
        }
    }

    /// The stretches that the world is made in: short enough for one to fit in memory.
    pub(crate) fn stretches(&self) -> Vec<(i64, i64)> {
        let per_hour = self.scale * RECORDS_PER_DAY / 24_000;
        let step = [HOUR, 900, 300, 60, 15]
            .into_iter()
            .find(|step| per_hour * *step as u64 / HOUR as u64 <= 20_000)
            .unwrap_or(15);
        (self.from..self.to).step_by(step as usize).map(|from| (from, from + step)).collect()
    }

    /// Writes what happens in the book's stretch.
    pub(crate) fn fill(&self, book: &mut Book) {
        let parts: [(&str, Part); 11] = [
            ("assistant", assistant::fill),
            ("desk", desk::fill),
            ("agents", agents::fill),
            ("content", content::fill),
            ("mail", mail::fill),
            ("services", services::fill),
            ("fleet", fleet::fill),
            ("people", people::fill),
            ("delivery", delivery::fill),
            ("audit", audit::fill),
            ("shared", shared::fill),
        ];
        for (label, part) in parts {
            book.rng = Rng::derive(self.seed, label, &[book.from]);
            part(self, book);
        }
    }

    /// How many things that come `per_hour` (in thousandths) come in the book's stretch.
    pub(crate) fn many(&self, book: &mut Book, per_hour: u64) -> u64 {
        let stretch = (book.to - book.from).unsigned_abs();
        book.rng.around(per_hour * self.scale / 1000 * stretch / HOUR.unsigned_abs())
    }

    /// The same for what follows the customers' day and week.
    pub(crate) fn busy(&self, book: &mut Book, per_hour: u64) -> u64 {
        self.many(book, per_hour * rhythm(book.from) / 1000)
    }

    /// When the session that is current at `secs` began, sessions lasting `hours`.
    pub(crate) fn started(&self, name: &str, secs: i64, hours: i64) -> i64 {
        let phase = Rng::derive(self.seed, name, &[]).between(0, hours * HOUR - 1);
        (secs - phase).div_euclid(hours * HOUR) * hours * HOUR + phase
    }

    /// Whether the invocation log of the application's account gets what is invoked now.
    pub(crate) fn logging(&self, region: Region, secs: i64) -> bool {
        region != Region::East || !within(self.conditions.logging_off, secs)
    }

    /// What the knowledge base of a region now holds under a key, when it is not the article.
    pub(crate) fn planted(&self, region: Region, secs: i64, key: &str) -> Option<&'static str> {
        let (since, articles) = self.conditions.poisoned?;
        let planted = articles.iter().find(|(planted, _)| *planted == key);
        planted.filter(|_| region == Region::East && secs >= since).map(|(_, text)| *text)
    }

    /// The guardrail as the application meets it now.
    pub(crate) fn guard(&self, region: Region, secs: i64) -> Guard {
        let id = guardrail_id(region).to_owned();
        match self.conditions.guardrail_off {
            Some((from, to)) if region == Region::East && secs >= from => {
                if secs >= to {
                    Guard::On(NEW_GUARDRAIL.to_owned(), "1")
                } else if secs < from + 720 {
                    Guard::Broken(id)
                } else {
                    Guard::Off
                }
            }
            // The new version is deployed two hours after the announced change.
            _ if secs < guardrail_change(self).0 + 2 * HOUR => Guard::On(id, "3"),
            _ => Guard::On(id, "4"),
        }
    }
}

/// The guardrail that replaces the deleted one.
pub(crate) const NEW_GUARDRAIL: &str = "x7p2v9ktq41m";

/// The application's guardrail of a region.
pub(crate) fn guardrail_id(region: Region) -> &'static str {
    match region {
        Region::East => "q4fh8zt1nw6d",
        Region::West => "b9kd3m7yr2sa",
    }
}

fn within(interval: Option<(i64, i64)>, secs: i64) -> bool {
    interval.is_some_and(|(from, to)| (from..to).contains(&secs))
}

/// How busy customers are, in thousandths of the mean of a weekday.
fn rhythm(secs: i64) -> u64 {
    const HOURS: [u64; 24] = [
        1450, 1250, 1000, 760, 520, 340, 240, 190, 180, 220, 330, 520, 820, 1150, 1420, 1600, 1680,
        1700, 1650, 1640, 1650, 1620, 1560, 1510,
    ];
    let hour = secs.rem_euclid(DAY) / HOUR;
    let weekend = weekday(secs) >= 5;
    HOURS[hour as usize] * if weekend { 700 } else { 1000 } / 1000
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_begins_before_it_is_used() {
        let world = World::new(1, 4, 20_000);
        for secs in [world.from, world.from + 5 * HOUR + 7, world.to - 1] {
            let started = world.started("role", secs, 6);
            assert!(started <= secs && secs < started + 6 * HOUR);
        }
    }

    #[test]
    fn stretches_cover_the_window_without_holes() {
        let world = World::new(3, 5, 90_000_000);
        let stretches = world.stretches();
        assert_eq!(stretches[0].0, world.from);
        assert_eq!(stretches[stretches.len() - 1].1, world.to);
        assert!(stretches.windows(2).all(|pair| pair[0].1 == pair[1].0));
    }
}
