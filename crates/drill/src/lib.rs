//! Scenarios to evidence with ground truth.
