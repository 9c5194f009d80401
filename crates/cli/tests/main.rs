//! The product from outside: the real binary on real folders.

#![allow(clippy::print_stderr, reason = "a test that skips itself says why")]

mod suite {
    #[macro_use]
    pub(crate) mod support;
    pub(crate) mod bad_input;
    pub(crate) mod commands;
    pub(crate) mod configuration;
    pub(crate) mod determinism;
    pub(crate) mod evidence;
    pub(crate) mod example;
    pub(crate) mod interface;
    pub(crate) mod kill;
    #[cfg(unix)]
    pub(crate) mod machine;
    pub(crate) mod metamorphic;
    pub(crate) mod verify;
}
