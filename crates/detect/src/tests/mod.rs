//! Tests over the whole crate.

mod content;
mod correlation;
mod differential;
mod faults;
mod record;
