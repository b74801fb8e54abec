//! The probe of the interpreter lock, in one quick cell.

use std::time::Duration;

use validator::lock_probe::{Operation, Plan, measure};

use crate::support::{alone, python};

#[test]
fn a_sleep_beside_a_spinner_loses_the_lock() {
    let (Some(python), _alone) = (python(), alone()) else { return };
    let plan = Plan {
        repeats: 3,
        block: Duration::from_millis(100),
        spinners: vec![0, 1],
        intervals: vec![Duration::from_millis(20)],
    };
    let folder = tempfile::tempdir().unwrap();
    let measured = measure(python, &plan, folder.path(), "any", &()).unwrap();
    assert!(measured.locked);
    assert_eq!(measured.blocks.len(), 3 * 2 * Operation::ALL.len());
    let lost = |spinners| {
        let cells = measured.blocks.iter().filter(|block| {
            (block.cell().operation, block.cell().spinners) == (Operation::Sleep, spinners)
        });
        cells.map(|block| block.lost()).fold(0.0, f64::max)
    };
    // Neighbours can delay any sleep, but not hide that the lock was held.
    assert!(lost(1) > 0.5, "{} of the sleeps beside a spinner", lost(1));
    assert!(lost(1) > lost(0), "{} beside none", lost(0));
}
