//! The fifteen pipelines and eighteen memory tests of the document.

use serde_json::json;

use super::super::measured::Claim;
use super::super::{Figure, Variant};

/// Requests of a pipeline, and of a memory test.
pub(super) const REQUESTS: u64 = 20;
pub(super) const MEMORY_REQUESTS: u64 = 10;
/// Result of the memory test, in bytes.
pub(super) const RESULT_BYTES: u64 = 10 << 20;
/// Results are looked at for so long after the last, in ns.
pub(super) const AFTER_NS: u64 = 450_000_000;
/// Tasks that begin within this belong together, in ns.
pub(super) const TOGETHER_NS: u64 = 50_000_000;
/// Elements that the document sums up.
const PUBLISHED: u64 = 50_000_000;
/// Elements that a pure Python task sums up here: about a third of a second.
const NATIVE: u64 = 2_000_000;
/// Elements that a NumPy task sums up here, at most: five workers stay below
/// a gigabyte.
const NUMPY: u64 = 10_000_000;
/// Bytes of an element: a float in a block of 32 bytes and its place in a list
/// that has grown by eighths; two arrays of NumPy's.
pub(super) const NATIVE_BYTES: u64 = 32 + 9;
pub(super) const NUMPY_BYTES: u64 = 8 + 8;
/// Most workers of the compute stage.
const MOST_WORKERS: u64 = 5;

/// Memory peaks that the document prints, and the runs that show them. Its times
/// are of other sizes.
const PEAKS: [(&str, &str); 13] = [
    ("t1-retain-peak", "mem-t1-retain"),
    ("t2-retain-peak", "mem-t2-retain"),
    ("t5-retain-peak", "mem-t5-retain"),
    ("t1-peak", "mem-t1"),
    ("t2-peak", "mem-t2"),
    ("t5-peak", "mem-t5"),
    ("p1-fork-peak", "mem-p1-fork"),
    ("p2-fork-peak", "mem-p2-fork"),
    ("p1-spawn-retain-peak", "mem-p1-spawn-retain"),
    ("p2-spawn-retain-peak", "mem-p2-spawn-retain"),
    ("p5-spawn-retain-peak", "mem-p5-spawn-retain"),
    ("p1-spawn-peak", "mem-p1-spawn"),
    ("p2-spawn-peak", "mem-p2-spawn"),
];
const CHILDREN: &str = "children are looked at every 50 ms from the start, not once a second";

pub(super) fn claims() -> Vec<Claim> {
    let claim = |(id, variant): (&'static str, &'static str)| {
        let differs = if variant.starts_with("mem-t") { "" } else { CHILDREN };
        Claim { id, variant, figure: Figure::PeakPss, differs }
    };
    PEAKS.into_iter().map(claim).collect()
}

/// Elements of one task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Size {
    pub(super) native: u64,
    pub(super) numpy: u64,
}

impl Size {
    /// Five workers take at most a quarter of the memory.
    pub(super) fn for_memory(bytes: u64) -> Self {
        let fits = bytes / 4 / MOST_WORKERS / NUMPY_BYTES;
        Self { native: NATIVE, numpy: fits.min(NUMPY) }
    }

    pub(super) fn scaling(self) -> String {
        let part = |elements: u64| {
            let part = PUBLISHED.div_ceil(elements.max(1));
            format!("{elements} elements, 1/{part} of the published 50 million")
        };
        format!(
            "pure Python: {}; NumPy: {}; so that a run takes seconds and fits the memory",
            part(self.native),
            part(self.numpy)
        )
    }
}

/// Threads, or processes by a start method.
const EXECUTORS: [(&str, Option<&str>); 3] =
    [("t", None), ("p", Some("fork")), ("p", Some("spawn"))];

/// All of them.
pub(super) fn all(size: Size) -> Vec<Variant> {
    let mut all = Vec::new();
    for (letter, method) in EXECUTORS {
        for workers in [1, 2, 5] {
            let suffix = method.map_or(String::new(), |method| format!("-{method}"));
            all.push(pipeline(&format!("{letter}{workers}{suffix}"), workers, method, None, size));
        }
    }
    // The document does not say how its NumPy processes start; fork is its default.
    for (letter, method) in &EXECUTORS[..2] {
        for workers in [1, 2, 5] {
            let name = format!("{letter}{workers}-numpy");
            all.push(pipeline(&name, workers, *method, Some(size.numpy), size));
        }
    }
    for (letter, method) in EXECUTORS {
        for (workers, retain) in
            [(1, true), (2, true), (5, true), (1, false), (2, false), (5, false)]
        {
            let start = method.map_or(String::new(), |method| format!("-{method}"));
            let kept = if retain { "-retain" } else { "" };
            all.push(memory(
                &format!("mem-{letter}{workers}{start}{kept}"),
                workers,
                method,
                retain,
            ));
        }
    }
    all
}

/// Parameters are taken from these.
pub(super) const THREAD: &str = "t1";
pub(super) const PROCESS: &str = "p1-fork";
pub(super) const PROCESSES: &str = "p2-fork";
pub(super) const NUMPY_THREAD: &str = "t1-numpy";
pub(super) const NUMPY_PROCESS: &str = "p1-numpy";
pub(super) const NUMPY_PROCESSES: &str = "p2-numpy";
pub(super) const MEMORY_PROCESS: &str = "mem-p1-fork";
const FITTED: [&str; 7] =
    [THREAD, PROCESS, PROCESSES, NUMPY_THREAD, NUMPY_PROCESS, NUMPY_PROCESSES, MEMORY_PROCESS];
const QUICK: [&str; 5] = ["t2", "p2-spawn", "t2-numpy", "mem-t2-retain", "mem-p2-fork"];

fn pipeline(
    name: &str,
    workers: u32,
    method: Option<&str>,
    numpy: Option<u64>,
    size: Size,
) -> Variant {
    Variant {
        name: name.to_owned(),
        spec: json!({
            "benchmark": "pipeline",
            "workers": workers,
            "start_method": method,
            "numpy": numpy.is_some(),
            "elements": numpy.unwrap_or(size.native),
            "requests": REQUESTS,
        }),
        fitted: FITTED.contains(&name),
        quick: QUICK.contains(&name),
    }
}

fn memory(name: &str, workers: u32, method: Option<&str>, retain: bool) -> Variant {
    Variant {
        name: name.to_owned(),
        spec: json!({
            "benchmark": "memory",
            "workers": workers,
            "start_method": method,
            "retain": retain,
            "bytes": RESULT_BYTES,
            "requests": MEMORY_REQUESTS,
        }),
        fitted: FITTED.contains(&name),
        quick: QUICK.contains(&name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thirty_three_variants_seven_of_them_fitted() {
        let all = all(Size::for_memory(16 << 30));
        assert_eq!(all.len(), 33);
        for name in FITTED.iter().chain(&QUICK) {
            assert_eq!(all.iter().filter(|it| it.name == *name).count(), 1, "{name}");
        }
        let fitted = all.iter().filter(|it| it.fitted).map(|it| it.name.as_str());
        assert!(fitted.eq([
            "t1",
            "p1-fork",
            "p2-fork",
            "t1-numpy",
            "p1-numpy",
            "p2-numpy",
            "mem-p1-fork"
        ]));
    }

    #[test]
    fn sizes_fit_the_memory_and_are_never_larger_than_published() {
        assert_eq!(Size::for_memory(1 << 40).numpy, NUMPY);
        let small = Size::for_memory(1 << 30);
        assert!(MOST_WORKERS * small.numpy * NUMPY_BYTES <= 1 << 28);
        assert!(small.scaling().contains("1/25 of"), "{}", small.scaling());
    }
}
