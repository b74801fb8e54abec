//! Answers as text and as JSON. The text is plain: nothing is said by colour.

pub mod audit;
pub mod audit_page;
pub mod calibrate;
pub mod characterize;
pub mod decision;
pub mod doctor;
pub mod failure;
pub mod import;
pub mod input_error;
pub mod json;
pub mod layout;
pub mod lives;
pub mod lock_probe;
pub mod pool;
pub mod recommendation;
pub mod recycling;
pub mod recycling_rule;
pub mod robustness;
pub mod servers;
pub mod simulation;
pub mod sparkline;
pub mod systems;
pub mod units;
pub mod validate;
pub mod what_if;
