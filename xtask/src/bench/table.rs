//! Results as Markdown, for README, and as JSON.

use std::fmt::Write as _;

use serde::Serialize;

use super::corpus::Content;
use super::machine::Machine;
use super::measure::Cost;

pub(crate) const DECOMPRESS: &str = "decompress";
pub(crate) const PARSE: &str = "parse";
pub(crate) const INVESTIGATE: &str = "investigate";

/// One contestant on one number of threads.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Line {
    pub(crate) work: String,
    pub(crate) threads: usize,
    pub(crate) cost: Cost,
}

/// An investigation with a pack of so many rules.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct RuleLine {
    pub(crate) n_rules: usize,
    pub(crate) cost: Cost,
}

/// An investigation of so many times the corpus.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct ScaleLine {
    pub(crate) scale: usize,
    pub(crate) json_bytes: u64,
    pub(crate) case_bytes: u64,
    pub(crate) cost: Cost,
}

/// Everything that was measured.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Results {
    machine: Machine,
    corpus: Content,
    baseline_fields: usize,
    pub(crate) lines: Vec<Line>,
    pub(crate) rules: Vec<RuleLine>,
    pub(crate) scales: Vec<ScaleLine>,
}

/// The better of two rounds: noise only ever adds time; memory is judged by the worse.
pub(crate) fn better(one: Cost, two: Cost) -> Cost {
    Cost {
        wall_secs: one.wall_secs.min(two.wall_secs),
        cpu_secs: one.cpu_secs.min(two.cpu_secs),
        peak_bytes: one.peak_bytes.max(two.peak_bytes),
        peak_until_bytes: one.peak_until_bytes.max(two.peak_until_bytes),
    }
}

impl Results {
    pub(crate) fn new(machine: Machine, corpus: Content, baseline_fields: usize) -> Results {
        let (lines, rules, scales) = (Vec::new(), Vec::new(), Vec::new());
        Results { machine, corpus, baseline_fields, lines, rules, scales }
    }

    /// The tables for README.
    pub(crate) fn markdown(&self) -> String {
        let mut text = format!("Machine: {}.\n", self.machine.describe());
        let corpus = &self.corpus;
        let _ = writeln!(
            text,
            "Corpus: {} gz files ({} under 50 KB of JSON), {} MB of JSON, {} MB compressed ({:.1}:1), \
             {} records, {} event names, {:.1} % Bedrock. Files in the page cache.\n",
            corpus.files,
            corpus.small_files,
            corpus.json_bytes / 1_000_000,
            corpus.gz_bytes / 1_000_000,
            corpus.ratio(),
            corpus.records,
            corpus.event_names,
            corpus.genai_records as f64 * 100.0 / corpus.records.max(1) as f64
        );
        self.write_lines(&mut text);
        self.write_rules(&mut text);
        self.write_scales(&mut text);
        self.write_goals(&mut text);
        text
    }

    fn write_lines(&self, text: &mut String) {
        if self.lines.is_empty() {
            return;
        }
        text.push_str("| work | threads | seconds | CPU seconds | MB per CPU second | of parse | peak MiB |\n");
        text.push_str("|---|---:|---:|---:|---:|---:|---:|\n");
        for line in &self.lines {
            let name = match line.work.as_str() {
                DECOMPRESS => "decompress (libdeflater)".to_owned(),
                PARSE => format!("and parse (sonic-rs, {} fields)", self.baseline_fields),
                _ => "`heptagon investigate`, whole".to_owned(),
            };
            let share = self.share(line).map_or(String::new(), |share| format!("{share:.0} %"));
            let _ = writeln!(
                text,
                "| {name} | {} | {:.1} | {:.1} | {:.0} | {share} | {} |",
                line.threads,
                line.cost.wall_secs,
                line.cost.cpu_secs,
                self.rate(line.cost),
                mib(line.cost.peak_bytes)
            );
        }
        text.push('\n');
    }

    fn write_rules(&self, text: &mut String) {
        if self.rules.is_empty() {
            return;
        }
        text.push_str("| rules | CPU seconds | MB per CPU second |\n|---:|---:|---:|\n");
        for line in &self.rules {
            let (cpu, rate) = (line.cost.cpu_secs, self.rate(line.cost));
            let _ = writeln!(text, "| {} | {cpu:.1} | {rate:.0} |", line.n_rules);
        }
        text.push('\n');
    }

    fn write_scales(&self, text: &mut String) {
        if self.scales.is_empty() {
            return;
        }
        text.push_str("| evidence | MB of JSON | seconds | CPU seconds | peak MiB, ingest | peak MiB, whole | case MB |\n");
        text.push_str("|---|---:|---:|---:|---:|---:|---:|\n");
        for line in &self.scales {
            let _ = writeln!(
                text,
                "| {}x | {} | {:.1} | {:.1} | {} | {} | {} |",
                line.scale,
                line.json_bytes / 1_000_000,
                line.cost.wall_secs,
                line.cost.cpu_secs,
                line.cost.peak_until_bytes.map_or("?".to_owned(), |bytes| mib(bytes).to_string()),
                mib(line.cost.peak_bytes),
                line.case_bytes / 1_000_000
            );
        }
        text.push('\n');
    }

    fn write_goals(&self, text: &mut String) {
        text.push_str("| goal | wanted | measured | |\n|---|---:|---:|---|\n");
        let mut goal = |name: &str, wanted: &str, measured: String, met: bool| {
            let mark = if met { "met" } else { "missed" };
            let _ = writeln!(text, "| {name} | {wanted} | {measured} | {mark} |");
        };
        for line in self.lines.iter().filter(|line| line.work == INVESTIGATE) {
            let Some(share) = self.share(line) else { continue };
            let name = format!("investigate, of decompress and parse, {}", threads(line.threads));
            goal(&name, "at least 40 %", format!("{share:.1} %"), share >= 40.0);
        }
        if let [few, many] = self.rules.as_slice() {
            let more = (many.cost.cpu_secs / few.cost.cpu_secs - 1.0) * 100.0;
            let name = format!("CPU time of {} rules over {}", many.n_rules, few.n_rules);
            goal(&name, "at most +10 %", format!("{more:+.1} %"), more <= 10.0);
        }
        let whole: Vec<u64> = self.investigations().map(|cost| cost.peak_bytes).collect();
        let ingest: Vec<u64> =
            self.investigations().filter_map(|cost| cost.peak_until_bytes).collect();
        for (name, peaks, limit) in
            [("peak of ingest", &ingest, 512), ("peak of the whole", &whole, 1_024)]
        {
            let Some(peak) = peaks.iter().max() else { continue };
            goal(
                name,
                &format!("under {limit} MiB"),
                format!("{} MiB", mib(*peak)),
                mib(*peak) < limit,
            );
        }
        let scaled: [(&str, Vec<u64>); 2] = [
            ("ingest", self.scales.iter().filter_map(|l| l.cost.peak_until_bytes).collect()),
            ("whole", self.scales.iter().map(|line| line.cost.peak_bytes).collect()),
        ];
        for (name, peaks) in scaled {
            let [first, .., _] = peaks.as_slice() else { continue };
            // Growth is what must not be; needing less for more is no fault.
            let most = peaks.iter().max().copied().unwrap_or(*first);
            let growth = (most as f64 / *first as f64 - 1.0) * 100.0;
            let name = format!("peak of {name} over scales, above 1x");
            goal(&name, "at most +15 %", format!("{growth:+.1} %"), growth <= 15.0);
        }
    }

    fn investigations(&self) -> impl Iterator<Item = Cost> {
        let lines = self.lines.iter().filter(|line| line.work == INVESTIGATE).map(|l| l.cost);
        lines.chain(self.scales.iter().map(|line| line.cost))
    }

    fn rate(&self, cost: Cost) -> f64 {
        self.corpus.json_bytes as f64 / 1e6 / cost.cpu_secs.max(1e-9)
    }

    /// Speed as a share of decompress and parse on the same number of threads.
    fn share(&self, line: &Line) -> Option<f64> {
        let same = |other: &&Line| other.work == PARSE && other.threads == line.threads;
        let parse = self.lines.iter().find(same)?;
        Some(parse.cost.cpu_secs / line.cost.cpu_secs.max(1e-9) * 100.0)
    }
}

fn threads(n: usize) -> String {
    format!("{n} thread{}", if n == 1 { "" } else { "s" })
}

fn mib(bytes: u64) -> u64 {
    bytes >> 20
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cost(cpu_secs: f64, peak_mib: u64) -> Cost {
        Cost {
            wall_secs: cpu_secs,
            cpu_secs,
            peak_bytes: peak_mib << 20,
            peak_until_bytes: Some((peak_mib / 2) << 20),
        }
    }

    fn results() -> Results {
        let machine = Machine {
            processor: "P".to_owned(),
            cores: 2,
            memory_gib: 24,
            system: "Linux".to_owned(),
            load: "0.1".to_owned(),
        };
        let corpus = Content { json_bytes: 1_000_000_000, records: 1, ..Content::default() };
        let line =
            |work: &str, cpu| Line { work: work.to_owned(), threads: 1, cost: cost(cpu, 100) };
        let scale =
            |scale, peak| ScaleLine { scale, json_bytes: 1, case_bytes: 1, cost: cost(1.0, peak) };
        Results {
            lines: vec![line(DECOMPRESS, 1.0), line(PARSE, 2.0), line(INVESTIGATE, 4.5)],
            rules: vec![
                RuleLine { n_rules: 45, cost: cost(4.0, 1) },
                RuleLine { n_rules: 800, cost: cost(4.5, 1) },
            ],
            scales: vec![scale(1, 800), scale(2, 880), scale(4, 1_100)],
            ..Results::new(machine, corpus, 36)
        }
    }

    #[test]
    fn goals_are_judged() {
        let text = results().markdown();
        for line in [
            "| investigate, of decompress and parse, 1 thread | at least 40 % | 44.4 % | met |",
            "| CPU time of 800 rules over 45 | at most +10 % | +12.5 % | missed |",
            "| peak of ingest | under 512 MiB | 550 MiB | missed |",
            "| peak of the whole | under 1024 MiB | 1100 MiB | missed |",
            "| peak of whole over scales, above 1x | at most +15 % | +37.5 % | missed |",
            "| and parse (sonic-rs, 36 fields) | 1 | 2.0 | 2.0 | 500 | 100 % | 100 |",
        ] {
            assert!(text.contains(line), "{line}\n{text}");
        }
    }

    #[test]
    fn the_better_round_counts_for_time_and_the_worse_for_memory() {
        let both = better(cost(2.0, 100), cost(1.0, 200));
        assert_eq!((both.cpu_secs, both.peak_bytes >> 20), (1.0, 200));
    }
}
