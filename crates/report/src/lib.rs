//! One document to Markdown, HTML and JSON.
//!
//! Job: say what an investigation found, in a form people can read, keep and hand on. Place in the
//! flow: after `answer`; the cli fills a [`Document`] and writes what [`render`] returns.
//!
//! Invariants: the same document gives the same bytes (there is no clock here); every format goes
//! through all [`Section`]s, so that none can be forgotten; text from evidence is inert in every
//! format, characters that cannot be seen are shown, and what is cut says how long it was; the HTML
//! is one file without scripts, outside links or anything its content security policy refuses.

mod document;
mod escape;
mod html;
mod json;
mod markdown;
mod section;
mod text;
mod view;

pub use document::{
    ActivityHour, ActorLine, CaseMeta, Custody, DisableFirst, Document, RecordText, Scope,
    ScopeBasis, Timeline, WorkloadText,
};
pub use section::Section;

/// The forms a report can take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Format {
    /// For tickets and diffs.
    Markdown,
    /// For people: one self-contained file.
    Html,
    /// For scripts.
    Json,
}

impl Format {
    /// All forms.
    pub const ALL: [Format; 3] = [Format::Markdown, Format::Html, Format::Json];

    /// The name the command line takes, and the file's extension.
    pub fn extension(self) -> &'static str {
        match self {
            Format::Markdown => "md",
            Format::Html => "html",
            Format::Json => "json",
        }
    }

    /// The form of a name: `md`, `markdown`, `html` or `json`.
    pub fn from_name(name: &str) -> Option<Format> {
        match name {
            "md" | "markdown" => Some(Format::Markdown),
            "html" => Some(Format::Html),
            "json" => Some(Format::Json),
            _ => None,
        }
    }
}

/// The document in one of its forms, with a final newline.
pub fn render(document: &Document, format: Format) -> String {
    match format {
        Format::Markdown => markdown::render(document),
        Format::Html => html::render(document),
        Format::Json => json::render(document),
    }
}

/// The report's title, on one line, without any character that cannot be seen.
pub fn title(document: &Document) -> String {
    let id = escape::plain(text::cut(&document.case.id, 200).0);
    format!("Gen-AI incident report: case {id}")
}
