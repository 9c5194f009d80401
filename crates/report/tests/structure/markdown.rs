//! Reads Markdown line by line, the way readers find blocks, and refuses what ours never holds.

/// What a text consists of.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Text {
    headings: Vec<usize>,
    items: usize,
    fences: usize,
    /// Columns of each row of each table.
    cells: Vec<usize>,
}

/// Panics when text from evidence could be markup; returns the structure, which must not depend on it.
pub(crate) fn check(text: &str) -> Text {
    let mut found = Text::default();
    let mut fence: Option<&str> = None;
    for line in text.lines() {
        if let Some(open) = fence {
            if line == open {
                fence = None;
            } else {
                assert!(!line.starts_with(open), "a fence within a fence: {line}");
            }
            continue;
        }
        let ticks = line.len() - line.trim_start_matches('`').len();
        // What follows an opening fence holds no backtick; else it is a code span.
        if ticks >= 3 && !line[ticks..].contains('`') {
            fence = Some(&line[..ticks]);
            found.fences += 1;
            continue;
        }
        block(line, &mut found);
    }
    assert!(fence.is_none(), "a fence that never ends");
    found
}

fn block(line: &str, found: &mut Text) {
    assert!(!line.starts_with("    ") && !line.starts_with('\t'), "an indented block: {line}");
    let inner = line.trim_start();
    if let Some(text) = inner.strip_prefix("- ") {
        found.items += 1;
        begins_nothing(text);
        inline(text);
    } else if inner.starts_with('#') {
        let level = inner.len() - inner.trim_start_matches('#').len();
        found.headings.push(level);
        inline(&inner[level..]);
    } else if inner.starts_with('|') {
        let cells = cells(inner);
        found.cells.push(cells.len());
        for cell in &cells {
            inline(cell);
        }
    } else {
        begins_nothing(inner);
        inline(inner);
    }
}

/// Whether a line's text would begin a block of its own.
fn begins_nothing(text: &str) {
    let text = text.trim_start();
    let digits = text.trim_start_matches(|c: char| c.is_ascii_digit());
    let numbered =
        digits.len() < text.len() && (digits.starts_with(". ") || digits.starts_with(") "));
    let ruled = !text.is_empty() && text.chars().all(|c| matches!(c, '-' | '=' | '_' | '*' | ' '));
    assert!(!numbered && !ruled, "begins a block: {text}");
    assert!(!text.starts_with(['#', '>', '+', '=', '|', '~', '<', '[']), "begins a block: {text}");
    assert!(!text.starts_with("- ") && !text.starts_with("* "), "begins a block: {text}");
}

fn cells(line: &str) -> Vec<&str> {
    let inner = line.strip_prefix('|').and_then(|l| l.strip_suffix('|')).expect("a whole row");
    let mut cells = Vec::new();
    let (mut from, mut escaped) = (0, false);
    for (at, c) in inner.char_indices() {
        if c == '|' && !escaped {
            cells.push(&inner[from..at]);
            from = at + 1;
        }
        escaped = c == '\\' && !escaped;
    }
    cells.push(&inner[from..]);
    cells
}

/// Leaves code spans out and looks for markup in the rest.
fn inline(text: &str) {
    let mut rest = text;
    let mut plain = String::new();
    while let Some(at) = rest.find('`') {
        plain.push_str(&rest[..at]);
        let ticks = rest[at..].len() - rest[at..].trim_start_matches('`').len();
        let after = &rest[at + ticks..];
        let end =
            closing(after, ticks).unwrap_or_else(|| panic!("a code span that never ends: {text}"));
        plain.push('c');
        rest = &after[end + ticks..];
    }
    plain.push_str(rest);
    // Our own emphasis is whole words between two pairs of stars.
    assert!(plain.matches("**").count().is_multiple_of(2), "{plain}");
    let plain = plain.replace("**", "").replace("ATT&CK", "");
    let lower = plain.to_lowercase();
    assert!(
        !plain.contains(['<', '[', ']', '*', '_', '~', '\\', '$', '@', '#', '&']),
        "markup: {plain}"
    );
    assert!(
        !lower.contains("://") && !lower.contains("www.") && !lower.contains("mailto:"),
        "a link: {plain}"
    );
    let hidden =
        |c: char| c.is_control() || ('\u{202a}'..='\u{202e}').contains(&c) || c == '\u{200b}';
    assert!(!text.contains(hidden), "hidden characters: {text:?}");
}

/// Where a run of exactly so many backticks is.
fn closing(text: &str, ticks: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        if bytes[at] != b'`' {
            at += 1;
            continue;
        }
        let run = bytes[at..].iter().take_while(|b| **b == b'`').count();
        if run == ticks {
            return Some(at);
        }
        at += run;
    }
    None
}
