//! This machine: its size and limits, its interpreters, its noise, and what
//! follows.

use validator::host::Probe;
use validator::interpreters::Found;
use validator::noise::Noise;
use validator::readiness::Check;

use super::layout::Page;
use super::units::Unit;

/// The whole answer.
pub fn text(probe: &Probe, found: &Found, noise: &Noise, checks: &[Check]) -> String {
    let mut page = Page::default();
    machine(probe, noise, &mut page);
    interpreters(found, &mut page);
    page.heading("What can be run here");
    for check in checks {
        let line = format!("{}: {}", check.what, check.detail);
        page.hanging(&format!("  {:<8} ", check.standing.name()), "           ", &line);
        if !check.advice.is_empty() {
            page.paragraph("             ", &check.advice);
        }
    }
    page.finish()
}

fn machine(probe: &Probe, noise: &Noise, page: &mut Page) {
    page.heading("Machine");
    let topology = &probe.topology;
    let quota = probe.limits.quota.as_ref().map_or("none".to_owned(), |quota| {
        format!("{} CPUs per {} ms", quota.cpus, quota.period_us / 1000)
    });
    let limit =
        probe.limits.memory.map_or("none".to_owned(), |bytes| Unit::Bytes.show(bytes as f64));
    let cpus = format!(
        "{} of {} cores with {} thread(s) each; this process may use {}",
        topology.cpus, topology.cores, topology.threads_per_core, probe.affinity
    );
    let bytes = |bytes: u64| Unit::Bytes.show(bytes as f64);
    let rows = [
        ("processor", probe.processor.clone()),
        ("kernel", probe.kernel.clone()),
        ("CPUs", cpus),
        ("CPU quota", quota),
        ("memory", format!("{}, {} free", bytes(probe.memory), bytes(probe.memory_available))),
        ("memory limit", limit),
        ("swap", bytes(probe.swap)),
        ("load", probe.load.map(|load| format!("{load:.2}")).join(" ")),
        (
            "noise",
            format!(
                "{} spins of {}: one in twenty takes {} longer, the slowest {}",
                noise.repeats,
                Unit::Seconds.show(noise.median),
                Unit::Share.show(noise.spread),
                Unit::Share.show(noise.worst)
            ),
        ),
    ]
    .map(|(name, value)| [name.to_owned(), value]);
    page.table(&rows);
}

fn interpreters(found: &Found, page: &mut Page) {
    page.heading("Python interpreters");
    for one in &found.interpreters {
        let lock = if one.build.free_threaded { "free-threaded" } else { "with the lock" };
        let (version, source) = (&one.build.version, one.source.name());
        let line = format!(
            "{version:<8} {}, {lock}, {source}: {}",
            one.build.implementation,
            one.path.display()
        );
        page.hanging("  ", "      ", &line);
    }
    if found.interpreters.is_empty() {
        page.line("  none found");
    }
    for silent in &found.silent {
        page.hanging("  ", "    ", &format!("{}: {}", silent.path.display(), silent.reason));
    }
}
