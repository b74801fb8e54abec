//! What a path means: a place in the workload or the calibration, or a setting
//! of the pool.

use sim::input::{InputError, closest, list};
use sim::pool::{PoolKind, Profile, StartMethod, WorkerChoice};
use sim::workload::{PythonVersion, Workload};
use toml_edit::DocumentMut;

use super::axis::{Axis, Setting};
use super::place::{self, Astray, Keys};
use crate::args::{ChoiceArg, blas_threads, one_of, start_methods};
use crate::pools::{Choices, Named, parts};

/// What an axis sets.
#[derive(Clone, Debug)]
pub enum Target {
    /// A place in the workload file.
    Workload(Keys),
    /// A place in the calibration file.
    Host(Keys),
    /// A setting of the pools, one per value: of the pool of the classes or the
    /// stage with these names, of all if there are none.
    Pool { names: Vec<String>, settings: Vec<PoolSetting> },
}

/// A setting of a pool, or of several.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PoolSetting {
    Profile(Named<Profile>),
    Kind(Named<PoolKind>),
    Python(PythonVersion),
    StartMethod(Named<StartMethod>),
    BlasThreads(Named<u32>),
    Choice(WorkerChoice),
}

const POOL_PATHS: [&str; 6] =
    ["profile", "pool", "python", "start_method", "blas_threads", "choice"];
/// Those that each pool of several has for itself.
const OF_ONE_POOL: [&str; 4] = ["profile", "pool", "start_method", "blas_threads"];

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
            Self::Pool { .. } => &[],
        }
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
            (Self::Pool { names: own, settings: a }, Self::Pool { names: others, settings: b }) => {
                let alike = match (a.first(), b.first()) {
                    (Some(a), Some(b)) => std::mem::discriminant(a) == std::mem::discriminant(b),
                    _ => false,
                };
                let apart = |a: &[String], b: &[String]| !a.iter().any(|name| b.contains(name));
                alike && (own.is_empty() || others.is_empty() || !apart(own, others))
            }
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
    (workload, checked): (&DocumentMut, &Workload),
    host: &DocumentMut,
) -> Result<Vec<Target>, Vec<InputError>> {
    let (mut targets, mut errors) = (Vec::<Target>::new(), Vec::new());
    for (index, axis) in axes.iter().enumerate() {
        match target(axis, (workload, checked), host) {
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
    (workload, checked): (&DocumentMut, &Workload),
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
        [field] if POOL_PATHS.contains(&field.as_str()) => of_pools(axis, field, Vec::new()),
        [field, name @ ..] if OF_ONE_POOL.contains(&field.as_str()) => {
            let names = pool_names(&name.join("."), checked).map_err(astray)?;
            of_pools(axis, field, names)
        }
        _ => {
            let help =
                format!("write workload.KEY..., host.KEY..., or one of {}", POOL_PATHS.join(", "));
            Err(Box::new(axis.path_error(&format!("there is no `{}` to vary", axis.path), &help)))
        }
    }
}

fn of_pools(axis: &Axis, field: &str, names: Vec<String>) -> Result<Target, Box<InputError>> {
    let read = |(position, setting): (usize, &Setting)| {
        let say = |message: String| Box::new(axis.value_error(position, &message, ""));
        let read = pool_setting(field, &setting.text).map_err(say)?;
        if !names.is_empty() && read.is_named() {
            let message = format!("`{}` names a pool, as does the path", setting.text);
            return Err(Box::new(axis.value_error(position, &message, "write the value alone")));
        }
        Ok(read)
    };
    let settings = axis.settings.iter().enumerate().map(read).collect::<Result<_, _>>()?;
    Ok(Target::Pool { names, settings })
}

/// The classes that share a pool, like `echo+ping`, or the stage.
fn pool_names(written: &str, workload: &Workload) -> Result<Vec<String>, Astray> {
    let (known, what) = parts(workload);
    let names: Vec<String> = written.split('+').map(|name| name.trim().to_owned()).collect();
    match names.iter().find(|name| !known.contains(&name.as_str())) {
        None => Ok(names),
        Some(name) => Err(Astray {
            message: format!("`{name}` is no {what} of `{}`", workload.name),
            help: match closest(name, known.iter().copied()) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => format!("write {}", list(known.iter().copied())),
            },
        }),
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
        "pool" => text.parse().map(PoolSetting::Kind),
        "python" => text.parse().map(PoolSetting::Python),
        "start_method" => start_methods(text).map(PoolSetting::StartMethod),
        "blas_threads" => blas_threads(text).map(PoolSetting::BlasThreads),
        _ => one_of::<ChoiceArg>(text).map(|choice| PoolSetting::Choice(choice.into())),
    }
}

impl PoolSetting {
    /// Does it say itself which pools it is about?
    fn is_named(&self) -> bool {
        match self {
            Self::Profile(value) => value.groups().is_some(),
            Self::Kind(value) => value.groups().is_some(),
            Self::StartMethod(value) => value.groups().is_some(),
            Self::BlasThreads(value) => value.groups().is_some(),
            Self::Python(_) | Self::Choice(_) => false,
        }
    }

    /// Makes the setting in `choices`: of the pools of `names`, of all if there
    /// are none. `known` can have pools of their own.
    pub fn apply(&self, choices: &mut Choices, names: &[String], known: &[&str]) {
        match self {
            Self::Profile(value) => put(&mut choices.profile, value, names, known),
            Self::Kind(value) => put(&mut choices.kind, value, names, known),
            Self::Python(python) => choices.python = Some(*python),
            Self::StartMethod(value) => put(&mut choices.start_method, value, names, known),
            Self::BlasThreads(value) => {
                let mut threads = Some(choices.blas_threads.clone());
                put(&mut threads, value, names, known);
                choices.blas_threads = threads.unwrap_or(Named::All(1));
            }
            Self::Choice(choice) => choices.choice = Some(*choice),
        }
    }
}

fn put<T: Clone>(to: &mut Option<Named<T>>, value: &Named<T>, names: &[String], known: &[&str]) {
    match value {
        Named::All(value) if !names.is_empty() => {
            to.get_or_insert(Named::ByName(Vec::new())).set(names, value.clone(), known);
        }
        _ => *to = Some(value.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::from_argument;
    use super::*;
    use sim::workload::{Arrivals, RequestClass};

    fn aimed(lists: &[&str]) -> Result<Vec<Target>, Vec<InputError>> {
        let axes: Vec<Axis> = lists.iter().map(|list| from_argument(list).unwrap()).collect();
        let workload = "[[class]]\nname = \"echo\"\n[arrivals.poisson]\nrate = \"1/s\"\n";
        let class = |name: &str| RequestClass::new(name, 0.5, Vec::new());
        let classes = vec![class("echo"), class("matmul")];
        let checked = Workload::new("mixed", Arrivals::Poisson { rate: 1.0 }, classes);
        let host = "[host]\ncores = 8\nmemory = \"1 GB\"\n[memory]\nthread = 3\n";
        aim(&axes, (&workload.parse().unwrap(), &checked), &host.parse().unwrap())
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
        assert!(aimed(&["profile=process:2,threads:4"]).is_ok());
        assert!(refusal(&["profile=process:2,greenlets:4"]).contains("greenlets"));
        assert!(refusal(&["python=2.7"]).contains("no Python version"));
        assert!(refusal(&["start_method=vfork"]).contains("fork, forkserver, spawn"));
        assert!(refusal(&["choice=best"]).contains("shared-queue"));
        assert!(refusal(&["blas_threads=0"]).contains("no number from 1"));
    }

    #[test]
    fn the_pool_of_a_class_has_settings_of_its_own() {
        let apart = ["profile.echo=threads:4,threads:8", "profile.matmul=process:1..3"];
        let both = aimed(&apart).unwrap();
        let mut choices = Choices {
            profile: None,
            kind: None,
            python: None,
            start_method: None,
            blas_threads: Named::All(1),
            choice: None,
        };
        let known = ["echo", "matmul"];
        for target in &both {
            let Target::Pool { names, settings } = target else { panic!("{target:?}") };
            settings[1].apply(&mut choices, names, &known);
        }
        assert_eq!(choices.profile, Some("echo=threads:8,matmul=process:2".parse().unwrap()));
        let target = &aimed(&["blas_threads.matmul=4"]).unwrap()[0];
        let Target::Pool { names, settings } = target else { panic!("{target:?}") };
        settings[0].apply(&mut choices, names, &known);
        assert_eq!(choices.blas_threads, blas_threads("echo=1,matmul=4").unwrap());
        assert!(refusal(&["profile.ecko=process:2"]).contains("no class of `mixed`"));
        assert!(refusal(&["profile.echo='echo=process:2'"]).contains("as does the path"));
        assert!(refusal(&["profile=process:2", "profile.echo=process:3"]).contains("already"));
        assert!(refusal(&["choice.echo=first-fit"]).contains("there is no `choice.echo`"));
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
