//! Running a child process that cannot outlive its welcome.
//!
//! The child leads a process group of its own, which is killed when the child
//! ends or its time is up, and the kernel kills the child should this process
//! die first.

use std::io::{self, Read};
use std::os::fd::AsFd;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::sys::prctl::set_pdeathsig;
use nix::sys::signal::{Signal, killpg};
use nix::unistd::{Pid, getppid};
use wait_timeout::ChildExt as _;

/// What a child left behind.
#[derive(Clone, Debug)]
pub struct Finished {
    /// How it ended.
    pub status: ExitStatus,
    /// Standard output, at most one pipe buffer (64 KiB on Linux).
    pub stdout: Vec<u8>,
    /// Standard error, likewise.
    pub stderr: Vec<u8>,
}

/// A child that gave no result.
#[derive(Debug, thiserror::Error)]
pub enum ChildError {
    /// It could not be started or watched.
    #[error("could not be run: {0}")]
    Io(#[from] io::Error),
    /// It was killed when its time was up.
    #[error("gave no answer within {} s and was killed", .0.as_secs_f64())]
    TimedOut(Duration),
}

/// Runs `command` without input for at most `limit`.
///
/// A child that writes more than a pipe buffer blocks, and so times out.
///
/// # Errors
/// It could not be started, or its time was up; nothing of it is left running
/// in either case.
pub fn run(mut command: Command, limit: Duration) -> Result<Finished, ChildError> {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut group = Group::spawn(command)?;
    let waited = group.wait(limit);
    // Before reading: a grandchild that holds the pipe open goes as well.
    group.kill();
    let status = waited?.ok_or(ChildError::TimedOut(limit))?;
    Ok(Finished {
        status,
        stdout: drain(group.child.stdout.take())?,
        stderr: drain(group.child.stderr.take())?,
    })
}

/// A child and whatever it starts, in a process group of their own; killed
/// when dropped, and the child also when the thread that started it ends.
#[derive(Debug)]
pub struct Group {
    child: Child,
}

impl Group {
    /// Starts `command` as the leader of a new group.
    ///
    /// # Errors
    /// As the system.
    pub fn spawn(mut command: Command) -> io::Result<Self> {
        command.process_group(0);
        die_with_parent(&mut command);
        Ok(Self { child: command.spawn()? })
    }

    /// Process id of the leader, which is the id of the group.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// How the leader ended; `None` if it has not within `limit`.
    ///
    /// # Errors
    /// As the system.
    pub fn wait(&mut self, limit: Duration) -> io::Result<Option<ExitStatus>> {
        self.child.wait_timeout(limit)
    }

    /// Kills every process of the group.
    pub fn kill(&mut self) {
        kill_group(&mut self.child);
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Has the kernel kill the child when the thread that starts it ends.
#[expect(unsafe_code, reason = "only code between fork and exec can ask for the signal")]
fn die_with_parent(command: &mut Command) {
    let parent = Pid::this();
    // SAFETY: the closure runs in the forked child and makes two system calls,
    // both async-signal-safe; it neither allocates nor takes a lock.
    unsafe {
        command.pre_exec(move || {
            set_pdeathsig(Signal::SIGKILL)?;
            // The parent may have died before the request was made.
            if getppid() == parent { Ok(()) } else { Err(io::ErrorKind::Interrupted.into()) }
        });
    }
}

fn kill_group(child: &mut Child) {
    if let Ok(group) = i32::try_from(child.id()) {
        // Fails only if nothing of the group is left, which is what is wanted.
        let _ = killpg(Pid::from_raw(group), Signal::SIGKILL);
    }
    // Reaps a child that was killed just now; a no-op for one that had ended.
    let _ = child.wait();
}

/// What is in the pipe now, without waiting for an end of file that a process
/// outside the group could hold back.
fn drain(pipe: Option<impl Read + AsFd>) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let Some(mut pipe) = pipe else {
        return Ok(bytes);
    };
    fcntl(pipe.as_fd(), FcntlArg::F_SETFL(OFlag::O_NONBLOCK))?;
    match pipe.read_to_end(&mut bytes) {
        Err(error) if error.kind() != io::ErrorKind::WouldBlock => Err(error),
        _ => Ok(bytes),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Instant;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn returns_output_and_status() {
        let finished =
            run(shell("echo out; echo err >&2; exit 3"), Duration::from_secs(20)).unwrap();
        assert_eq!(finished.stdout, b"out\n");
        assert_eq!(finished.stderr, b"err\n");
        assert_eq!(finished.status.code(), Some(3));
    }

    #[test]
    fn kills_a_child_and_its_children_when_the_time_is_up() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("pid");
        let script = format!("sleep 600 & echo $! > {}; wait", file.display());
        let limit = Duration::from_millis(500);
        let began = Instant::now();
        let error = run(shell(&script), limit).unwrap_err();
        assert!(matches!(error, ChildError::TimedOut(l) if l == limit), "{error}");
        assert!(began.elapsed() < Duration::from_secs(60));
        let grandchild = std::fs::read_to_string(file).unwrap().trim().parse::<i32>().unwrap();
        wait_until_gone(grandchild);
    }

    #[test]
    fn does_not_wait_for_a_grandchild_that_holds_the_pipe() {
        let began = Instant::now();
        let finished = run(shell("sleep 600 & echo done"), Duration::from_secs(20)).unwrap();
        assert_eq!(finished.stdout, b"done\n");
        assert!(began.elapsed() < Duration::from_secs(60));
    }

    #[test]
    fn a_missing_program_is_an_error() {
        let error = run(Command::new("/no/such/program"), Duration::from_secs(1)).unwrap_err();
        assert!(matches!(error, ChildError::Io(_)), "{error}");
    }

    /// A killed orphan stays a zombie until init reaps it.
    fn wait_until_gone(pid: i32) {
        let deadline = Instant::now() + Duration::from_secs(20);
        loop {
            let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
            if stat.is_empty() || stat.contains(") Z ") {
                return;
            }
            assert!(Instant::now() < deadline, "process {pid} is still there: {stat}");
            std::thread::yield_now();
        }
    }
}
