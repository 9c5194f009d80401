//! JSON read in place: one pass, borrowed slices, bounded depth, no recursion that evidence controls.
//!
//! A parser of its own because three things are needed at once that no library gives together: the
//! length of a record whose end is not known beforehand, raw slices of its parts, and a depth bound
//! that holds while values are skipped.

pub(crate) mod build;
pub(crate) mod frame;
pub(crate) mod path;
pub(crate) mod scan;
pub(crate) mod unescape;

pub(crate) use scan::{Fault, Key, Scan};
