//! The rule that keeps enough workers up, predicted beside simulated.

use sim::pool::Lifecycle;
use sim::stats::{Estimate, Verdict};

use super::layout::Page;
use super::pool;
use super::recommendation::{calibration, host};
use super::units::{Unit, count};
use crate::recycling::{Case, Study, settings};

/// A worker that serves so many times the average counts as uneven.
const UNEVEN: f64 = 1.5;

/// Everything that the text is made of.
pub struct Answer<'a> {
    pub case: &'a Case,
    pub study: &'a Study,
    /// Repeats this answer.
    pub command: String,
}

/// The whole answer.
pub fn text(answer: &Answer<'_>) -> String {
    let mut page = Page::default();
    for part in [headline, products, down, costs, notes, sure] {
        part(answer, &mut page);
    }
    page.finish()
}

/// `--max-requests 1000 --max-requests-jitter 369`.
pub fn flags(lifecycle: &Lifecycle) -> String {
    let mut flags = Vec::new();
    if let Some(requests) = lifecycle.max_requests {
        let jitter = lifecycle.max_requests_jitter;
        flags.push(format!("--max-requests {requests} --max-requests-jitter {jitter}"));
    }
    if let Some(ttl) = lifecycle.ttl {
        let seconds = |time: sim::kernel::SimDuration| time.as_secs().ceil();
        let jitter = seconds(lifecycle.ttl_jitter);
        flags.push(format!("--ttl {}s --ttl-jitter {jitter}s", seconds(ttl)));
    }
    flags.join(" ")
}

/// A share of time; none of it is not the same as a chance of none.
fn seen(share: &Estimate) -> String {
    if share.n == 0 { "not seen".to_owned() } else { Unit::Share.estimate(share) }
}

fn headline(answer: &Answer<'_>, page: &mut Page) {
    let (case, study) = (answer.case, answer.study);
    let workers = case.workers();
    page.heading(&flags(&study.answer.lifecycle));
    let wanted = format!(
        "keeps {} of {} up at any moment after a common start with {}",
        study.goal.up(workers),
        count(workers, "worker"),
        Unit::Share.show(study.goal.probability)
    );
    let of_what = match case.outage {
        Some(outage) => format!("each down for {outage} per restart"),
        None => format!(
            "{}, for `{}` on {}",
            pool::product_sentence(&case.pool),
            case.workload.name,
            host(&case.host)
        ),
    };
    page.paragraph("  ", &format!("{wanted}; {of_what}."));
    let share = seen(&study.check.short);
    let line = match study.check.verdict {
        Verdict::Met if study.check.short.n == 0 => {
            "Simulated, it was never seen that too few were up: it holds.".to_owned()
        }
        Verdict::Met => format!("Simulated, too few were up {share} of the time: it holds."),
        Verdict::Missed => format!(
            "SIMULATED, TOO FEW WERE UP {share} OF THE TIME: it does not hold. What the formula \
             leaves out is said below."
        ),
        Verdict::NotResolved => {
            format!("Simulated, too few were up {share} of the time: more replications would tell.")
        }
    };
    page.paragraph("  ", &line);
}

fn products(answer: &Answer<'_>, page: &mut Page) {
    let settings = settings(&answer.case.pool, &answer.study.answer.lifecycle);
    page.heading("Settings");
    if settings.is_empty() {
        let line = "None of the products that are modelled has this rule: it is one for a pool of \
                    your own.";
        return page.paragraph("  ", line);
    }
    for setting in settings {
        page.hanging("  ", "      ", &setting.text);
    }
}

fn down(answer: &Answer<'_>, page: &mut Page) {
    page.heading("Workers down, as a share of the simulated time and at the worst moment");
    let mut rows = vec![["", "predicted", "simulated", "at worst"].map(str::to_owned)];
    rows.extend(answer.study.check.down.iter().map(|row| {
        let share = |value| Unit::Share.show(value);
        let name = format!("{} or more", row.workers);
        [name, share(row.predicted), seen(&row.simulated), share(row.worst)]
    }));
    page.table(&rows);
}

fn costs(answer: &Answer<'_>, page: &mut Page) {
    let Study { answer: predicted, measured, check, .. } = answer.study;
    let (summary, workers) = (&check.summary, &check.summary.workers);
    page.heading("What it costs");
    let row = |name: &str, unit: Unit, [now, later]: [f64; 2], simulated: &Estimate| {
        [name.to_owned(), unit.show(now), unit.estimate(simulated), unit.show(later)]
    };
    let restarts = [check.restarts_per_hour, predicted.restarts_per_hour];
    let lost = [check.capacity_lost, predicted.capacity_lost];
    let mut rows = vec![
        ["", "predicted", "simulated", "in the long run"].map(str::to_owned),
        row("restarts", Unit::PerHour, restarts, &workers.per_hour),
        row("slots lost", Unit::Share, lost, &workers.capacity_lost),
        row("one outage", Unit::Seconds, [measured.outage.point; 2], &workers.mean_outage),
    ];
    let simulated =
        |name: &str, value: String| [name.to_owned(), String::new(), value, String::new()];
    rows.push(simulated("requests delayed", Unit::Share.estimate(&workers.requests_delayed)));
    rows.push(simulated("requests lost", Unit::Share.estimate(&workers.requests_lost)));
    if answer.case.outage.is_none() {
        rows.push(simulated(
            "largest worker, RSS",
            Unit::Bytes.estimate(&summary.memory.worst_worker),
        ));
    }
    page.table(&rows);
    if let Some(leak) = &predicted.leak {
        let line = format!(
            "A worker leaks at most {} before it is replaced, {} on average.",
            Unit::Bytes.show(leak.most),
            Unit::Bytes.show(leak.mean)
        );
        page.paragraph("  ", &line);
    }
}

/// What the formula leaves out and the simulation has.
fn notes(answer: &Answer<'_>, page: &mut Page) {
    let Study { measured, check, answer: predicted, .. } = answer.study;
    let mut notes = Vec::new();
    if let Some(part) = check.part_of_first {
        notes.push(format!(
            "The check covers {} of the longest first life: it says little about the worst moment.",
            Unit::Share.show(part)
        ));
    }
    if predicted.lifecycle.max_requests.is_some() && measured.busiest > UNEVEN {
        notes.push(format!(
            "The busiest worker serves {:.1} times the requests of the average, so lives differ \
             although the formula takes them as alike; --choice round-robin would deal them \
             evenly.",
            measured.busiest
        ));
    }
    let ticks = answer.case.pool.lifecycle.check_every;
    if let Some(every) = ticks.filter(|every| every.as_secs() > measured.outage.point) {
        notes.push(format!(
            "The pool looks at its workers every {every}: those whose life ran out in between go \
             together, which the formula does not know."
        ));
    }
    if check.summary.saturated {
        notes.push("SATURATED: with restarts the pool cannot do the load.".to_owned());
    }
    if notes.is_empty() {
        return;
    }
    page.heading("Warnings");
    for note in notes {
        page.hanging("  ! ", "    ", &note);
    }
}

fn sure(answer: &Answer<'_>, page: &mut Page) {
    let Study { measured, check, answer: predicted, .. } = answer.study;
    page.heading("How sure");
    let pace = match predicted.lifecycle.max_requests {
        Some(_) => format!(
            ", {} per worker with a coefficient of variation of {:.2} between requests",
            Unit::PerSecond.estimate(&measured.rate),
            measured.cv
        ),
        None => String::new(),
    };
    let origin = match answer.case.outage {
        Some(_) => "Taken as stated".to_owned(),
        None => format!("Measured by simulation ({})", calibration(&answer.case.host)),
    };
    let line = format!(
        "{origin}: an outage of {}{pace}. Checked in {} of {} each, seed {}; intervals are 95 % \
         and cover the simulation's own error.",
        Unit::Seconds.estimate(&measured.outage),
        count(check.summary.outcomes.len() as u64, "replication"),
        Unit::Seconds.show(check.summary.workers.observed / check.summary.outcomes.len() as f64),
        answer.case.seed
    );
    page.paragraph("  ", &line);
    page.hanging("  Repeat: ", "    ", &answer.command);
}
