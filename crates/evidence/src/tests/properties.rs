//! Properties over any bytes and any packing.

use heptagon_model::Limits;
use proptest::collection::vec;
use proptest::prelude::{Just, Strategy, any};
use proptest::{prop_assert, prop_assert_eq, prop_oneof, proptest};

use super::{gzip, lines, read_one, tar, tight, zip, zstd};

#[derive(Debug, Clone, Copy)]
enum Wrap {
    Gzip,
    GzipTwoMembers,
    Zstd,
    Zip,
    Tar,
}

fn wrap(bytes: &[u8], wrap: Wrap) -> Vec<u8> {
    match wrap {
        Wrap::Gzip => gzip(bytes),
        Wrap::GzipTwoMembers => {
            let (first, second) = bytes.split_at(bytes.len() / 2);
            [gzip(first), gzip(second)].concat()
        }
        Wrap::Zstd => zstd(bytes),
        Wrap::Zip => zip(&[("member", bytes)]),
        Wrap::Tar => tar(&[("member", bytes)]),
    }
}

fn any_wrap() -> impl Strategy<Value = Wrap> {
    prop_oneof![
        Just(Wrap::Gzip),
        Just(Wrap::GzipTwoMembers),
        Just(Wrap::Zstd),
        Just(Wrap::Zip),
        Just(Wrap::Tar)
    ]
}

/// Bytes that begin like a container and go on as they like.
fn hostile() -> impl Strategy<Value = Vec<u8>> {
    let start = prop_oneof![
        Just(b"\x1f\x8b\x08\x1f".to_vec()),
        Just(b"\x1f\x8b\x08\0\0\0\0\0\0\x03".to_vec()),
        Just(b"\x28\xb5\x2f\xfd".to_vec()),
        Just(b"\x50\x2a\x4d\x18\x03\0\0\0".to_vec()),
        Just(b"PK\x03\x04".to_vec()),
        Just(b"PK\x05\x06".to_vec()),
        Just(tar(&[("a", b"x")])[..512].to_vec()),
        Just(Vec::new()),
    ];
    (start, vec(any::<u8>(), 0..600)).prop_map(|(start, rest)| [start, rest].concat())
}

proptest! {
    #[test]
    fn any_bytes_are_read_without_panic_and_alike(bytes in hostile()) {
        let once = read_one("x", &bytes, &Limits::DEFAULT);
        let again = read_one("x", &bytes, &Limits::DEFAULT);
        prop_assert_eq!(&once.leaves, &again.leaves);
        prop_assert_eq!(&once.done, &again.done);
        read_one("x", &bytes, &Limits { whole_bytes_max: 16, ..Limits::DEFAULT });
        prop_assert_eq!(once.done.len() + once.problems.len() > 0, true);
    }

    #[test]
    fn content_survives_any_packing(size in 0usize..9_000, wraps in vec(any_wrap(), 0..4)) {
        let text = lines(9_000 / 50 + 200)[..size].to_vec();
        let bytes = wraps.iter().fold(text.clone(), |bytes, kind| wrap(&bytes, *kind));
        for limits in [Limits { nesting_max: 9, ..Limits::DEFAULT }, Limits { nesting_max: 9, ..tight() }] {
            let seen = read_one("x", &bytes, &limits);
            prop_assert_eq!(seen.faults(), []);
            prop_assert_eq!(seen.leaves.len(), 1);
            prop_assert!(seen.leaves[0].1 == text && !seen.leaves[0].2);
        }
    }

    #[test]
    fn damage_is_never_silent(
        kind in any_wrap(),
        place in any::<proptest::sample::Index>(),
        bit in 0u8..8,
    ) {
        let text = lines(60);
        let mut bytes = wrap(&text, kind);
        let place = place.index(bytes.len());
        bytes[place] ^= 1 << bit;
        let seen = read_one("x", &bytes, &Limits::DEFAULT);
        // Either all of the content is there, or something was said, or it is no longer recognised.
        let intact = seen.leaves.iter().any(|leaf| leaf.1 == text);
        let unrecognised = seen.leaves.iter().any(|leaf| leaf.0 == "x" && leaf.1 == bytes);
        let unchecked = matches!(kind, Wrap::Tar) || matches!(kind, Wrap::Zstd);
        prop_assert!(intact || unrecognised || unchecked || !seen.faults().is_empty());
    }

    #[test]
    fn a_cut_never_invents_bytes(kind in any_wrap(), place in any::<proptest::sample::Index>()) {
        let text = lines(400);
        let bytes = wrap(&text, kind);
        let cut = 600.min(bytes.len() - 1) + place.index(bytes.len() - 600.min(bytes.len() - 1));
        for limits in [Limits::DEFAULT, tight()] {
            let seen = read_one("x", &bytes[..cut], &limits);
            for (_, content, truncated, _) in &seen.leaves {
                prop_assert!(text.starts_with(content));
                prop_assert!(*truncated || *content == text || matches!(kind, Wrap::GzipTwoMembers));
            }
        }
    }
}
