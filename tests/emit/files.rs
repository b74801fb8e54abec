//! Where files go, what is refused, and that nothing of an answer is lost.

use crate::lab::Lab;

#[test]
fn files_without_a_place_end_the_answer() {
    let lab = Lab::new("pool = [\"gunicorn-sync\"]\n");
    let output = lab.recommend("--emit gunicorn").success().stderr("").get_output().clone();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.starts_with("Use gunicorn-sync process:"), "{text}");
    let (_, emitted) = text.split_once("\nEmitted for gunicorn\n").unwrap();
    assert!(emitted.contains("---- gunicorn.conf.py ----") && emitted.contains("workers = "));
    assert!(emitted.contains("---- check_gunicorn.py ----"));
}

#[test]
fn one_seed_gives_the_same_files() {
    let lab = Lab::new("");
    lab.emit("kubernetes");
    let first = lab.read("pool.yaml");
    lab.recommend("--emit kubernetes=. --force").success();
    let drop_command = |text: &str| {
        let kept = text.lines().filter(|line| !line.starts_with('#'));
        kept.map(|line| format!("{line}\n")).collect::<String>()
    };
    assert_eq!(drop_command(&lab.read("pool.yaml")), drop_command(&first));
}

#[test]
fn an_existing_file_stays_and_is_found_before_the_search() {
    let lab = Lab::new("");
    lab.write("celeryconfig.py", "mine = True\n");
    let output = lab.recommend("--emit celery=.").code(1).stdout("").get_output().clone();
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(error.contains("celeryconfig.py") && error.contains("--force"), "{error}");
    assert_eq!(lab.read("celeryconfig.py"), "mine = True\n");
}

#[test]
fn a_product_that_cannot_run_the_workload_says_why_after_the_answer() {
    let lab = Lab::new("\n[service.recycling]\nttl = \"1h\"\n");
    let output = lab.recommend("--emit gunicorn --emit snakepit=.").code(10).get_output().clone();
    let (out, error) =
        (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    assert!(out.starts_with("Use "), "{out}");
    assert!(error.contains("gunicorn can run no pool"), "{error}");
    assert!(error.contains("gunicorn-sync has no ttl"), "{error}");
    assert!(lab.path("snakepit.exs").exists(), "the other product gets its file");
}

#[test]
fn unknown_products_and_json_without_a_place_are_refused() {
    let lab = Lab::new("");
    let error = |arguments: &str| {
        let output = lab.recommend(arguments).code(2).stdout("").get_output().clone();
        String::from_utf8(output.stderr).unwrap()
    };
    assert!(error("--emit apache").contains("there are gunicorn, uvicorn, celery"));
    assert!(error("--emit celery --format json").contains("--emit celery=FOLDER"));
    assert!(error("--force").contains("--emit"));
}
