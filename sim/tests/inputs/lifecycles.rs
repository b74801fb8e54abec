//! Life cycles, faults, memory, keys and named pools: what is read, and what is
//! said of what does not fit together.

use sim::kernel::SimDuration;
use sim::pool::{Backoff, Drain, Heartbeat, Ordering, PoolKind};
use sim::workload::{KeepUp, KeySpace, OverMemory, Retention};

use crate::parse;

pub(crate) const GOOD: &str = r#"
name = "long-lived"
[arrivals.poisson]
rate = "10/s"
[keys]
count = 100
skew = 1.1
partitions = 4
[[class]]
name = "echo"
[[class.segment]]
wait = "1 ms"
[class.memory]
working_set = "8 MB"
kept = "25 %"
leak = "2 kB"
[class.faults]
crash = "0.01 %"
hang = 0.001
[runtime]
import_time = "2 s"
import_memory = "50 MB"
leak_per_hour = "12.5 MB"
parent_memory = "1 GiB"
crash_every = "24 h"
[service]
pool = ["gunicorn-sync", "celery-prefork"]
ordering = "key_hash"
max_in_flight = 64
results = "kept"
over_memory = "kill"
[service.recycling]
ttl = "1 h"
ttl_jitter = "10 min"
max_requests = 1000
max_requests_jitter = 50
memory_limit = "400 MB"
check_every = "60 s"
start_first = true
drain = { within = "30 s" }
kill_after = "2 min"
heartbeat = { every = "5 s", timeout = "15 s", misses = 3 }
back_off = { first = "1 s", factor = 2, most = "1 min" }
[objective]
keep_up = { workers = "90 %", probability = "99 %" }
"#;

fn refusal(from: &str, to: &str) -> (String, String) {
    crate::refusal(GOOD, from, to)
}

fn expect(from: &str, to: &str, message: &str, under: &str) {
    assert_eq!(refusal(from, to), (message.to_owned(), under.to_owned()), "{from} -> {to}");
}

#[test]
fn everything_is_read() {
    let seconds = |s: u64| SimDuration(s * 1_000_000_000);
    let workload = parse(GOOD).unwrap();
    assert_eq!(workload.keys, Some(KeySpace { count: 100, skew: 1.1, partitions: 4 }));
    let class = &workload.classes[0];
    assert_eq!((class.working_set_bytes, class.leak_bytes), (8_000_000, 2_000));
    assert_eq!((class.kept_share, class.crash, class.hang), (0.25, 0.0001, 0.001));
    let runtime = &workload.runtime;
    assert_eq!((runtime.leak_per_hour, runtime.parent_bytes), (12_500_000, 1 << 30));
    assert_eq!(runtime.crash_every, Some(seconds(86_400)));
    let service = &workload.service;
    assert_eq!(service.pools, [PoolKind::GunicornSync, PoolKind::CeleryPrefork]);
    assert_eq!((service.ordering, service.max_in_flight), (Ordering::ByKey, Some(64)));
    assert_eq!((service.results, service.over_memory), (Retention::Kept, OverMemory::Kill));
    let life = &service.lifecycle;
    assert_eq!((life.ttl, life.ttl_jitter), (Some(seconds(3600)), seconds(600)));
    assert_eq!((life.max_requests, life.max_requests_jitter), (Some(1000), 50));
    assert_eq!((life.memory_limit, life.check_every), (Some(400_000_000), Some(seconds(60))));
    assert_eq!((life.start_first, life.drain), (true, Drain::Within(seconds(30))));
    assert_eq!(life.kill_after, Some(seconds(120)));
    let beat = Heartbeat { every: seconds(5), timeout: seconds(15), misses: 3 };
    assert_eq!(life.heartbeat, Some(beat));
    assert_eq!(life.back_off, Backoff { first: seconds(1), factor: 2.0, most: seconds(60) });
    let keep_up = KeepUp { share: 0.9, probability: 0.99 };
    assert_eq!(workload.objective.keep_up, Some(keep_up));
}

#[test]
fn draining_is_a_word_or_a_time() {
    let drain = |to: &str| {
        let text = GOOD.replace("drain = { within = \"30 s\" }", to);
        parse(&text).unwrap().service.lifecycle.drain
    };
    assert_eq!(drain(""), Drain::Finish);
    assert_eq!(drain("drain = \"finish\""), Drain::Finish);
    assert_eq!(drain("drain = \"drop\""), Drain::Drop);
    let from = "{ within = \"30 s\" }";
    expect(from, "\"dropped\"", "`dropped` is not known here", "\"dropped\"");
    expect(from, "{}", "drain has no `within`", "{}");
    expect(from, "{ withn = \"1 s\" }", "unknown key `withn` in drain", "withn");
    expect(from, "5", "expected a string, found a whole number", "5");
}

#[test]
fn a_life_is_longer_than_its_start() {
    let message = "a worker would live for 1.50 s, and takes 2.00 s to import alone";
    expect("ttl = \"1 h\"", "ttl = \"1500 ms\"", message, "\"1500 ms\"");
    expect("ttl = \"1 h\"", "ttl = \"0 s\"", "this duration must be above zero", "\"0 s\"");
    expect(
        "memory_limit = \"400 MB\"",
        "memory_limit = \"50 MB\"",
        "a worker has 50 MB from its imports alone",
        "\"50 MB\"",
    );
}

#[test]
fn refinements_need_their_rule() {
    let lacks = |key: &str| format!("`{key}` refines a rule that is not there");
    expect("ttl = \"1 h\"\n", "", &lacks("ttl_jitter"), "\"10 min\"");
    expect("max_requests = 1000\n", "", &lacks("max_requests_jitter"), "50");
    let rules = "ttl = \"1 h\"
ttl_jitter = \"10 min\"
max_requests = 1000
max_requests_jitter = 50
memory_limit = \"400 MB\"
";
    expect(rules, "", &lacks("check_every"), "\"60 s\"");
    let checked = format!("{rules}check_every = \"60 s\"\n");
    expect(&checked, "", &lacks("start_first"), "true");
    expect(&format!("{checked}start_first = true\n"), "", &lacks("drain"), "{ within = \"30 s\" }");
}

#[test]
fn watching_and_restarting() {
    expect("misses = 3", "misses = 0", "`0` is not a whole number from 1 to 1000", "0");
    expect(
        ", misses = 3",
        "",
        "heartbeat has no `misses`",
        "{ every = \"5 s\", timeout = \"15 s\" }",
    );
    let message = "the longest pause, 100 ms, is shorter than the first, 1.00 s";
    expect("most = \"1 min\"", "most = \"100 ms\"", message, "\"100 ms\"");
    expect("factor = 2", "factor = 0.5", "`0.5` is not a number from 1 to 100", "0.5");
    let (message, _) = refusal(", most = \"1 min\"", "");
    assert_eq!(message, "back_off has no `most`");
    let constant = GOOD.replace(", factor = 2, most = \"1 min\"", "");
    let pause = parse(&constant).unwrap().service.lifecycle.back_off;
    assert_eq!((pause.factor, pause.most), (1.0, pause.first));
}

#[test]
fn a_request_that_hangs_is_ended_by_somebody() {
    let killers = "kill_after = \"2 min\"
heartbeat = { every = \"5 s\", timeout = \"15 s\", misses = 3 }
";
    let without = GOOD.replace(killers, "");
    // Workers are replaced and given 30 s.
    assert!(parse(&without).is_ok());
    let patient = without.replace("{ within = \"30 s\" }", "\"finish\"");
    let errors = parse(&patient).unwrap_err();
    assert_eq!(errors.len(), 1, "{errors:?}");
    assert_eq!(
        errors[0].message,
        "requests hang and nobody kills their workers, so the pool dies out"
    );
    assert_eq!(&errors[0].source_text[errors[0].span.clone().unwrap()], "0.001");
}

#[test]
fn faults_and_memory() {
    expect("hang = 0.001", "hang = 1", "more requests crash or hang than there are", "1");
    expect("\"0.01 %\"", "\"200 %\"", "`200 %` is more than the whole", "\"200 %\"");
    expect("\"0.01 %\"", "-0.1", "`-0.1` is negative", "-0.1");
    expect(
        "working_set = \"8 MB\"\n",
        "",
        "there is no working set to keep a share of",
        "\"25 %\"",
    );
    expect("leak = \"2 kB\"", "leak = 2000", "`2000` has no unit", "2000");
    expect("leak = \"2 kB\"", "leek = \"2 kB\"", "unknown key `leek` in [class.memory]", "leek");
    expect("hang =", "hangs =", "unknown key `hangs` in [class.faults]", "hangs");
}

#[test]
fn keys_and_their_order() {
    let table = "[keys]\ncount = 100\nskew = 1.1\npartitions = 4\n";
    expect(table, "", "there are no keys to keep in order", "\"key_hash\"");
    let unordered = GOOD.replace(table, "").replace("\"key_hash\"", "\"unordered\"");
    assert_eq!(parse(&unordered).unwrap().keys, None);
    let keyed = GOOD.replace("\"gunicorn-sync\"", "\"keyed-async\"").replace(table, "");
    let silent = keyed.replace("ordering = \"key_hash\"\n", "");
    let errors = parse(&silent).unwrap_err();
    assert_eq!(errors.len(), 1, "{errors:?}");
    let said = "keyed-async consumes messages by key, and these have no keys";
    assert_eq!(errors[0].message, said);
    assert!(parse(&keyed.replace("\"key_hash\"", "\"unordered\"")).is_ok());
    expect("count = 100", "count = 0", "`0` is not a whole number from 1 to 1000000", "0");
    expect("skew = 1.1", "skew = nan", "`nan` is not a number from 0 to 10", "nan");
    expect("\"key_hash\"", "\"keyhash\"", "`keyhash` is not known here", "\"keyhash\"");
    let (message, _) = refusal("count = 100\n", "");
    assert_eq!(message, "[keys] has no `count`");
}

#[test]
fn pools_and_limits() {
    expect("\"gunicorn-sync\"", "\"gunicorn\"", "`gunicorn` is not known here", "\"gunicorn\"");
    expect(
        "\"gunicorn-sync\"",
        "\"celery-prefork\"",
        "this is in the list already",
        "\"celery-prefork\"",
    );
    expect("= 64", "= 0", "`0` is not a whole number from 1 to 10000000", "0");
    expect("\"kill\"", "\"oom\"", "`oom` is not known here", "\"oom\"");
    expect("\"kept\"", "true", "expected a string, found true or false", "true");
    expect("\"99 %\"", "\"0 %\"", "this share must be above zero", "\"0 %\"");
    let (message, _) = refusal("workers = \"90 %\", ", "");
    assert_eq!(message, "keep_up has no `workers`");
}
