//! The program as its users meet it: arguments in, text and exit code out.

#![allow(clippy::unwrap_used)]

mod audit;
mod bad_workloads;
mod browser;
mod characterize;
mod help;
mod import;
mod lab;
mod output;
mod pages;
mod readme;
mod recommend;
mod recycling;
mod report;
mod report_in_browser;
mod simulate;
mod sweep;
mod tools;
mod validate;
