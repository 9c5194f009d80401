//! Consistent changes of text: other names for the same things, other times for the same events.

use std::collections::BTreeMap;

use heptagon_drill::Truth;
use jiff::ToSpan;
use jiff::civil::Date;

/// Other names for users and roles; accounts, keys and addresses need no list.
pub(crate) struct Names(BTreeMap<String, String>);

impl Names {
    pub(crate) fn of(truth: &Truth) -> Names {
        let mut names = BTreeMap::new();
        for arn in truth.benign.principals.iter().chain(&truth.intruders.principals) {
            if !arn.contains(":role/") && !arn.contains(":user/") {
                continue;
            }
            let name = arn.rsplit('/').next().unwrap_or(arn);
            // Names that AWS gives carry meaning.
            if !name.starts_with("AWS") && !name.starts_with("Amazon") {
                names.insert(name.to_owned(), name.chars().rev().collect());
            }
        }
        Names(names)
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// The text with everything renamed.
    pub(crate) fn change(&self, text: &str) -> String {
        let text = text
            .replace("111122223333", "210987654321")
            .replace("444455556666", "345678901234")
            .replace("192.0.2.", "\u{1}")
            .replace("198.51.100.", "192.0.2.")
            .replace("203.0.113.", "198.51.100.")
            .replace('\u{1}', "203.0.113.")
            .replace("2001:db8:5e1f:", "2001:db8:77aa:");
        let mut changed = String::with_capacity(text.len());
        let mut rest = text.as_str();
        while !rest.is_empty() {
            let word = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
            let end = rest.find(|c| !word(c)).unwrap_or(rest.len());
            let (token, after) = rest.split_at(end);
            changed.push_str(&self.token(token));
            let next = after.find(word).unwrap_or(after.len());
            changed.push_str(&after[..next]);
            rest = &after[next..];
        }
        changed
    }

    fn token(&self, token: &str) -> String {
        if let Some(name) = self.0.get(token) {
            return name.clone();
        }
        let is_id = ["AKIA", "ASIA", "AROA", "AIDA"].iter().any(|kind| token.starts_with(kind))
            && token.len() >= 16
            && token.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
        if is_id {
            let (kind, rest) = token.split_at(4);
            return format!("{kind}{}", rest.chars().rev().collect::<String>());
        }
        token.to_owned()
    }
}

/// The text with all times of 2026 moved by days: dates with `-`, `/` or nothing between their
/// parts, and milliseconds since 1970.
pub(crate) fn shift(text: &str, days: i64) -> String {
    let mut moved = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = next_time(rest) {
        let (before, from) = rest.split_at(at);
        moved.push_str(before);
        let digit_before = moved.ends_with(|c: char| c.is_ascii_alphanumeric());
        match (!digit_before).then(|| read_time(from, days)).flatten() {
            Some((time, length)) => {
                moved.push_str(&time);
                rest = &from[length..];
            }
            None => {
                moved.push_str(&from[..1]);
                rest = &from[1..];
            }
        }
    }
    moved.push_str(rest);
    moved
}

fn next_time(text: &str) -> Option<usize> {
    let found = [text.find("2026"), text.find("179")];
    found.into_iter().flatten().min()
}

/// The time a text begins with, moved, and how much of the text it takes.
fn read_time(text: &str, days: i64) -> Option<(String, usize)> {
    if text.starts_with("179") {
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        let millis: i64 = (digits == 13).then(|| text[..13].parse().ok()).flatten()?;
        return Some(((millis + days * 86_400_000).to_string(), 13));
    }
    let bytes = text.as_bytes();
    let separator = match bytes.get(4)? {
        b'-' => "-",
        b'/' => "/",
        _ => "",
    };
    let length = 8 + 2 * separator.len();
    let date = text.get(..length)?;
    let digits: String = date.chars().filter(char::is_ascii_digit).collect();
    let is_date = digits.len() == 8
        && (!separator.is_empty() || bytes.get(8) == Some(&b'T'))
        && !bytes.get(length).is_some_and(u8::is_ascii_digit);
    if !is_date {
        return None;
    }
    let number = |from: usize, to: usize| digits[from..to].parse().ok();
    let date = Date::new(2026, number(4, 6)?, number(6, 8)?).ok()?;
    let date = date.checked_add(days.days()).ok()?;
    let parts = [date.year().into(), i32::from(date.month()), i32::from(date.day())];
    let [year, month, day] = parts;
    Some((format!("{year:04}{separator}{month:02}{separator}{day:02}"), length))
}

#[test]
fn times_of_all_forms_move() {
    let text = "a/2026/10/30/x_20261030T0105Z 2026-10-30T23:00:00Z 1791581628000 v20261030 2026-1";
    let moved = "a/2026/11/01/x_20261101T0105Z 2026-11-01T23:00:00Z 1791754428000 v20261030 2026-1";
    assert_eq!(shift(text, 2), moved);
}

#[test]
fn names_change_as_whole_words() {
    let names = Names(BTreeMap::from([("app".to_owned(), "ppa".to_owned())]));
    assert_eq!(
        names.change("role/app/app-1 AKIA0123456789ABCDEF 203.0.113.47 AKIA1 é"),
        "role/ppa/app-1 AKIAFEDCBA9876543210 198.51.100.47 AKIA1 é"
    );
}
