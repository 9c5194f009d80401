//! Scenarios to evidence with ground truth.
//!
//! Job: make an incident inside a busy, benign world, as the logs that AWS would have written of
//! it, and say what is true about it; and hold answers against that truth. Place in the flow:
//! before everything, and after the answers. Invariants: the same options give the same bytes,
//! whatever the machine or the number of threads; memory is bounded by a stretch of time, not by
//! the exercise; nothing here knows a detection rule, nor the other way round.

mod book;
mod clock;
mod cloudtrail;
mod gap;
mod identity;
mod invocation;
mod json;
mod output;
mod place;
mod rng;
mod scenario;
mod score;
mod text;
mod truth;
mod workload;
mod world;

use std::collections::{BTreeMap, BTreeSet};
use std::{io, thread};

use serde::{Deserialize, Serialize};

pub use gap::{Gap, GapSource};
pub use output::{Folder, Memory, Output};
pub use scenario::Scenario;
pub use score::{ElementScore, Score, WrongVerdict, score, score_verdicts};
pub use truth::{Benign, Intruders, LookAlike, StoryRef, StoryStep, Truth, Window};

use book::{Book, File};
use rng::Rng;
use scenario::Plot;
use world::World;

/// What to make.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Options {
    /// Which incident.
    pub scenario: Scenario,
    /// Another seed, another exercise.
    pub seed: u64,
    /// How many days of evidence.
    pub days: u32,
    /// About how many records.
    pub events: u64,
    /// What is withheld.
    pub gaps: Vec<Gap>,
}

impl Options {
    /// An exercise of the usual size.
    pub fn new(scenario: Scenario, seed: u64) -> Options {
        Options { scenario, seed, days: 4, events: 20_000, gaps: Vec::new() }
    }
}

/// Why an exercise could not be made.
#[derive(Debug, thiserror::Error)]
pub enum DrillError {
    /// The story does not fit.
    #[error("scenario {scenario} needs at least {min} days")]
    TooShort {
        /// The scenario's name.
        scenario: &'static str,
        /// The fewest days.
        min: u32,
    },
    /// A file could not be written.
    #[error("cannot write {path}")]
    Write {
        /// The file.
        path: String,
        /// Why.
        #[source]
        source: io::Error,
    },
}

/// Makes an exercise: `evidence/...`, `workload.toml` and `truth.json`, and returns the truth.
pub fn generate(options: &Options, output: &mut dyn Output) -> Result<Truth, DrillError> {
    let min = options.scenario.days_min();
    if options.days < min {
        return Err(DrillError::TooShort { scenario: options.scenario.name(), min });
    }
    let mut world = World::new(options.seed, options.days, options.events);
    let plot = options.scenario.plot(&world);
    world.conditions = plot.conditions.clone();

    let mut refs: Vec<Vec<StoryRef>> = vec![Vec::new(); plot.steps.len()];
    let mut records: BTreeMap<String, u64> = BTreeMap::new();
    let mut principals = BTreeSet::new();
    let workers = thread::available_parallelism().map_or(1, usize::from).min(16);
    for stretches in world.stretches().chunks(workers) {
        for (files, acting) in together(stretches, &world, &plot, &options.gaps) {
            principals.extend(acting);
            for file in files {
                for (step, record) in &file.steps {
                    refs[*step].push(StoryRef { uri: file.path.clone(), record: *record });
                }
                if file.records > 0 {
                    *records.entry(file.log.to_owned()).or_default() += file.records;
                }
                write(output, &format!("evidence/{}", file.path), &file.content)?;
            }
        }
    }
    write(output, "workload.toml", workload::declare(&world).as_bytes())?;
    let guilty = |principal: &String| plot.intruders.principals.contains(principal);
    let benign = principals.into_iter().filter(|principal| !guilty(principal)).collect();
    let truth = truth::weigh(options, &world, plot, &refs, records, benign);
    write(output, "truth.json", truth.to_json().as_bytes())?;
    Ok(truth)
}

type Stretch = (Vec<File>, BTreeSet<String>);

/// Makes stretches side by side; the result does not depend on how many.
fn together(stretches: &[(i64, i64)], world: &World, plot: &Plot, gaps: &[Gap]) -> Vec<Stretch> {
    thread::scope(|scope| {
        let make = |(from, to)| move || stretch(from, to, world, plot, gaps);
        let running: Vec<_> = stretches.iter().map(|range| scope.spawn(make(*range))).collect();
        running
            .into_iter()
            .map(|thread| thread.join().expect("a stretch is made without panicking"))
            .collect()
    })
}

fn stretch(from: i64, to: i64, world: &World, plot: &Plot, gaps: &[Gap]) -> Stretch {
    let mut book = Book::new(Rng::derive(world.seed, "book", &[from]), from, to);
    world.fill(&mut book);
    let acting = book.principals();
    book.add(&plot.entries);
    book.rng = Rng::derive(world.seed, "files", &[from]);
    (book.files(gaps, world.to), acting)
}

fn write(output: &mut dyn Output, path: &str, content: &[u8]) -> Result<(), DrillError> {
    output.file(path, content).map_err(|source| DrillError::Write { path: path.to_owned(), source })
}
