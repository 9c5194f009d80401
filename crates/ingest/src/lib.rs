//! The pipeline: artifacts to records to matches to sorted runs to tables.
