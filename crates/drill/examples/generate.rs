//! Makes an exercise, or the committed example anew.
//!
//! `generate DIR SEED DAYS EVENTS [GAP...]` writes an exercise to a folder; `generate EXAMPLES`
//! writes `EXAMPLES/exposed-key/` and `EXAMPLES/truth/exposed-key.json`.

use std::error::Error;
use std::io;

use heptagon_drill::{Folder, Gap, Options, Output, Scenario, generate};

/// The truth lies outside of what is investigated.
struct Example(Folder);

impl Output for Example {
    fn file(&mut self, path: &str, content: &[u8]) -> io::Result<()> {
        match path {
            "truth.json" => self.0.file("truth/exposed-key.json", content),
            path => self.0.file(&format!("exposed-key/{path}"), content),
        }
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match &arguments[..] {
        [examples] => {
            let options = Options::new(Scenario::ExposedKey, 1);
            generate(&options, &mut Example(Folder::new(examples)))?;
        }
        [dir, seed, days, events, gaps @ ..] => {
            let mut options = Options::new(Scenario::ExposedKey, seed.parse()?);
            options.days = days.parse()?;
            options.events = events.parse()?;
            for gap in gaps {
                options.gaps.push(Gap::parse(gap).ok_or("not a gap")?);
            }
            generate(&options, &mut Folder::new(dir))?;
        }
        [] => return Err("usage: generate DIR SEED DAYS EVENTS [GAP...]".into()),
        _ => return Err("usage: generate EXAMPLES".into()),
    }
    Ok(())
}
