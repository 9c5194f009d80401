//! Rust text without its comments and strings, line by line: enough for the checks that look for
//! words, and far from a parser.

/// A line of code: what remains of it, and whether it belongs to a test.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    /// The code; comments and the contents of strings are blanked.
    pub(super) code: String,
    /// Inside an item under `#[cfg(test)]`.
    pub(super) test: bool,
}

/// The lines of a file.
pub(super) fn lines(text: &str) -> Vec<Line> {
    let blanked = blank(text);
    let mut lines: Vec<Line> =
        blanked.lines().map(|code| Line { code: code.to_owned(), test: false }).collect();
    mark_tests(&mut lines);
    lines
}

/// Modules that a file declares under `#[cfg(test)]`.
pub(super) fn test_modules(lines: &[Line]) -> Vec<String> {
    lines
        .iter()
        .filter(|line| line.test)
        .filter_map(|line| line.code.trim().strip_suffix(';'))
        .filter_map(|code| code.rsplit_once("mod ").map(|(_, name)| name.trim().to_owned()))
        .collect()
}

/// Marks the item after each `#[cfg(test)]`: up to its `;`, or to the brace that closes it at the
/// same indentation (which rustfmt guarantees).
fn mark_tests(lines: &mut [Line]) {
    let mut index = 0;
    while index < lines.len() {
        let code = lines[index].code.clone();
        index += 1;
        if code.trim() != "#[cfg(test)]" {
            continue;
        }
        let indentation = &code[..code.len() - code.trim_start().len()];
        let end = format!("{indentation}}}");
        while let Some(line) = lines.get_mut(index) {
            line.test = true;
            index += 1;
            let ends_item = line.code.trim_end().ends_with(';')
                && line.code.starts_with(indentation)
                && !line.code[indentation.len()..].starts_with(' ');
            if ends_item || line.code.trim_end() == end {
                break;
            }
        }
    }
}

fn blank(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let characters: Vec<char> = text.chars().collect();
    let mut position = 0;
    while position < characters.len() {
        let rest = &characters[position..];
        let taken = match rest {
            ['/', '/', ..] => rest.iter().position(|c| *c == '\n').unwrap_or(rest.len()),
            ['/', '*', ..] => block_comment(rest),
            ['"', ..] => string(rest, 0),
            ['r' | 'b' | 'c', ..] if !continues_a_name(&out) => literal_prefix(rest),
            ['\'', ..] => character(rest),
            _ => 0,
        };
        if taken == 0 {
            out.push(rest[0]);
            position += 1;
        } else {
            let quoted = rest[0] != '/';
            for (index, character) in rest[..taken].iter().enumerate() {
                let edge = quoted && (index == 0 || index + 1 == taken);
                out.push(if *character == '\n' || edge { *character } else { ' ' });
            }
            position += taken;
        }
    }
    out
}

fn continues_a_name(out: &str) -> bool {
    out.chars().next_back().is_some_and(|last| last.is_alphanumeric() || last == '_')
}

fn block_comment(rest: &[char]) -> usize {
    let mut depth = 0_usize;
    let mut index = 0;
    while index + 1 < rest.len() {
        match (rest[index], rest[index + 1]) {
            ('/', '*') => depth += 1,
            ('*', '/') => depth -= 1,
            _ => {
                index += 1;
                continue;
            }
        }
        index += 2;
        if depth == 0 {
            return index;
        }
    }
    rest.len()
}

/// Length of a string whose quote stands at `start`.
fn string(rest: &[char], start: usize) -> usize {
    let mut index = start + 1;
    while index < rest.len() {
        match rest[index] {
            '\\' => index += 2,
            '"' => return index + 1,
            _ => index += 1,
        }
    }
    rest.len()
}

/// `r"..."`, `r#"..."#`, `b"..."`, `br#"..."#`, `c"..."`; 0 if it is just a name.
fn literal_prefix(rest: &[char]) -> usize {
    let letters = rest.iter().take_while(|c| matches!(c, 'r' | 'b' | 'c')).count();
    if letters > 2 {
        return 0;
    }
    let raw = rest[..letters].contains(&'r');
    let hashes = rest[letters..].iter().take_while(|c| **c == '#').count();
    if rest.get(letters + hashes) != Some(&'"') || (hashes > 0 && !raw) {
        return 0;
    }
    if !raw {
        return string(rest, letters);
    }
    let mut index = letters + hashes + 1;
    while index < rest.len() {
        let closing = rest[index..].iter().skip(1).take_while(|c| **c == '#').count();
        if rest[index] == '"' && closing >= hashes {
            return index + 1 + hashes;
        }
        index += 1;
    }
    rest.len()
}

/// A character literal; 0 for a lifetime.
fn character(rest: &[char]) -> usize {
    match rest {
        ['\'', '\\', ..] => {
            let close = rest.iter().skip(3).position(|c| *c == '\'');
            close.map_or(0, |index| index + 4)
        }
        ['\'', _, '\'', ..] => 3,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(text: &str) -> Vec<String> {
        lines(text).into_iter().map(|line| line.code.trim_end().to_owned()).collect()
    }

    #[test]
    fn comments_and_strings_are_blanked_and_lines_kept() {
        let text = "let a = \"x.unwrap()\"; // y.unwrap()\n/* z\n.unwrap() */ b\n";
        assert_eq!(code(text), ["let a = \"          \";", "", "             b"]);
    }

    #[test]
    fn raw_strings_characters_and_lifetimes() {
        assert_eq!(code("r#\"a \" b\"# + 'x'"), ["r        # + ' '"]);
        assert_eq!(code("fn f<'a>(x: &'a str) {} // '"), ["fn f<'a>(x: &'a str) {}"]);
        assert_eq!(code(r"let q = '\''; let s = '\u{1F}';"), ["let q = '  '; let s = '      ';"]);
        assert_eq!(code("number(\"1\")"), ["number(\" \")"]);
        assert_eq!(code("br\"x\\\" + b'\"'"), ["b    \" + b' '"]);
    }

    #[test]
    fn items_under_cfg_test_are_marked_and_no_more() {
        let text = "a();\n#[cfg(test)]\nmod tests {\n    fn b() {\n    }\n}\nfn c() {}\n\
                    #[cfg(test)]\nmod testing;\nfn d() {}\n";
        let marked: Vec<bool> = lines(text).iter().map(|line| line.test).collect();
        assert_eq!(marked, [false, false, true, true, true, true, false, false, true, false]);
        assert_eq!(test_modules(&lines(text)), ["testing"]);
    }
}
