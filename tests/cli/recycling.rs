use serde_json::Value;

use crate::lab::Lab;

const PLAIN: &str = "recycling --workers 20 --outage 5s";
const POOL: &str = "recycling --workload steady.toml --profile process:8 --keep-up 75%";

fn number(answer: &Value, path: &str) -> f64 {
    answer.pointer(path).and_then(Value::as_f64).unwrap()
}

/// Does the simulated interval, widened to what 99.9 % would be with ten
/// replications (4.78 / 2.26), hold the prediction?
fn agrees(predicted: f64, simulated: &Value) -> bool {
    let [point, low, high] = ["/point", "/low", "/high"].map(|path| number(simulated, path));
    (predicted - point).abs() <= 2.12 * (high - low) / 2.0
}

#[test]
fn plain_numbers_get_the_smallest_jitter_and_the_engine_agrees() {
    let lab = Lab::new();
    let answer = lab.json(&format!("{PLAIN} --life 10min --keep-up 80%"), 0);
    // At least 16 of 20: no five of them down, but for one time in a thousand.
    assert_eq!((&answer["up"], &answer["verdict"]), (&16.into(), &"met".into()));
    let worst = number(&answer, "/predicted/short_at_worst");
    assert!(worst <= 0.001 && worst > 0.00099, "{worst}");
    assert_eq!(number(&answer, "/rule/ttl"), 600.0);
    let down = answer["down"].as_array().unwrap();
    assert!(down.len() >= 5, "{down:?}");
    for row in down.iter().take(3) {
        assert!(agrees(number(row, "/predicted"), &row["simulated"]), "{row}");
    }
    let predicted = &answer["predicted"];
    let lost = number(predicted, "/capacity_lost_simulated_time");
    assert!(agrees(lost, &answer["workers"]["capacity_lost"]), "{lost}");
    let restarts = number(predicted, "/restarts_per_hour_simulated_time");
    assert!(agrees(restarts, &answer["workers"]["restarts_per_hour"]), "{restarts}");
}

#[test]
fn a_pool_is_measured_checked_and_told_its_settings() {
    let lab = Lab::steady();
    let answer = lab.json(&format!("{POOL} --pool gunicorn-sync"), 0);
    let [requests, jitter] =
        ["max_requests", "max_requests_jitter"].map(|key| answer["rule"][key].as_u64().unwrap());
    assert!(requests > 0 && requests.abs_diff(jitter) <= 2, "the shortest lives that do");
    let expected =
        format!("gunicorn --workers 8 --max-requests {requests} --max-requests-jitter {jitter}");
    assert_eq!(answer["settings"].as_array().unwrap().len(), 1);
    assert_eq!(answer["settings"][0]["text"], expected);
    // 50 requests/s for eight workers.
    let rate = number(&answer, "/measured/rate/point");
    assert!((rate / 6.25 - 1.0).abs() < 0.02, "{rate}");
    assert!(number(&answer, "/measured/outage/point") > 0.2, "an import takes 200 ms");
    assert_eq!(answer["verdict"], "met");
    let text = lab.answer(&format!("{POOL} --pool gunicorn-sync"), 0);
    assert!(text.contains(&expected) && text.contains("it holds"), "{text}");
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
}

#[test]
fn a_leak_is_bounded() {
    let lab = Lab::steady();
    let leaky = lab.read("steady.toml").replace(
        "[[class]]\nname = \"large\"",
        "[class.memory]\nleak = \"100 kB\"\n\n[[class]]\nname = \"large\"",
    );
    lab.write("leaky.toml", leaky);
    let arguments = POOL.replace("steady", "leaky") + " --max-requests 500";
    let answer = lab.json(&arguments, 0);
    let longest = 500.0 + number(&answer, "/rule/max_requests_jitter");
    // Four requests in five leak.
    assert_eq!(number(&answer, "/predicted/leak_most"), 80_000.0 * longest);
}

#[test]
fn lives_that_are_too_short_are_told_how_long_they_must_be() {
    let lab = Lab::new();
    for (rule, flag) in [("--ttl 3s", "--ttl"), ("--max-requests 10 --rate 2/s", "--max-requests")]
    {
        let stderr = lab.refusal(&format!("{PLAIN} --keep-up 90% {rule}"), 10, 1);
        assert!(stderr.contains("let them live"), "{stderr}");
        let advice = stderr.split_whitespace().skip_while(|word| *word != flag).nth(1).unwrap();
        let rate = if flag == "--ttl" { "" } else { "--rate 2/s" };
        lab.answer(&format!("{PLAIN} --keep-up 90% {flag} {advice} {rate}"), 0);
    }
    let certain = format!("{PLAIN} --keep-up 90% --probability 100%");
    assert!(lab.refusal(&certain, 10, 1).contains("ask for less than 1"));
}

#[test]
fn what_a_pool_does_not_have_is_refused_in_its_own_words() {
    let lab = Lab::steady();
    let stderr = lab.refusal(&format!("{POOL} --pool celery-prefork"), 2, 1);
    assert!(stderr.contains("celery-prefork has no max_requests_jitter"), "{stderr}");
    assert!(stderr.contains("gunicorn-sync"), "{stderr}");
    let stderr = lab.refusal(&format!("{POOL} --pool gunicorn-sync --ttl 5min"), 2, 1);
    assert!(stderr.contains("gunicorn-sync has no ttl"), "{stderr}");
}

#[test]
fn questions_without_sense_say_what_is_missing() {
    let lab = Lab::steady();
    lab.write("tiny.toml", crate::lab::TINY);
    let refusal = |arguments: &str| lab.refusal(arguments, 2, 1);
    assert!(refusal("recycling --workload steady.toml").contains("--keep-up 90%"));
    assert!(refusal("recycling --workload tiny.toml --keep-up 50%").contains("all at once"));
    assert!(refusal(&format!("{PLAIN} --keep-up 50% --max-requests 9")).contains("add --rate"));
    let several = "--profile small=process:2,large=process:2 --keep-up 50%";
    assert!(
        refusal(&format!("recycling --workload steady.toml {several}")).contains("one at a time")
    );
}
