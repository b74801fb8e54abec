//! One question in one process, which ends with all that it started.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::{Map, Value};

use super::Callable;
use super::answer::{Answer, Failed};
use super::error::{CharacterizeError, Phase};
use super::sources;
use crate::child::Group;
use crate::run::{BLAS_VARIABLES, Guard, RUN_VARIABLE, Stop};

/// Bytes of each stream that are kept.
const KEPT: usize = 4096;
/// Lines of them that are shown.
const SHOWN: usize = 3;
/// Between two looks at a process and at who asked to stop.
const LOOK: Duration = Duration::from_millis(20);
/// Longest that processes which left their group may take to go.
const GOING: Duration = Duration::from_secs(5);

/// The question that begins with a bare interpreter.
const IMPORTS: &str = "imports";
const PROGRAM: &str = "import sys; sys.path.insert(0, sys.argv[1]); \
                       from planner_characterize import main; main.ask(sys.argv[2])";

/// One question about a callable.
#[derive(Clone, Debug)]
pub(crate) struct Question<'a> {
    /// The Python file that asks it.
    pub(crate) name: &'static str,
    /// Interpreter.
    pub(crate) python: &'a Path,
    /// What it is to be told.
    pub(crate) settings: Map<String, Value>,
    /// Threads of the BLAS library.
    pub(crate) blas_threads: u32,
    /// Longest that it may take.
    pub(crate) limit: Duration,
}

/// What came back.
#[derive(Clone, Debug, Default)]
pub(crate) struct Asked {
    pub(crate) answers: Vec<Answer>,
    /// First lines that the callable printed.
    pub(crate) output: String,
    /// Processes that it left running.
    pub(crate) left: u32,
    /// Its time ran out when some answers were there already.
    pub(crate) cut: bool,
}

/// Where questions are asked.
#[derive(Debug)]
pub(crate) struct Desk<'a> {
    callable: &'a Callable,
    folder: PathBuf,
    stop: &'a Stop,
}

impl<'a> Desk<'a> {
    /// In `folder`, which is there.
    pub(crate) fn new(
        callable: &'a Callable,
        folder: &Path,
        stop: &'a Stop,
    ) -> Result<Self, CharacterizeError> {
        sources::write(folder).map_err(files(folder))?;
        Ok(Self { callable, folder: folder.to_owned(), stop })
    }

    /// Asks; nothing of the process is left when this returns.
    pub(crate) fn ask(&self, question: &Question<'_>) -> Result<Asked, CharacterizeError> {
        let (spec, answers) = (self.folder.join("spec.json"), self.folder.join("answers.jsonl"));
        fs::write(&answers, "").map_err(files(&answers))?;
        fs::write(&spec, self.spec(question, &answers)).map_err(files(&spec))?;
        let launch =
            |error| CharacterizeError::Launch { python: question.python.to_owned(), error };
        let mut command = self.command(question, &spec, &answers);
        let pipes = [io::pipe(), io::pipe()];
        let [out, err] = pipes.map(|pipe| pipe.map_err(launch));
        let ((out, to_out), (err, to_err)) = (out?, err?);
        command.stdin(Stdio::null()).stdout(to_out).stderr(to_err);
        let mut group = Group::spawn(command).map_err(launch)?;
        let guard = Guard::over(group.id()).map_err(launch)?;
        let streams = [Stream::of(out), Stream::of(err)];
        let ended = self.wait(&mut group, question.limit);
        group.kill();
        drop(guard);
        let left = self.end_leftovers();
        let output = streams.iter().map(Stream::text).find(|text| !text.is_empty());
        let asked = Asked {
            answers: read(question.name, &answers)?,
            output: output.unwrap_or_default(),
            left,
            cut: false,
        };
        self.judge(question, asked, ended?)
    }

    /// An answer, or why there is none.
    fn judge(
        &self,
        question: &Question<'_>,
        asked: Asked,
        ended: Ended,
    ) -> Result<Asked, CharacterizeError> {
        let Asked { answers, output, .. } = &asked;
        let phase = answers.iter().rev().find_map(|answer| match answer {
            Answer::Phase { phase } => Some(Phase::named(phase)),
            _ => None,
        });
        let (phase, output) = (phase.unwrap_or(Phase::Start), output.clone());
        if let Some(failed) = answers.iter().find_map(failure) {
            return Err(self.failed(failed, output));
        }
        let complete = answers.iter().any(|answer| matches!(answer, Answer::End));
        let some = answers.iter().any(|answer| matches!(answer, Answer::Beside(_)));
        match ended {
            _ if complete => Ok(asked),
            Ended::Stopped => Err(CharacterizeError::Interrupted),
            Ended::TimedOut if some => Ok(Asked { cut: true, ..asked }),
            Ended::TimedOut => {
                Err(CharacterizeError::TimedOut { phase, limit: question.limit, output })
            }
            Ended::Status(how) => Err(CharacterizeError::Ended { phase, how, output }),
        }
    }

    fn failed(&self, failed: &Failed, output: String) -> CharacterizeError {
        let (phase, places) = (Phase::named(&failed.phase), failed.places.clone());
        match failed.kind.as_str() {
            "memory" => {
                CharacterizeError::Memory { phase, limit: self.callable.memory_bytes, places }
            }
            _ => CharacterizeError::Raised { phase, error: failed.error.clone(), places, output },
        }
    }

    fn spec(&self, question: &Question<'_>, answers: &Path) -> String {
        let mut spec = question.settings.clone();
        for (key, value) in [
            ("question", Value::from(question.name)),
            ("target", self.callable.target.as_str().into()),
            ("args", self.callable.args.as_str().into()),
            ("setup", self.callable.setup.as_str().into()),
            ("folder", self.callable.folder.to_string_lossy().into()),
            ("memory", self.callable.memory_bytes.into()),
            ("answers", answers.to_string_lossy().into()),
        ] {
            spec.insert(key.to_owned(), value);
        }
        Value::Object(spec).to_string()
    }

    fn command(&self, question: &Question<'_>, spec: &Path, answers: &Path) -> Command {
        let mut command = Command::new(question.python);
        if question.name == IMPORTS {
            let module = self.callable.target.split(':').next().unwrap_or_default();
            command.arg("-B").arg(self.folder.join(sources::PACKAGE).join("imports.py"));
            command.arg(module).arg(&self.callable.folder);
            command.arg(self.callable.memory_bytes.to_string()).arg(&self.folder).arg(answers);
        } else {
            command.args(["-B", "-c", PROGRAM]).arg(&self.folder).arg(spec);
        }
        command.current_dir(&self.callable.folder).env(RUN_VARIABLE, &self.folder);
        if question.name == "first" {
            // What it prints before it blocks is worth seeing; later it would cost time.
            command.env("PYTHONUNBUFFERED", "1");
        }
        command.envs(BLAS_VARIABLES.map(|name| (name, question.blas_threads.to_string())));
        command
    }

    fn wait(&self, group: &mut Group, limit: Duration) -> Result<Ended, CharacterizeError> {
        let until = Instant::now() + limit;
        loop {
            if let Some(status) = group.wait(LOOK).map_err(files(&self.folder))? {
                return Ok(Ended::Status(status.to_string()));
            }
            if self.stop.is_requested() {
                return Ok(Ended::Stopped);
            }
            if Instant::now() > until {
                return Ok(Ended::TimedOut);
            }
        }
    }

    /// Ends what left the process group: it still carries the folder's name.
    fn end_leftovers(&self) -> u32 {
        let (mut most, until) = (0, Instant::now() + GOING);
        loop {
            let left = self.marked();
            most = most.max(left.len() as u32);
            if left.is_empty() || Instant::now() > until {
                return most;
            }
            for process in left {
                // Gone already: that is what is wanted.
                let _ = kill(process, Signal::SIGKILL);
            }
            thread::sleep(LOOK);
        }
    }

    fn marked(&self) -> Vec<Pid> {
        let mark = format!("{RUN_VARIABLE}={}", self.folder.display()).into_bytes();
        let carries = |path: &Path| {
            let environment = fs::read(path.join("environ")).unwrap_or_default();
            environment.split(|byte| *byte == 0).any(|variable| variable == mark)
        };
        let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
        entries
            .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path())))
            .filter(|(_, path)| carries(path))
            .map(|(id, _)| Pid::from_raw(id))
            .collect()
    }
}

/// How a process came to its end.
enum Ended {
    Status(String),
    TimedOut,
    Stopped,
}

fn failure(answer: &Answer) -> Option<&Failed> {
    match answer {
        Answer::Failed(failed) => Some(failed),
        _ => None,
    }
}

/// The lines that are whole: the process may have been ended while it wrote.
fn read(question: &'static str, path: &Path) -> Result<Vec<Answer>, CharacterizeError> {
    let text = fs::read_to_string(path).map_err(files(path))?;
    let whole = text.rfind('\n').map_or("", |end| &text[..end]);
    whole
        .lines()
        .map(serde_json::from_str)
        .collect::<Result<_, _>>()
        .map_err(|error| CharacterizeError::Answer { question, error: error.to_string() })
}

fn files(path: &Path) -> impl Fn(io::Error) -> CharacterizeError + use<> {
    let path = path.to_owned();
    move |error| CharacterizeError::Files { path: path.clone(), error }
}

/// One output stream, read to its end by a thread of its own so that nobody who
/// writes to it blocks; the first bytes are kept.
struct Stream {
    kept: Arc<Mutex<Vec<u8>>>,
    ended: Receiver<()>,
}

impl Stream {
    fn of(mut source: impl Read + Send + 'static) -> Self {
        let kept = Arc::new(Mutex::new(Vec::new()));
        let sink = Arc::clone(&kept);
        let (end, ended) = mpsc::channel();
        // Not joined: a process outside the group could hold the pipe open.
        thread::spawn(move || {
            let mut buffer = [0; 8192];
            while let Ok(read @ 1..) = source.read(&mut buffer) {
                let mut kept = sink.lock().unwrap_or_else(PoisonError::into_inner);
                let room = KEPT.saturating_sub(kept.len()).min(read);
                kept.extend_from_slice(&buffer[..room]);
            }
            // Nobody may be waiting for it any more.
            let _ = end.send(());
        });
        Self { kept, ended }
    }

    /// Its first lines, as one.
    fn text(&self) -> String {
        let _ = self.ended.recv_timeout(GOING);
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let text = String::from_utf8_lossy(&kept);
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        let clean = |line: &str| line.chars().filter(|c| !c.is_control()).take(200).collect();
        lines.take(SHOWN).map(clean).collect::<Vec<String>>().join(" | ")
    }
}
