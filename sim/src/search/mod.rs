//! The search: candidates, bounds, race, recommendation.

mod answer;
mod assess;
mod assumptions;
mod bounds;
mod candidates;
mod compare;
mod constraints;
mod demand;
mod dominated;
mod entrant;
mod family;
mod frontier;
mod grid;
mod hybrid;
mod judge;
mod lengths;
mod libraries;
mod memory;
mod minimax;
mod pilot;
mod pipelines;
mod promotion;
mod race;
mod recommend;
mod recommendation;
mod recycling;
mod report;
mod robust;
mod rules;
mod ruling;
mod sanity;
mod screen;
mod sharing;
mod simulator;
#[cfg(test)]
mod testing;
pub(crate) mod units;
mod variants;
mod warnings;
mod what_if;

pub use frontier::{Frontier, FrontierPoint};
pub use grid::{RuleOfThumb, choose, rules_of_thumb};
pub use hybrid::{Hybrid, Hybrids};
pub use recommend::recommend;
pub use recommendation::{
    Assessed, Bottleneck, Effort, Exclusion, Limited, Margin, Progress, Recommendation, Resource,
    RuleOutcome, RunnerUp, SanityLine, SearchError, SearchOptions, Warning,
};
pub use recycling::{Recycling, RecyclingRule};
pub use robust::{Regret, Robustness};
pub use what_if::{
    EndEffect, FARTHEST, Fleet, FleetSize, Flip, FlipPoint, Input, InputUnit, MOST_HOSTS, MapCell,
    ParameterEffect, Prediction, Sensitivity, WhatIf, WinnerMap,
};
