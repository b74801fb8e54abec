//! Distributions fitted to what was observed.

pub(crate) mod distance;
pub(crate) mod family;
pub(crate) mod minimise;
pub(crate) mod service;
