//! A pool in words.

use sim::pool::{Concurrency, PoolConfig, PoolKind};

use super::units::count;
pub use crate::pools::served;

/// One sentence to act on, without a full stop.
pub fn sentence(pool: &PoolConfig) -> String {
    let (workers, n) = (pool.profile.workers, pool.profile.slots_per_worker());
    let shape = match pool.profile.concurrency {
        Concurrency::Serial => format!("{} with 1 request at a time each", processes(workers)),
        Concurrency::Threads(_) if workers == 1 => format!("{} in one process", count(n, "thread")),
        Concurrency::Threads(_) => format!("{} of {}", processes(workers), count(n, "thread")),
        Concurrency::Interpreters(_) => {
            format!("{} of {}", processes(workers), count(n, "sub-interpreter"))
        }
        Concurrency::EventLoop(_) => {
            format!("{} with an event loop of at most {}", processes(workers), count(n, "request"))
        }
    };
    format!("{shape} on Python {}", pool.python)
}

/// As [`sentence`], with the pool's name before it if it is a product.
pub fn product_sentence(pool: &PoolConfig) -> String {
    match pool.kind {
        PoolKind::Generic => sentence(pool),
        kind => format!("{kind}, {}", sentence(pool)),
    }
}

fn processes(workers: u32) -> String {
    match workers {
        1 => "1 worker process".to_owned(),
        workers => format!("{workers} worker processes"),
    }
}

/// Every setting of the pool: name and value.
pub fn settings(pool: &PoolConfig) -> Vec<[String; 2]> {
    let profile = pool.profile;
    let per_worker = match profile.concurrency {
        Concurrency::Serial => "1 request at a time".to_owned(),
        Concurrency::Threads(n) => count(n, "thread"),
        Concurrency::Interpreters(n) => count(n, "sub-interpreter"),
        Concurrency::EventLoop(n) => format!("event loop, at most {}", count(n, "request")),
    };
    let start = if pool.in_parent() {
        "none: the only process".to_owned()
    } else {
        pool.start_method.name().to_owned()
    };
    let blas =
        format!("{} (OPENBLAS_NUM_THREADS, OMP_NUM_THREADS, MKL_NUM_THREADS)", pool.blas_threads);
    [
        ("profile", profile.to_string()),
        ("workers", profile.workers.to_string()),
        ("each", per_worker),
        ("BLAS threads", blas),
        ("start method", start),
        ("Python", pool.python.to_string()),
        ("choice", pool.choice.name().to_owned()),
    ]
    .map(|(name, value)| [name.to_owned(), value])
    .to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;
    use sim::pool::Profile;
    use sim::workload::{Arrivals, Workload};

    #[test]
    fn every_shape_reads_as_a_sentence() {
        let workload = Workload::new("w", Arrivals::Batch { requests: 1 }, Vec::new());
        let python = workload.runtime.python[0];
        let said = |text: &str| {
            let profile = text.parse::<Profile>().unwrap();
            sentence(&PoolConfig::new(&workload, profile, python))
        };
        assert_eq!(
            said("process:1"),
            "1 worker process with 1 request at a time each on Python 3.12"
        );
        assert_eq!(
            said("process:6"),
            "6 worker processes with 1 request at a time each on Python 3.12"
        );
        assert_eq!(said("threads:16"), "16 threads in one process on Python 3.12");
        assert_eq!(said("thread:4x8"), "4 worker processes of 8 threads on Python 3.12");
        assert_eq!(said("interpreters:8"), "1 worker process of 8 sub-interpreters on Python 3.12");
        let event_loops =
            "2 worker processes with an event loop of at most 9 requests on Python 3.12";
        assert_eq!(said("async:2x9"), event_loops);
    }
}
