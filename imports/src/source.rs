//! Files, plain or gzipped, line by line and with a limit on each line.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use flate2::read::MultiGzDecoder;
use sim::input::{InputError, InputKind};

/// Longest line, in bytes.
const MAX_LINE_BYTES: u64 = 1 << 16;
/// Bytes from which the format is told.
const HEAD_BYTES: usize = 1 << 16;
/// Largest file that is read as a whole (summaries), in bytes.
pub(crate) const MAX_WHOLE_BYTES: u64 = 64 << 20;
/// First bytes of a gzip file.
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// An input file that is known to open.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    pub(crate) path: PathBuf,
}

impl Source {
    /// An error about the whole file.
    pub(crate) fn error(&self, message: impl Into<String>) -> InputError {
        InputError::whole_file(InputKind::Workload, &self.path, message)
    }

    /// An error about `span` of line `number`, which reads `text`.
    pub(crate) fn line_error(
        &self,
        number: u64,
        text: &str,
        span: std::ops::Range<usize>,
        message: impl Into<String>,
    ) -> InputError {
        InputError {
            source_text: Arc::from(text),
            first_line: usize::try_from(number).unwrap_or(usize::MAX),
            span: Some(span.start.min(text.len())..span.end.min(text.len())),
            ..self.error(message)
        }
    }

    /// The content, unpacked if it is gzipped.
    pub(crate) fn open(&self) -> Result<Box<dyn BufRead>, InputError> {
        let failed = |error: io::Error| self.error(format!("this file cannot be read: {error}"));
        let file = File::open(&self.path).map_err(failed)?;
        if file.metadata().map_err(failed)?.is_dir() {
            return Err(self.error("this is a folder").with_help("name the files in it"));
        }
        let mut reader = BufReader::with_capacity(HEAD_BYTES, file);
        if reader.fill_buf().map_err(failed)?.starts_with(&GZIP) {
            let unpacked = MultiGzDecoder::new(reader);
            return Ok(Box::new(BufReader::with_capacity(HEAD_BYTES, unpacked)));
        }
        Ok(Box::new(reader))
    }

    /// The beginning, from which the format is told.
    pub(crate) fn head(&self) -> Result<Vec<u8>, InputError> {
        let mut head = Vec::new();
        let read = self.open()?.take(HEAD_BYTES as u64).read_to_end(&mut head);
        read.map_err(|error| self.error(format!("this file cannot be read: {error}")))?;
        if head.iter().all(u8::is_ascii_whitespace) {
            return Err(self
                .error("this file is empty")
                .with_help("name a file with at least some requests in it"));
        }
        Ok(head)
    }

    /// The whole text of a short file.
    pub(crate) fn text(&self) -> Result<String, InputError> {
        let mut bytes = Vec::new();
        let read = self.open()?.take(MAX_WHOLE_BYTES + 1).read_to_end(&mut bytes);
        read.map_err(|error| self.error(format!("this file cannot be read: {error}")))?;
        if bytes.len() as u64 > MAX_WHOLE_BYTES {
            let message = format!("a summary of more than {} MiB", MAX_WHOLE_BYTES >> 20);
            return Err(self.error(message).with_help("is this the file that you meant?"));
        }
        String::from_utf8(bytes).map_err(|_| self.error("this is not text in UTF-8"))
    }

    /// Calls `each` with the number and text of every line. A line that is too
    /// long or no text comes as `None`.
    pub(crate) fn each_line(
        &self,
        mut each: impl FnMut(u64, Option<&str>) -> Result<(), InputError>,
    ) -> Result<(), InputError> {
        let mut reader = self.open()?;
        let mut line = Vec::new();
        let mut number = 0;
        while self.next_line(&mut reader, &mut line)? {
            number += 1;
            let whole = line.len() as u64 <= MAX_LINE_BYTES;
            let text = std::str::from_utf8(&line).ok().filter(|_| whole);
            each(number, text.map(|text| text.trim_end_matches(['\n', '\r'])))?;
        }
        Ok(())
    }

    /// The next line into `line`; of one that is too long a little more than
    /// the limit. False at the end.
    fn next_line(&self, reader: &mut dyn BufRead, line: &mut Vec<u8>) -> Result<bool, InputError> {
        let failed = |error: io::Error| self.error(format!("this file cannot be read: {error}"));
        line.clear();
        let mut limited = (&mut *reader).take(MAX_LINE_BYTES + 1);
        if limited.read_until(b'\n', line).map_err(failed)? == 0 {
            return Ok(false);
        }
        if line.len() as u64 > MAX_LINE_BYTES && !line.ends_with(b"\n") {
            reader.skip_until(b'\n').map_err(failed)?;
        }
        Ok(true)
    }
}

/// As a [`Source`].
pub(crate) fn source(path: &Path) -> Source {
    Source { path: path.to_owned() }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn lines(bytes: &[u8]) -> Vec<(u64, Option<String>)> {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(bytes).unwrap();
        let mut found = Vec::new();
        let each = |number, text: Option<&str>| {
            found.push((number, text.map(str::to_owned)));
            Ok(())
        };
        source(file.path()).each_line(each).unwrap();
        found
    }

    #[test]
    fn lines_that_are_too_long_or_no_text_keep_their_number() {
        let mut bytes = b"a\r\n".to_vec();
        bytes.extend(vec![b'x'; 1 << 20]);
        bytes.extend(b"\n\xff\xfe\nlast");
        let expected = [(1, Some("a")), (2, None), (3, None), (4, Some("last"))];
        let found = lines(&bytes);
        assert_eq!(
            found.iter().map(|(n, text)| (*n, text.as_deref())).collect::<Vec<_>>(),
            expected
        );
    }

    #[test]
    fn gzipped_files_read_as_plain_ones_and_broken_ones_say_so() {
        let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packer.write_all(b"one\ntwo\n").unwrap();
        let packed = packer.finish().unwrap();
        assert_eq!(lines(&packed).len(), 2);
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(&packed[..packed.len() - 9]).unwrap();
        let cut = source(file.path()).each_line(|_, _| Ok(()));
        assert!(cut.unwrap_err().message.contains("cannot be read"));
    }
}
