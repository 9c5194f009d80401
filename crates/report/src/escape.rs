//! Text from evidence, made inert.
//!
//! Prompts, user agents, ARNs and file names are written by attackers. Whatever they hold, a reader
//! sees it and nothing interprets it: characters that cannot be seen, or that reorder what can, are
//! shown as `⟦U+202E⟧`.

/// Combining marks that may follow each other before the rest is shown as code points.
const MARKS_MAX: usize = 3;

/// Whether a character cannot be seen, or changes how others are seen.
pub(crate) fn hidden(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{00ad}' | '\u{034f}' | '\u{061c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}' | '\u{e000}'..='\u{f8ff}'
            | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
            | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}'
            | '\u{f0000}'..='\u{10ffff}')
        || (c as u32) & 0xfffe == 0xfffe
}

fn combining(c: char) -> bool {
    matches!(c,
        '\u{0300}'..='\u{036f}' | '\u{0483}'..='\u{0489}' | '\u{0591}'..='\u{05bd}'
        | '\u{0610}'..='\u{061a}' | '\u{064b}'..='\u{065f}' | '\u{1ab0}'..='\u{1aff}'
        | '\u{1dc0}'..='\u{1dff}' | '\u{20d0}'..='\u{20ff}' | '\u{fe20}'..='\u{fe2f}')
}

fn code_point(out: &mut String, c: char) {
    out.push_str(&format!("⟦U+{:04X}⟧", c as u32));
}

/// Makes every character seen; `keep` lets layout through where text keeps its lines.
fn visible(
    out: &mut String,
    text: &str,
    keep: fn(char) -> bool,
    mut push: impl FnMut(&mut String, char),
) {
    let mut marks = 0;
    for c in text.chars() {
        marks = if combining(c) { marks + 1 } else { 0 };
        if keep(c) {
            push(out, c);
        } else if hidden(c) || marks > MARKS_MAX || matches!(c, '⟦' | '⟧') {
            code_point(out, c);
        } else {
            push(out, c);
        }
    }
}

fn html_char(out: &mut String, c: char) {
    match c {
        '&' => out.push_str("&amp;"),
        '<' => out.push_str("&lt;"),
        '>' => out.push_str("&gt;"),
        '"' => out.push_str("&quot;"),
        '\'' => out.push_str("&#39;"),
        c => out.push(c),
    }
}

/// Text for HTML, in elements and in quoted attributes alike.
pub(crate) fn html(out: &mut String, text: &str) {
    visible(out, text, |_| false, html_char);
}

/// Text for HTML that keeps its lines, for `<pre>`.
pub(crate) fn html_lines(out: &mut String, text: &str) {
    visible(out, text, |c| matches!(c, '\n' | '\t'), html_char);
}

/// Text without any character that cannot be seen, on one line.
pub(crate) fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    visible(&mut out, text, |_| false, String::push);
    out
}

/// Text without any character that cannot be seen, with its lines.
pub(crate) fn plain_lines(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    visible(&mut out, text, |c| matches!(c, '\n' | '\t'), String::push);
    out
}

/// A fragment identifier: ASCII letters, digits, `-` and `.`; anything else becomes `_`.
pub(crate) fn anchor(text: &str) -> String {
    text.chars()
        .take(100)
        .map(|c| if c.is_ascii_alphanumeric() || matches!(c, '-' | '.') { c } else { '_' })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_seen_is_shown() {
        assert_eq!(plain("a\u{202e}b\u{200b}\0\n"), "a⟦U+202E⟧b⟦U+200B⟧⟦U+0000⟧⟦U+000A⟧");
        assert_eq!(plain("\u{e0041}\u{fe0f}"), "⟦U+E0041⟧⟦U+FE0F⟧");
        assert_eq!(plain("日本 é"), "日本 é");
        assert_eq!(plain_lines("a\n\tb\r"), "a\n\tb⟦U+000D⟧");
    }

    #[test]
    fn the_notation_cannot_be_forged() {
        assert_eq!(plain("⟦U+202E⟧"), "⟦U+27E6⟧U+202E⟦U+27E7⟧");
    }

    #[test]
    fn marks_do_not_pile_up() {
        assert_eq!(plain("a\u{301}\u{301}\u{301}\u{301}"), "a\u{301}\u{301}\u{301}⟦U+0301⟧");
    }

    #[test]
    fn html_escapes_all_five() {
        let mut out = String::new();
        html(&mut out, "<a href=\"x\" b='c'>&\n");
        assert_eq!(out, "&lt;a href=&quot;x&quot; b=&#39;c&#39;&gt;&amp;⟦U+000A⟧");
    }

    #[test]
    fn anchors_hold_nothing_special() {
        assert_eq!(anchor("r-a\"b>c d#é"), "r-a_b_c_d__");
    }
}
