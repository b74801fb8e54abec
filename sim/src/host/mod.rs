//! Hosts: the calibration file and the checked model.

mod discrepancy;
mod file;
mod model;
mod parameters;

pub use discrepancy::{Discrepancy, Figure};
pub use file::{MAX_CALIBRATION_BYTES, calibration_keys, discrepancy_tables};
pub use model::{
    AfterSleep, ConstructorCost, CpuCosts, DispatchCost, DispatchCosts, Host, InterpreterCosts,
    MAX_SPREAD, MemoryCosts, Origin, Parameter, Provenance, Quota, Reacquires, ServerCost,
    StartCosts, WakeOrder,
};
pub use parameters::{End, HostParameter, ParameterUnit};
