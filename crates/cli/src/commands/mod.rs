//! One module per command.

pub(crate) mod answers;
pub(crate) mod attest;
pub(crate) mod drill;
pub(crate) mod investigate;
pub(crate) mod report;
pub(crate) mod rows;
pub(crate) mod rules;
pub(crate) mod show;
pub(crate) mod sql;
pub(crate) mod summary;
pub(crate) mod timeline;
pub(crate) mod verify;
pub(crate) mod workload;
