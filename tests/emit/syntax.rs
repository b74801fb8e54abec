//! Every file is valid in its own language.

use std::path::Path;

use crate::lab::{Lab, alone, not_run, servers};

#[test]
fn python_files_compile() {
    let (Some(python), _alone) = (servers(), alone()) else { return };
    let lab = Lab::new("");
    for target in
        ["gunicorn", "uvicorn", "celery", "concurrent.futures", "multiprocessing", "asyncio"]
    {
        lab.emit(target);
    }
    let code = "import glob, py_compile\nfiles = glob.glob('*.py')\n\
                [py_compile.compile(f, doraise=True) for f in files]\nprint(len(files))";
    // Six of settings, six that check, the application and this script.
    assert_eq!(lab.python(&python, code).trim(), "14");
}

#[test]
fn a_deployment_is_yaml_with_the_limits() {
    let (Some(python), _alone) = (servers(), alone()) else { return };
    let lab = Lab::new("pool = [\"gunicorn-gthread\"]\n");
    lab.emit("kubernetes");
    let code = "import yaml\nspec = yaml.safe_load(open('pool.yaml'))['spec']['template']['spec']\n\
                pool = spec['containers'][0]\nresources = pool['resources']\n\
                size = lambda what: int(resources[what]['memory'][:-2])\n\
                assert size('requests') < size('limits')\n\
                assert all(isinstance(a, str) for a in pool['args'])\n\
                assert '--worker-class=gthread' in pool['args']\n\
                assert [e['value'] for e in pool['env']] == ['1'] * 5\n\
                print(spec['terminationGracePeriodSeconds'])";
    assert_eq!(lab.python(&python, code).trim(), "35");
}

#[test]
fn systemd_takes_the_unit() {
    let lab = Lab::new("pool = [\"gunicorn-sync\"]\n");
    lab.emit("systemd");
    let analyze = Path::new("/usr/bin/systemd-analyze");
    if !analyze.exists() {
        return not_run("no systemd-analyze was found");
    }
    // The program itself must exist for systemd.
    let unit = lab.read("pool.service").replace("/srv/app/venv/bin/gunicorn", "/bin/true");
    lab.write("pool.service", &unit.replace("/srv/app", "/"));
    let unit = lab.path("pool.service");
    let (code, said) = lab.run(analyze, &format!("verify {}", unit.display()));
    assert_eq!((code, said.contains("pool.service")), (Some(0), false), "{said}");
}
