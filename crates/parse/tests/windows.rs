//! How content is cut into windows never changes what is found.
#![allow(clippy::unwrap_used)]

mod common;

use common::{pieces, whole};
use heptagon_model::Limits;
use heptagon_parse::{Parser, RecordProblem};
use proptest::prelude::*;

const LIMITS: Limits = Limits { record_bytes_max: 2_000, ..Limits::DEFAULT };

fn record(number: u32, text: &str) -> String {
    format!(
        r#"{{"eventVersion":"1.08","userIdentity":{{"type":"IAMUser","arn":"arn:aws:iam::111122223333:user/u{number}"}},"eventTime":"2026-01-01T00:00:{:02}Z","eventSource":"s3.amazonaws.com","eventName":"GetObject","requestParameters":{{"key":{}}}}}"#,
        number % 60,
        serde_json::to_string(text).unwrap(),
    )
}

/// Well-formed, broken and strange parts of documents.
fn part() -> impl Strategy<Value = String> {
    let whole = (0u32..100, "\\PC{0,30}").prop_map(|(number, text)| record(number, &text));
    prop_oneof![
        6 => whole.clone(),
        1 => whole.clone().prop_map(|text| format!("{{\"Records\":[{text},{text}],\"more\":{{\"a\":[1]}}}}")),
        1 => whole.clone().prop_map(|text| format!("[{text} , {text}]")),
        1 => whole.clone().prop_map(|text| format!("{{\"version\":\"0\",\"detail-type\":\"AWS API Call via CloudTrail\",\"detail\":{text}}}")),
        1 => whole.clone().prop_map(|text| format!("{{\"EventId\":\"1\",\"CloudTrailEvent\":{}}}", serde_json::to_string(&text).unwrap())),
        1 => (whole, any::<prop::sample::Index>()).prop_map(|(text, at)| {
            let mut at = at.index(text.len());
            while !text.is_char_boundary(at) { at -= 1; }
            text[..at].to_owned()
        }),
        1 => "[a-z ,{}\\[\\]\":0-9]{0,20}",
        1 => Just(record(1, &"x".repeat(3_000))),
        1 => Just(format!("{{\"deep\":{}1{}}}", "[".repeat(200), "]".repeat(200))),
    ]
}

fn document() -> impl Strategy<Value = String> {
    let separator =
        prop_oneof![3 => Just("\n"), 1 => Just(""), 1 => Just(",\n"), 1 => Just(" \r\n")];
    let parts = prop::collection::vec((part(), separator), 0..8);
    (parts, any::<bool>(), any::<bool>()).prop_map(|(parts, list, closed)| {
        let body: String = parts
            .into_iter()
            .map(|(part, end)| if list { part + "," } else { part + end })
            .collect();
        match (list, closed) {
            (false, _) => body,
            (true, true) => format!("{{\"Records\":[{}]}}", body.trim_end_matches(',')),
            (true, false) => format!("{{\"Records\":[{body}"),
        }
    })
}

/// Where exactly an overlong stretch of garbage is given up may depend on the windows; that and
/// what is lost may not.
fn without_reason(problems: &[RecordProblem]) -> Vec<(Option<u64>, u64, String)> {
    problems.iter().map(|p| (p.ordinal, p.offset, format!("{:?}", p.code))).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn cut_anywhere(text in document(), seed in prop::collection::vec(1usize..700, 1..5), flip in prop::option::of(any::<prop::sample::Index>())) {
        let mut bytes = text.into_bytes();
        if let (Some(flip), false) = (flip, bytes.is_empty()) {
            let at = flip.index(bytes.len());
            bytes[at] = 0xff;
        }
        let (once, kind) = whole(&bytes, &LIMITS);
        let mut sizes = seed.iter().copied().cycle();
        let (cut, cut_kind) = pieces(&bytes, &LIMITS, || sizes.next().unwrap());
        prop_assert_eq!(&once.records, &cut.records);
        prop_assert_eq!(&once.notices, &cut.notices);
        prop_assert_eq!(without_reason(&once.problems), without_reason(&cut.problems));
        prop_assert_eq!(kind.slug(), cut_kind.slug());
    }

    #[test]
    fn any_bytes_are_accounted_for(bytes in prop::collection::vec(prop::sample::select(b"{}[]\",:\\ \nabe1\xff\xc3\xa9\0".to_vec()), 0..200), size in 1usize..50) {
        let (once, _) = whole(&bytes, &LIMITS);
        let (cut, _) = pieces(&bytes, &LIMITS, || size);
        prop_assert_eq!(once.records, cut.records);
    }

    #[test]
    fn utf16_is_read_like_utf8(text in document(), size in 1usize..300, little: bool, mark: bool) {
        let text = format!("{}{text}", if mark { "\u{feff}" } else { "" });
        prop_assume!(mark || text.starts_with(['{', '[']));
        let bytes: Vec<u8> = text.encode_utf16().flat_map(|unit| if little { unit.to_le_bytes() } else { unit.to_be_bytes() }).collect();
        let (plain, _) = whole(text.as_bytes(), &LIMITS);
        let (wide, _) = pieces(&bytes, &LIMITS, || size);
        let texts = |found: &common::Found| found.records.iter().map(|(_, json)| json.clone()).collect::<Vec<_>>();
        prop_assert_eq!(texts(&plain), texts(&wide));
        // Offsets and lengths are those of the bytes in the artifact.
        for (meta, _) in &wide.records {
            let (start, end) = (meta.offset as usize, meta.offset as usize + meta.length as usize);
            let units: Vec<u16> = bytes[start..end].chunks(2).map(|pair| if little { u16::from_le_bytes([pair[0], pair[1]]) } else { u16::from_be_bytes([pair[0], pair[1]]) }).collect();
            let slice = String::from_utf16(&units).unwrap();
            prop_assert!(slice.starts_with(['{', '[']) && slice.ends_with(['}', ']']), "{}", slice);
        }
    }
}

#[test]
fn a_long_list_streams_through_small_windows() {
    struct Content {
        left: u32,
        pending: Vec<u8>,
    }
    impl std::io::Read for Content {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            if self.pending.is_empty() && self.left > 0 {
                self.left -= 1;
                self.pending = record(self.left, "a key").into_bytes();
                self.pending.extend(if self.left == 0 {
                    b"],\"NextToken\":null}".as_slice()
                } else {
                    b",".as_slice()
                });
            }
            let length = buffer.len().min(self.pending.len());
            buffer[..length].copy_from_slice(&self.pending[..length]);
            self.pending.drain(..length);
            Ok(length)
        }
    }
    let limits = Limits { window_bytes: 8_000, ..LIMITS };
    let mut found = common::Found::default();
    let mut parser = Parser::new(&limits);
    let mut content = Content { left: 20_000, pending: b"{\"a\":1,\"Records\":[".to_vec() };
    parser.read(&mut content, false, &mut found).unwrap();
    assert_eq!((found.records.len(), found.problems.len()), (20_000, 0));
    found.assert_balanced(parser.records());
}
