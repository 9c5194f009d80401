//! Makes an exercise: `generate SEED DAYS EVENTS DIR [GAP...]`.

use std::error::Error;

use heptagon_drill::{Folder, Gap, Options, Scenario, generate};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [seed, days, events, dir, gaps @ ..] = &arguments[..] else {
        return Err("usage: generate SEED DAYS EVENTS DIR [GAP...]".into());
    };
    let mut options = Options::new(Scenario::ExposedKey, seed.parse()?);
    options.days = days.parse()?;
    options.events = events.parse()?;
    options.gaps = gaps.iter().filter_map(|gap| Gap::parse(gap)).collect();
    generate(&options, &mut Folder::new(dir))?;
    Ok(())
}
