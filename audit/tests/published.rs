//! The claims that ship: complete, and judged as they must be.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use audit::document::Document;
use audit::laws::{Finding, Law};
use audit::variants::Variants;
use audit::verdict::{Audit, Verdict, audit, findings};
use audit::{Predictions, predict};
use sim::host::Host;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn document(name: &str) -> Document {
    let path = root().join("calibration/published").join(format!("{name}.toml"));
    Document::load(&path).unwrap_or_else(|errors| panic!("{}", errors[0]))
}

fn host() -> Host {
    Host::load(&root().join("calibration/reference-8core.toml")).unwrap()
}

#[test]
#[ignore]
fn dump() {
    let name = std::env::var("DOC").unwrap();
    let document = document(&name);
    let variants = Variants::load(&root().join("workloads")).unwrap();
    let started = std::time::Instant::now();
    let host = host();
    let said = predict(&document, &|one| variants.build(one, &host), &host, 1);
    println!("{:?} {:?}", started.elapsed(), said.failed);
    let result = audit(&document, said, BTreeMap::new());
    for judged in &result.judged {
        println!(
            "{:10} {:28} {:12} {} {}",
            judged.verdict.name(),
            judged.claim.id,
            judged.claim.figure.as_ref().map_or("", |f| &f.text),
            judged.prediction.map_or(String::new(), |p| audit::figure::show(
                p.point,
                judged.claim.quantity.dimension()
            )),
            judged.why
        );
    }
    for verdict in Verdict::ALL {
        println!("{} {}", verdict.name(), result.judged.iter().filter(|j| j.verdict == verdict).count());
    }
    println!("fitted parameters {}", document.fitted.len());
}
