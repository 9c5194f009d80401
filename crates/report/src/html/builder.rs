//! HTML that is well-formed and inert by construction.
//!
//! Tags and attribute names are ours; every text and every attribute value is escaped on its way in,
//! and every element that is opened is closed. There is no way to write markup any other way.

use std::collections::BTreeSet;

use crate::{escape, text};

/// Attribute names with their values.
pub(crate) type Attrs<'a> = &'a [(&'static str, &'a str)];

/// HTML being written.
pub(crate) struct Html {
    out: String,
    ids: BTreeSet<String>,
}

impl Html {
    /// Begins with the document type.
    pub(crate) fn document() -> Html {
        Html { out: "<!doctype html>\n".to_owned(), ids: BTreeSet::new() }
    }

    /// What was written.
    pub(crate) fn finish(self) -> String {
        self.out
    }

    fn tag(&mut self, tag: &'static str, attrs: Attrs<'_>) {
        self.out.push('<');
        self.out.push_str(tag);
        for (name, value) in attrs {
            debug_assert!(!name.starts_with("on") && *name != "style", "refused by the policy");
            // An id is given once, to the first that asks, whatever ids evidence brings along.
            if *name == "id" && !self.ids.insert((*value).to_owned()) {
                continue;
            }
            self.out.push(' ');
            self.out.push_str(name);
            self.out.push_str("=\"");
            let (shown, note) = text::cut(value, text::TEXT_CHARS_MAX);
            escape::html(&mut self.out, shown);
            self.out.push_str(note.as_deref().unwrap_or_default());
            self.out.push('"');
        }
        self.out.push('>');
    }

    /// An element with what is inside of it.
    pub(crate) fn el(
        &mut self,
        tag: &'static str,
        attrs: Attrs<'_>,
        inner: impl FnOnce(&mut Html),
    ) {
        self.tag(tag, attrs);
        inner(self);
        self.out.push_str("</");
        self.out.push_str(tag);
        self.out.push('>');
        if block(tag) {
            self.out.push('\n');
        }
    }

    /// An element with nothing but text.
    pub(crate) fn leaf(&mut self, tag: &'static str, attrs: Attrs<'_>, text: &str) {
        self.el(tag, attrs, |h| h.text(text));
    }

    /// An element that never has content.
    pub(crate) fn void(&mut self, tag: &'static str, attrs: Attrs<'_>) {
        self.tag(tag, attrs);
    }

    /// Text on one line; long text is cut with its length said.
    pub(crate) fn text(&mut self, evidence: &str) {
        let (shown, note) = text::cut(evidence, text::TEXT_CHARS_MAX);
        escape::html(&mut self.out, shown);
        self.out.push_str(note.as_deref().unwrap_or_default());
    }

    /// A sentence, perhaps with text from evidence in it; its times are short and stay whole.
    pub(crate) fn prose(&mut self, sentence: &str) {
        let (shown, note) = text::cut(sentence, text::TEXT_CHARS_MAX);
        for piece in text::pieces(shown) {
            match piece {
                text::Piece::Words(words) => escape::html(&mut self.out, words),
                text::Piece::Time(time) => self.leaf("span", &[("class", "time")], &time),
            }
        }
        self.out.push_str(note.as_deref().unwrap_or_default());
    }

    /// An element with nothing but a sentence.
    pub(crate) fn prose_leaf(&mut self, tag: &'static str, attrs: Attrs<'_>, sentence: &str) {
        self.el(tag, attrs, |h| h.prose(sentence));
    }

    /// Text that keeps its lines, in a `<pre>`; `note` is said after it, in our words.
    pub(crate) fn pre(&mut self, evidence: &str, note: Option<&str>) {
        self.el("pre", &[], |h| {
            // A line break right after the tag is dropped by every reader, so one is given away.
            h.out.push('\n');
            escape::html_lines(&mut h.out, evidence);
            if let Some(note) = note {
                h.leaf("span", &[("class", "note")], note);
            }
        });
    }

    /// Text from evidence that is a name, a key, a command.
    pub(crate) fn code(&mut self, evidence: &str) {
        self.el("code", &[], |h| {
            let (shown, note) = text::cut(evidence, text::TEXT_CHARS_MAX);
            for piece in shown.split_inclusive(['/', ':', '?', '&']) {
                escape::html(&mut h.out, piece);
                // ARNs and paths may break between their parts, and are still copied whole.
                if piece.len() > 3 && piece.len() < shown.len() {
                    h.void("wbr", &[]);
                }
            }
            h.out.push_str(note.as_deref().unwrap_or_default());
        });
    }

    /// Several such texts, the first `show` of them, the rest folded away.
    pub(crate) fn codes<S: AsRef<str>>(&mut self, items: &[S], show: usize) {
        let list = |h: &mut Html, items: &[S]| {
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    h.text(", ");
                }
                h.code(item.as_ref());
            }
        };
        list(self, &items[..items.len().min(show)]);
        if items.len() > show {
            self.el("details", &[("class", "more")], |h| {
                h.leaf("summary", &[], &format!("{} more", items.len() - show));
                list(h, &items[show..]);
            });
        }
    }

    /// Prose of the content, in which backticks mark code.
    pub(crate) fn step(&mut self, prose: &str) {
        for (code, span) in text::spans(prose) {
            if code { self.code(span) } else { self.prose(span) }
        }
    }

    /// The stylesheet, which is ours and holds no evidence.
    pub(crate) fn stylesheet(&mut self, css: &'static str) {
        self.out.push_str("<style>");
        self.out.push_str(css);
        self.out.push_str("</style>\n");
    }

    /// A link inside the report; fragment identifiers hold nothing special.
    pub(crate) fn link(&mut self, class: &str, anchor: &str, inner: impl FnOnce(&mut Html)) {
        self.el("a", &[("class", class), ("href", &format!("#{anchor}"))], inner);
    }
}

fn block(tag: &str) -> bool {
    !matches!(tag, "a" | "b" | "code" | "span" | "strong" | "summary" | "tspan" | "pre" | "time")
}
