//! Staged pipelines: every request passes all stages, each of which has an
//! executor of its own.
//!
//! tadween-core 0.1.0b3, `tadween_core/stage/stage.py` and `task_queue/`. A stage
//! is a queue, a collector thread that drains it, and a `ThreadPoolExecutor` or
//! `ProcessPoolExecutor`; a broker passes results on from a thread of the same
//! process. `init_queue` without `mp_context` starts processes by *spawn*, and a
//! stage without an executor of its own gets four threads.
//!
//! It stands as one pool for each stage of the workload, with
//! [`Split::ByStage`]: stage `i` of a request is served by pool `i`, and a
//! request joins the queue of the next pool when the last segment of its stage
//! is done. All thread stages live in the one parent process and share its lock;
//! what a process stage costs its feeder and collector, they feel too.

use crate::pool::{Concurrency, Deployment, PoolConfig, PoolKind, Profile, Split, StartMethod};
use crate::workload::{PythonVersion, Stage, Workload};

/// `Stage.__init__`: threads of a stage without an executor of its own.
const DEFAULT_THREADS: u32 = 4;

impl Deployment {
    /// A pipeline of `workload`'s stages. `executors` are those of the stages
    /// that the workload leaves open, in order; with too few, the rest has four
    /// threads each.
    ///
    /// # Errors
    /// The workload has no stages, an executor is neither threads of one process
    /// nor processes, or there are more executors than open stages.
    pub fn pipeline(
        workload: &Workload,
        executors: &[Profile],
        python: PythonVersion,
        logical_cpus: u32,
    ) -> Result<Self, String> {
        if workload.stages.is_empty() {
            return Err(format!("`{}` has no stages: it is no pipeline", workload.name));
        }
        let open = workload.stages.iter().filter(|stage| stage.profile.is_none()).count();
        if executors.len() > open {
            return Err(format!(
                "{} executors for {open} stages without one of their own",
                executors.len()
            ));
        }
        let mut executors = executors.iter().copied();
        let pools = workload
            .stages
            .iter()
            .map(|stage| {
                let default = || Profile::threads(1, DEFAULT_THREADS);
                let profile = stage.profile.or_else(|| executors.next()).unwrap_or_else(default);
                executor(workload, stage, profile, python, logical_cpus)
            })
            .collect::<Result<Vec<_>, _>>()?;
        Ok(Self { pools, split: Split::ByStage })
    }
}

/// The executor of one stage.
fn executor(
    workload: &Workload,
    stage: &Stage,
    profile: Profile,
    python: PythonVersion,
    logical_cpus: u32,
) -> Result<PoolConfig, String> {
    let kind = match profile.concurrency {
        Concurrency::Serial => PoolKind::ProcessPoolExecutor,
        _ => PoolKind::ThreadPoolExecutor,
    };
    let mut pool = PoolConfig::of_kind(kind, workload, profile, python, logical_cpus)
        .map_err(|why| format!("stage `{}`: {why}", stage.name))?;
    pool.start_method = stage.start_method.unwrap_or(StartMethod::Spawn);
    Ok(pool)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pool::kinds::testing::workload;

    fn staged(profiles: [Option<&str>; 3]) -> Workload {
        let mut workload = workload();
        workload.stages = ["download", "cpu", "upload"]
            .into_iter()
            .zip(profiles)
            .map(|(name, profile)| Stage {
                name: name.to_owned(),
                profile: profile.map(|text| text.parse().unwrap()),
                start_method: None,
            })
            .collect();
        workload
    }

    fn python() -> PythonVersion {
        "3.12".parse().unwrap()
    }

    #[test]
    fn each_stage_has_its_executor() {
        let mut workload = staged([Some("threads:5"), None, None]);
        workload.stages[1].start_method = Some(StartMethod::Fork);
        let pipeline =
            Deployment::pipeline(&workload, &[Profile::processes(2)], python(), 8).unwrap();
        assert_eq!(pipeline.split, Split::ByStage);
        let kinds: Vec<(String, PoolKind)> =
            pipeline.pools.iter().map(|pool| (pool.profile.to_string(), pool.kind)).collect();
        let threads = PoolKind::ThreadPoolExecutor;
        assert_eq!(
            kinds,
            [
                ("threads:5".to_owned(), threads),
                ("process:2".to_owned(), PoolKind::ProcessPoolExecutor),
                ("threads:4".to_owned(), threads),
            ]
        );
        assert_eq!(pipeline.pools[1].start_method, StartMethod::Fork);
        assert_eq!(pipeline.slots(), 11);
    }

    #[test]
    fn processes_are_spawned_unless_the_stage_says_otherwise() {
        let workload = staged([None, Some("process:5"), None]);
        let pipeline = Deployment::pipeline(&workload, &[], python(), 8).unwrap();
        assert_eq!(pipeline.pools[1].start_method, StartMethod::Spawn);
    }

    #[test]
    fn what_is_no_pipeline_is_refused() {
        let open = [Profile::processes(1); 2];
        let why =
            |workload: &Workload| Deployment::pipeline(workload, &open, python(), 8).unwrap_err();
        assert!(why(&workload()).contains("no stages"));
        let two_given = staged([Some("threads:1"), None, Some("threads:1")]);
        assert!(why(&two_given).contains("2 executors for 1 stage"), "{}", why(&two_given));
        let a_loop = staged([None, Some("async:1x8"), None]);
        assert!(why(&a_loop).contains("stage `cpu`: thread-pool-executor"), "{}", why(&a_loop));
    }
}
