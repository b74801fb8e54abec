//! `init`, `doctor`, `completions`, `man` and the committed schemas.

use serde_json::Value;

use crate::lab::Lab;

#[test]
fn init_writes_a_workload_that_can_be_simulated() {
    let lab = Lab::new();
    assert!(lab.answer("init", 0).contains("planner recommend --workload workload.toml"));
    let arguments = "simulate --workload workload.toml --profile process:8 --requests 500";
    assert!(lab.answer(arguments, 0).contains("report"));
}

#[test]
fn init_does_not_overwrite_unless_told_to() {
    let lab = Lab::new();
    lab.write("mine.toml", "precious");
    assert!(lab.refusal("init mine.toml", 1, 1).contains("--force"));
    assert_eq!(lab.read("mine.toml"), "precious");
    lab.answer("init --force mine.toml", 0);
    assert!(lab.read("mine.toml").contains("[[class]]"));
}

#[test]
fn doctor_says_the_same_as_text_and_as_json() {
    let lab = Lab::new();
    let text = lab.answer("doctor", 0);
    for line in text.lines() {
        assert!(line.chars().count() <= 80, "{line}");
    }
    let json: Value = serde_json::from_str(&lab.answer("doctor --format json", 0)).unwrap();
    let checks = json["checks"].as_array().unwrap();
    assert_eq!(checks.len(), 6);
    for check in checks {
        assert!(text.contains(check["what"].as_str().unwrap()), "{check}: {text}");
    }
}

#[test]
fn doctor_hides_no_interpreter_that_gives_no_answer() {
    let lab = Lab::new();
    std::os::unix::fs::symlink("/bin/false", lab.path("python3.12")).unwrap();
    let mut command = lab.planner("doctor --format json");
    for variable in ["PATH", "HOME", "PYENV_ROOT", "XDG_DATA_HOME", "UV_PYTHON_INSTALL_DIR"] {
        command.env(variable, lab.path(""));
    }
    let output = command.assert().success();
    let json: Value = serde_json::from_slice(&output.get_output().stdout).unwrap();
    assert_eq!(json["python"]["interpreters"].as_array().unwrap().len(), 0, "{json}");
    assert_eq!(json["python"]["silent"].as_array().unwrap().len(), 1, "{json}");
}

#[test]
fn completions_and_manual_pages_are_made_for_every_command() {
    let lab = Lab::new();
    for shell in ["bash", "zsh", "fish"] {
        assert!(lab.answer(&format!("completions {shell}"), 0).contains("recommend"));
    }
    assert!(lab.answer("man", 0).contains("planner"));
    lab.answer("man pages", 0);
    for page in ["planner.1", "planner-recommend.1", "planner-doctor.1"] {
        assert!(lab.read(&format!("pages/{page}")).starts_with(".ie"), "{page}");
    }
    assert!(!lab.path("pages/planner-schema.1").exists());
}

#[test]
fn committed_schemas_are_those_of_the_program() {
    let lab = Lab::new();
    let recommend = include_str!("../../docs/schema/recommend.json");
    let simulate = include_str!("../../docs/schema/simulate.json");
    assert_eq!(lab.answer("schema recommend", 0), recommend);
    assert_eq!(lab.answer("schema simulate", 0), simulate);
    let validate = include_str!("../../docs/schema/validate.json");
    assert_eq!(lab.answer("schema validate", 0), validate);
    let decision = include_str!("../../docs/schema/decision.json");
    assert_eq!(lab.answer("schema decision", 0), decision);
    let recycling = include_str!("../../docs/schema/recycling.json");
    assert_eq!(lab.answer("schema recycling", 0), recycling);
    let audit = include_str!("../../docs/schema/audit.json");
    assert_eq!(lab.answer("schema audit", 0), audit);
}
