//! Scenarios: what intruders do in the world, and what is true about it.

mod exposed_key;

use serde::{Deserialize, Serialize};

use crate::book::{Book, Entry};
use crate::rng::Rng;
use crate::truth::{Intruders, LookAlike};
use crate::world::{Conditions, World};

/// The incidents that can be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scenario {
    /// A key exposed in a public repository; the methodology's own example in full.
    ExposedKey,
}

impl Scenario {
    /// All scenarios.
    pub const ALL: [Scenario; 1] = [Scenario::ExposedKey];

    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Scenario::ExposedKey => "exposed-key",
        }
    }

    /// One line about it.
    pub fn title(self) -> &'static str {
        match self {
            Scenario::ExposedKey => "An access key exposed in a public repository",
        }
    }

    /// Whether something happens at all.
    pub fn incident(self) -> bool {
        match self {
            Scenario::ExposedKey => true,
        }
    }

    /// The scenario of a name.
    pub fn from_name(name: &str) -> Option<Scenario> {
        Scenario::ALL.into_iter().find(|scenario| scenario.name() == name)
    }

    /// The fewest days the story needs.
    pub(crate) fn days_min(self) -> u32 {
        match self {
            Scenario::ExposedKey => 3,
        }
    }

    /// Tells the story.
    pub(crate) fn plot(self, world: &World) -> Plot {
        match self {
            Scenario::ExposedKey => exposed_key::plot(world),
        }
    }
}

/// A story, told.
#[derive(Debug)]
pub(crate) struct Plot {
    /// What it does to the world.
    pub(crate) conditions: Conditions,
    /// Its records, in order of time.
    pub(crate) entries: Vec<Entry>,
    pub(crate) steps: Vec<Step>,
    pub(crate) intruders: Intruders,
    pub(crate) look_alikes: Vec<LookAlike>,
}

/// A step of the story.
#[derive(Debug, Clone)]
pub(crate) struct Step {
    pub(crate) secs: i64,
    pub(crate) what: String,
    /// The questions that its records answer with yes.
    pub(crate) proves: &'static [&'static str],
}

/// A story while it is told.
pub(crate) struct Story<'w> {
    pub(crate) world: &'w World,
    pub(crate) book: Book,
    pub(crate) steps: Vec<Step>,
}

impl<'w> Story<'w> {
    /// Begins a story; `label` keeps its chance apart from other stories'.
    pub(crate) fn new(world: &'w World, label: &str) -> Story<'w> {
        let rng = Rng::derive(world.seed, label, &[]);
        Story { world, book: Book::new(rng, world.from, world.to), steps: Vec::new() }
    }

    /// What is recorded from here on belongs to this step.
    pub(crate) fn step(
        &mut self,
        secs: i64,
        what: impl Into<String>,
        proves: &'static [&'static str],
    ) {
        self.book.step = Some(self.steps.len());
        self.steps.push(Step { secs, what: what.into(), proves });
    }

    /// What is recorded from here on is nobody's misdeed.
    pub(crate) fn aside(&mut self) {
        self.book.step = None;
    }
}
