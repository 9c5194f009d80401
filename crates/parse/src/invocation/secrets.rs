//! Secrets in text: found in one linear pass, masked before anything is written.
//!
//! A multi-pattern search finds the marks secrets carry (prefixes, labels); each hit is judged by
//! looking a bounded way around it. Masking is idempotent and never reveals a secret's tail.

#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, MatchKind};

/// Longest value taken for one secret after a label.
const VALUE_MAX: usize = 4096;
/// Longest private key.
const PEM_MAX: usize = 32 << 10;
/// How far after an access key id its secret is looked for.
const PAIR_REACH: usize = 200;

/// A secret in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    /// First byte of what is masked.
    pub(crate) start: usize,
    pub(crate) end: usize,
    /// The kind in `Message::secrets`.
    pub(crate) kind: &'static str,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mark {
    AccessKeyId,
    Pem,
    /// A prefix, then at least so many characters of a token.
    Prefix(&'static str, usize),
    Jwt,
    Bearer,
    UrlPassword,
    Label(Label),
    /// What masking leaves behind.
    Masked,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Label {
    Password,
    Secret,
    Token,
    ApiKey,
}

const MARKS: &[(&str, Mark)] = &[
    ("[masked ", Mark::Masked),
    ("AKIA", Mark::AccessKeyId),
    ("ASIA", Mark::AccessKeyId),
    ("-----BEGIN ", Mark::Pem),
    ("ABSK", Mark::Prefix("bedrock-api-key", 40)),
    ("bedrock-api-key-", Mark::Prefix("bedrock-api-key", 20)),
    ("ghp_", Mark::Prefix("github-token", 30)),
    ("gho_", Mark::Prefix("github-token", 30)),
    ("ghu_", Mark::Prefix("github-token", 30)),
    ("ghs_", Mark::Prefix("github-token", 30)),
    ("ghr_", Mark::Prefix("github-token", 30)),
    ("github_pat_", Mark::Prefix("github-token", 30)),
    ("glpat-", Mark::Prefix("gitlab-token", 20)),
    ("xoxb-", Mark::Prefix("slack-token", 10)),
    ("xoxp-", Mark::Prefix("slack-token", 10)),
    ("xoxa-", Mark::Prefix("slack-token", 10)),
    ("xoxr-", Mark::Prefix("slack-token", 10)),
    ("xoxs-", Mark::Prefix("slack-token", 10)),
    ("xapp-", Mark::Prefix("slack-token", 10)),
    ("sk-ant-", Mark::Prefix("api-key", 20)),
    ("sk-proj-", Mark::Prefix("api-key", 20)),
    ("eyJ", Mark::Jwt),
    ("Bearer ", Mark::Bearer),
    ("bearer ", Mark::Bearer),
    ("://", Mark::UrlPassword),
    ("passw", Mark::Label(Label::Password)),
    ("Passw", Mark::Label(Label::Password)),
    ("PASSW", Mark::Label(Label::Password)),
    ("pwd", Mark::Label(Label::Password)),
    ("Pwd", Mark::Label(Label::Password)),
    ("PWD", Mark::Label(Label::Password)),
    ("secret", Mark::Label(Label::Secret)),
    ("Secret", Mark::Label(Label::Secret)),
    ("SECRET", Mark::Label(Label::Secret)),
    ("token", Mark::Label(Label::Token)),
    ("Token", Mark::Label(Label::Token)),
    ("TOKEN", Mark::Label(Label::Token)),
    ("api_key", Mark::Label(Label::ApiKey)),
    ("apikey", Mark::Label(Label::ApiKey)),
    ("apiKey", Mark::Label(Label::ApiKey)),
    ("ApiKey", Mark::Label(Label::ApiKey)),
    ("APIKEY", Mark::Label(Label::ApiKey)),
    ("API_KEY", Mark::Label(Label::ApiKey)),
    ("api-key", Mark::Label(Label::ApiKey)),
    ("Api-Key", Mark::Label(Label::ApiKey)),
];

static SEARCH: LazyLock<AhoCorasick> = LazyLock::new(|| {
    AhoCorasick::builder()
        .match_kind(MatchKind::LeftmostLongest)
        .build(MARKS.iter().map(|(mark, _)| mark))
        .expect("a few dozen short patterns make a small automaton")
});

/// Masks every secret in a text that is known for one; the rest is unchanged.
///
/// AWS access key ids keep their first eight characters (enough to recognise a key by),
/// everything else becomes `[masked KIND]`.
pub fn mask_secrets(text: &str) -> Cow<'_, str> {
    let spans = find(text);
    if spans.is_empty() {
        return Cow::Borrowed(text);
    }
    let mut masked = String::with_capacity(text.len());
    let mut from = 0;
    for span in &spans {
        masked.push_str(&text[from..span.start]);
        if span.kind == "aws-access-key-id" {
            masked.push_str(&text[span.start..span.start + 8]);
            masked.push_str("************");
        } else {
            masked.push_str("[masked ");
            masked.push_str(span.kind);
            masked.push(']');
        }
        from = span.end;
    }
    masked.push_str(&text[from..]);
    Cow::Owned(masked)
}

/// Kinds of secrets in a text, sorted.
pub fn secret_kinds(text: &str) -> Vec<&'static str> {
    let mut kinds: Vec<_> = find(text).into_iter().map(|span| span.kind).collect();
    kinds.sort_unstable();
    kinds.dedup();
    kinds
}

/// Secrets in the order of the text, not overlapping; every bound is a character boundary.
pub(crate) fn find(text: &str) -> Vec<Span> {
    let bytes = text.as_bytes();
    let mut spans: Vec<Span> = Vec::new();
    let mut pairs: Vec<Span> = Vec::new();
    // Before this, everything has been judged.
    let mut done = 0;
    for hit in SEARCH.find_iter(text) {
        if hit.start() < done {
            continue;
        }
        let mark = MARKS[hit.pattern().as_usize()].1;
        let found = match mark {
            Mark::AccessKeyId => access_key_id(bytes, done, hit.start()),
            Mark::Pem => private_key(text, hit.start(), hit.end()),
            Mark::Prefix(kind, least) => {
                let glued = hit.start() > done && bytes[hit.start() - 1].is_ascii_alphanumeric();
                if glued { None } else { prefixed(bytes, hit.start(), hit.end(), kind, least) }
            }
            Mark::Jwt => jwt(bytes, hit.start()),
            Mark::Bearer => prefixed(bytes, hit.end(), hit.end(), "bearer-token", 16),
            Mark::UrlPassword => url_password(bytes, hit.end()),
            Mark::Label(label) => labelled(text, hit.start(), hit.end(), label),
            Mark::Masked => {
                let end =
                    run(bytes, hit.end(), 32, |byte| byte.is_ascii_lowercase() || byte == b'-');
                done = if bytes.get(end) == Some(&b']') { end + 1 } else { done };
                None
            }
        };
        let Some(span) = found.filter(|span| span.start >= done) else { continue };
        done = span.end;
        spans.push(span);
        if mark == Mark::AccessKeyId
            && let Some(pair) = paired_secret(bytes, done)
        {
            pairs.push(pair);
        }
    }
    if !pairs.is_empty() {
        pairs.dedup();
        pairs.retain(|pair| {
            let next = spans.partition_point(|span| span.end <= pair.start);
            spans.get(next).is_none_or(|span| span.start >= pair.end)
        });
        spans.append(&mut pairs);
        spans.sort_unstable_by_key(|span| span.start);
    }
    spans
}

fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'+' | b'/' | b'=' | b'.' | b'~')
}

fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/')
}

/// The end of the run of bytes that pass, at most `most` long.
fn run(bytes: &[u8], start: usize, most: usize, pass: impl Fn(u8) -> bool) -> usize {
    let rest = bytes.get(start..).unwrap_or_default();
    let rest = &rest[..rest.len().min(most)];
    start + rest.iter().position(|byte| !pass(*byte)).unwrap_or(rest.len())
}

fn access_key_id(bytes: &[u8], done: usize, start: usize) -> Option<Span> {
    let id = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
    let end = run(bytes, start, 22, id);
    let apart = end - start == 20 && (start == done || !id(bytes[start - 1]));
    apart.then_some(Span { start, end, kind: "aws-access-key-id" })
}

/// The secret that stands shortly after an access key id without a label, as in a CSV of keys.
fn paired_secret(bytes: &[u8], from: usize) -> Option<Span> {
    let stop = bytes.len().min(from + PAIR_REACH);
    let mut at = from;
    while at < stop {
        if !is_base64(bytes[at]) {
            at += 1;
            continue;
        }
        let end = run(bytes, at, PAIR_REACH, is_base64);
        if is_aws_secret(&bytes[at..end]) {
            return Some(Span { start: at, end, kind: "aws-secret-access-key" });
        }
        at = end;
    }
    None
}

fn is_aws_secret(value: &[u8]) -> bool {
    value.len() == 40
        && value.iter().all(|byte| is_base64(*byte))
        && value.iter().any(u8::is_ascii_uppercase)
        && value.iter().any(u8::is_ascii_lowercase)
        && value.iter().any(|byte| byte.is_ascii_digit() || matches!(byte, b'+' | b'/'))
}

fn private_key(text: &str, start: usize, label: usize) -> Option<Span> {
    let bytes = text.as_bytes();
    let label_end = run(bytes, label, 40, |byte| byte.is_ascii_uppercase() || byte == b' ');
    if !text[label..label_end].ends_with("PRIVATE KEY") {
        return None;
    }
    let reach = bytes.len().min(label_end + PEM_MAX);
    let end = match memchr::memmem::find(&bytes[label_end..reach], b"-----END ") {
        Some(found) => {
            let name = label_end + found + 9;
            let name_end = run(bytes, name, 40, |byte| byte.is_ascii_uppercase() || byte == b' ');
            run(bytes, name_end, 5, |byte| byte == b'-')
        }
        // A cut key: whatever can be part of one.
        None => run(bytes, label_end, PEM_MAX, |byte| {
            is_base64(byte)
                || matches!(byte, b'=' | b'-' | b'\n' | b'\r' | b'\t' | b' ' | b'\\' | b':' | b',')
        }),
    };
    Some(Span { start, end, kind: "private-key" })
}

fn prefixed(
    bytes: &[u8],
    start: usize,
    value: usize,
    kind: &'static str,
    least: usize,
) -> Option<Span> {
    let end = run(bytes, value, VALUE_MAX, is_token);
    let end = trim_dots(bytes, value, end);
    (end - value >= least).then_some(Span { start, end, kind })
}

/// A sentence's full stop is not part of a token.
fn trim_dots(bytes: &[u8], start: usize, mut end: usize) -> usize {
    while end > start && bytes[end - 1] == b'.' {
        end -= 1;
    }
    end
}

/// `eyJ..` `.` `eyJ..` `.` signature.
fn jwt(bytes: &[u8], start: usize) -> Option<Span> {
    let part = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'=');
    let header = run(bytes, start, VALUE_MAX, part);
    if header - start < 16 || !bytes[header..].starts_with(b".eyJ") {
        return None;
    }
    let claims = run(bytes, header + 1, VALUE_MAX, part);
    if bytes.get(claims) != Some(&b'.') {
        return None;
    }
    let end = run(bytes, claims + 1, VALUE_MAX, part);
    Some(Span { start, end, kind: "jwt" })
}

/// `scheme://user:password@host`.
fn url_password(bytes: &[u8], start: usize) -> Option<Span> {
    let user = run(bytes, start, 128, |byte| {
        byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b'%' | b'+')
    });
    if bytes.get(user) != Some(&b':') {
        return None;
    }
    let value = user + 1;
    let end = run(bytes, value, 256, |byte| {
        !byte.is_ascii_whitespace() && !matches!(byte, b'@' | b'/' | b'"' | b'\'' | b'<' | b'>')
    });
    let real = end > value && bytes.get(end) == Some(&b'@') && is_real_value(&bytes[value..end]);
    real.then_some(Span { start: value, end, kind: "url-password" })
}

/// A value behind a label such as `password=`, `"client_secret": "..`, `api_key = ..`.
fn labelled(text: &str, mark: usize, after_mark: usize, label: Label) -> Option<Span> {
    let bytes = text.as_bytes();
    // The service or resource type of an ARN.
    if mark > 0 && bytes[mark - 1] == b':' {
        return None;
    }
    let name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    let filler = |byte: u8| matches!(byte, b' ' | b'\t' | b'"' | b'\'' | b'\\' | b'`' | b'*');
    let label_end = run(bytes, after_mark, 48, name);
    // `Secret Access Key: ..` has its label in several words.
    let rest = &bytes[label_end..bytes.len().min(label_end + 24)];
    let label_end = if rest.len() >= 11 && rest[..11].eq_ignore_ascii_case(b" access key") {
        label_end + 11
    } else {
        label_end
    };
    let separator = run(bytes, label_end, 8, filler);
    let value = match bytes.get(separator..)? {
        [b':', b'=', ..] | [b'=', b'>', ..] => separator + 2,
        [b'=', b'=', ..] => return None,
        [b'=' | b':', ..] => separator + 1,
        // Arguments of a command: `--password hunter2`.
        _ if separator > label_end && is_argument(bytes, after_mark) => separator,
        _ => return None,
    };
    let start = run(bytes, value, 8, filler);
    let quoted = start > value && matches!(bytes[start - 1], b'"' | b'\'' | b'`');
    let end = run(bytes, start, VALUE_MAX, |byte| {
        byte >= 0x80
            || !(byte.is_ascii_control()
                || matches!(byte, b'"' | b'\'' | b'`' | b'\\' | b'<' | b'>')
                || (!quoted && matches!(byte, b' ' | b',' | b';' | b'&' | b')' | b']' | b'}')))
    });
    let end = text.floor_char_boundary(end);
    let end = if quoted { end } else { trim_dots(bytes, start, end) };
    let found = bytes.get(start..end)?;
    let is_key_id = found.starts_with(b"AKIA") || found.starts_with(b"ASIA");
    if !is_real_value(found) || (is_key_id && access_key_id(bytes, start, start).is_some()) {
        return None;
    }
    let kind = match label {
        _ if is_aws_secret(found) => "aws-secret-access-key",
        Label::Password if found.len() >= 4 => "password",
        Label::Secret if found.len() >= 8 && is_random(found) => "secret",
        Label::Token if found.len() >= 16 && is_random(found) => "token",
        Label::ApiKey if found.len() >= 12 && is_random(found) => "api-key",
        _ => return None,
    };
    Some(Span { start, end, kind })
}

/// Whether the label that ends here begins with a dash, as an argument does.
fn is_argument(bytes: &[u8], after_mark: usize) -> bool {
    let from = after_mark.saturating_sub(32);
    let word = bytes[from..after_mark].rsplit(u8::is_ascii_whitespace).next();
    word.is_some_and(|word| word.starts_with(b"-"))
}

/// Letters and digits mixed, without spaces: not a word.
fn is_random(value: &[u8]) -> bool {
    value.iter().any(u8::is_ascii_digit)
        && value.iter().any(u8::is_ascii_alphabetic)
        && !value.contains(&b' ')
        && !value.contains(&b'(')
}

/// Whether a value is one, not a placeholder, a type or a call.
fn is_real_value(value: &[u8]) -> bool {
    const WORDS: [&[u8]; 16] = [
        b"null",
        b"none",
        b"nil",
        b"true",
        b"false",
        b"string",
        b"str",
        b"text",
        b"undefined",
        b"required",
        b"optional",
        b"password",
        b"redacted",
        b"changeme",
        b"secret",
        b"token",
    ];
    let placeholder = value.starts_with(b"$")
        || value.starts_with(b"{")
        || value.starts_with(b"%")
        || [&b"[masked"[..], b"****"]
            .iter()
            .any(|mark| memchr::memmem::find(value, mark).is_some())
        || value.starts_with(b"arn:")
        || value.ends_with(b"(")
        || value.windows(2).any(|pair| pair == b"()")
        || value.starts_with(b"os.")
        || value.starts_with(b"process.env")
        || value.iter().all(|byte| matches!(byte, b'*' | b'x' | b'X' | b'.' | b'-' | b'_'));
    !value.is_empty() && !placeholder && !WORDS.iter().any(|word| value.eq_ignore_ascii_case(word))
}
