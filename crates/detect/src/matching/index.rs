//! Texts -> values, without regard to ASCII case and without allocating.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// The hash of a text as if in lower case, and whether it is all ASCII.
pub(super) fn fold_hash(text: &str) -> (u64, bool) {
    const HIGH: u64 = 0x8080_8080_8080_8080;
    const ONES: u64 = 0x0101_0101_0101_0101;
    let mut hash = text.len() as u64;
    let mut high = 0;
    let mut mix = |word: u64| {
        high |= word & HIGH;
        // 0x20 is set on every byte from A to Z; bytes above ASCII are left alone.
        let low = word & !HIGH;
        let from_a = low + (0x80 - u64::from(b'A')) * ONES;
        let past_z = low + (0x7f - u64::from(b'Z')) * ONES;
        let is_upper = !word & HIGH & (from_a ^ past_z);
        hash = (hash ^ (word | (is_upper >> 2))).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        hash ^= hash >> 29;
    };
    let (words, rest) = text.as_bytes().as_chunks::<8>();
    for word in words {
        mix(u64::from_le_bytes(*word));
    }
    if !rest.is_empty() {
        let mut word = [0; 8];
        word[..rest.len()].copy_from_slice(rest);
        mix(u64::from_le_bytes(word));
    }
    (hash, high == 0)
}

/// The hash of a pair, from those of its parts.
fn pair_hash(first: u64, second: u64) -> u64 {
    let hash = (first ^ second.rotate_left(32)).wrapping_mul(0xd6e8_feb8_6659_fd93);
    hash ^ (hash >> 32)
}

/// The keys are hashes already.
#[derive(Default)]
struct AsIs(u64);

impl Hasher for AsIs {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, _: &[u8]) {
        unreachable!("keys are u64");
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
}

/// Pairs of texts (the second may be empty) -> values.
#[derive(Debug)]
pub(super) struct CaseMap<V> {
    slots: HashMap<u64, Vec<Slot<V>>, BuildHasherDefault<AsIs>>,
}

#[derive(Debug)]
struct Slot<V> {
    key: (Box<str>, Box<str>),
    value: V,
}

/// A text with its hash.
#[derive(Debug, Clone, Copy)]
pub(super) struct Hashed<'a> {
    pub(super) text: &'a str,
    hash: u64,
    pub(super) is_ascii: bool,
}

impl<'a> Hashed<'a> {
    pub(super) const EMPTY: Hashed<'static> = Hashed { text: "", hash: 0, is_ascii: true };

    pub(super) fn new(text: &'a str) -> Hashed<'a> {
        let (hash, is_ascii) = fold_hash(text);
        Hashed { text, hash, is_ascii }
    }
}

impl<V> Default for CaseMap<V> {
    fn default() -> Self {
        CaseMap::new()
    }
}

impl<V> CaseMap<V> {
    pub(super) fn new() -> CaseMap<V> {
        CaseMap { slots: HashMap::default() }
    }

    pub(super) fn get(&self, first: Hashed<'_>, second: Hashed<'_>) -> Option<&V> {
        let slots = self.slots.get(&pair_hash(first.hash, second.hash))?;
        slots
            .iter()
            .find(|slot| {
                slot.key.0.eq_ignore_ascii_case(first.text)
                    && slot.key.1.eq_ignore_ascii_case(second.text)
            })
            .map(|slot| &slot.value)
    }

    pub(super) fn entry(&mut self, first: &str, second: &str) -> &mut V
    where
        V: Default,
    {
        let second_hash = if second.is_empty() { 0 } else { fold_hash(second).0 };
        let slots = self.slots.entry(pair_hash(fold_hash(first).0, second_hash)).or_default();
        let found = slots.iter().position(|slot| {
            slot.key.0.eq_ignore_ascii_case(first) && slot.key.1.eq_ignore_ascii_case(second)
        });
        let at = found.unwrap_or_else(|| {
            slots.push(Slot { key: (first.into(), second.into()), value: V::default() });
            slots.len() - 1
        });
        &mut slots[at].value
    }

    #[cfg(test)]
    #[expect(clippy::iter_over_hash_type, reason = "the caller sorts")]
    pub(super) fn values(&self) -> Vec<&V> {
        let mut values = Vec::new();
        for slots in self.slots.values() {
            values.extend(slots.iter().map(|slot| &slot.value));
        }
        values
    }

    /// The same keys with other values.
    pub(super) fn map<W>(self, mut build: impl FnMut(V) -> W) -> CaseMap<W> {
        let slots = self.slots.into_iter().map(|(hash, slots)| {
            let slots = slots
                .into_iter()
                .map(|slot| Slot { key: slot.key, value: build(slot.value) })
                .collect();
            (hash, slots)
        });
        CaseMap { slots: slots.collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn texts_that_differ_in_ascii_case_hash_alike(text in "\\PC{0,40}") {
            let (hash, is_ascii) = fold_hash(&text);
            proptest::prop_assert_eq!(hash, fold_hash(&text.to_ascii_uppercase()).0);
            proptest::prop_assert_eq!(hash, fold_hash(&text.to_ascii_lowercase()).0);
            proptest::prop_assert_eq!(is_ascii, text.is_ascii());
        }

        #[test]
        fn what_is_put_in_is_found(keys in proptest::collection::btree_set("[a-z.]{1,24}", 1..40)) {
            let mut map = CaseMap::<usize>::new();
            for (at, key) in keys.iter().enumerate() {
                *map.entry(key, "") = at + 1;
                *map.entry(key, "Name") = at + 1_000;
            }
            for (at, key) in keys.iter().enumerate() {
                let key = key.to_ascii_uppercase();
                let hashed = Hashed::new(&key);
                proptest::prop_assert_eq!(map.get(hashed, Hashed::EMPTY), Some(&(at + 1)));
                proptest::prop_assert_eq!(map.get(hashed, Hashed::new("nAME")), Some(&(at + 1_000)));
            }
            proptest::prop_assert_eq!(map.get(Hashed::new("absent!"), Hashed::EMPTY), None);
        }
    }

    #[test]
    fn only_letters_are_folded() {
        assert_ne!(fold_hash("[").0, fold_hash("{").0);
        assert_ne!(fold_hash("@").0, fold_hash("`").0);
        assert_ne!(fold_hash("a").0, fold_hash("a\0").0);
    }
}
