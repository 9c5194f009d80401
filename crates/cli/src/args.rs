//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use heptagon_model::Timestamp;

/// Incident response for generative-AI workloads on AWS.
///
/// Evidence in; the seven elements of the AWS CIRT methodology answered, each with verdict, proof
/// and what could not have been seen.
#[derive(Debug, Parser)]
#[command(name = "heptagon", version, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
    /// Say nothing on stderr but errors.
    #[arg(long, short, global = true)]
    pub(crate) quiet: bool,
    /// Colour: auto, always, never.
    #[arg(long, global = true, default_value = "auto", value_name = "WHEN")]
    pub(crate) color: Color,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    Auto,
    Always,
    Never,
}

/// How rows are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// A table for people.
    Table,
    /// One JSON document.
    Json,
    /// One JSON object a line.
    Jsonl,
    /// Comma-separated values, safe to open in a spreadsheet.
    Csv,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ReportFormat {
    Md,
    Html,
    Json,
}

#[derive(Debug, Args)]
pub(crate) struct CaseArgs {
    /// The case folder.
    #[arg(long, default_value = "heptagon-case", value_name = "DIR")]
    pub(crate) case: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct RowsArgs {
    #[command(flatten)]
    pub(crate) case: CaseArgs,
    /// How to print.
    #[arg(long, default_value = "table")]
    pub(crate) format: Format,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Read evidence into a case and answer the seven elements.
    Investigate(InvestigateArgs),
    /// The seven elements, question by question.
    Answers(AnswersArgs),
    /// What rules found.
    Findings(RowsArgs),
    /// Every event in order of time.
    Timeline(TimelineArgs),
    /// Who acted, the most suspicious first.
    Actors(RowsArgs),
    /// Every artifact and where its records went.
    Sources(RowsArgs),
    /// What could have been seen: per source, category, account, region and time.
    Coverage(RowsArgs),
    /// The Gen-AI workload as inferred and declared, as a workload.toml.
    Workload(WorkloadArgs),
    /// One record as it came, from the sealed evidence.
    Show(ShowArgs),
    /// Record an answer only people can give.
    Attest(AttestArgs),
    /// Read-only SQL over the case; a prompt without a query.
    Sql(SqlArgs),
    /// The whole case as one document.
    Report(ReportArgs),
    /// Hash every artifact again and walk the ledger.
    Verify(VerifyArgs),
    /// Detection rules.
    #[command(subcommand)]
    Rules(RulesCommand),
    /// Exercises with hidden truth.
    #[command(subcommand)]
    Drill(DrillCommand),
}

#[derive(Debug, Args)]
pub(crate) struct InvestigateArgs {
    /// Files, folders and archives, in any mixture.
    #[arg(required = true, value_name = "EVIDENCE")]
    pub(crate) evidence: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) case: CaseArgs,
    /// What the workload is meant to be; default: workload.toml beside or in the evidence folder.
    #[arg(long, value_name = "FILE")]
    pub(crate) workload: Option<PathBuf>,
    /// Read no record before this time (RFC 3339, or a date).
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub(crate) since: Option<Timestamp>,
    /// Read no record from this time on.
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub(crate) until: Option<Timestamp>,
    /// When the incident was; without it the window is inferred, and printed.
    #[arg(long, value_name = "FROM..TO", value_parser = window)]
    pub(crate) incident: Option<(Timestamp, Timestamp)>,
    /// More Sigma rules: files or folders.
    #[arg(long, value_name = "DIR")]
    pub(crate) rules: Vec<PathBuf>,
    /// Leave out the rules that come with the tool.
    #[arg(long)]
    pub(crate) no_default_rules: bool,
    /// Threads; default: one per processor.
    #[arg(long, value_name = "N")]
    pub(crate) threads: Option<usize>,
    /// How to print the summary.
    #[arg(long, default_value = "table")]
    pub(crate) format: Format,
}

#[derive(Debug, Args)]
pub(crate) struct AnswersArgs {
    #[command(flatten)]
    pub(crate) rows: RowsArgs,
    /// Only this element.
    #[arg(long, value_name = "SLUG")]
    pub(crate) element: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct TimelineArgs {
    #[command(flatten)]
    pub(crate) rows: RowsArgs,
    /// From this time on.
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub(crate) since: Option<Timestamp>,
    /// Before this time.
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub(crate) until: Option<Timestamp>,
    /// Only this actor, principal, access key or address.
    #[arg(long, value_name = "WHO")]
    pub(crate) actor: Option<String>,
    /// Only events that speak to this element.
    #[arg(long, value_name = "SLUG")]
    pub(crate) element: Option<String>,
    /// Only this source: cloudtrail, bedrock-invocation.
    #[arg(long, value_name = "SOURCE")]
    pub(crate) source: Option<String>,
    /// Only the events of this finding.
    #[arg(long, value_name = "ID")]
    pub(crate) finding: Option<String>,
    /// At most this many rows; a table shows 200 unless told.
    #[arg(long, value_name = "N")]
    pub(crate) limit: Option<usize>,
}

#[derive(Debug, Args)]
pub(crate) struct WorkloadArgs {
    /// Evidence to infer it from; without it the case is used.
    #[arg(value_name = "EVIDENCE")]
    pub(crate) evidence: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) case: CaseArgs,
}

#[derive(Debug, Args)]
pub(crate) struct ShowArgs {
    /// `artifact:record`, as printed by every command.
    #[arg(value_name = "REF")]
    pub(crate) reference: String,
    #[command(flatten)]
    pub(crate) case: CaseArgs,
    /// Print secrets in clear; the ledger records it.
    #[arg(long)]
    pub(crate) reveal: bool,
}

#[derive(Debug, Args)]
pub(crate) struct AttestArgs {
    /// The question's id.
    pub(crate) question: String,
    /// What is stated.
    pub(crate) answer: String,
    /// Who states it.
    #[arg(long, value_name = "NAME")]
    pub(crate) by: String,
    #[command(flatten)]
    pub(crate) case: CaseArgs,
}

#[derive(Debug, Args)]
pub(crate) struct SqlArgs {
    /// One SELECT statement.
    pub(crate) query: Option<String>,
    #[command(flatten)]
    pub(crate) rows: RowsArgs,
    /// Describe the tables and their columns.
    #[arg(long)]
    pub(crate) tables: bool,
    /// Memory for the engine in MiB; more is spilled to disk.
    #[arg(long, default_value_t = 512, value_name = "MIB")]
    pub(crate) memory: usize,
}

#[derive(Debug, Args)]
pub(crate) struct ReportArgs {
    #[command(flatten)]
    pub(crate) case: CaseArgs,
    /// md, html or json.
    #[arg(long, default_value = "md")]
    pub(crate) format: ReportFormat,
    /// Where to write it; default: stdout.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct VerifyArgs {
    #[command(flatten)]
    pub(crate) rows: RowsArgs,
    /// Where the evidence is now, when it was moved.
    #[arg(long, value_name = "DIR")]
    pub(crate) evidence: Vec<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct RuleSourceArgs {
    /// Rule files or folders; without it the rules that come with the tool.
    #[arg(long, value_name = "DIR")]
    pub(crate) rules: Vec<PathBuf>,
    /// How to print.
    #[arg(long, default_value = "table")]
    pub(crate) format: Format,
}

#[derive(Debug, Subcommand)]
pub(crate) enum RulesCommand {
    /// Every rule.
    List(RuleSourceArgs),
    /// What is wrong with rules.
    Lint(RuleSourceArgs),
    /// Hold every rule against its fixtures.
    Test(RuleSourceArgs),
    /// Match rules against evidence without a case.
    Match {
        #[command(flatten)]
        source: RuleSourceArgs,
        /// Files, folders and archives.
        #[arg(required = true, value_name = "EVIDENCE")]
        evidence: Vec<PathBuf>,
    },
    /// The rules as Markdown, for docs/rules.md.
    Docs(RuleSourceArgs),
}

#[derive(Debug, Subcommand)]
pub(crate) enum DrillCommand {
    /// Make an exercise.
    New {
        /// The scenario.
        #[arg(long, default_value = "exposed-key")]
        scenario: String,
        /// The same seed makes the same bytes.
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// Days of evidence.
        #[arg(long)]
        days: Option<u32>,
        /// Records, about.
        #[arg(long)]
        events: Option<u64>,
        /// A logging gap, as in cloudtrail:eu-west-1:T1..T2.
        #[arg(long)]
        gap: Vec<String>,
        /// A source left out: cloudtrail, invocation-logs.
        #[arg(long)]
        without: Vec<String>,
        /// Where to write it; must not exist yet.
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
    },
    /// The scenarios.
    List {
        /// How to print.
        #[arg(long, default_value = "table")]
        format: Format,
    },
    /// Hold answers against the truth.
    Score {
        /// The truth file.
        #[arg(long, value_name = "FILE")]
        truth: PathBuf,
        /// Answers as `heptagon answers --format json` prints them.
        #[arg(long, value_name = "FILE")]
        answers: PathBuf,
        /// How to print.
        #[arg(long, default_value = "table")]
        format: Format,
    },
}

fn time(text: &str) -> Result<Timestamp, String> {
    Timestamp::parse(text).ok_or_else(|| {
        format!("`{text}` is no time; write 2026-10-03T14:00:00Z, or a date for its first moment")
    })
}

fn window(text: &str) -> Result<(Timestamp, Timestamp), String> {
    let (from, to) = text.split_once("..").ok_or("write FROM..TO")?;
    let (from, to) = (time(from)?, time(to)?);
    if from < to { Ok((from, to)) } else { Err("the window ends before it begins".to_owned()) }
}
