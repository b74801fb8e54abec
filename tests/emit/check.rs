//! The check script against a server that does, and does not, what was
//! predicted.

use crate::lab::{Lab, alone, free_port, get, servers};

#[test]
fn a_pool_far_from_its_prediction_is_told_from_one_that_is_not() {
    let (Some(python), _alone) = (servers(), alone()) else { return };
    let lab = Lab::new("pool = [\"gunicorn-sync\"]\n");
    lab.emit("gunicorn");
    let port = free_port();
    let bind = format!("--bind 127.0.0.1:{port}");
    let line = format!("-m gunicorn --config gunicorn.conf.py {bind} app:application");
    let server = lab.start(&python, &line);
    lab.wait("an answer of gunicorn", || get(port, "/small"));
    let check = |arguments: &str| lab.run(&python, &format!("check_gunicorn.py {arguments}"));
    let url = format!("http://127.0.0.1:{port}");

    let pid = server.id();
    let (code, said) = check(&format!("--for 1 --tolerance 1000 --url {url}/any --pid {pid}"));
    assert_eq!(code, Some(0), "{said}");
    assert!(said.lines().filter(|row| row.ends_with(" within")).count() == 7, "{said}");
    assert!(said.contains("not judged: the prediction lacks what gunicorn-sync itself"), "{said}");

    let (code, said) = check(&format!("--for 3 --url {url}/slow"));
    assert_eq!(code, Some(40), "{said}");
    assert!(said.contains("OUTSIDE") && said.contains("not run: name the process"), "{said}");

    let (code, said) = check(&format!("--for 1 --url http://127.0.0.1:{}/", free_port()));
    assert_eq!(code, Some(30), "{said}");
    assert!(said.contains("the pool gave no answer"), "{said}");
}
