//! The report as a browser shows it: light and dark, wide, on a phone, in print.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Cursor, Write as _};
use std::path::Path;

use crate::browser::{Browser, NAMES};
use crate::lab::Lab;
use crate::report::report;

const WRONG: &str = include_str!("report_in_browser.js");
/// Places of the pictures on the page.
const FIGURES: &str = "[...document.querySelectorAll('figure svg')].map((svg) => {
  const at = svg.getBoundingClientRect();
  return [at.x + scrollX, at.y + scrollY, at.width, at.height];
})";
/// What a page without faults and without a network does not do.
const FAULTS: [&str; 3] = ["Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Log.entryAdded"];
/// Share of a picture that is not its background, at least.
const DRAWN: f64 = 0.005;

#[test]
fn a_browser_shows_it_in_light_and_dark_on_any_screen_and_in_print() {
    let Some(program) = Browser::find() else {
        let _ =
            writeln!(io::stderr(), "not run: no browser found; looked for {}", NAMES.join(", "));
        return;
    };
    let lab = Lab::new();
    report(&lab);
    let file = lab.path("out.html");
    let shots = Path::new(env!("CARGO_TARGET_TMPDIR")).join("report");
    fs::create_dir_all(&shots).unwrap();
    let mut browser = Browser::start(&program);
    for (width, scheme, medium) in [
        (1280, "light", "screen"),
        (1280, "dark", "screen"),
        (360, "light", "screen"),
        (360, "dark", "screen"),
        (720, "light", "print"),
    ] {
        let case = format!("{scheme}-{width}-{medium}");
        browser.open(&file, width, scheme, medium);
        assert_eq!(browser.evaluate(WRONG), serde_json::json!([]), "{case}");
        let seen = pictures(&mut browser, &shots.join(&case));
        assert_eq!(seen, 5, "{case}");
        assert_eq!(browser.events(&FAULTS), Vec::<&serde_json::Value>::new(), "{case}");
        for request in browser.events(&["Network.requestWillBeSent"]) {
            let url = request["params"]["request"]["url"].as_str().unwrap();
            let own = url.ends_with("/out.html") || url.starts_with("data:");
            assert!(own, "{case} asks for {url}");
        }
    }
    let pdf = browser.print();
    assert!(pdf.starts_with(b"%PDF-"), "no PDF");
    fs::write(shots.join("report.pdf"), pdf).unwrap();
}

/// Takes the page and each of its figures; says how many figures there are.
fn pictures(browser: &mut Browser, to: &Path) -> usize {
    let side = |browser: &mut Browser, script: &str| browser.evaluate(script).as_f64().unwrap();
    let width = side(browser, "innerWidth");
    let height = side(browser, "document.documentElement.scrollHeight");
    fs::write(to.with_extension("first.png"), browser.picture([0.0, 0.0, width, 800.0])).unwrap();
    let whole = browser.picture([0.0, 0.0, width, height]);
    fs::write(to.with_extension("png"), whole).unwrap();
    let places: Vec<[f64; 4]> = serde_json::from_value(browser.evaluate(FIGURES)).unwrap();
    for (number, [x, y, wide, high]) in places.iter().enumerate() {
        assert!(*wide > 300.0 && *high > 100.0, "figure {number} is {wide} x {high}");
        // On a phone only the left part is in sight.
        let picture = browser.picture([*x, *y, wide.min(width - x), *high]);
        let drawn = drawn(&picture);
        assert!(drawn > DRAWN, "figure {number} of {} is blank: {drawn}", to.display());
    }
    places.len()
}

/// Share of the pixels that do not have the commonest colour.
fn drawn(picture: &[u8]) -> f64 {
    let mut reader = png::Decoder::new(Cursor::new(picture)).read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let frame = reader.next_frame(&mut pixels).unwrap();
    let size = frame.color_type.samples();
    let mut counts: BTreeMap<&[u8], u64> = BTreeMap::new();
    for pixel in pixels[..frame.buffer_size()].chunks_exact(size) {
        *counts.entry(pixel).or_default() += 1;
    }
    let (most, all) = (counts.values().max().unwrap(), counts.values().sum::<u64>());
    1.0 - *most as f64 / all as f64
}
