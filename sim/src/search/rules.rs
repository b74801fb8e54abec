//! What people use today: rules of thumb, each as the pool that it picks here.

use crate::host::Host;
use crate::pool::{PoolConfig, Profile, StartMethod};
use crate::search::demand::Demand;
use crate::workload::{PythonVersion, SegmentKind, Workload};

/// A rule of thumb applied to one workload and host.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Rule {
    /// Short name.
    pub(super) name: &'static str,
    /// What it picks; `None` if it says nothing here.
    pub(super) pick: Option<PoolConfig>,
    /// Who says so, and what had to be read into it.
    pub(super) note: String,
}

/// Every rule.
pub(super) fn rules(workload: &Workload, host: &Host) -> Vec<Rule> {
    let n = host.logical_cpus();
    let blind = blind_to_quota(host);
    let process = |name, workers, note: &str| Rule {
        name,
        pick: Some(usual(workload, host, Profile::processes(workers))),
        note: format!("{note}{blind}"),
    };
    let root = f64::from(n).sqrt().ceil() as u32;
    let threads = (n + 4).min(32);
    let rules = vec![
        process("2n+1", 2 * n + 1, "The advice of the gunicorn manual, with n logical CPUs."),
        process("n", n, "The default of multiprocessing.Pool and ProcessPoolExecutor."),
        process("sqrt", root, "Square root of the CPUs, rounded up: folklore."),
        Rule {
            name: "min(32, n+4)",
            pick: Some(usual(workload, host, Profile::threads(1, threads))),
            note: format!("The default of ThreadPoolExecutor.{blind}"),
        },
        decision_tree(workload, host),
    ];
    match workload.stages.is_empty() {
        true => rules,
        false => rules.into_iter().map(silent).collect(),
    }
}

/// Rules speak of one pool.
fn silent(rule: Rule) -> Rule {
    let note = "It sizes one pool, and a pipeline has one for each stage.".to_owned();
    Rule { pick: None, note, ..rule }
}

/// What becomes of `n` in a container: `os.cpu_count()` counts the host, and
/// `os.process_cpu_count()` looks at the affinity, not at the quota.
fn blind_to_quota(host: &Host) -> String {
    let n = host.logical_cpus();
    let quota = host.quota.filter(|quota| quota.cpus < f64::from(n));
    quota.map_or(String::new(), |quota| {
        format!(
            " It counts the {n} logical CPUs of the host and is blind to the quota of {}.",
            quota.cpus
        )
    })
}

/// The published tree: CPU-intensive? 3.13 or later? Thread-safe?
fn decision_tree(workload: &Workload, host: &Host) -> Rule {
    const NAME: &str = "decision tree";
    // Its process profile runs 100 workers on 8 cores.
    let processes = Profile::processes(12 * host.cores);
    let pick = |profile, python, note: &str| {
        let mut pool = PoolConfig { python, ..usual(workload, host, profile) };
        // The published server sets the BLAS threads to the worker's own.
        pool.blas_threads = profile.slots_per_worker();
        if !parallel(workload) {
            pool.blas_threads = 1;
        }
        Rule { name: NAME, pick: Some(pool), note: note.to_owned() }
    };
    let first = preferred(workload);
    match character(workload, host) {
        Character::Waiting => pick(processes, first, "I/O-bound, hence its process profile."),
        Character::Mixed => pick(
            processes,
            first,
            "Mixed, hence two pools, one per profile; only its process profile, for all classes, \
             is simulated.",
        ),
        Character::Computing => {
            let recent =
                workload.runtime.python.iter().copied().filter(|python| python.minor >= 13);
            // It asks for 3.13 or later, and praises the free-threaded build.
            match recent.max_by_key(|python| python.free_threaded) {
                Some(python) if workload.runtime.thread_safe => pick(
                    Profile::threads(4, 16),
                    python,
                    "CPU-intensive, 3.13 or later and thread-safe, hence its thread profile.",
                ),
                Some(_) => pick(processes, first, "Not thread-safe, hence its process profile."),
                None => pick(processes, first, "Before 3.13, hence its process profile."),
            }
        }
    }
}

/// The tree's first question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Character {
    Computing,
    Waiting,
    Mixed,
}

/// A class computes if it spends more of its time on a core than waiting.
fn character(workload: &Workload, host: &Host) -> Character {
    let pool = usual(workload, host, Profile::processes(1));
    let computes = workload.classes.iter().map(|class| {
        let demand = Demand::of_class(class, host, &PoolConfig { blas_threads: 1, ..pool.clone() });
        demand.cores > 0.5 * demand.slot && demand.slot >= LONG
    });
    let computing = computes.filter(|&c| c).count();
    match computing {
        0 => Character::Waiting,
        all if all == workload.classes.len() => Character::Computing,
        _ => Character::Mixed,
    }
}

/// The tree names NumPy, PyTorch and data processing: shorter requests are API
/// calls to it, in s.
const LONG: f64 = 0.005;

/// What somebody gets who sets only the number of workers: the first runtime,
/// its default start method if allowed, BLAS threads as the library sets them.
fn usual(workload: &Workload, host: &Host, profile: Profile) -> PoolConfig {
    let mut pool = PoolConfig::new(workload, profile, preferred(workload));
    pool.blas_threads = if parallel(workload) { host.logical_cpus() } else { 1 };
    let allowed = |method: &StartMethod| {
        (workload.runtime.fork_safe || *method != StartMethod::Fork)
            && (workload.service.start_methods.is_empty()
                || workload.service.start_methods.contains(method))
    };
    if !allowed(&pool.start_method)
        && let Some(method) = StartMethod::ALL.into_iter().find(allowed)
    {
        pool.start_method = method;
    }
    pool
}

fn preferred(workload: &Workload) -> PythonVersion {
    let default = PythonVersion { minor: 12, free_threaded: false };
    workload.runtime.python.first().copied().unwrap_or(default)
}

fn parallel(workload: &Workload) -> bool {
    let mut segments = workload.classes.iter().flat_map(|class| &class.segments);
    segments.any(|segment| segment.kind == SegmentKind::Native { parallel: true })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::SimDuration;
    use crate::search::testing::{constant, cpu_bound, open, python};
    use crate::workload::RequestClass;

    fn picks(workload: &Workload) -> Vec<String> {
        rules(workload, &Host::ideal(8))
            .into_iter()
            .map(|rule| rule.pick.map_or_else(String::new, |pool| pool.to_string()))
            .collect()
    }

    #[test]
    fn each_rule_gives_its_number() {
        let workload = cpu_bound(1.0, SimDuration(20_000_000));
        let expected = [
            "process:17 py3.12 fork",
            "process:8 py3.12 fork",
            "process:3 py3.12 fork",
            "threads:12 py3.12",
            "process:96 py3.12 fork",
        ];
        assert_eq!(picks(&workload), expected);
    }

    #[test]
    fn the_tree_asks_its_three_questions() {
        let tree = |workload: &Workload| picks(workload)[4].clone();
        let mut workload = cpu_bound(1.0, SimDuration(20_000_000));
        workload.runtime.python = vec![python("3.12"), python("3.13"), python("3.13t")];
        assert_eq!(tree(&workload), "thread:4x16 py3.13t fork");
        workload.runtime.thread_safe = false;
        assert_eq!(tree(&workload), "process:96 py3.12 fork");
        let wait = RequestClass::new("get", 0.5, vec![constant(SegmentKind::Wait, 20)]);
        let spin = RequestClass::new("spin", 0.5, vec![constant(SegmentKind::Python, 20)]);
        let mixed = rules(&open(1.0, vec![wait, spin]), &Host::ideal(8));
        assert!(mixed[4].note.starts_with("Mixed"), "{:?}", mixed[4]);
    }

    #[test]
    fn blas_threads_are_the_librarys_default_and_start_methods_allowed_ones() {
        let native = constant(SegmentKind::Native { parallel: true }, 20);
        let mut workload = open(1.0, vec![RequestClass::new("matmul", 1.0, vec![native])]);
        workload.runtime.fork_safe = false;
        assert_eq!(picks(&workload)[1], "process:8 py3.12 forkserver blas=8");
        assert_eq!(picks(&workload)[4], "process:96 py3.12 forkserver");
    }
}
