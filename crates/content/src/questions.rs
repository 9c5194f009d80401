//! The questions of the seven elements: data that the engine interprets.
//!
//! One file per question in `content/questions/<element>/<id>.yml`, texts common to several of them
//! in `content/questions/common.yml`. Whatever a file gets wrong (an unknown rule, an unknown event
//! name, a missing gap text) is a fault that names the file, never a silently weaker question.

mod load;
mod schema;

pub use load::{QuestionFault, Questions, load};
pub use schema::{
    Adverse, AdverseWhen, Common, Events, GapText, Kind, Logic, Need, NeedScope, NotApplicable,
    Proves, Question, RuleSelector,
};
