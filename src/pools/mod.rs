//! Pools as people write them on the command line: a profile, a kind of pool,
//! or one of either for each class (a hybrid) or stage (a pipeline).

mod lifecycle;
mod named;

pub use lifecycle::LifeChanges;
pub use named::Named;

use sim::host::Host;
use sim::input::{closest, list};
use sim::pool::{
    Concurrency, Deployment, PoolConfig, PoolKind, Profile, Split, StartMethod, WorkerChoice,
};
use sim::recycling::check_life;
use sim::workload::{PythonVersion, Workload};

/// What was chosen of a pool; the rest is as the kind or the workload has it.
#[derive(Clone, Debug)]
pub struct Choices {
    /// `None`: the size that the kind has on the host.
    pub profile: Option<Named<Profile>>,
    /// `None`: the workload's, if it names one, else a shape without a product.
    pub kind: Option<Named<PoolKind>>,
    /// `None`: the workload's first.
    pub python: Option<PythonVersion>,
    /// `None`: the kind's default.
    pub start_method: Option<Named<StartMethod>>,
    /// 1 for who is not named.
    pub blas_threads: Named<u32>,
    /// `None`: the kind's.
    pub choice: Option<WorkerChoice>,
}

impl Choices {
    /// The pools for `workload` on `host`: one for each stage of a pipeline, one
    /// for each named group of classes, else one for everything.
    ///
    /// # Errors
    /// A name is unknown or missing, or the kind refuses; the text says what to
    /// write instead.
    pub fn deploy(&self, workload: &Workload, host: &Host) -> Result<Deployment, String> {
        let mut deployment = if workload.stages.is_empty() {
            self.by_class(workload, host)?
        } else {
            self.by_stage(workload, host)?
        };
        self.check_names(workload)?;
        let named = |pool| served(workload, &deployment, pool).map(str::to_owned).collect();
        let names: Vec<Vec<String>> = (0..deployment.pools.len()).map(named).collect();
        for (pool, names) in deployment.pools.iter_mut().zip(names) {
            self.finish(pool, workload, &names)?;
            check_life(workload, host, pool)?;
        }
        Ok(deployment)
    }

    /// Do start methods and threads name what there is?
    fn check_names(&self, workload: &Workload) -> Result<(), String> {
        let (known, what) = parts(workload);
        let methods = self.start_method.as_ref().map(Named::names);
        for names in [methods.unwrap_or_default(), self.blas_threads.names()] {
            all_known(&names, &known, what, &workload.name)?;
        }
        Ok(())
    }

    fn python(&self, workload: &Workload) -> PythonVersion {
        self.python.unwrap_or(workload.runtime.python[0])
    }

    fn by_class(&self, workload: &Workload, host: &Host) -> Result<Deployment, String> {
        let of_profile = self.profile.as_ref().and_then(Named::groups);
        let Some(groups) = of_profile.or_else(|| self.kind.as_ref().and_then(Named::groups)) else {
            let pool = self.pool(workload, host, None)?;
            return Ok(pool.into());
        };
        let classes: Vec<&str> = workload.classes.iter().map(|class| class.name.as_str()).collect();
        for named in [self.profile.as_ref().map(Named::names), self.kind.as_ref().map(Named::names)]
        {
            all_known(&named.unwrap_or_default(), &classes, "class", &workload.name)?;
        }
        let served: Vec<&str> = groups.iter().flatten().map(String::as_str).collect();
        if let Some(class) = classes.iter().find(|class| !served.contains(class)) {
            return Err(format!(
                "class `{class}` has no pool; add `{class}=PROFILE`, or join classes that share \
                 one like `{class}+{}=PROFILE`",
                served.first().unwrap_or(class)
            ));
        }
        let pools = groups
            .iter()
            .map(|group| {
                let pool = self.pool(workload, host, Some(group))?;
                Ok((pool, group.iter().map(String::as_str).collect()))
            })
            .collect::<Result<Vec<_>, String>>()?;
        Deployment::hybrid(workload, pools)
    }

    /// One pool: of the classes in `group`, else of all.
    fn pool(
        &self,
        workload: &Workload,
        host: &Host,
        group: Option<&[String]>,
    ) -> Result<PoolConfig, String> {
        let default = match workload.service.pools[..] {
            [only] => only,
            _ => PoolKind::Generic,
        };
        let kind = chosen(self.kind.as_ref(), group, "pool")?.unwrap_or(default);
        let cpus = host.logical_cpus();
        let size = || kind.mechanics().default_profile(cpus);
        let profile = chosen(self.profile.as_ref(), group, "profile")?.unwrap_or_else(size);
        PoolConfig::of_kind(kind, workload, profile, self.python(workload), cpus)
    }

    fn by_stage(&self, workload: &Workload, host: &Host) -> Result<Deployment, String> {
        if self.kind.is_some() {
            return Err(format!(
                "`{}` is a pipeline, whose stages have executors of their own; leave --pool out and \
                 write --profile {}=process:4",
                workload.name, workload.stages[0].name
            ));
        }
        let (python, cpus) = (self.python(workload), host.logical_cpus());
        let mut workload = workload.clone();
        let executors = match &self.profile {
            None => Vec::new(),
            Some(Named::All(profile)) => vec![*profile],
            Some(by_name) => {
                self.assign(&mut workload, by_name)?;
                Vec::new()
            }
        };
        let open = workload.stages.iter().filter(|stage| stage.profile.is_none());
        let open: Vec<&str> = open.map(|stage| stage.name.as_str()).collect();
        if self.profile.is_some() && open.len() != executors.len() {
            return Err(match open.first() {
                Some(stage) => format!(
                    "no executor for {} of `{}`; name each, like --profile {stage}=process:4",
                    list(open.iter().copied()),
                    workload.name
                ),
                None => format!(
                    "every stage of `{}` has its executor; to change one, name it, like --profile \
                     {}=process:4",
                    workload.name, workload.stages[0].name
                ),
            });
        }
        Deployment::pipeline(&workload, &executors, python, cpus)
    }

    /// Gives the named stages of `workload` their executors.
    fn assign(&self, workload: &mut Workload, profiles: &Named<Profile>) -> Result<(), String> {
        let stages: Vec<&str> = workload.stages.iter().map(|stage| stage.name.as_str()).collect();
        all_known(&profiles.names(), &stages, "stage", &workload.name)?;
        for stage in &mut workload.stages {
            stage.profile = profiles.of(&stage.name).copied().or(stage.profile);
        }
        Ok(())
    }

    /// What holds for every pool, whatever its kind.
    fn finish(
        &self,
        pool: &mut PoolConfig,
        workload: &Workload,
        names: &[String],
    ) -> Result<(), String> {
        let python = pool.python;
        let interpreters = matches!(pool.profile.concurrency, Concurrency::Interpreters(_));
        if interpreters && !python.has_interpreter_pool() {
            return Err(format!(
                "Python {python} has no pool of sub-interpreters; it came with 3.14, so name that \
                 with --python"
            ));
        }
        if let Some(method) = chosen(self.start_method.as_ref(), Some(names), "start-method")? {
            let known = pool.kind.mechanics().start_methods(workload, python);
            if !known.contains(&method) {
                let known = list(known.iter().map(|method| method.name()));
                return Err(format!(
                    "{} cannot start workers by {method}; write {known}",
                    pool.kind
                ));
            }
            pool.start_method = method;
        }
        pool.blas_threads =
            chosen(Some(&self.blas_threads), Some(names), "blas-threads")?.unwrap_or(1);
        pool.choice = self.choice.unwrap_or(pool.choice);
        Ok(())
    }
}

/// What can have a pool of its own in `workload`, and what that is called.
pub fn parts(workload: &Workload) -> (Vec<&str>, &'static str) {
    if workload.stages.is_empty() {
        (workload.classes.iter().map(|class| class.name.as_str()).collect(), "class")
    } else {
        (workload.stages.iter().map(|stage| stage.name.as_str()).collect(), "stage")
    }
}

/// What pool `pool` of `deployment` serves: names of classes, of a pipeline that
/// of its stage.
pub fn served<'w>(
    workload: &'w Workload,
    deployment: &'w Deployment,
    pool: usize,
) -> impl Iterator<Item = &'w str> {
    let staged = deployment.split == Split::ByStage;
    let classes = workload.classes.iter().enumerate();
    let classes = classes.filter(move |(i, _)| !staged && deployment.split.pool(*i, 0) == pool);
    let stages = workload.stages.iter().enumerate().filter(move |(i, _)| staged && *i == pool);
    classes.map(|(_, class)| class.name.as_str()).chain(stages.map(|(_, s)| s.name.as_str()))
}

/// What was chosen for all of `group`.
fn chosen<T: Copy + PartialEq>(
    named: Option<&Named<T>>,
    group: Option<&[String]>,
    what: &str,
) -> Result<Option<T>, String> {
    let Some(named) = named else { return Ok(None) };
    let Some(group) = group else { return Ok(named.of("").copied()) };
    let values: Vec<Option<T>> = group.iter().map(|name| named.of(name).copied()).collect();
    if values.iter().any(|value| *value != values[0]) {
        return Err(format!(
            "{} share a pool, so they must have the same --{what}",
            list(group.iter().map(String::as_str))
        ));
    }
    Ok(values[0])
}

fn all_known(names: &[&str], known: &[&str], what: &str, workload: &str) -> Result<(), String> {
    let Some(name) = names.iter().find(|name| !known.contains(name)) else { return Ok(()) };
    let meant = match closest(name, known.iter().copied()) {
        Some(meant) => format!("did you mean `{meant}`? "),
        None => String::new(),
    };
    let known = list(known.iter().copied());
    Err(format!("`{name}` is no {what} of `{workload}`; {meant}write {known}"))
}

#[cfg(test)]
mod tests;
