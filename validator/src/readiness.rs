//! What can be run on this machine, what cannot, and what to do about it.

use serde::Serialize;

use crate::host::Probe;
use crate::interpreters::{Found, Interpreter};
use crate::noise::{NOISY_SPREAD, Noise};

/// CPUs below which pools of several workers cannot be told apart here.
const FEW_CPUS: f64 = 4.0;

/// How one thing stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Standing {
    /// It can be done.
    Ready,
    /// It can be done with the limits that the detail names.
    Limited,
    /// It cannot be done.
    Missing,
}

impl Standing {
    /// As written in answers.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::Limited => "limited",
            Self::Missing => "missing",
        }
    }
}

/// One thing that a user may want to run here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Check {
    /// What.
    pub what: &'static str,
    /// How it stands.
    pub standing: Standing,
    /// Why.
    pub detail: String,
    /// What to do about it; empty if nothing need be done.
    pub advice: String,
}

impl Check {
    fn ready(what: &'static str, detail: String) -> Self {
        Self { what, standing: Standing::Ready, detail, advice: String::new() }
    }

    fn limited(what: &'static str, detail: String, advice: &str) -> Self {
        Self { what, standing: Standing::Limited, detail, advice: advice.to_owned() }
    }

    fn missing(what: &'static str, detail: &str, advice: &str) -> Self {
        let (detail, advice) = (detail.to_owned(), advice.to_owned());
        Self { what, standing: Standing::Missing, detail, advice }
    }
}

/// Judges `probe`, `found` and `noise`, always in the same order.
pub fn judge(probe: &Probe, found: &Found, noise: &Noise) -> Vec<Check> {
    let cpython = |i: &&Interpreter| i.build.implementation == "CPython";
    let builds: Vec<&Interpreter> = found.interpreters.iter().filter(cpython).collect();
    vec![
        processes(&builds),
        free_threading(&builds),
        interpreter_pool(&builds),
        cores(probe),
        memory(probe),
        steadiness(noise),
    ]
}

fn processes(builds: &[&Interpreter]) -> Check {
    const WHAT: &str = "processes and threads";
    let locked = builds.iter().filter(|i| !i.build.free_threaded);
    match versions(locked) {
        None => Check::missing(
            WHAT,
            "no CPython with the interpreter lock was found",
            "install one, or put it on PATH",
        ),
        Some(versions) => Check::ready(WHAT, format!("CPython {versions}")),
    }
}

fn free_threading(builds: &[&Interpreter]) -> Check {
    const WHAT: &str = "free threading";
    match versions(builds.iter().filter(|i| i.build.free_threaded)) {
        None => Check::missing(
            WHAT,
            "no free-threaded CPython was found",
            "install 3.13t or later, for example with `uv python install 3.13t`",
        ),
        Some(versions) => Check::ready(WHAT, format!("CPython {versions}")),
    }
}

fn interpreter_pool(builds: &[&Interpreter]) -> Check {
    const WHAT: &str = "sub-interpreters";
    let able = builds.iter().filter(|i| i.build.minor >= 14 && !i.build.free_threaded);
    match versions(able) {
        None => Check::missing(
            WHAT,
            "InterpreterPoolExecutor came with CPython 3.14, which was not found",
            "install CPython 3.14 or later",
        ),
        Some(versions) => Check::ready(WHAT, format!("CPython {versions}")),
    }
}

/// The versions, each once, newest first; none if there is none.
fn versions<'a>(builds: impl Iterator<Item = &'a &'a Interpreter>) -> Option<String> {
    let name = |i: &&Interpreter| {
        format!("{}{}", i.build.version, if i.build.free_threaded { "t" } else { "" })
    };
    let mut names: Vec<String> = builds.map(name).collect();
    names.dedup();
    (!names.is_empty()).then(|| names.join(", "))
}

fn cores(probe: &Probe) -> Check {
    const WHAT: &str = "cores";
    let usable = probe.usable_cpus();
    let detail = format!("{usable} of {} CPUs can be used", probe.topology.cpus);
    if usable < f64::from(probe.topology.cpus) {
        Check::limited(
            WHAT,
            detail,
            "os.cpu_count() counts the machine's CPUs: state the number of workers yourself",
        )
    } else if usable < FEW_CPUS {
        Check::limited(
            WHAT,
            detail,
            "pools of more workers than CPUs can be predicted, not measured",
        )
    } else {
        Check::ready(WHAT, detail)
    }
}

fn memory(probe: &Probe) -> Check {
    const WHAT: &str = "memory";
    let gib = |bytes: u64| bytes as f64 / (1u64 << 30) as f64;
    let usable = probe.usable_memory();
    let (free, of) = (gib(probe.memory_available.min(usable)), gib(usable));
    let detail = format!("{free:.1} of {of:.1} GiB are free");
    if probe.memory_available < usable / 4 {
        Check::limited(WHAT, detail, "end other programs before measuring memory")
    } else {
        Check::ready(WHAT, detail)
    }
}

fn steadiness(noise: &Noise) -> Check {
    const WHAT: &str = "steadiness";
    let percent = |share: f64| share * 100.0;
    let detail = format!(
        "one piece of work in twenty takes {:.0} % longer than the median",
        percent(noise.spread)
    );
    if noise.too_noisy() {
        let advice = format!(
            "differences under {:.0} % cannot be measured; use an idle machine",
            percent(NOISY_SPREAD.max(noise.spread))
        );
        Check::limited(WHAT, detail, &advice)
    } else {
        Check::ready(WHAT, detail)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::{Limits, Quota, Topology};
    use crate::interpreters::{Build, Source};

    fn machine(cpus: u32) -> Probe {
        Probe {
            processor: "Examplon".to_owned(),
            kernel: "6.1".to_owned(),
            topology: Topology { cpus, cores: cpus, threads_per_core: 1 },
            affinity: cpus,
            limits: Limits::default(),
            memory: 8 << 30,
            memory_available: 6 << 30,
            swap: 0,
            load: [0.0; 3],
        }
    }

    fn interpreter(minor: u8, free_threaded: bool) -> Interpreter {
        let build = Build {
            version: format!("3.{minor}.0"),
            minor,
            implementation: "CPython".to_owned(),
            free_threaded,
        };
        Interpreter { path: "python3".into(), source: Source::Path, build }
    }

    fn standings(probe: &Probe, builds: Vec<Interpreter>, spread: f64) -> Vec<Standing> {
        let found = Found { interpreters: builds, silent: Vec::new() };
        let noise = Noise { median: 1e-3, spread, worst: 1.0, repeats: 200 };
        judge(probe, &found, &noise).iter().map(|check| check.standing).collect()
    }

    #[test]
    fn a_full_machine_is_ready_for_everything() {
        let builds = vec![interpreter(14, true), interpreter(14, false)];
        assert_eq!(standings(&machine(8), builds, 0.01), [Standing::Ready; 6]);
    }

    #[test]
    fn a_bare_noisy_container_lacks_most() {
        let mut probe = machine(8);
        probe.limits.quota = Some(Quota { cpus: 0.5, period_us: 100_000 });
        probe.memory_available = 1 << 30;
        use Standing::{Limited, Missing};
        let expected = [Missing, Missing, Missing, Limited, Limited, Limited];
        assert_eq!(standings(&probe, Vec::new(), 0.4), expected);
    }

    #[test]
    fn a_free_threaded_build_does_not_stand_in_for_one_with_the_lock() {
        let standings = standings(&machine(8), vec![interpreter(13, true)], 0.0);
        assert_eq!(standings[..3], [Standing::Missing, Standing::Ready, Standing::Missing]);
    }

    #[test]
    fn everything_that_is_not_ready_comes_with_advice() {
        let noise = Noise { median: 1e-3, spread: 0.5, worst: 1.0, repeats: 200 };
        for check in judge(&machine(2), &Found::default(), &noise) {
            assert_eq!(check.advice.is_empty(), check.standing == Standing::Ready, "{check:?}");
        }
    }
}
