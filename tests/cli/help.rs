use crate::lab::Lab;

const COMMANDS: [&str; 18] = [
    "",
    "recommend",
    "simulate",
    "recycling",
    "sweep",
    "plot",
    "calibrate",
    "characterize",
    "audit",
    "init",
    "doctor",
    "validate",
    "import",
    "lock-probe",
    "servers",
    "systems",
    "completions",
    "man",
];

#[test]
fn help_of_every_command_fits_80_columns() {
    let lab = Lab::new();
    for command in COMMANDS {
        let help = lab.answer(&format!("{command} --help"), 0);
        assert!(help.contains("Usage: planner"), "{help}");
        for line in help.lines() {
            assert!(line.chars().count() <= 80, "{command}: {line}");
        }
    }
}

#[test]
fn help_lists_every_exit_code_and_no_hidden_command() {
    let help = Lab::new().answer("--help", 0);
    for code in ["0 ", "1 ", "2 ", "10 ", "20 ", "21 "] {
        assert!(help.lines().any(|line| line.trim_start().starts_with(code)), "{code}: {help}");
    }
    assert!(!help.contains("schema"), "{help}");
}

#[test]
fn wrong_arguments_are_usage_errors() {
    let lab = Lab::new();
    for arguments in [
        "recommend",
        "recomend",
        "recommend --workload tiny.toml --seed -1",
        "recommend --workload tiny.toml --cores 0",
        "recommend --workload tiny.toml --memory 32",
        "recommend --workload tiny.toml --quota NaN",
        "recommend --workload tiny.toml --precision 0",
        "recommend --workload tiny.toml --goal fame",
        "simulate --workload tiny.toml --profile process:0",
        "simulate --workload tiny.toml --profile process:1000000000",
        "simulate --workload tiny.toml --profile process:1 --python 2.7",
        "simulate --workload tiny.toml --profile process:1 --requests 0",
        "simulate --workload tiny.toml --profile process:1 --replications 0",
        "simulate --workload tiny.toml --pool apache",
        "simulate --workload tiny.toml --profile unit=process:1,unit=process:2",
        "simulate --workload tiny.toml --ttl 5",
        "simulate --workload tiny.toml --ttl 0s",
        "simulate --workload tiny.toml --max-requests 0",
        "simulate --workload tiny.toml --drain slowly",
        "simulate --workload tiny.toml --requests 5 --for 1s",
        "recycling",
        "recycling --workers 8",
        "recycling --workers 8 --outage 1s --keep-up 0",
        "recycling --workers 8 --outage 1s --keep-up 50% --rate 0/s",
        "recycling --workload tiny.toml --workers 8 --outage 1s",
        "completions cmd",
    ] {
        lab.refusal(arguments, 2, 1);
    }
}
