//! How good decisions are: what the pool that somebody picks costs, against the
//! best that was measured among the same pools.
//!
//! *Regret* is the loss in the workload's own figure: the share of the best
//! throughput that is missing, or the share by which a latency exceeds the
//! lowest. Pools are compared within rounds, in which all of them did the same
//! work at the same speed of the machine. The search decides before
//! it sees a run: from the calibration alone, and once more for the speed that was
//! measured before the first run ([`Today`]).

mod paced;
mod regret;
mod today;

use sim::host::Host;
use sim::pool::{PoolConfig, PoolKind, Profile};
use sim::search::{Progress, SearchError, SearchOptions, choose, rules_of_thumb};
use sim::stats::Estimate;
use sim::workload::{PythonVersion, Workload};

use super::campaign::{Campaign, CellResult};
use super::figures::Figure;
use super::grid::Grid;
use super::summary::{Judgement, bootstrap_median};
use super::verdict::median;
use paced::Paced;
pub use today::{Today, TodayError};

/// Largest median regret that counts as right.
pub const TOLERANCE: f64 = 0.03;
/// How the search is called in tables.
pub const PLANNER: &str = "planner";
/// The same for the speed of the day.
pub const PLANNER_TODAY: &str = "planner, today";
pub use paced::SAME_PACE;
/// Fewest pools among which a choice says anything.
const FEWEST: usize = 2;

/// One pool of a grid, as it ran.
#[derive(Clone, Debug, PartialEq)]
pub struct Ran {
    /// Name of its cell.
    pub cell: String,
    /// The pool.
    pub pool: PoolKind,
    /// Its size.
    pub profile: Profile,
    /// Median of the runs, in the unit of the grid's figure.
    pub observed: f64,
    /// Median of their predictions.
    pub predicted: f64,
    /// How far two of its runs differ, as a share; none of one run.
    pub floor: Option<f64>,
    /// What choosing it loses against the best, as a share, with its 95 %
    /// interval; `n` rounds.
    pub regret: Estimate,
}

impl Ran {
    /// May it be the best, as far as these rounds tell?
    pub fn in_noise(&self) -> bool {
        self.regret.low <= 0.0
    }
}

/// What somebody picks.
#[derive(Clone, Debug, PartialEq)]
pub struct Pick {
    /// [`PLANNER`], [`PLANNER_TODAY`] or the name of a rule.
    pub by: &'static str,
    /// Which of the pools that ran; none if its pick is not among them.
    pub ran: Option<usize>,
    /// May it be the best, as far as the rounds tell?
    pub in_noise: bool,
    /// What it picks, or why nothing.
    pub note: String,
}

/// One workload, its pools and who picks which.
#[derive(Clone, Debug, PartialEq)]
pub struct Decided {
    /// Name of the workload.
    pub grid: String,
    /// What it wants to be best.
    pub figure: Figure,
    /// In the grid's order.
    pub ran: Vec<Ran>,
    /// Which of them was best.
    pub best: usize,
    /// The planner first.
    pub picks: Vec<Pick>,
    /// Runs that do not count because the machine was at another speed than in
    /// the rest of their round.
    pub off_pace: usize,
}

impl Decided {
    /// Regret of what `by` picks.
    pub fn regret(&self, by: &str) -> Option<f64> {
        let pick = self.picks.iter().find(|pick| pick.by == by)?;
        Some(self.ran[pick.ran?].regret.point)
    }
}

/// One who picks, over all workloads.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// [`PLANNER`] or the name of a rule.
    pub by: &'static str,
    /// Workloads for which its pick ran.
    pub workloads: usize,
    /// Median regret, with its 95 % bootstrap interval over the workloads.
    pub median: Estimate,
    /// Largest regret.
    pub worst: f64,
    /// Picks that may be the best, as far as the rounds tell.
    pub in_noise: usize,
    /// The planner's median over the same workloads.
    pub planner: f64,
}

/// All workloads.
#[derive(Clone, Debug, PartialEq)]
pub struct Decisions {
    /// Those of which two pools ran at least.
    pub decided: Vec<Decided>,
    /// The others, and why.
    pub undecided: Vec<(String, String)>,
    /// The planner first.
    pub lines: Vec<Line>,
    /// The verdict.
    pub judgement: Judgement,
}

impl Decisions {
    /// What the search, on `host` and on the host at the speed of `today`, and the
    /// rules pick among the pools of `grids`
    /// that `campaign` ran on `python`, and what that costs.
    ///
    /// # Errors
    /// As the search.
    pub fn of(
        grids: &[Grid],
        campaign: &Campaign,
        host: &Host,
        today: &Today,
        python: PythonVersion,
        progress: &dyn Progress,
    ) -> Result<Self, SearchError> {
        let now = today.host(host);
        let (mut decided, mut undecided) = (Vec::new(), Vec::new());
        for (done, grid) in (0..).zip(grids) {
            progress.step(&format!("deciding {}", grid.name), done, grids.len() as u64);
            let cells: Vec<&CellResult> = grid
                .cells
                .iter()
                .filter_map(|cell| {
                    campaign.results.iter().find(|it| it.case.cell.name == cell.name)
                })
                .collect();
            let paced = Paced::of(&cells, grid.figure);
            if paced.ran.len() < FEWEST {
                let why = format!("{} of its {} pools ran", paced.ran.len(), grid.cells.len());
                undecided.push((grid.name.clone(), why));
            } else {
                decided.push(decide(grid, paced, [host, &now], python)?);
            }
        }
        let lines = lines(&decided);
        let judgement = match 2 * undecided.len() > grids.len() {
            true => Judgement::TooNoisy,
            false => judge(&lines),
        };
        Ok(Self { decided, undecided, lines, judgement })
    }
}

fn decide(
    grid: &Grid,
    paced: Paced<'_>,
    [host, now]: [&Host; 2],
    python: PythonVersion,
) -> Result<Decided, SearchError> {
    let Paced { ran, results, off_pace } = paced;
    let regret = |at: usize| ran[at].regret.point;
    let best = (0..ran.len()).min_by(|&a, &b| regret(a).total_cmp(&regret(b))).unwrap_or(0);
    let pools: Vec<PoolConfig> =
        results.iter().map(|result| result.case.deployment.pools[0].clone()).collect();
    let mut workload = grid.cells[0].workload.clone();
    // What ran is what may be picked.
    workload.runtime.python = vec![python];
    let mut picks = vec![
        planner(PLANNER, &workload, host, &pools)?,
        planner(PLANNER_TODAY, &workload, now, &pools)?,
    ];
    picks.extend(rules(&workload, host, grid, &ran));
    for pick in &mut picks {
        pick.in_noise = pick.ran.is_some_and(|at| ran[at].in_noise());
    }
    Ok(Decided { grid: grid.name.clone(), figure: grid.figure, ran, best, picks, off_pace })
}

fn planner(
    by: &'static str,
    workload: &Workload,
    host: &Host,
    pools: &[PoolConfig],
) -> Result<Pick, SearchError> {
    let unseen = Pick { by, ran: None, in_noise: false, note: String::new() };
    match choose(workload, host, pools.to_vec(), &SearchOptions::default(), &()) {
        Ok(choice) => {
            let ran = pools.iter().position(|pool| *pool == choice);
            Ok(Pick { ran, note: choice.to_string(), ..unseen })
        }
        Err(SearchError::NothingPossible(_)) => {
            Ok(Pick { note: "the workload excludes every pool".to_owned(), ..unseen })
        }
        Err(error) => Err(error),
    }
}

/// A rule names a size and no product: the first pool of that size is its pick.
fn rules(workload: &Workload, host: &Host, grid: &Grid, ran: &[Ran]) -> Vec<Pick> {
    let picks = rules_of_thumb(workload, host).into_iter().map(|rule| {
        let Some(pick) = rule.pick else {
            return Pick { by: rule.name, ran: None, in_noise: false, note: rule.note };
        };
        let size = pick.profile;
        let place = ran.iter().position(|it| it.profile == size);
        let known = grid.cells.iter().any(|cell| cell.profile == size);
        let note = match (place, known) {
            (Some(_), _) => size.to_string(),
            (None, true) => format!("{size} could not be judged"),
            (None, false) => format!("{size} is not among these pools"),
        };
        Pick { by: rule.name, ran: place, in_noise: false, note }
    });
    picks.collect()
}

fn lines(decided: &[Decided]) -> Vec<Line> {
    let Some(first) = decided.first() else { return Vec::new() };
    first.picks.iter().filter_map(|pick| line(pick.by, decided)).collect()
}

fn line(by: &'static str, decided: &[Decided]) -> Option<Line> {
    let both = |it: &&Decided| it.regret(by).is_some() && it.regret(PLANNER).is_some();
    let shared: Vec<&Decided> = decided.iter().filter(both).collect();
    let regrets = |by: &str| shared.iter().filter_map(|it| it.regret(by)).collect::<Vec<f64>>();
    let own = regrets(by);
    let picks = shared.iter().flat_map(|it| &it.picks).filter(|pick| pick.by == by);
    Some(Line {
        by,
        workloads: own.len(),
        median: bootstrap_median(&own)?,
        worst: own.iter().copied().fold(0.0, f64::max),
        in_noise: picks.filter(|pick| pick.in_noise).count(),
        planner: median(&regrets(PLANNER))?,
    })
}

fn judge(lines: &[Line]) -> Judgement {
    let percent = |share: f64| format!("{:.1} %", 100.0 * share);
    let mut beyond = Vec::new();
    for line in lines {
        let point = line.median.point;
        if line.by == PLANNER && point > TOLERANCE {
            let most = percent(TOLERANCE);
            beyond.push(format!("median regret {}, at most {most}", percent(point)));
        }
        if line.by != PLANNER_TODAY && point < line.planner {
            beyond.push(format!(
                "{} does better: median regret {} against {} on the same workloads",
                line.by,
                percent(point),
                percent(line.planner)
            ));
        }
    }
    if beyond.is_empty() { Judgement::Within } else { Judgement::Beyond(beyond) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A workload whose pools have these regrets, give or take the noise; picks by
    /// index.
    fn decided(regrets: &[f64], noise: f64, planner: usize, rule: Option<usize>) -> Decided {
        let ran = |regret: &f64| Ran {
            cell: String::new(),
            pool: PoolKind::ProcessPoolExecutor,
            profile: Profile::processes(1),
            observed: 1.0 + regret,
            predicted: 1.0,
            floor: Some(noise),
            regret: Estimate {
                point: *regret,
                low: (regret - noise).max(0.0),
                high: regret + noise,
                n: 3,
            },
        };
        let pick = |by, ran: Option<usize>| Pick {
            by,
            ran,
            in_noise: ran.is_some_and(|at| regrets[at] <= noise),
            note: String::new(),
        };
        Decided {
            grid: "w".to_owned(),
            figure: Figure::Mean,
            ran: regrets.iter().map(ran).collect(),
            best: 0,
            picks: vec![pick(PLANNER, Some(planner)), pick("n", rule)],
            off_pace: 0,
        }
    }

    fn judged(all: &[Decided]) -> Judgement {
        judge(&lines(all))
    }

    #[test]
    fn a_rule_is_compared_on_the_workloads_that_it_speaks_of() {
        let all = [
            decided(&[0.0, 0.5], 0.1, 0, Some(1)),
            decided(&[0.0, 0.2], 0.1, 0, Some(0)),
            decided(&[0.0, 0.02], 0.1, 1, None),
        ];
        let [planner, rule] = &lines(&all)[..] else { panic!() };
        assert_eq!((planner.workloads, planner.median.point, planner.in_noise), (3, 0.0, 3));
        assert_eq!((rule.workloads, rule.worst, rule.in_noise), (2, 0.5, 1));
        assert_eq!((rule.median.point, rule.planner), (0.25, 0.0));
        assert_eq!(judged(&all), Judgement::Within);
    }

    #[test]
    fn the_verdict_needs_low_regret_and_no_better_rule() {
        let Judgement::Beyond(why) = judged(&[decided(&[0.0, 0.04], 0.0, 1, Some(1))]) else {
            panic!()
        };
        assert!(why.len() == 1 && why[0].contains("4.0 %"), "{why:?}");
        let Judgement::Beyond(why) = judged(&[decided(&[0.0, 0.02], 0.0, 1, Some(0))]) else {
            panic!()
        };
        assert!(why.len() == 1 && why[0].contains("n does better"), "{why:?}");
    }

    #[test]
    fn regret_is_the_loss_in_the_figures_own_direction() {
        use crate::validate::verdict::{Run, compare, testing::run};
        let host = Host::ideal(2);
        let grid = super::super::grid::shipped().unwrap().into_iter().next().unwrap();
        let version = "3.12".parse().unwrap();
        let result = |index: usize, runs: &[(f64, f64)]| {
            let case = crate::validate::Case::new(&grid.cells[index], version, &host, 1).unwrap();
            let seen = (0..).zip(runs).map(|(repeat, &(throughput, pace))| {
                let mut seen = run(throughput, 1.0, 1.0, 1.0);
                seen.measured.repeat = repeat;
                seen.measured.slowdown.bytecode.mean = pace;
                seen
            });
            let runs: Vec<Run> = seen.collect();
            let comparisons = compare(&runs);
            CellResult { case, runs, comparisons }
        };
        // In the second round the machine was twice as slow, for both alike; in the
        // third only while the first ran, which tells nothing of it.
        let results = [
            result(0, &[(80.0, 1.0), (40.0, 2.0), (20.0, 2.0)]),
            result(1, &[(100.0, 1.0), (50.0, 2.0), (90.0, 1.0)]),
            result(2, &[(10.0, 1.0), (5.0, 2.0), (9.0, 1.0)]),
        ];
        let all = Paced::of(&results.iter().collect::<Vec<_>>(), Figure::Throughput);
        assert_eq!(all.off_pace, 1);
        let [first, second, third] = &all.ran[..] else { panic!() };
        assert!((first.regret.point - 0.2).abs() < 1e-12 && !first.in_noise());
        assert!(second.regret.point == 0.0 && second.in_noise());
        assert!((third.regret.point - 0.9).abs() < 1e-12 && third.regret.n == 3);
        let lower = Paced::of(&results.iter().collect::<Vec<_>>(), Figure::Mean);
        assert!(lower.ran.is_empty(), "no mean was measured");
    }
}
