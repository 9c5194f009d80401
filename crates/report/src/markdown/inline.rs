//! Text inside Markdown blocks.
//!
//! Every word from evidence is either harmless on any Markdown reader or stands in a code span,
//! where nothing is a link, a mention, a picture, a formula or markup. No block is ever begun by a
//! word from evidence, since every one follows a mark of ours and none begins with a mark itself.

use crate::{escape, text};

/// One line of Markdown being written.
pub(crate) struct Line {
    out: String,
    in_table: bool,
}

impl Line {
    /// A line outside of tables.
    pub(crate) fn new() -> Line {
        Line { out: String::new(), in_table: false }
    }

    /// A table's cell.
    pub(crate) fn cell() -> Line {
        Line { out: String::new(), in_table: true }
    }

    /// What was written.
    pub(crate) fn finish(self) -> String {
        self.out
    }

    /// Our own words.
    pub(crate) fn ours(mut self, markdown: &str) -> Line {
        self.out.push_str(markdown);
        self
    }

    /// A sentence that may hold text from evidence.
    pub(crate) fn prose(mut self, sentence: &str) -> Line {
        let sentence = text::shortened(sentence);
        let (shown, note) = text::cut(&sentence, text::TEXT_CHARS_MAX);
        let mut first = self.out.is_empty() || self.out.ends_with(['#', '-', '*', ' ']);
        let plain = escape::plain(shown);
        for (at, word) in plain.split(' ').filter(|word| !word.is_empty()).enumerate() {
            if at > 0 {
                self.out.push(' ');
            }
            self = self.word(word, first);
            first = false;
        }
        self.out.push_str(note.as_deref().unwrap_or_default());
        self
    }

    /// A sentence of the content, in which backticks mark code.
    pub(crate) fn step(mut self, sentence: &str) -> Line {
        for (code, span) in text::spans(sentence) {
            let glued = |c: Option<char>| c.is_some_and(|c| c != ' ');
            if code {
                self = self.code(span);
            } else {
                if !self.out.is_empty() && !glued(span.chars().next()) && !self.out.ends_with(' ') {
                    self.out.push(' ');
                }
                self = self.prose(span);
                if !glued(span.chars().last()) {
                    self.out.push(' ');
                }
            }
        }
        self.out.truncate(self.out.trim_end().len());
        self
    }

    /// Text from evidence, in a code span.
    pub(crate) fn code(mut self, evidence: &str) -> Line {
        let (shown, note) = text::cut(evidence, text::TEXT_CHARS_MAX);
        self.push_code(&escape::plain(shown));
        self.out.push_str(note.as_deref().unwrap_or_default());
        self
    }

    /// Several texts from evidence, the first `show` of them.
    pub(crate) fn codes<S: AsRef<str>>(mut self, items: &[S], show: usize) -> Line {
        for (at, item) in items.iter().take(show).enumerate() {
            if at > 0 {
                self.out.push_str(", ");
            }
            self = self.code(item.as_ref());
        }
        if items.len() > show {
            self.out.push_str(&format!(" and {} more", items.len() - show));
        }
        self
    }

    fn push_code(&mut self, plain: &str) {
        if plain.trim().is_empty() {
            self.out.push_str("(empty)");
            return;
        }
        let shown =
            if self.in_table { plain.replace('|', "⟦U+007C⟧") } else { plain.to_owned() };
        if self.out.ends_with('`') {
            // Backticks that touch would be one run.
            self.out.push(' ');
        }
        let fence = "`".repeat(backticks(&shown) + 1);
        let pad =
            if shown.starts_with(['`', ' ']) || shown.ends_with(['`', ' ']) { " " } else { "" };
        self.out.push_str(&format!("{fence}{pad}{shown}{pad}{fence}"));
    }

    fn word(mut self, word: &str, first: bool) -> Line {
        let head_len = word.len() - word.trim_start_matches(['(', '"', '\'']).len();
        let (head, rest) = word.split_at(head_len);
        let core = rest.trim_end_matches(['.', ',', ';', ':', '!', '?', ')', '"', '\'']);
        let tail = &rest[core.len()..];
        if core.is_empty() {
            if first || !word.chars().all(|c| matches!(c, '.' | ',' | ';')) {
                self.push_code(word);
            } else {
                self.out.push_str(word);
            }
        } else if harmless(core) && !(first && begins_a_list(core, tail)) {
            self.out.push_str(word);
        } else {
            self.out.push_str(head);
            self.push_code(core);
            self.out.push_str(tail);
        }
        self
    }
}

/// Whether no Markdown reader makes anything of a word.
fn harmless(core: &str) -> bool {
    let allowed = |c: char| c.is_alphanumeric() || "-'’/.,%+()=–—…".contains(c);
    let digits_only_hex = core.len() >= 7 && core.bytes().all(|b| b.is_ascii_hexdigit());
    let lower = core.to_ascii_lowercase();
    if clock_time(core) {
        return true;
    }
    core.chars().all(allowed)
        && core.starts_with(char::is_alphanumeric)
        && core.chars().any(char::is_alphanumeric)
        && !digits_only_hex
        && !lower.contains("www.")
        && !lower.starts_with("gh-")
}

/// `03:15`, `03:15:21Z`: the one use of colons that no reader takes for a link or a picture.
fn clock_time(core: &str) -> bool {
    let digits = core.strip_suffix('Z').unwrap_or(core);
    let digits = digits.split_once('.').map_or(digits, |(whole, fraction)| {
        if fraction.bytes().all(|b| b.is_ascii_digit()) { whole } else { digits }
    });
    let pairs: Vec<&str> = digits.split(':').collect();
    matches!(pairs.len(), 2 | 3)
        && pairs.iter().all(|pair| pair.len() == 2 && pair.bytes().all(|b| b.is_ascii_digit()))
}

/// `1.` and `2)` begin lists where a line begins.
fn begins_a_list(core: &str, tail: &str) -> bool {
    core.bytes().all(|b| b.is_ascii_digit()) && tail.starts_with(['.', ')'])
}

/// The longest run of backticks.
fn backticks(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}

/// A fenced block that its content cannot leave.
pub(crate) fn fenced(language: &str, content: &str, chars_max: usize) -> String {
    let (shown, note) = text::cut(content, chars_max);
    let shown = escape::plain_lines(shown);
    let fence = "`".repeat((backticks(&shown) + 1).max(3));
    let note = note.map(|note| format!("\n{}", note.trim_start())).unwrap_or_default();
    format!("{fence}{language}\n{}{note}\n{fence}\n", shown.trim_end_matches('\n'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prose(sentence: &str) -> String {
        Line::new().prose(sentence).finish()
    }

    #[test]
    fn plain_sentences_stay_plain() {
        for sentence in [
            "A guardrail was deleted, and (later) 12 models were called.",
            "It was 2026-11-07 03:15:21Z.",
        ] {
            assert_eq!(prose(sentence), sentence);
        }
    }

    #[test]
    fn words_that_could_be_markup_are_code() {
        assert_eq!(prose("by arn:aws:iam::1:user/U."), "by `arn:aws:iam::1:user/U`.");
        assert_eq!(prose("# x"), "`#` x");
        assert_eq!(prose("- x"), "`-` x");
        assert_eq!(prose("1. x"), "`1`. x");
        assert_eq!(
            prose("see www.evil.example or mail@evil.example"),
            "see `www.evil.example` or `mail@evil.example`"
        );
        assert_eq!(prose("![a](b)"), "`![a](b`)");
        assert_eq!(prose("a\n# b"), "`a⟦U+000A⟧#` b");
        assert_eq!(prose("tick ` tick"), "tick `` ` `` tick");
    }

    #[test]
    fn cells_hold_no_bars() {
        assert_eq!(Line::cell().code("a|b").finish(), "`a⟦U+007C⟧b`");
        assert_eq!(Line::cell().prose("a |b| c").finish(), "a `⟦U+007C⟧b⟦U+007C⟧` c");
    }

    #[test]
    fn steps_keep_their_code() {
        let step = "Run `aws iam list-users`, then `x`.";
        assert_eq!(Line::new().step(step).finish(), step);
        assert_eq!(Line::new().step("`a`#b").finish(), "`a` `#b`");
    }

    #[test]
    fn a_fence_is_longer_than_what_it_holds() {
        assert_eq!(fenced("json", "a\n````\n# b", 100), "`````json\na\n````\n# b\n`````\n");
    }
}
