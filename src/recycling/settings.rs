//! The rule as the products write it.

use sim::pool::{Lifecycle, PoolConfig, PoolKind, Profile};

/// A product and what to write there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    pub kind: PoolKind,
    pub text: String,
}

/// The rule of `lifecycle` for `pool`'s product, or for each that could stand for
/// a shape without one. Those that do not have the rule are left out.
pub fn settings(pool: &PoolConfig, lifecycle: &Lifecycle) -> Vec<Setting> {
    let kinds = match pool.kind {
        PoolKind::Generic => &PoolKind::ALL[..],
        _ => std::slice::from_ref(&pool.kind),
    };
    let has = |kind: &&PoolKind| {
        let rules = kind.mechanics().rules(pool.python);
        kind.refuses(pool.profile, pool.python).is_none()
            && sim::pool::Rule::ALL
                .iter()
                .all(|rule| !rule.is_asked_by(lifecycle) || rules.contains(rule))
    };
    let written = |kind: &PoolKind| {
        write(*kind, pool.profile, lifecycle).map(|text| Setting { kind: *kind, text })
    };
    kinds.iter().filter(has).filter_map(written).collect()
}

fn write(kind: PoolKind, profile: Profile, lifecycle: &Lifecycle) -> Option<String> {
    let requests = lifecycle.max_requests?;
    let jitter = lifecycle.max_requests_jitter;
    let (workers, each) = (profile.workers, profile.slots_per_worker());
    let gunicorn = |class: &str| {
        let rule = format!("--max-requests {requests} --max-requests-jitter {jitter}");
        format!("gunicorn {class}--workers {workers} {rule}")
    };
    Some(match kind {
        PoolKind::GunicornSync => gunicorn(""),
        PoolKind::GunicornGthread => gunicorn(&format!("-k gthread --threads {each} ")),
        PoolKind::GunicornGevent => gunicorn(&format!("-k gevent --worker-connections {each} ")),
        PoolKind::Uvicorn => format!(
            "uvicorn --workers {workers} --limit-max-requests {requests} \
             --limit-max-requests-jitter {jitter}"
        ),
        PoolKind::CeleryPrefork => {
            format!("celery worker -c {workers} --max-tasks-per-child {requests}")
        }
        PoolKind::MultiprocessingPool => {
            format!("multiprocessing.Pool({workers}, maxtasksperchild={requests})")
        }
        PoolKind::ProcessPoolExecutor => {
            format!("ProcessPoolExecutor({workers}, max_tasks_per_child={requests})")
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use sim::kernel::SimDuration;
    use sim::workload::{Arrivals, Workload};

    fn written(kind: PoolKind, profile: &str, lifecycle: Lifecycle) -> Vec<String> {
        let workload = Workload::new("w", Arrivals::Batch { requests: 1 }, Vec::new());
        let python = workload.runtime.python[0];
        let pool = PoolConfig::of_kind(kind, &workload, profile.parse().unwrap(), python, 8);
        settings(&pool.unwrap(), &lifecycle).into_iter().map(|setting| setting.text).collect()
    }

    fn requests(jitter: u64) -> Lifecycle {
        let max_requests = Some(1_000);
        Lifecycle { max_requests, max_requests_jitter: jitter, ..Lifecycle::default() }
    }

    #[test]
    fn a_product_gets_its_own_line() {
        let sync = written(PoolKind::GunicornSync, "process:8", requests(50));
        let line = "gunicorn --workers 8 --max-requests 1000 --max-requests-jitter 50";
        assert_eq!(sync, [line]);
        let loops = written(PoolKind::Uvicorn, "async:4x100", requests(50));
        assert!(loops[0].contains("--limit-max-requests-jitter 50"), "{loops:?}");
    }

    #[test]
    fn a_shape_gets_those_that_have_the_rule_and_the_shape() {
        let with = written(PoolKind::Generic, "process:8", requests(50));
        assert!(with.len() == 1 && with[0].starts_with("gunicorn --workers 8"), "{with:?}");
        let without = written(PoolKind::Generic, "process:8", requests(0));
        for product in ["celery", "multiprocessing.Pool", "ProcessPoolExecutor"] {
            assert!(without.iter().any(|line| line.starts_with(product)), "{without:?}");
        }
        let threads = written(PoolKind::Generic, "thread:4x8", requests(50));
        assert!(threads.len() == 1 && threads[0].contains("-k gthread --threads 8"), "{threads:?}");
    }

    #[test]
    fn no_product_has_a_ttl_with_jitter() {
        let ttl = Some(SimDuration::SECOND);
        let lifecycle = Lifecycle { ttl, ttl_jitter: SimDuration(1), ..Lifecycle::default() };
        assert!(written(PoolKind::Generic, "process:8", lifecycle).is_empty());
    }
}
