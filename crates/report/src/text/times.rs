//! Times inside of sentences, shortened for people.

use heptagon_model::Timestamp;

use super::time;

/// `2026-05-07T19:43:51.000000Z`, the form of every time in answers.
const FORM: &[u8; 27] = b"0000-00-00T00:00:00.000000Z";

/// A piece of a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Piece<'a> {
    /// Words.
    Words(&'a str),
    /// A time, in its short form.
    Time(String),
}

/// The sentence in pieces; `T to T` is said once.
pub(crate) fn pieces(sentence: &str) -> Vec<Piece<'_>> {
    let mut pieces: Vec<Piece<'_>> = Vec::new();
    let mut rest = sentence;
    while let Some((at, short)) = first_time(rest) {
        let (before, after) = (&rest[..at], &rest[at + FORM.len()..]);
        let again = before == " to " && pieces.last() == Some(&Piece::Time(short.clone()));
        if !again {
            if !before.is_empty() {
                pieces.push(Piece::Words(before));
            }
            pieces.push(Piece::Time(short));
        }
        rest = after;
    }
    if !rest.is_empty() {
        pieces.push(Piece::Words(rest));
    }
    pieces
}

/// The sentence with its times in their short form.
pub(crate) fn shortened(sentence: &str) -> String {
    pieces(sentence)
        .iter()
        .map(|piece| match piece {
            Piece::Words(words) => *words,
            Piece::Time(time) => time.as_str(),
        })
        .collect()
}

fn first_time(text: &str) -> Option<(usize, String)> {
    let is_time = |window: &[u8]| {
        window.iter().zip(FORM).all(|(byte, form)| match form {
            b'0' => byte.is_ascii_digit(),
            form => byte == form,
        })
    };
    text.as_bytes().windows(FORM.len()).enumerate().filter(|(_, window)| is_time(window)).find_map(
        |(at, _)| {
            let found = Timestamp::parse(&text[at..at + FORM.len()])?;
            Some((at, time(found)))
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_shortened_and_said_once() {
        let sentence = "seen 2026-10-08T15:31:12.000000Z to 2026-10-08T15:31:12.000000Z, é";
        assert_eq!(shortened(sentence), "seen 2026-10-08 15:31:12Z, é");
        let sentence = "2026-10-08T15:31:12.000000Z to 2026-10-09T15:31:12.000001Z";
        assert_eq!(shortened(sentence), "2026-10-08 15:31:12Z to 2026-10-09 15:31:12.000001Z");
    }

    #[test]
    fn what_is_no_time_stays() {
        for text in ["", "2026-13-08T15:31:12.000000Z", "2026-10-08T15:31:12Z", "日本"] {
            assert_eq!(shortened(text), text);
        }
    }
}
