//! Rules: reading them, what is known of them, what is wrong with them.

mod documents;
mod fault;
mod header;
mod info;
mod load;
mod set;

pub(crate) use fault::code;
pub use fault::{NotApplicable, RuleFault};
pub(crate) use header::{Header, headers};
pub(crate) use info::SERVICES;
pub use load::RuleFile;
pub use set::RuleSet;
pub(crate) use set::{Identity, Rules};
