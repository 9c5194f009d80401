//! What searching a text for many needles found, remembered: user agents, principals and addresses
//! repeat from record to record.
//!
//! A memo belongs to a thread, so that a matcher can be shared without locks. It only ever holds
//! what a search would find again, and compares whole texts: a text made to have the hash of
//! another finds nothing but its own.

use std::cell::RefCell;

use super::index::fold_hash;

/// Texts a thread remembers.
const SLOTS: usize = 8_192;
/// Bytes of a text that is worth remembering.
const TEXT_BYTES_MAX: usize = 512;

thread_local! {
    static MEMO: RefCell<Memo> = const { RefCell::new(Memo { owner: 0, slots: Vec::new() }) };
}

struct Memo {
    /// The matcher the slots are of; 0 is none.
    owner: u64,
    slots: Vec<Slot>,
}

#[derive(Clone, Default)]
struct Slot {
    /// The gate the text was searched for; 0 is none.
    gate: u32,
    text: String,
    found: Vec<u32>,
}

/// Adds to `out` what `search` finds in a text, or found before.
pub(super) fn remembered(
    owner: u64,
    gate: u32,
    text: &str,
    out: &mut Vec<u32>,
    search: impl FnOnce(&mut Vec<u32>),
) {
    if text.len() > TEXT_BYTES_MAX {
        search(out);
        return;
    }
    MEMO.with_borrow_mut(|memo| {
        if memo.owner != owner {
            memo.owner = owner;
            memo.slots.clear();
            memo.slots.resize(SLOTS, Slot::default());
        }
        let hash = (fold_hash(text).0 ^ u64::from(gate)).wrapping_mul(0xd6e8_feb8_6659_fd93);
        let slot = &mut memo.slots[(hash >> 48) as usize % SLOTS];
        if slot.gate != gate || slot.text != text {
            slot.gate = gate;
            slot.text.clear();
            slot.text.push_str(text);
            slot.found.clear();
            search(&mut slot.found);
        }
        out.extend_from_slice(&slot.found);
    });
}
