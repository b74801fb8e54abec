//! `planner doctor`: what this machine is and what it can run.

use validator::{host, interpreters, noise, readiness};

use crate::args::{DoctorArgs, Format};
use crate::exit::{Code, Failure};
use crate::files::Target;
use crate::render;

/// Looks at the machine and says what it found.
pub fn run(args: &DoctorArgs) -> Result<Code, Failure> {
    let target = Target::open(args.output.out.as_deref())?;
    let probe = host::probe()?;
    let found = interpreters::find();
    let noise = noise::measure();
    let checks = readiness::judge(&probe, &found, &noise);
    let text = match args.output.format {
        Format::Text => render::doctor::text(&probe, &found, &noise, &checks),
        Format::Json => {
            render::json::text(&render::json::doctor::Doctor::new(&probe, &found, &noise, &checks))
        }
    };
    target.write(&text)?;
    Ok(Code::Met)
}
