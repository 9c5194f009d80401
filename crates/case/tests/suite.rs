//! The case store from outside: folders, tables, SQL, rows, notes.

mod suite {
    pub(crate) mod bytes;
    pub(crate) mod folder;
    pub(crate) mod forms;
    pub(crate) mod notes;
    pub(crate) mod records;
    pub(crate) mod refused;
    pub(crate) mod schema;
    pub(crate) mod sql;
    pub(crate) mod support;
    pub(crate) mod text;
}
