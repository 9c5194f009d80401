//! The workload, coverage and the seven elements answered.
