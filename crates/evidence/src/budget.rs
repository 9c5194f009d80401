//! How much of a file may be unpacked: every bound that is not about one decoder.

use heptagon_model::ProblemCode;

use crate::codec::Allowance;
use crate::outcome::Fault;
use crate::walk::Walk;

impl Walk<'_> {
    /// Counts a member; a fault ends the archive.
    pub(crate) fn count_member(&mut self) -> Option<Fault> {
        self.members += 1;
        (self.members > self.limits.archive_members_max).then(|| {
            let max = self.limits.archive_members_max;
            let reason = format!(
                "more than {max} members (limit archive_members_max): the rest was not read"
            );
            Fault::lost(ProblemCode::LimitExceeded, reason)
        })
    }

    /// Whether an archive with `depth` archives around it may not be opened.
    pub(crate) fn too_deep(&self, depth: u32) -> Option<Fault> {
        (depth >= self.limits.nesting_max).then(|| self.nesting_fault())
    }

    pub(crate) fn too_many_layers(&self, layers: u32, depth: u32) -> Option<Fault> {
        (layers > 0 && layers + depth >= self.limits.nesting_max).then(|| self.nesting_fault())
    }

    fn nesting_fault(&self) -> Fault {
        let max = self.limits.nesting_max;
        let reason =
            format!("more than {max} containers inside each other (limit nesting_max): not opened");
        Fault::lost(ProblemCode::NestingTooDeep, reason)
    }

    /// How much an artifact of `bytes` bytes may decompress to.
    pub(crate) fn allowance(&self, bytes: u64, depth: u32) -> Allowance {
        let limits = self.limits;
        let by_ratio =
            |bytes: u64| limits.ratio_max.saturating_mul(bytes).max(limits.ratio_floor_bytes);
        let own = [
            (limits.decompressed_bytes_max, "decompressed_bytes_max"),
            (by_ratio(bytes), "ratio_max"),
        ];
        let shared = [
            (limits.archive_bytes_max.saturating_sub(self.unpacked), "archive_bytes_max"),
            (by_ratio(self.file_bytes).saturating_sub(self.unpacked), "ratio_max"),
        ];
        let shared = if depth > 0 { &shared[..] } else { &[] };
        own.iter()
            .chain(shared)
            .map(|(bytes, limit)| Allowance { bytes: *bytes, limit })
            .min_by_key(|allowance| allowance.bytes)
            .expect("there are at least two limits")
    }

    pub(crate) fn charge(&mut self, bytes: u64, depth: u32) {
        if depth > 0 {
            self.unpacked = self.unpacked.saturating_add(bytes);
        }
    }

    pub(crate) fn whole_max(&self, allowance: Allowance) -> usize {
        usize::try_from(allowance.bytes).unwrap_or(usize::MAX).min(self.limits.whole_bytes_max)
    }
}
