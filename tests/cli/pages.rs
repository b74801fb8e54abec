//! The commands of docs/explanation and docs/howto run as they stand there, and
//! draw the pictures that the pages show.

use std::fs;
use std::path::{Path, PathBuf};

use crate::lab::Lab;

const FOLDERS: [&str; 2] = ["docs/explanation", "docs/howto"];
/// Met, or an answer that no pool or rule does.
const ANSWERS: [i32; 2] = [0, 10];

/// The pages of `folder`, sorted.
fn pages(folder: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)).unwrap();
    let mut pages: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    pages.retain(|page| page.extension().is_some_and(|ending| ending == "md"));
    pages.sort();
    pages
}

/// What follows `planner` in the shell blocks of `page`, a line each.
fn commands(page: &str) -> Vec<String> {
    let blocks = page.split("```sh\n").skip(1).map(|rest| rest.split("```").next().unwrap());
    let joined = blocks.map(|block| block.replace("\\\n", " "));
    let lines: Vec<String> =
        joined.flat_map(|block| block.lines().map(str::to_owned).collect::<Vec<_>>()).collect();
    let lines = lines.iter().map(|line| line.trim()).filter(|line| !line.is_empty());
    lines.map(|line| line.strip_prefix("planner ").expect(line).to_owned()).collect()
}

/// What `page` shows or links to in its own folder or beside it.
fn targets(page: &str) -> Vec<&str> {
    let links = page.split("](").skip(1).map(|rest| rest.split(')').next().unwrap());
    links.filter(|link| !link.contains("://")).collect()
}

/// A folder with the workloads of the pages where the pages say they are.
fn lab() -> Lab {
    let lab = Lab::new();
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    fs::create_dir_all(lab.path("docs/explanation")).unwrap();
    for entry in fs::read_dir(own.join("docs/explanation")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|ending| ending == "toml") {
            fs::copy(&path, lab.path("docs/explanation").join(path.file_name().unwrap())).unwrap();
        }
    }
    lab
}

/// Run with `UPDATE_PICTURES=1` to put changed pictures beside the pages.
fn run(folder: &str) {
    let lab = lab();
    for path in pages(folder) {
        let page = fs::read_to_string(&path).unwrap();
        for command in commands(&page) {
            let output = lab.planner(&command).output().unwrap();
            let (code, stderr) = (output.status.code(), String::from_utf8_lossy(&output.stderr));
            assert!(
                code.is_some_and(|code| ANSWERS.contains(&code)),
                "{command}: {code:?} {stderr}"
            );
        }
        let pictures = targets(&page).into_iter().filter(|target| target.ends_with(".svg"));
        for picture in pictures {
            let drawn = lab.read(&format!("{folder}/{picture}"));
            assert!(drawn.starts_with("<svg") && drawn.contains("<polyline"), "{picture}");
            if std::env::var_os("UPDATE_PICTURES").is_some() {
                fs::write(path.with_file_name(picture), drawn).unwrap();
            }
        }
    }
}

#[test]
fn the_commands_of_explanations_run_and_draw_their_pictures() {
    run("docs/explanation");
}

#[test]
fn the_commands_of_how_to_pages_run() {
    run("docs/howto");
}

#[test]
fn every_link_of_a_page_leads_to_a_file() {
    for path in FOLDERS.iter().flat_map(|folder| pages(folder)) {
        let page = fs::read_to_string(&path).unwrap();
        for target in targets(&page) {
            let file = path.with_file_name(target.split('#').next().unwrap());
            assert!(file.exists(), "{} links to {target}", path.display());
        }
    }
}

#[test]
fn every_page_but_the_index_has_a_command() {
    for path in FOLDERS.iter().flat_map(|folder| pages(folder)) {
        let page = fs::read_to_string(&path).unwrap();
        let index = path.file_name().is_some_and(|name| name == "README.md");
        assert!(index || !commands(&page).is_empty(), "{}", path.display());
    }
}

#[test]
fn the_tutorial_shows_the_application_that_ships() {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = fs::read_to_string(own.join("docs/tutorial.md")).unwrap();
    let shown = page.split("```python\n").nth(1).unwrap().split("```").next().unwrap();
    let shop = own.join("docs/examples/characterize/shop.py");
    assert_eq!(shown, fs::read_to_string(shop).unwrap());
}
