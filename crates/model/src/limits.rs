//! Every bound on hostile evidence, in one place.

/// Bounds on what evidence may cost; all are configuration, none depends on the evidence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes one artifact may decompress to.
    pub decompressed_bytes_max: u64,
    /// Decompressed over compressed size of one artifact, once past `ratio_floor_bytes`.
    pub ratio_max: u64,
    /// Decompressed bytes below which the ratio is not judged (tiny files compress absurdly well).
    pub ratio_floor_bytes: u64,
    /// Containers inside containers: 2 is `bundle.zip` > `logs.tar.gz` > file.
    pub nesting_max: u32,
    /// Members one archive may have.
    pub archive_members_max: u64,
    /// Decompressed bytes of all members of one archive together.
    pub archive_bytes_max: u64,
    /// Bytes of one record; a longer one is skipped with a problem.
    pub record_bytes_max: usize,
    /// JSON nesting of one record.
    pub json_depth_max: usize,
    /// Artifacts up to this many decompressed bytes are handled in memory, larger ones streamed.
    pub whole_bytes_max: usize,
    /// Window of the streaming reader.
    pub window_bytes: usize,
    /// Bytes of one message text kept in `messages` (the rest is in the evidence).
    pub message_bytes_max: usize,
    /// Messages taken from one invocation.
    pub messages_per_invocation_max: usize,
    /// Problems listed one by one per artifact; beyond it they are counted and the last is named.
    pub problems_listed_max: usize,
    /// Bytes of configuration documents kept per artifact; beyond it they are counted, and are in
    /// the evidence.
    pub configuration_bytes_max: usize,
    /// Bytes of rows that the names of one artifact may make of its configuration documents; beyond
    /// it what names say of the place is left out.
    pub configuration_rows_bytes_max: usize,
}

impl Limits {
    /// The bounds used when nothing else is said.
    pub const DEFAULT: Limits = Limits {
        decompressed_bytes_max: 64 << 30,
        ratio_max: 1_000,
        ratio_floor_bytes: 64 << 20,
        nesting_max: 3,
        archive_members_max: 1_000_000,
        archive_bytes_max: 256 << 30,
        record_bytes_max: 16 << 20,
        json_depth_max: 128,
        whole_bytes_max: 32 << 20,
        window_bytes: 4 << 20,
        message_bytes_max: 64 << 10,
        messages_per_invocation_max: 4_096,
        problems_listed_max: 1_000,
        configuration_bytes_max: 8 << 20,
        configuration_rows_bytes_max: 64 << 20,
    };
}
