//! The tables of parameters: one list per table, from which it is read,
//! written, walked over and checked for unknown keys.

use super::field::{Field, Number, Order, PerByte, Size, Time};
use crate::host::parameters::Uncertain;
use crate::host::{
    AfterSleep, ConstructorCost, CpuCosts, DispatchCost, InterpreterCosts, MAX_SPREAD, MemoryCosts,
    Reacquires, ServerCost, StartCosts,
};
use crate::input::{Keys, Reported, Section};
use crate::kernel::SimDuration;

const ZERO: SimDuration = SimDuration::ZERO;
const MICROSECOND: SimDuration = SimDuration::MICROSECOND;
const MILLISECOND: SimDuration = SimDuration::MILLISECOND;
const SECOND: SimDuration = SimDuration::SECOND;
/// Longest start of a process.
const TEN_MINUTES: SimDuration = SimDuration(600 * SimDuration::SECOND.0);

pub(super) const ALL: &[&Keys] = &[
    &cpu::KEYS,
    &interpreter::KEYS,
    &start::KEYS,
    &constructor::KEYS,
    &memory::KEYS,
    &server::KEYS,
    &dispatch::KEYS,
    &after_sleep::KEYS,
    &reacquires::KEYS,
];

macro_rules! table {
    ($name:ident $shown:literal $type:ident { $($key:ident: $field:expr,)+ }) => {
        pub(super) mod $name {
            use std::fmt::Write as _;

            use super::*;

            pub(in super::super) const KEYS: Keys =
                Keys { table: $shown, keys: &[$(stringify!($key)),+] };

            pub(in super::super) fn read(section: &Section<'_>) -> Result<$type, Reported> {
                $(let $key = Field::read(&$field, section, stringify!($key));)+
                Ok($type { $($key: $key?),+ })
            }

            pub(in super::super) fn write(
                costs: &$type,
                table: &str,
                out: &mut String,
            ) -> std::fmt::Result {
                writeln!(out, "\n[{table}]")?;
                $(writeln!(out, "{} = {}", stringify!($key), Field::written(&$field, &costs.$key))?;)+
                Ok(())
            }

            #[allow(dead_code, reason = "no simulation moves what only calls are held against")]
            pub(in super::super) fn walk(
                costs: &mut $type,
                table: &str,
                visit: &mut dyn FnMut(&str, &mut dyn Uncertain),
            ) {
                $(if let Some(parameter) = Field::uncertain(&$field, &mut costs.$key) {
                    visit(&format!("{table}.{}", stringify!($key)), parameter);
                })+
            }
        }
    };
}

table!(cpu "[cpu]" CpuCosts {
    speed: Number(0.05, 20.0),
    smt_gain: Number(1.0, 2.0),
    bytecode_inflation: Number(0.0, 1.0),
    native_inflation: Number(0.0, 1.0),
    blas_serial_share: Number(0.0, 1.0),
    tick: Time(SimDuration(10_000), SECOND),
    base_slice: Time(SimDuration(10_000), SECOND),
    finds_idle: Number(0.0, 1.0),
    cooling: Time(ZERO, SECOND),
    context_switch: Time(ZERO, MILLISECOND),
    wake_latency: Time(ZERO, SECOND),
    wake_spread: Number(0.0, MAX_SPREAD),
    timer_slack: Time(ZERO, SECOND),
    timer_spread: Number(0.0, MAX_SPREAD),
});

table!(interpreter "[interpreter]" InterpreterCosts {
    // The lower end keeps two spinning threads from being nothing but switches.
    switch_interval: Time(MICROSECOND, SimDuration(10 * SECOND.0)),
    hand_off: Time(ZERO, SECOND),
    wake_order: Order,
    asker_wins: Number(0.0, 1.0),
    free_threaded_313: Number(0.1, 10.0),
    free_threaded_314: Number(0.1, 10.0),
    free_threaded_contention: Number(0.0, 1.0),
    free_threaded_coherency: Number(0.0, 1.0),
    task_switch: Time(ZERO, SECOND),
    look: Time(ZERO, MILLISECOND),
    look_per_worker: Time(ZERO, MILLISECOND),
});

table!(start "[start]" StartCosts {
    fork_base: Time(ZERO, TEN_MINUTES),
    fork_per_mib: Time(ZERO, SECOND),
    exec: Time(ZERO, TEN_MINUTES),
    interpreter: Time(ZERO, TEN_MINUTES),
    child: Time(ZERO, TEN_MINUTES),
    thread: Time(ZERO, TEN_MINUTES),
    stop: Time(ZERO, TEN_MINUTES),
});

table!(constructor "[constructor.*]" ConstructorCost {
    construct: Time(ZERO, TEN_MINUTES),
    per_worker: Time(ZERO, TEN_MINUTES),
    child: Time(ZERO, TEN_MINUTES),
});

table!(memory "[memory]" MemoryCosts {
    interpreter: Size,
    shared_libraries: Size,
    thread: Size,
    subinterpreter: Size,
    task: Size,
    cow_plateau: Number(0.0, 1.0),
    cow_requests: Number(0.01, 1e9),
    ipc_copies: Number(0.0, 100.0),
    swap_slowdown: Number(0.0, 1e6),
});

table!(server "[server.*]" ServerCost {
    parent_memory: Size,
    worker_memory: Size,
    parent_start: Time(ZERO, TEN_MINUTES),
    worker_start: Time(ZERO, TEN_MINUTES),
});

table!(reacquires "[reacquires]" Reacquires {
    sleep: Number(0.0, 1000.0),
    socket: Number(0.0, 1000.0),
    pipe: Number(0.0, 1000.0),
    file: Number(0.0, 1000.0),
});

table!(after_sleep "[after_sleep.*]" AfterSleep {
    submit: Time(ZERO, SECOND),
    parent_send: Time(ZERO, SECOND),
    parent_receive: Time(ZERO, SECOND),
    worker: Time(ZERO, SECOND),
});

table!(dispatch "[dispatch.*]" DispatchCost {
    submit: Time(ZERO, SECOND),
    parent_send: Time(ZERO, SECOND),
    parent_receive: Time(ZERO, SECOND),
    parent_per_byte: PerByte(1000.0),
    worker: Time(ZERO, SECOND),
    worker_per_byte: PerByte(1000.0),
});
