//! An open-addressing index over (service, name) keys that live elsewhere.

/// Positions by key; the owner of the keys is asked when two hashes meet.
#[derive(Debug, Clone)]
pub(crate) struct KeyIndex {
    /// Position plus one; zero is free. The length is a power of two, at most half full.
    slots: Vec<u32>,
}

impl KeyIndex {
    pub(crate) fn new<'a>(keys: impl ExactSizeIterator<Item = (&'a str, &'a str)>) -> KeyIndex {
        let len = (keys.len() * 2).next_power_of_two().max(2);
        let mut slots = vec![0u32; len];
        for (at, (source, name)) in keys.enumerate() {
            let mut slot = hash(source, name) as usize & (len - 1);
            while slots[slot] != 0 {
                slot = (slot + 1) & (len - 1);
            }
            slots[slot] = at as u32 + 1;
        }
        KeyIndex { slots }
    }

    /// The first position whose key equals (`source`, `name`) in any letter case.
    pub(crate) fn get<'a>(
        &self,
        source: &str,
        name: &str,
        key: impl Fn(usize) -> (&'a str, &'a str),
    ) -> Option<usize> {
        let mask = self.slots.len() - 1;
        let mut slot = hash(source, name) as usize & mask;
        loop {
            let at = self.slots[slot].checked_sub(1)? as usize;
            let (its_source, its_name) = key(at);
            if its_name.eq_ignore_ascii_case(name) && its_source.eq_ignore_ascii_case(source) {
                return Some(at);
            }
            slot = (slot + 1) & mask;
        }
    }
}

/// FNV-1a over the lower-cased bytes: keys are short, and none of them is chosen by an attacker
/// (records only look up).
fn hash(source: &str, name: &str) -> u64 {
    let bytes = source.bytes().chain([0]).chain(name.bytes());
    let mixed = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |state, byte| {
        (state ^ u64::from(byte.to_ascii_lowercase())).wrapping_mul(0x0100_0000_01b3)
    });
    mixed ^ (mixed >> 29)
}
