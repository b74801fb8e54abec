//! What a path means: a place in the workload or the calibration, or a setting
//! of the pool.

use sim::input::InputError;
use sim::pool::{MAX_THREADS, Profile, StartMethod, WorkerChoice};
use sim::workload::PythonVersion;
use toml_edit::DocumentMut;

use super::axis::{Axis, Setting};
use super::place::{self, Astray, Keys};
use crate::args::{ChoiceArg, StartMethodArg};

/// What an axis sets.
#[derive(Clone, Debug)]
pub enum Target {
    /// A place in the workload file.
    Workload(Keys),
    /// A place in the calibration file.
    Host(Keys),
    /// A setting of the pool, one per value.
    Pool(Vec<PoolSetting>),
}

/// A setting of the pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PoolSetting {
    Profile(Profile),
    Python(PythonVersion),
    StartMethod(StartMethod),
    BlasThreads(u32),
    Choice(WorkerChoice),
}

const POOL_PATHS: [&str; 5] = ["profile", "python", "start_method", "blas_threads", "choice"];

impl Target {
    pub fn workload_keys(&self) -> Option<&Keys> {
        match self {
            Self::Workload(keys) => Some(keys),
            _ => None,
        }
    }

    pub fn host_keys(&self) -> Option<&Keys> {
        match self {
            Self::Host(keys) => Some(keys),
            _ => None,
        }
    }

    /// Keys in whichever file; none for the pool.
    pub fn keys(&self) -> &[String] {
        match self {
            Self::Workload(keys) | Self::Host(keys) => keys,
            Self::Pool(_) => &[],
        }
    }

    pub fn names_profiles(&self) -> bool {
        matches!(self, Self::Pool(settings) if matches!(settings[..], [PoolSetting::Profile(_), ..]))
    }

    /// Another place in the same file?
    pub fn is_beside(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Workload(a), Self::Workload(b)) | (Self::Host(a), Self::Host(b)) => a != b,
            _ => false,
        }
    }

    /// Do both set the same, or one a part of the other?
    fn overlaps(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Workload(a), Self::Workload(b)) | (Self::Host(a), Self::Host(b)) => {
                a.iter().zip(b).all(|(a, b)| a == b)
            }
            (Self::Pool(a), Self::Pool(b)) => match (a.first(), b.first()) {
                (Some(a), Some(b)) => std::mem::discriminant(a) == std::mem::discriminant(b),
                _ => false,
            },
            _ => false,
        }
    }
}

/// Finds the target of every axis.
///
/// # Errors
/// Every path that leads nowhere or meets another, every pool setting that
/// does not read.
pub fn aim(
    axes: &[Axis],
    workload: &DocumentMut,
    host: &DocumentMut,
) -> Result<Vec<Target>, Vec<InputError>> {
    let (mut targets, mut errors) = (Vec::<Target>::new(), Vec::new());
    for (index, axis) in axes.iter().enumerate() {
        match target(axis, workload, host) {
            Ok(target) => {
                let met = targets.iter().position(|earlier| earlier.overlaps(&target));
                if let Some(earlier) = met.filter(|_| errors.is_empty()) {
                    let message = format!("`{}` is varied already", axes[earlier].path);
                    errors
                        .push(axes[index].path_error(&message, "write all its values in one list"));
                }
                targets.push(target);
            }
            Err(error) => errors.push(*error),
        }
    }
    if errors.is_empty() { Ok(targets) } else { Err(errors) }
}

fn target(
    axis: &Axis,
    workload: &DocumentMut,
    host: &DocumentMut,
) -> Result<Target, Box<InputError>> {
    let astray = |Astray { message, help }| Box::new(axis.path_error(&message, &help));
    let keys: Keys = axis.path.split('.').map(|key| key.trim().to_owned()).collect();
    match &keys[..] {
        [_, ..] if keys.iter().any(String::is_empty) => {
            let help = "write a path like workload.arrivals.poisson.rate, or profile";
            Err(Box::new(axis.path_error("a key of this path is empty", help)))
        }
        [file, rest @ ..] if file == "workload" && !rest.is_empty() => {
            place::resolve(workload, rest).map(Target::Workload).map_err(astray)
        }
        [file, rest @ ..] if file == "host" && !rest.is_empty() => {
            place::resolve(host, &in_calibration(rest, host)).map(Target::Host).map_err(astray)
        }
        [field] if POOL_PATHS.contains(&field.as_str()) => {
            let read = |(position, setting): (usize, &Setting)| {
                let say = |message: String| Box::new(axis.value_error(position, &message, ""));
                pool_setting(field, &setting.text).map_err(say)
            };
            axis.settings.iter().enumerate().map(read).collect::<Result<_, _>>().map(Target::Pool)
        }
        _ => {
            let help =
                format!("write workload.KEY..., host.KEY..., or one of {}", POOL_PATHS.join(", "));
            Err(Box::new(axis.path_error(&format!("there is no `{}` to vary", axis.path), &help)))
        }
    }
}

/// The host's own size stands in its table `host`: `host.cores`, `host.memory`.
fn in_calibration(keys: &[String], host: &DocumentMut) -> Keys {
    let is_table = host.get(&keys[0]).is_some_and(toml_edit::Item::is_table);
    if is_table && keys.len() > 1 {
        return keys.to_vec();
    }
    std::iter::once("host".to_owned()).chain(keys.iter().cloned()).collect()
}

fn pool_setting(field: &str, text: &str) -> Result<PoolSetting, String> {
    match field {
        "profile" => text.parse().map(PoolSetting::Profile),
        "python" => text.parse().map(PoolSetting::Python),
        "start_method" => {
            named::<StartMethodArg>(text).map(|method| PoolSetting::StartMethod(method.into()))
        }
        "blas_threads" => {
            let threads = text.parse().ok().filter(|threads| (1..=MAX_THREADS).contains(threads));
            threads
                .map(PoolSetting::BlasThreads)
                .ok_or_else(|| format!("`{text}` is no number from 1 to {MAX_THREADS}"))
        }
        _ => named::<ChoiceArg>(text).map(|choice| PoolSetting::Choice(choice.into())),
    }
}

fn named<T: clap::ValueEnum>(text: &str) -> Result<T, String> {
    T::from_str(text, false).map_err(|_| {
        let known = T::value_variants().iter().filter_map(T::to_possible_value);
        let known: Vec<String> = known.map(|value| value.get_name().to_owned()).collect();
        format!("`{text}` is none of {}", known.join(", "))
    })
}

#[cfg(test)]
mod tests {
    use super::super::from_argument;
    use super::*;

    fn aimed(lists: &[&str]) -> Result<Vec<Target>, Vec<InputError>> {
        let axes: Vec<Axis> = lists.iter().map(|list| from_argument(list).unwrap()).collect();
        let workload = "[[class]]\nname = \"echo\"\n[arrivals.poisson]\nrate = \"1/s\"\n";
        let host = "[host]\ncores = 8\nmemory = \"1 GB\"\n[memory]\nthread = 3\n";
        aim(&axes, &workload.parse().unwrap(), &host.parse().unwrap())
    }

    fn refusal(lists: &[&str]) -> String {
        aimed(lists).unwrap_err()[0].message.clone()
    }

    #[test]
    fn a_host_has_its_size_and_its_tables() {
        let keys = |path| aimed(&[path]).unwrap()[0].keys().join(".");
        assert_eq!(keys("host.cores=2"), "host.cores");
        assert_eq!(keys("host.memory=1GB"), "host.memory");
        assert_eq!(keys("host.memory.thread=1"), "memory.thread");
        assert_eq!(keys("host.quota.cpus=1"), "host.quota.cpus");
        assert_eq!(keys("workload.class.echo.share=1"), "class.0.share");
    }

    #[test]
    fn pool_settings_are_read_at_once() {
        let target = &aimed(&["profile=process:2,threads:4"]).unwrap()[0];
        assert!(target.names_profiles());
        assert!(refusal(&["profile=process:2,greenlets:4"]).contains("greenlets"));
        assert!(refusal(&["python=2.7"]).contains("no Python version"));
        assert!(refusal(&["start_method=vfork"]).contains("fork, forkserver, spawn"));
        assert!(refusal(&["choice=best"]).contains("shared-queue"));
        assert!(refusal(&["blas_threads=0"]).contains("no number from 1"));
    }

    #[test]
    fn a_path_is_varied_once() {
        assert!(refusal(&["python=3.12", "python=3.13"]).contains("varied already"));
        let both = ["workload.class.echo.share=1", "workload.class.0.share=0.5"];
        assert!(refusal(&both).contains("varied already"));
        let inside = ["workload.arrivals.poisson.rate=1/s", "workload.arrivals={}"];
        assert!(refusal(&inside).contains("varied already"));
        assert!(aimed(&["host.cores=2", "workload.cores=2"]).is_ok());
    }

    #[test]
    fn paths_that_lead_nowhere_are_refused() {
        for path in ["workers=2", "workload=2", "=2", "workload..rate=1", "host=2", "Profile=x"] {
            assert_eq!(aimed(&[path]).unwrap_err().len(), 1, "{path}");
        }
        assert!(refusal(&["workload.class.ech.share=1"]).contains("no `ech`"));
    }
}
