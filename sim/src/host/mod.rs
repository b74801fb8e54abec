//! Hosts: the calibration file and the checked model.

mod model;

pub use model::{
    CpuCosts, DispatchCost, DispatchCosts, Host, InterpreterCosts, MemoryCosts, Origin, Parameter,
    Quota, StartCosts, WakeOrder,
};
