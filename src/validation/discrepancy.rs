//! `planner validate --discrepancy`: how far the model itself is off, written
//! into a calibration.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use sim::host::{Discrepancy, Figure, Host, discrepancy_tables};
use toml_edit::DocumentMut;
use validator::validate::campaign::Campaign;
use validator::validate::discrepancy::{FEWEST_CELLS, Found, measured};
use validator::validate::summary::{Judgement, Summary};
use validator::validate::{Cell, Set};

use crate::exit::Failure;
use crate::files::OutFile;

/// The table of a calibration.
const TABLE: &str = "discrepancy";

/// What is to be written where.
pub struct Asked {
    /// The calibration that predicts.
    calibration: PathBuf,
    /// Its text when the runs began.
    text: String,
    /// The file to write.
    to: PathBuf,
}

/// What came of it.
pub struct Measured {
    /// Every figure.
    pub figures: Vec<Found>,
    /// The file, or why it was not written.
    pub written: Result<PathBuf, String>,
}

impl Asked {
    /// To take it from `cells`, predicted by `calibration`, and write it to `to`.
    pub fn new(to: &Path, calibration: &Path, cells: &[Cell]) -> Result<Self, Failure> {
        let scored = |cell: &&Cell| !matches!(cell.set, Set::Development | Set::Random);
        if let Some(cell) = cells.iter().find(scored) {
            return Err(Failure::Refused(format!(
                "--discrepancy cannot be taken from {} cells (`{}`): they score predictions, and \
                 intervals that were fitted to them would hold them; add --set random (of a seed \
                 that is not scored) or --set development, or name files of such cells with \
                 --cells",
                cell.set.name(),
                cell.name
            )));
        }
        if cells.len() < FEWEST_CELLS {
            return Err(Failure::Refused(format!(
                "{} cells cannot tell what 95 % of further ones keep within: --discrepancy takes \
                 {FEWEST_CELLS}; leave out --only and --quick, or name more files with --cells",
                cells.len()
            )));
        }
        let real = |path: &Path| path.canonicalize().ok();
        if to.exists() && real(to) != real(calibration) {
            return Err(Failure::Refused(format!(
                "`{}` is there already and is not the calibration: name that, or a new file, with \
                 --discrepancy",
                to.display()
            )));
        }
        // Before the work, so that a wrong path is known.
        drop(OutFile::create(to)?);
        let text = read(calibration)?;
        Ok(Self { calibration: calibration.to_owned(), text, to: to.to_owned() })
    }

    /// Writes what `campaign` shows, unless it shows too little.
    pub fn write(
        &self,
        campaign: &Campaign,
        summary: &Summary,
        note: &str,
    ) -> Result<Measured, Failure> {
        let figures = measured(&campaign.results, note);
        let known: BTreeMap<Figure, Discrepancy> =
            figures.iter().filter_map(|it| Some((it.figure, it.outcome.clone().ok()?))).collect();
        if read(&self.calibration)? != self.text {
            let message = "the calibration was changed while its predictions were measured; \
                           repeat the command: the runs are kept";
            return Err(Failure::Refused(message.to_owned()));
        }
        let written = match (campaign.interrupted, &summary.judgement) {
            (true, _) => Err("it was interrupted; repeat the command to go on".to_owned()),
            (_, Judgement::TooNoisy) => Err("the machine is too noisy".to_owned()),
            _ if known.is_empty() => Err("too few cells are left for any figure".to_owned()),
            _ => self.replace(&known).map(|()| Ok(self.to.clone()))?,
        };
        Ok(Measured { figures, written })
    }

    /// The calibration with `known` in the place of what it had.
    fn replace(&self, known: &BTreeMap<Figure, Discrepancy>) -> Result<(), Failure> {
        let text = with(&self.text, known).map_err(|error| invalid(&self.calibration, error))?;
        // What cannot be read must not be written.
        Host::parse(&text, &self.to).map_err(Failure::Inputs)?;
        OutFile::create(&self.to)?.fill(|out| out.write_all(text.as_bytes()))
    }
}

fn read(path: &Path) -> Result<String, Failure> {
    fs::read_to_string(path).map_err(|error| invalid(path, error))
}

fn invalid(path: &Path, error: impl std::fmt::Display) -> Failure {
    let (kind, message) = (sim::input::InputKind::Calibration, error.to_string());
    Failure::Inputs(vec![sim::input::InputError::whole_file(kind, path, message)])
}

/// `calibration` with other tables of discrepancy; the rest of its text stays.
fn with(
    calibration: &str,
    known: &BTreeMap<Figure, Discrepancy>,
) -> Result<String, toml_edit::TomlError> {
    let mut document: DocumentMut = calibration.parse()?;
    document.remove(TABLE);
    Ok(document.to_string() + &discrepancy_tables(known))
}

#[cfg(test)]
mod tests {
    use super::*;
    use sim::host::Origin;
    use validator::validate::campaign::CellResult;
    use validator::validate::verdict::Run;
    use validator::validate::{self, Case, Figures, Predicted, cells};

    fn of(low_factor: f64, high_factor: f64) -> Discrepancy {
        let (origin, note) = (Origin::Measured, "a \"test\"".to_owned());
        Discrepancy { low_factor, high_factor, cells: 24, origin, note }
    }

    fn ideal() -> Host {
        Host { date: "2026-02-28".to_owned(), ..Host::ideal(2) }
    }

    /// A campaign of every development cell, whose throughput is half of the least
    /// that was foreseen.
    fn campaign(cells: &[Cell]) -> Campaign {
        let only =
            |value| Figures::from_fn(|figure| (figure == Figure::Throughput).then_some(value));
        let measured =
            || validate::Measured { observed: only(1.0), ..validate::Measured::default() };
        let (figures, low, high) = (only(3.0), only(2.0), only(4.0));
        let predicted = Predicted { figures, low, high, cores: 0.0, served: 0 };
        let python = "3.12".parse().unwrap();
        let result = |cell: &Cell| CellResult {
            case: Case::new(cell, python, &Host::ideal(2), 1).unwrap(),
            runs: vec![Run { measured: measured(), predicted: predicted.clone() }],
            comparisons: Vec::new(),
        };
        Campaign { results: cells.iter().map(result).collect(), ..Campaign::default() }
    }

    fn summary(judgement: Judgement) -> Summary {
        Summary { judgement, ..Summary::of_errors(&[]) }
    }

    #[test]
    fn what_was_found_lands_in_the_calibration_once_all_ran() {
        let folder = tempfile::tempdir().unwrap();
        let host = folder.path().join("host.toml");
        let ideal = ideal();
        fs::write(&host, ideal.write()).unwrap();
        let cells = cells::shipped(Set::Development).unwrap();
        let asked = Asked::new(&host, &host, &cells).unwrap();
        let mut campaign = campaign(&cells);
        campaign.interrupted = true;
        let none = asked.write(&campaign, &summary(Judgement::Within), "a test").unwrap();
        assert!(none.written.unwrap_err().contains("interrupted"));
        campaign.interrupted = false;
        let none = asked.write(&campaign, &summary(Judgement::TooNoisy), "a test").unwrap();
        assert!(none.written.unwrap_err().contains("noisy"));
        assert_eq!(fs::read_to_string(&host).unwrap(), ideal.write());

        let found = asked.write(&campaign, &summary(Judgement::Within), "a test").unwrap();
        assert_eq!(found.written, Ok(host.clone()));
        let missing = found.figures.iter().filter(|it| it.outcome.is_err()).count();
        assert_eq!(missing, 6, "no other figure was seen");
        let read = Host::load(&host).unwrap();
        let [(Figure::Throughput, of)] = &read.discrepancy.into_iter().collect::<Vec<_>>()[..]
        else {
            panic!("one figure")
        };
        assert!((of.low_factor - 0.5).abs() < 1e-12 && of.high_factor == 1.0, "{of:?}");
        assert_eq!(of.cells, cells.len() as u64);

        // It has changed since: what somebody wrote there is not lost.
        let refused = asked.write(&campaign, &summary(Judgement::Within), "a test");
        assert!(matches!(refused, Err(Failure::Refused(why)) if why.contains("was changed")));
    }

    #[test]
    fn the_table_is_replaced_and_every_other_line_stays() {
        let path = Path::new("host.toml");
        let plain = format!("# of my own\n{}", ideal().write());
        let (first, second) = (of(0.25, 4.0), of(1.0, 1.0 / 0.3));
        let known: BTreeMap<Figure, Discrepancy> =
            [(Figure::Throughput, second.clone()), (Figure::P99, first)].into();
        let once = with(&plain, &known).unwrap();
        assert!(once.starts_with(plain.trim_end()), "{once}");
        let host = Host::parse(&once, path).unwrap();
        assert_eq!(host.discrepancy, known);
        let mean = [(Figure::Mean, second)].into();
        let twice = Host::parse(&with(&once, &mean).unwrap(), path).unwrap();
        assert_eq!(twice.discrepancy, mean);
        assert_eq!(Host { discrepancy: host.discrepancy.clone(), ..twice }, host);
    }
}
