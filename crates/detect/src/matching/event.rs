//! A record as `rsigma` sees it.

use std::borrow::Cow;
use std::cell::Cell;

use heptagon_model::{FieldValue, Fields};
use rsigma_eval::{Event, EventValue};

/// A record behind `rsigma`'s trait.
pub(super) struct RecordEvent<'r, F: ?Sized>(pub(super) &'r F);

impl<F: Fields + ?Sized> Event for RecordEvent<'_, F> {
    fn get_field(&self, path: &str) -> Option<EventValue<'_>> {
        self.0.field(path).map(convert)
    }

    fn any_string_value(&self, holds: &dyn Fn(&str) -> bool) -> bool {
        let found = Cell::new(false);
        self.0.visit_strings(&mut |text| {
            if !found.get() && holds(text) {
                found.set(true);
            }
        });
        found.get()
    }

    fn all_string_values(&self) -> Vec<Cow<'_, str>> {
        let mut texts = Vec::new();
        self.0.visit_strings(&mut |text| texts.push(Cow::Owned(text.to_owned())));
        texts
    }

    fn visit_string_values(&self, visit: &mut dyn FnMut(&str)) {
        self.0.visit_strings(visit);
    }

    fn to_json(&self) -> serde_json::Value {
        self.0.to_json()
    }
}

/// The same value in `rsigma`'s words.
pub(super) fn convert(value: FieldValue<'_>) -> EventValue<'_> {
    match value {
        FieldValue::Str(text) => EventValue::Str(text),
        FieldValue::Int(number) => EventValue::Int(number),
        FieldValue::Float(number) => EventValue::Float(number),
        FieldValue::Bool(truth) => EventValue::Bool(truth),
        FieldValue::Null => EventValue::Null,
        FieldValue::Array(members) => EventValue::Array(members.into_iter().map(convert).collect()),
        FieldValue::Object(members) => EventValue::Map(
            members.into_iter().map(|(name, member)| (name, convert(member))).collect(),
        ),
    }
}
