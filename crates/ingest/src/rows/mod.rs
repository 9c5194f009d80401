//! Records to rows of the run tables.

pub(crate) mod cloudtrail;
pub(crate) mod invocation;
pub(crate) mod message;
