//! The portrait of a callable.

use serde::Serialize;
use sim::stats::Estimate;
use validator::characterize::{
    Checked, Class, FreeThreaded, LockUse, Portrait, Row, Size, Workers,
};
use validator::lock_probe::Spread;

use super::layout::Page;
use super::units::{Unit, count};

/// All that is shown, as text or as it is.
#[derive(Debug, Serialize)]
pub struct Answer<'a> {
    /// Version of the form.
    pub version: u32,
    /// What was measured.
    pub portrait: &'a Portrait,
    /// The class that it amounts to.
    pub class: Class,
    /// Predictions beside real workers.
    pub checked: Option<Checked>,
    /// Why they could not be made.
    pub unchecked: Option<String>,
    /// File with the class.
    pub written: String,
    /// How to do it again.
    pub command: String,
}

/// The whole answer.
pub fn text(answer: &Answer<'_>) -> String {
    let (mut page, portrait) = (Page::default(), answer.portrait);
    page.heading(&format!("{} on CPython {}", portrait.target, portrait.python.build.version));
    let mut line = |what: &str, text: String| {
        page.hanging(&format!("  {what:<10}"), &" ".repeat(12), &text);
    };
    line("time", time(portrait));
    line("lock", portrait.lock.as_ref().map_or_else(|| no_lock(portrait), lock));
    if let Some(lock) = &portrait.lock {
        line("beside", beside(lock));
    }
    line("threads", threads(portrait));
    line("memory", memory(portrait));
    line("sent", sent(portrait));
    line("import", imports(portrait));
    line("fork", fork(portrait));
    line("no lock", free_threaded(&portrait.free_threaded));
    if !portrait.output.is_empty() {
        line("printed", portrait.output.clone());
    }
    for (question, why) in &portrait.not_run {
        line("not run", format!("{question}: {why}"));
    }
    warnings(portrait, &mut page);
    if let Some(checked) = &answer.checked {
        check(checked, &mut page);
    }
    if let Some(why) = &answer.unchecked {
        page.hanging("  ", "    ", &format!("check not run: {why}"));
    }
    page.heading(&format!("Written to {}, in {:.0} s", answer.written, portrait.took));
    page.line(&format!("  planner recommend --workload {}", answer.written));
    page.finish()
}

fn show(unit: Unit, spread: &Spread) -> String {
    let Spread { point, low, high, n } = *spread;
    unit.estimate(&Estimate { point, low, high, n: n as u32 })
}

fn time(portrait: &Portrait) -> String {
    let times = &portrait.times;
    let mut text = format!(
        "{} a call: {} on a core, {} of waits; p99 {} of {} calls",
        show(Unit::Seconds, &times.elapsed),
        show(Unit::Seconds, &times.own_cpu),
        show(Unit::Seconds, &times.wait),
        Unit::Seconds.show(times.calls.p99),
        times.count
    );
    if times.batch > 1 {
        text.push_str(&format!(", timed {} at once because each is short", times.batch));
    }
    let slower = portrait.first_call / times.elapsed.point;
    if slower > 2.0 {
        text.push_str(&format!("; the first one took {}", Unit::Seconds.show(portrait.first_call)));
    }
    text
}

fn lock(lock: &LockUse) -> String {
    let mut text = format!("{} of its CPU time holds the lock", show(Unit::Share, &lock.held));
    if lock.kept.point >= 0.01 {
        let kept = show(Unit::Share, &lock.kept);
        text.push_str(&format!(", {kept} in C code that nobody can ask for it"));
    }
    let releases = lock.releases;
    text.push_str(&format!(
        "; {:.1} lock-losing re-acquires per call [{:.1}, {:.1}]",
        releases.point, releases.low, releases.high
    ));
    text
}

fn no_lock(portrait: &Portrait) -> String {
    match portrait.times.locked {
        true => "not measured".to_owned(),
        false => "there is none in this build".to_owned(),
    }
}

/// What spinners add, at the longest interval and at the shortest.
fn beside(lock: &LockUse) -> String {
    let cell = |delay: &validator::characterize::Delay| {
        format!("{} beside {}", Unit::Seconds.show(delay.call.point), delay.spinners)
    };
    let longest = lock.delays.iter().map(|delay| delay.interval).fold(0.0, f64::max);
    let at = |wanted: &dyn Fn(f64) -> bool| {
        let of = lock.delays.iter().filter(|delay| wanted(delay.interval));
        of.map(cell).collect::<Vec<_>>().join(", ")
    };
    format!(
        "a call takes {} spinning threads at a switch interval of 5 ms; {} at 1 ms",
        at(&|interval| interval >= longest),
        at(&|interval| interval < longest)
    )
}

fn threads(portrait: &Portrait) -> String {
    let times = &portrait.times;
    let mut text = match &portrait.blas {
        Some(blas) => format!(
            "{} with {} BLAS threads: {} of it runs on all of them",
            show(Unit::Seconds, &blas.elapsed),
            blas.threads,
            show(Unit::Seconds, &blas.parallel)
        ),
        None => "no shorter with BLAS threads on all cores".to_owned(),
    };
    if times.other_cpu.point > 0.02 * times.elapsed.point {
        let other = show(Unit::Seconds, &times.other_cpu);
        text.push_str(&format!(
            "; {other} of CPU time in {} of its own",
            count(times.threads - 1, "thread")
        ));
    }
    text
}

fn memory(portrait: &Portrait) -> String {
    let Some(memory) = &portrait.memory else { return "not measured".to_owned() };
    let leak = &memory.leak;
    let leaks = match leak.certain {
        true => format!("leaks {} per call", show(Unit::Bytes, &leak.per_call)),
        false => format!("no certain leak in {} calls", leak.calls),
    };
    let kept = format!("{:.0} % of it stays", 100.0 * memory.kept);
    let kept = if memory.kept >= 0.01 { format!(", {kept}") } else { String::new() };
    format!("{} while it runs{kept}; {leaks}", show(Unit::Bytes, &memory.working_set))
}

fn sent(portrait: &Portrait) -> String {
    let one = |what: &str, size: &Size| match (size.bytes, &size.why_not) {
        (Some(bytes), _) => format!(
            "{what} {} pickled, {} to pack, {} to unpack",
            Unit::Bytes.show(bytes as f64),
            Unit::Seconds.show(size.pack),
            Unit::Seconds.show(size.unpack)
        ),
        (None, why) => format!("{what} cannot be pickled: {}", why.as_deref().unwrap_or_default()),
    };
    format!("{}; {}", one("arguments", &portrait.request), one("result", &portrait.response))
}

fn imports(portrait: &Portrait) -> String {
    let imports = &portrait.imports;
    let libraries = match imports.libraries.len() {
        0 => String::new(),
        _ => format!("; brings {}", imports.libraries.join(", ")),
    };
    format!(
        "{} of CPU time, {} of private memory{libraries}",
        show(Unit::Seconds, &imports.cpu),
        show(Unit::Bytes, &imports.memory)
    )
}

fn fork(portrait: &Portrait) -> String {
    let fork = &portrait.fork;
    let threads = match fork.threads {
        0 => String::new(),
        n => format!(" of a parent with {}", count(n, "thread")),
    };
    let caution = match fork.threads > 1 {
        true => "; forking a parent that has threads is not safe",
        false => "",
    };
    format!("a forked child{threads}: {}{caution}", fork.child)
}

fn free_threaded(found: &FreeThreaded) -> String {
    match found {
        FreeThreaded::NotRun(why) => format!("not run: {why}"),
        FreeThreaded::Measured { version, locked, own_cpu, two_threads } => {
            let lock = if *locked { "an import turned the lock back on" } else { "it stays off" };
            format!(
                "on CPython {version}: {lock}; {} of CPU time a call, two threads make {two_threads:.2} \
                 times the calls of one",
                show(Unit::Seconds, own_cpu)
            )
        }
    }
}

fn warnings(portrait: &Portrait, page: &mut Page) {
    let times = &portrait.times;
    let mut all = Vec::new();
    if times.failed > 0.0 {
        let reason = times.reason.as_deref().unwrap_or_default();
        all.push(format!("{:.1} % of the calls raised: {reason}", 100.0 * times.failed));
    }
    if portrait.left > 0 {
        let left = count(portrait.left, "process").replace("processs", "processes");
        all.push(format!("it left {left} running, which were ended"));
    }
    if times.children_cpu.point > 0.05 * times.elapsed.point {
        let cpu = show(Unit::Seconds, &times.children_cpu);
        all.push(format!("{cpu} of CPU time a call in processes that it starts: not in the class"));
    }
    if times.own_cpu.point < 20e-6 && times.wait.point < 20e-6 {
        all.push("handing such a short call to another thread costs more than the call".to_owned());
    }
    if let Some(why) = &portrait.unsendable {
        all.push(format!("the function cannot be sent to another process: {why}"));
    }
    if times.failed > 0.0 || !all.is_empty() {
        page.heading("Mind that");
        all.iter().for_each(|text| page.hanging("  - ", "    ", text));
    }
}

fn check(checked: &Checked, page: &mut Page) {
    page.heading("Calls per second, predicted beside observed");
    let mut rows = vec![["workers", "observed", "predicted", "error", "noise"].map(str::to_owned)];
    rows.extend(checked.rows.iter().map(row));
    page.table(&rows);
    if let Some(error) = checked.median_error() {
        page.line(&format!("  median error {:.1} % with several workers", 100.0 * error));
    }
    for (workers, why) in &checked.not_run {
        page.hanging("  ", "    ", &format!("not run: {}: {why}", called(*workers)));
    }
}

fn row(row: &Row) -> [String; 5] {
    [
        called(row.workers),
        show(Unit::PerSecond, &row.observed),
        show(Unit::PerSecond, &row.predicted),
        format!("{:+.1} %", 100.0 * row.error()),
        row.noise.map_or("unknown".to_owned(), |noise| format!("{:.1} %", 100.0 * noise)),
    ]
}

fn called(workers: Workers) -> String {
    match workers {
        Workers::Threads(n) => count(n, "thread"),
        Workers::Processes(1) => "1 process".to_owned(),
        Workers::Processes(n) => format!("{n} processes"),
        Workers::Tasks(n) => count(n, "task"),
    }
}
