use super::*;
use crate::args::{blas_threads, start_methods};
use sim::kernel::SimDuration;
use sim::pool::Split;
use sim::workload::{Arrivals, Distribution, RequestClass, Segment, SegmentKind, Stage};

fn workload() -> Workload {
    let millisecond = Distribution::Constant(SimDuration::MILLISECOND);
    let segments = vec![Segment::new(SegmentKind::Wait, millisecond)];
    let classes = vec![
        RequestClass::new("echo", 0.7, segments.clone()),
        RequestClass::new("matmul", 0.3, segments),
    ];
    Workload::new("mixed", Arrivals::Poisson { rate: 1.0 }, classes)
}

fn pipeline(executors: [Option<&str>; 3]) -> Workload {
    let stage = |(name, profile): (&str, Option<&str>)| Stage {
        name: name.to_owned(),
        profile: profile.map(|text| text.parse().unwrap()),
        start_method: None,
    };
    let stages = ["download", "cpu", "upload"].into_iter().zip(executors).map(stage).collect();
    Workload { stages, ..workload() }
}

fn choices(profile: &str, kind: &str) -> Choices {
    Choices {
        profile: (!profile.is_empty()).then(|| profile.parse().unwrap()),
        kind: (!kind.is_empty()).then(|| kind.parse().unwrap()),
        python: None,
        start_method: None,
        blas_threads: Named::All(1),
        choice: None,
    }
}

fn deployed(workload: &Workload, profile: &str, kind: &str) -> Vec<String> {
    let deployment = choices(profile, kind).deploy(workload, &Host::ideal(4)).unwrap();
    deployment.pools.iter().map(|pool| format!("{} {}", pool.kind, pool.profile)).collect()
}

fn refusal(workload: &Workload, profile: &str, kind: &str) -> String {
    choices(profile, kind).deploy(workload, &Host::ideal(4)).unwrap_err()
}

#[test]
fn without_a_word_the_kind_has_its_size() {
    assert_eq!(deployed(&workload(), "", ""), ["generic process:4"]);
    assert_eq!(deployed(&workload(), "", "gunicorn-sync"), ["gunicorn-sync process:9"]);
    assert_eq!(deployed(&workload(), "process:3", "celery-prefork"), ["celery-prefork process:3"]);
    let mut stated = workload();
    stated.service.pools = vec![PoolKind::GunicornSync];
    assert_eq!(deployed(&stated, "process:2", ""), ["gunicorn-sync process:2"]);
}

#[test]
fn classes_have_pools_of_their_own() {
    let of = |profile, kind| deployed(&workload(), profile, kind);
    assert_eq!(
        of("matmul=process:8,echo=thread:4x16", ""),
        ["generic process:8", "generic thread:4x16"]
    );
    assert_eq!(of("echo+matmul=process:2", "grpc-process"), ["grpc-process process:2"]);
    assert_eq!(
        of("echo=thread:2x4,matmul=process:3", "echo=gunicorn-gthread,matmul=celery-prefork"),
        ["gunicorn-gthread thread:2x4", "celery-prefork process:3"]
    );
    assert_eq!(
        of("", "echo=uvicorn,matmul=gunicorn-sync"),
        ["uvicorn async:1x1000", "gunicorn-sync process:9"]
    );
    let hybrid = choices("matmul=process:8,echo=threads:4", "");
    let split = hybrid.deploy(&workload(), &Host::ideal(4)).unwrap().split;
    assert_eq!(split, Split::ByClass(vec![1, 0]));
}

#[test]
fn wrong_names_of_classes_are_put_right() {
    let why = |profile, kind| refusal(&workload(), profile, kind);
    let unknown = why("ecko=process:1,matmul=process:1", "");
    assert!(unknown.contains("`ecko` is no class of `mixed`; did you mean `echo`?"), "{unknown}");
    assert!(why("echo=process:1", "").contains("class `matmul` has no pool; add `matmul=PROFILE`"));
    assert!(why("echo=process:1,matmul=process:2", "ech=uvicorn").contains("did you mean `echo`"));
    let split = why("echo+matmul=process:2", "echo=gunicorn-sync,matmul=celery-prefork");
    assert!(split.contains("the same --pool"), "{split}");
}

#[test]
fn stages_have_the_executors_of_the_workload_unless_named() {
    let staged = pipeline([Some("threads:5"), Some("process:2"), Some("threads:5")]);
    let (threads, processes) = ("thread-pool-executor", "process-pool-executor");
    let expected = |cpu| [format!("{threads} threads:5"), cpu, format!("{threads} threads:5")];
    assert_eq!(deployed(&staged, "", ""), expected(format!("{processes} process:2")));
    assert_eq!(deployed(&staged, "cpu=threads:3", ""), expected(format!("{threads} threads:3")));
    let open = pipeline([Some("threads:5"), None, Some("threads:5")]);
    assert_eq!(deployed(&open, "process:7", ""), expected(format!("{processes} process:7")));
    assert_eq!(deployed(&open, "", ""), expected(format!("{threads} threads:4")));
}

#[test]
fn wrong_executors_are_refused() {
    let staged = pipeline([None, None, Some("threads:5")]);
    let why = |profile, kind| refusal(&staged, profile, kind);
    assert!(why("cpu=process:1", "").contains("no executor for `download` of `mixed`"));
    assert!(
        why("process:1", "").contains("no executor for `download` or `cpu`"),
        "{}",
        why("process:1", "")
    );
    assert!(why("cpo=process:1", "").contains("no stage of `mixed`; did you mean `cpu`?"));
    assert!(why("", "uvicorn").contains("leave --pool out"));
    let whole = pipeline([Some("threads:5"); 3]);
    assert!(refusal(&whole, "process:1", "").contains("every stage of `mixed` has its executor"));
}

#[test]
fn each_pool_is_started_in_its_own_way() {
    let hybrid = Choices {
        start_method: Some(start_methods("echo=fork,matmul=spawn").unwrap()),
        blas_threads: blas_threads("matmul=4").unwrap(),
        ..choices("echo=process:2,matmul=process:4", "")
    };
    let deployment = hybrid.deploy(&workload(), &Host::ideal(4)).unwrap();
    let of =
        |pool: usize| (deployment.pools[pool].start_method, deployment.pools[pool].blas_threads);
    assert_eq!((of(0), of(1)), ((StartMethod::Fork, 1), (StartMethod::Spawn, 4)));
    let staged = pipeline([Some("process:2"), Some("process:2"), Some("threads:5")]);
    let stages = Choices {
        start_method: Some(start_methods("cpu=fork").unwrap()),
        blas_threads: blas_threads("cpu=2").unwrap(),
        ..choices("", "")
    };
    let deployment = stages.deploy(&staged, &Host::ideal(4)).unwrap();
    assert_eq!(deployment.pools[1].start_method, StartMethod::Fork);
    assert_eq!(
        deployment.pools.iter().map(|pool| pool.blas_threads).collect::<Vec<_>>(),
        [1, 2, 1]
    );
    let shared = Choices {
        blas_threads: blas_threads("echo=2").unwrap(),
        ..choices("echo+matmul=process:2", "")
    };
    assert!(shared.deploy(&workload(), &Host::ideal(4)).unwrap_err().contains("--blas-threads"));
    let unknown =
        Choices { blas_threads: blas_threads("ecko=2").unwrap(), ..choices("process:2", "") };
    assert!(
        unknown.deploy(&workload(), &Host::ideal(4)).unwrap_err().contains("did you mean `echo`")
    );
}

#[test]
fn the_kind_refuses_in_its_own_words() {
    let why = |profile, kind| refusal(&workload(), profile, kind);
    assert!(why("process:4", "uvicorn").contains("write async:4x100"));
    assert!(why("interpreters:4", "").contains("3.14"));
    let mut asks = workload();
    asks.service.lifecycle.ttl = Some(SimDuration::SECOND);
    assert!(refusal(&asks, "process:2", "gunicorn-sync").contains("gunicorn-sync has no ttl"));
    let spawn = Choices {
        start_method: Some(Named::All(StartMethod::Spawn)),
        ..choices("process:2", "gunicorn-sync")
    };
    let why = spawn.deploy(&workload(), &Host::ideal(4)).unwrap_err();
    assert!(why.contains("cannot start workers by spawn"), "{why}");
}
