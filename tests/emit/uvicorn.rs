//! uvicorn with the emitted start script.

use crate::lab::{Lab, alone, children, free_port, get, servers};

#[test]
fn workers_are_those_of_the_file() {
    let (Some(python), _alone) = (servers(), alone()) else { return };
    let lab = Lab::new("pool = [\"uvicorn\"]\n\n[service.recycling]\nmax_requests = 5000\n");
    lab.emit("uvicorn");
    // What the library makes of the settings, refused if it does not know one.
    let config = "import serve_uvicorn, uvicorn\n\
                  c = uvicorn.Config('app:loop_application', **serve_uvicorn.CONFIG)\n\
                  print(c.workers, c.limit_max_requests, c.timeout_graceful_shutdown)";
    let said = lab.python(&python, config);
    let said: Vec<u64> = said.split_whitespace().map(|word| word.parse().unwrap()).collect();
    assert_eq!(said[1], 5000);
    let port = free_port();
    let line = format!("serve_uvicorn.py app:loop_application 127.0.0.1 {port}");
    let server = lab.start(&python, &line);
    assert_eq!(lab.wait("an answer of uvicorn", || get(port, "/small")), "1");
    // One worker serves in the first process itself.
    let workers = if said[0] == 1 { 0 } else { said[0] as usize };
    lab.wait("all workers", || (children(server.id()) == workers).then_some(()));
}
