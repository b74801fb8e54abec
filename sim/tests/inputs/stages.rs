//! Pipelines: stages, who passes which, and what is said of those that do not
//! fit together.

use sim::pool::{Profile, StartMethod};

use crate::parse;

/// Written last to first: `next` says the order, not the text.
pub(crate) const GOOD: &str = r#"
name = "pipeline"
[arrivals.batch]
requests = 20

[[stage]]
name = "upload"
profile = "threads:5"
[[stage]]
name = "resize"
next = "upload"
start_method = "fork"
[[stage]]
name = "download"
next = "resize"

[[class]]
name = "file"
[[class.segment]]
stage = "download"
repeat = 2
group = [{ wait = "5 ms" }, { native = "1 ms" }]
[[class.segment]]
stage = "resize"
python = "20 ms"
[[class.segment]]
group = [{ wait = "6 ms", stage = "upload" }]
"#;

fn expect(from: &str, to: &str, message: &str, under: &str) {
    let found = crate::refusal(GOOD, from, to);
    assert_eq!(found, (message.to_owned(), under.to_owned()), "{from} -> {to}");
}

#[test]
fn stages_come_in_the_order_of_their_links() {
    let workload = parse(GOOD).unwrap();
    let names: Vec<&str> = workload.stages.iter().map(|stage| stage.name.as_str()).collect();
    assert_eq!(names, ["download", "resize", "upload"]);
    assert_eq!(workload.stages[1].start_method, Some(StartMethod::Fork));
    assert_eq!(workload.stages[2].profile, Some(Profile::threads(1, 5)));
    let stages: Vec<u32> = workload.classes[0].segments.iter().map(|s| s.stage).collect();
    assert_eq!(stages, [0, 0, 0, 0, 1, 2]);
}

#[test]
fn one_stage_is_a_pipeline_too() {
    let text = r#"
        name = "one"
        stage = [{ name = "only" }]
        class = [{ name = "c", segment = [{ wait = "1 ms", stage = "only" }] }]
        [arrivals.batch]
        requests = 1
    "#;
    assert_eq!(parse(text).unwrap().stages.len(), 1);
}

#[test]
fn links_that_form_no_line() {
    expect(
        "name = \"upload\"\n",
        "name = \"upload\"\nnext = \"download\"\n",
        "the stages go round in a circle: upload -> download -> resize -> upload",
        "\"upload\"",
    );
    expect(
        "next = \"upload\"",
        "next = \"resize\"",
        "`resize` comes after `resize` already",
        "\"resize\"",
    );
    expect(
        "name = \"download\"\nnext = \"resize\"",
        "name = \"download\"\nnext = \"download\"",
        "the stages go round in a circle: download -> download",
        "\"download\"",
    );
    expect(
        "name = \"download\"\nnext = \"resize\"",
        "name = \"download\"\nnext = \"upload\"",
        "`upload` comes after `resize` already",
        "\"upload\"",
    );
    expect(
        "name = \"download\"\nnext = \"resize\"",
        "name = \"download\"",
        "`download` has no `next`, nor has `upload`",
        "\"download\"",
    );
    expect("next = \"resize\"", "next = \"resizes\"", "there is no stage `resizes`", "\"resizes\"");
}

#[test]
fn stages_themselves() {
    let stage = "name = \"upload\"\nprofile = \"threads:5\"\n";
    let with = |line: &str| format!("{stage}{line}\n");
    expect(stage, &with("nxt = \"x\""), "unknown key `nxt` in [[stage]]", "nxt");
    expect(
        stage,
        &with("start_method = \"spawn\""),
        "this stage has one process only, the one that there is anyway",
        "\"spawn\"",
    );
    expect("\"fork\"", "\"clone\"", "`clone` is not known here", "\"clone\"");
    expect("name = \"upload\"\n", "", "[[stage]] has no `name`", "[[stage]]");
    let (message, under) = crate::refusal(GOOD, "\"threads:5\"", "\"greenlets:5\"");
    assert!(message.starts_with("`greenlets:5` is no profile"), "{message}");
    assert_eq!(under, "\"greenlets:5\"");
    let twice = GOOD.replacen("name = \"upload\"", "name = \"download\"", 1);
    let errors = parse(&twice).unwrap_err();
    assert_eq!(errors[0].message, "there are two stages `download`");
}

#[test]
fn segments_and_their_stages() {
    let resize = "stage = \"resize\"\n";
    expect(resize, "stage = \"resise\"\n", "there is no stage `resise`", "\"resise\"");
    expect(resize, "", "this segment is in no stage", "[[class.segment]]");
    expect(
        resize,
        "stage = \"upload\"\n",
        "no segment of `file` is in stage `resize`",
        "\"resize\"",
    );
    expect(
        "{ native = \"1 ms\" }",
        "{ native = \"1 ms\", stage = \"download\" }",
        "the group around this segment names a stage already",
        "\"download\"",
    );
    expect(
        "stage = \"upload\" }]",
        "stage = \"download\" }]",
        "stage `download` comes before `resize`, where this request has been",
        "\"download\"",
    );
}

#[test]
fn a_repeated_group_does_not_go_back() {
    expect(
        "group = [{ wait = \"6 ms\", stage = \"upload\" }]",
        "repeat = 2\ngroup = [{ wait = \"6 ms\", stage = \"resize\" }, { wait = \"6 ms\", stage = \"upload\" }]",
        "stage `resize` comes before `upload`, where this request has been",
        "\"resize\"",
    );
}

#[test]
fn a_stage_without_stages() {
    let text = r#"
        name = "none"
        class = [{ name = "c", segment = [{ wait = "1 ms", stage = "a" }] }]
        [arrivals.batch]
        requests = 1
    "#;
    let errors = parse(text).unwrap_err();
    assert_eq!(errors[0].message, "this workload has no stages");
    let errors =
        parse(&format!("stage = []\n{}", text.replace(", stage = \"a\"", ""))).unwrap_err();
    assert_eq!((errors.len(), &*errors[0].message), (1, "there are no stages"));
}
