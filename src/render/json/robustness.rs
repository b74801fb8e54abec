//! How the choice of `planner recommend` holds over the calibration's ranges.

use schemars::JsonSchema;
use serde::Serialize;
use sim::host::End;

/// The choice has the least maximum regret among the finalists.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Robustness {
    /// Situations compared: the best values, and single ends of ranges.
    pub situations: u32,
    /// Finalists compared.
    pub finalists: u32,
    /// Where the choice loses most.
    pub worst: Regret,
    /// The leanest pool that is as good at the best values, if another.
    pub overruled: Option<Overruled>,
}

/// A pool that is as good and leaner at the best values only.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Overruled {
    /// The pool.
    pub pool: String,
    /// Where it loses most.
    pub worst: Regret,
}

/// What a pool loses against the best finalist of a situation.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Regret {
    /// Its goal figure over that of the best there, 1 at least.
    pub times: f64,
    /// Does it break a limit there that another keeps better?
    pub breaks: bool,
    /// The parameter that is at an end of its range; null at the best values.
    pub parameter: Option<String>,
    /// `low` or `high`.
    pub end: Option<&'static str>,
}

impl From<&sim::search::Robustness> for Robustness {
    fn from(of: &sim::search::Robustness) -> Self {
        let overruled = of
            .overruled
            .as_ref()
            .map(|(pool, worst)| Overruled { pool: pool.to_string(), worst: worst.into() });
        Self {
            situations: of.situations,
            finalists: of.finalists,
            worst: (&of.worst).into(),
            overruled,
        }
    }
}

impl From<&sim::search::Regret> for Regret {
    fn from(of: &sim::search::Regret) -> Self {
        let end = |end: End| if end == End::Low { "low" } else { "high" };
        Self {
            times: of.times,
            breaks: of.breaks,
            parameter: of.at.as_ref().map(|(parameter, _)| parameter.name.clone()),
            end: of.at.as_ref().map(|(_, at)| end(*at)),
        }
    }
}
