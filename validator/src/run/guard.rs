//! Ends the pool should this process be killed.
//!
//! The kernel's parent-death signal reaches the runner, not the workers that it
//! forked: those would wait on their pipes for ever. So a shell outside the
//! group waits for the end of its input, which is held by this process alone
//! and ends with it, and then kills the group.

use std::io;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Stdio};

const SCRIPT: &str = r#"trap '' HUP INT TERM; read -r _; kill -s KILL -- "-$1""#;

/// Stands by until dropped.
#[derive(Debug)]
pub(crate) struct Guard {
    shell: Child,
}

impl Guard {
    /// Over the process group `group`.
    pub(crate) fn over(group: u32) -> io::Result<Self> {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", SCRIPT, "guard", &group.to_string()]).process_group(0);
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        Ok(Self { shell: command.spawn()? })
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        // Before its input ends: by then the group's number may be another's.
        let _ = self.shell.kill();
        let _ = self.shell.wait();
    }
}
