//! Emitted configurations, started for real and their values read back.
//!
//! What cannot be run says so on standard error.

#![allow(clippy::unwrap_used)]

mod celery;
mod check;
mod files;
mod gunicorn;
mod lab;
mod library;
mod syntax;
mod uvicorn;
