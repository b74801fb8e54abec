//! How requests arrive: candidates, held against each other as point processes.

mod on_off;
pub(crate) mod timeline;
pub(crate) mod windows;

use serde::Serialize;
use sim::kernel::{SimDuration, SimTime};
use sim::stats::Estimate;
use sim::workload::Arrivals;

use crate::fit::distance::distance;
use crate::fit::family::{Family, likeliest, ln_likelihood};
use crate::options::ArrivalModel;
use crate::summary::Offered;
use on_off::OnOff;
use timeline::Timeline;
use windows::Stretch;

/// A model has to explain that much more than Poisson, in nats per arrival, to
/// be worth its parameters: a gamma of cv 0.94 or a rate that moves by 6 %.
const WORTH: f64 = 0.002;
/// Gaps that vary less are all the same.
const EQUAL_CV: f64 = 0.05;
/// A clock that counts in more than that share of a mean gap hides the gaps.
const COARSE: f64 = 0.2;
/// Fewer arrivals say nothing beyond a rate.
const MIN_ARRIVALS: usize = 100;
/// Distances from so many arrivals: more change nothing.
const MAX_COMPARED: usize = 100_000;
/// Longest time that a workload file can have, in s: a week.
const MAX_SECONDS: f64 = 168.0 * 3600.0;

/// A model that was tried.
#[derive(Clone, Debug, Serialize)]
pub struct ArrivalCandidate {
    /// As in a workload file.
    pub name: &'static str,
    /// Kolmogorov and Smirnov's distance of the gaps, each seen through the
    /// model (time rescaling).
    pub ks: f64,
    /// Akaike's criterion: less is better.
    pub aic: f64,
    /// What it explains beyond Poisson, in nats per arrival.
    pub gain: f64,
    #[serde(skip)]
    model: ArrivalModel,
    #[serde(skip)]
    arrivals: Arrivals,
}

/// How requests arrive.
#[derive(Clone, Debug, Serialize)]
pub struct ArrivalFit {
    /// Requests per second, with its 95 % interval.
    pub rate: Estimate,
    /// Standard deviation over mean of the gaps; null if they are not known.
    pub cv: Option<f64>,
    /// Width of windows, in s, and variance over mean of the counts in them.
    pub dispersion: Vec<(f64, f64)>,
    /// Lowest and highest rate of the stretches of constant rate.
    pub rate_range: Option<(f64, f64)>,
    /// The choice, as in a workload file.
    pub choice: &'static str,
    /// Why, in words.
    pub why: String,
    /// What had to be assumed.
    pub assumed: Option<String>,
    /// All that was tried, best first.
    pub candidates: Vec<ArrivalCandidate>,
    #[serde(skip)]
    pub(crate) arrivals: Arrivals,
}

/// Of recorded requests. `asked` wins over what fits best.
///
/// # Errors
/// What was asked for does not fit these arrivals at all.
pub(crate) fn of_times(
    timeline: &Timeline,
    asked: Option<ArrivalModel>,
) -> Result<ArrivalFit, String> {
    let (times, span) = (&timeline.times, timeline.span());
    if span <= 0.0 {
        return Err("all requests came at the same moment, so there is no rate".to_owned());
    }
    let rate = windows::rate(times, span);
    let gaps = timeline.gaps();
    let coarse = timeline.tick * rate.point > COARSE;
    let tally: sim::stats::Tally = gaps.iter().copied().collect();
    let cv = (!coarse && gaps.len() > 1).then(|| tally.variance().sqrt() / tally.mean());
    let scales = [1.0, 10.0, 100.0, 1000.0].map(|gaps| gaps / rate.point);
    let dispersion = scales.into_iter().filter(|width| *width >= timeline.tick);
    let dispersion = dispersion
        .filter_map(|width| Some((width, windows::dispersion(times, span, width)?)))
        .collect();
    let stretches = windows::stretches(times, span);
    let candidates = candidates(times, &gaps, rate.point, &stretches, coarse);
    let extremes = |pick: fn(f64, f64) -> f64, from| {
        stretches.iter().map(|stretch| stretch.rate).fold(from, pick)
    };
    let rate_range =
        (stretches.len() > 1).then(|| (extremes(f64::min, f64::INFINITY), extremes(f64::max, 0.0)));
    let (arrivals, model, why) = choose(&candidates, asked, rate.point, cv)?;
    let assumed = coarse.then(|| {
        format!(
            "the clock counts in {} s and {:.1} requests come in each, so gaps within one are \
             taken as Poisson's",
            timeline.tick,
            timeline.tick * rate.point
        )
    });
    let choice = model.name();
    Ok(ArrivalFit { rate, cv, dispersion, rate_range, choice, why, assumed, candidates, arrivals })
}

fn candidates(
    times: &[f64],
    gaps: &[f64],
    rate: f64,
    stretches: &[Stretch],
    coarse: bool,
) -> Vec<ArrivalCandidate> {
    let n = gaps.len() as f64;
    let poisson = n * rate.ln() - rate * gaps.iter().sum::<f64>();
    let candidate = |model: ArrivalModel, arrivals, parameters: f64, likelihood: f64, shares| {
        let aic = 2.0 * parameters - 2.0 * likelihood;
        let gain = (likelihood - poisson) / n;
        ArrivalCandidate { name: model.name(), ks: ks(shares), aic, gain, model, arrivals }
    };
    let exponential = |x: f64| -(-x).exp_m1();
    let shares = gaps.iter().map(|gap| exponential(gap * rate)).collect();
    let model = ArrivalModel::Poisson;
    let mut found = vec![candidate(model, Arrivals::Poisson { rate }, 1.0, poisson, shares)];
    if gaps.len() < MIN_ARRIVALS {
        return found;
    }
    if !coarse && let Some(gamma) = likeliest(gaps).into_iter().nth(1) {
        let cv = gamma.squared_cv().sqrt();
        if (0.01..=20.0).contains(&cv) {
            let shares = gaps.iter().map(|gap| gamma.cdf(*gap)).collect();
            let likelihood = ln_likelihood(gamma, gaps);
            let arrivals = Arrivals::Gamma { rate, cv };
            found.push(candidate(ArrivalModel::Gamma, arrivals, 2.0, likelihood, shares));
        }
    }
    if let Some(arrivals) = varying(stretches) {
        let (likelihood, shares) = rescaled(times, stretches, exponential);
        let parameters = 2.0 * stretches.len() as f64 - 1.0;
        found.push(candidate(ArrivalModel::Varying, arrivals, parameters, likelihood, shares));
    }
    if let Some(process) = on_off::fit(times, gaps) {
        let mut shares = Vec::new();
        let likelihood = process.ln_likelihood(gaps, |share| shares.push(share));
        if let Some(arrivals) = switching(process) {
            found.push(candidate(ArrivalModel::OnOff, arrivals, 4.0, likelihood, shares));
        }
    }
    found.sort_by(|a, b| a.aic.total_cmp(&b.aic));
    found
}

/// Distance of the shares from the even distribution.
fn ks(mut shares: Vec<f64>) -> f64 {
    let every = shares.len().div_ceil(MAX_COMPARED).max(1);
    shares = shares.into_iter().step_by(every).collect();
    shares.sort_by(f64::total_cmp);
    distance(&shares, 0.0, |x| x.clamp(0.0, 1.0))
}

/// Likelihood of a rate that changes at the stretches' ends, and each gap as
/// the share of gaps that are shorter under the rate at the time.
fn rescaled(times: &[f64], stretches: &[Stretch], share: impl Fn(f64) -> f64) -> (f64, Vec<f64>) {
    let mut stretch = 0;
    let (mut passed, mut from) = (0.0, 0.0);
    let mut expected = |at: f64, stretch: &mut usize| {
        while *stretch + 1 < stretches.len() && at > stretches[*stretch].to {
            let own = stretches[*stretch];
            passed += own.rate * (own.to - from);
            (from, *stretch) = (own.to, *stretch + 1);
        }
        passed + stretches[*stretch].rate * (at - from)
    };
    let mut last = 0.0;
    let (mut likelihood, mut shares) = (0.0, Vec::with_capacity(times.len()));
    for at in &times[1..] {
        let now = expected(*at, &mut stretch);
        likelihood += stretches[stretch].rate.max(1e-300).ln() - (now - last);
        shares.push(share(now - last));
        last = now;
    }
    (likelihood, shares)
}

/// As a line of points: a change is known to half a window, so it takes that
/// long, with the same requests in all.
fn varying(stretches: &[Stretch]) -> Option<Arrivals> {
    let end = stretches.last()?.to;
    if stretches.len() < 2 || end > MAX_SECONDS {
        return None;
    }
    let shortest = stretches.iter().map(|s| s.to - s.from).fold(f64::INFINITY, f64::min);
    let half = shortest / 4.0;
    let mut points = vec![(SimTime(0), stretches[0].rate)];
    let at = |seconds: f64| SimTime((seconds * 1e9).round() as u64);
    for pair in stretches.windows(2) {
        points.push((at(pair[0].to - half), pair[0].rate));
        points.push((at(pair[1].from + half), pair[1].rate));
    }
    points.push((at(end), stretches[stretches.len() - 1].rate));
    let peak = points.iter().map(|(_, rate)| *rate).fold(0.0, f64::max);
    let arrivals = Arrivals::Varying { points };
    // As the workload file demands.
    (arrivals.offered_rate()? > peak / 1000.0).then_some(arrivals)
}

fn switching(process: OnOff) -> Option<Arrivals> {
    let OnOff { on_rate, off_rate, mean_on, mean_off } = process;
    let possible = (1e-6..MAX_SECONDS).contains(&mean_on)
        && (1e-6..MAX_SECONDS).contains(&mean_off)
        && on_rate < sim::input::MAX_RATE
        && on_rate * mean_on + off_rate * mean_off > 1e-3;
    let off_rate = if off_rate < on_rate * 1e-4 { 0.0 } else { off_rate };
    let stay = SimDuration::from_secs;
    possible.then(|| Arrivals::OnOff {
        on_rate,
        off_rate,
        mean_on: stay(mean_on),
        mean_off: stay(mean_off),
    })
}

type Choice = (Arrivals, ArrivalModel, String);

fn choose(
    candidates: &[ArrivalCandidate],
    asked: Option<ArrivalModel>,
    rate: f64,
    cv: Option<f64>,
) -> Result<Choice, String> {
    let named =
        |model: ArrivalModel| candidates.iter().find(|candidate| candidate.model == model).cloned();
    let taken = |found: ArrivalCandidate, why: String| (found.arrivals, found.model, why);
    match asked {
        Some(ArrivalModel::Replay) => {
            let arrivals = Arrivals::Poisson { rate };
            return Ok((arrivals, ArrivalModel::Replay, "the recorded requests, as asked".into()));
        }
        Some(ArrivalModel::Deterministic) => {
            let arrivals = Arrivals::Deterministic { rate };
            return Ok((arrivals, ArrivalModel::Deterministic, "as asked".to_owned()));
        }
        Some(model) => {
            let found = named(model).ok_or_else(|| {
                format!(
                    "these arrivals give no {} model: too few, too even or too long",
                    model.name()
                )
            })?;
            let why = format!("as asked; KS {:.3}", found.ks);
            return Ok(taken(found, why));
        }
        None => {}
    }
    if cv.is_some_and(|cv| cv < EQUAL_CV) {
        let why = "the gaps are equal within 5 %";
        return Ok((Arrivals::Deterministic { rate }, ArrivalModel::Deterministic, why.to_owned()));
    }
    let poisson = named(ArrivalModel::Poisson).ok_or("no arrivals")?;
    let best = &candidates[0];
    if best.model == ArrivalModel::Poisson || best.gain < WORTH {
        let why = match best.model {
            ArrivalModel::Poisson => format!("no other explains more; KS {:.3}", poisson.ks),
            _ => format!(
                "KS {:.3}; the best other, {}, explains only {:.4} nats per arrival more",
                poisson.ks, best.name, best.gain
            ),
        };
        return Ok(taken(poisson, why));
    }
    let why = format!(
        "least AIC, {:.3} nats per arrival better than Poisson; KS {:.3} against {:.3}",
        best.gain, best.ks, poisson.ks
    );
    Ok(taken(best.clone(), why))
}

/// Of a summary, which has no gaps. `mean` is the mean latency, in s.
///
/// # Errors
/// There is no rate, or what was asked for needs single requests.
pub(crate) fn of_summary(
    offered: &Offered,
    asked: Option<ArrivalModel>,
    rate: Option<f64>,
    mean: f64,
) -> Result<ArrivalFit, String> {
    use ArrivalModel::{Closed, Deterministic, Poisson};
    let (known, requests) = match offered {
        Offered::Unknown => (None, 0.0),
        Offered::Count { requests, seconds } => (Some(requests / seconds), *requests),
        Offered::Clients { throughput, requests, .. } => (Some(*throughput), *requests),
        Offered::Paced { rate, requests } => (Some(*rate), *requests),
    };
    let point = rate.or(known).ok_or("nothing says how many requests came in what time")?;
    let estimate = match rate {
        Some(rate) => Estimate::exact(rate),
        // Counted in a known time: the interval of a Poisson count.
        None => {
            let half = 1.96 * point / requests.max(1.0).sqrt();
            Estimate { point, low: point - half, high: point + half, n: requests as u32 }
        }
    };
    let usual = match offered {
        Offered::Clients { .. } if rate.is_none() => Closed,
        Offered::Paced { .. } => Deterministic,
        _ => Poisson,
    };
    let (model, arrivals, assumed) = match (asked.unwrap_or(usual), offered) {
        (Poisson, _) => {
            let assumed = "Poisson arrivals: a summary has no gaps";
            (Poisson, Arrivals::Poisson { rate: point }, Some(assumed.to_owned()))
        }
        (Deterministic, _) => (Deterministic, Arrivals::Deterministic { rate: point }, None),
        (Closed, Offered::Clients { clients, throughput, .. }) => {
            let (arrivals, assumed) = closed(*clients, *throughput, mean);
            (Closed, arrivals, assumed)
        }
        (other, _) => {
            return Err(format!("a summary gives no {} arrivals", other.name()));
        }
    };
    let why = match model {
        Closed => "the clients of the test wait for each reply".to_owned(),
        _ if asked.is_some() => "as asked".to_owned(),
        Deterministic => "the test sent at a constant rate".to_owned(),
        _ => "the rate is all that is known".to_owned(),
    };
    Ok(ArrivalFit {
        rate: estimate,
        cv: None,
        dispersion: Vec::new(),
        rate_range: None,
        choice: model.name(),
        why,
        assumed,
        candidates: Vec::new(),
        arrivals,
    })
}

/// The think time follows from N = X (R + Z).
fn closed(clients: f64, throughput: f64, mean: f64) -> (Arrivals, Option<String>) {
    let think = clients / throughput - mean;
    // What is within the rounding of a summary is none.
    let some = think > 0.05 * mean;
    let distribution = match some {
        true => Family::Exponential { mean: think },
        false => Family::Constant(0.0),
    };
    let think_time = match some {
        true => distribution.distribution(),
        false => sim::workload::Distribution::Constant(SimDuration::ZERO),
    };
    let assumed = some.then(|| {
        "the spread of the think time: only its mean follows, from clients = throughput x \
         (latency + think time)"
            .to_owned()
    });
    (Arrivals::Closed { clients: clients.round() as u32, think: think_time }, assumed)
}
