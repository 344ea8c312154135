//! `digest` reads every byte of any file: its checksum, its statistics, a guess at what it is.

use leyline_core::task::Hasher;
use leyline_core::{ProcessError, TaskContext};
use serde::{Deserialize, Serialize};

/// Bytes read between two looks at whether to stop. A blob store in memory gives all of them at once.
const PART: usize = 256 * 1024;

/// Nothing can be chosen.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Params {}

/// The result.
#[derive(Debug, Serialize)]
pub(super) struct Digested {
    sha256: String,
    size: u64,
    /// A guess by the first bytes, else by how the file was declared, else by whether all of it can be printed.
    content_type: String,
    /// Shannon's entropy, in bits a byte: 0 for a file of one repeated byte, 8 for random ones.
    entropy: f64,
    /// Line feeds, and the last line where it has none.
    lines: u64,
    /// Bytes of printable ASCII, tabs and line ends.
    printable: u64,
    zeros: u64,
    distinct_bytes: usize,
    most_frequent_byte: Option<u8>,
}

/// The artifact: the result, and what is too long for every snapshot of the task.
#[derive(Serialize)]
struct Report<'a> {
    #[serde(flatten)]
    digested: &'a Digested,
    /// How often each byte occurs, from 0 to 255.
    histogram: &'a [u64],
}

/// Reads the file once, in chunks.
pub(super) async fn digest(cx: TaskContext, _: Params) -> Result<Digested, ProcessError> {
    let mut input = cx.input().await?;
    let total = cx.task().input.as_ref().map_or(0, |input| input.size);
    cx.progress().phase("read");
    let mut hasher = Hasher::new();
    let mut counts = Counts::default();
    while let Some(chunk) = input.chunk().await? {
        for part in chunk.chunks(PART) {
            if cx.is_cancelled() {
                return Err(ProcessError::retryable("was told to stop"));
            }
            hasher.update(part);
            counts.add(part);
            cx.progress().units(counts.size(), total, "bytes");
            // A fast disk must not keep others from this thread.
            tokio::task::yield_now().await;
        }
    }
    cx.progress().phase("report");
    let declared = cx.task().input.as_ref().map(|input| input.content_type.as_str());
    let digested = counts.tell(hasher.finish().to_string(), declared.unwrap_or_default());
    let report = serde_json::to_vec_pretty(&Report {
        digested: &digested,
        histogram: &counts.histogram,
    })?;
    cx.artifact_bytes("digest.json", Some("application/json"), report)
        .await?;
    Ok(digested)
}

/// How often each byte has come, and which came last.
struct Counts {
    histogram: [u64; 256],
    last: Option<u8>,
}

impl Default for Counts {
    fn default() -> Self {
        Self {
            histogram: [0; 256],
            last: None,
        }
    }
}

impl Counts {
    fn add(&mut self, chunk: &[u8]) {
        for byte in chunk {
            self.histogram[usize::from(*byte)] += 1;
        }
        self.last = chunk.last().copied().or(self.last);
    }

    fn size(&self) -> u64 {
        self.histogram.iter().sum()
    }

    fn of(&self, wanted: impl Fn(u8) -> bool) -> u64 {
        (0..=u8::MAX)
            .filter(|byte| wanted(*byte))
            .map(|byte| self.histogram[usize::from(byte)])
            .sum()
    }

    fn entropy(&self) -> f64 {
        let size = self.size() as f64;
        let shares = self
            .histogram
            .iter()
            .filter(|count| **count > 0)
            .map(|count| *count as f64 / size);
        // Without the sum's start a file of one byte would have the entropy -0.
        shares.fold(0.0, |sum, share| sum - share * share.log2())
    }

    fn tell(&self, sha256: String, declared: &str) -> Digested {
        let size = self.size();
        let printable = self.of(|byte| matches!(byte, b' '..=b'~' | b'\t' | b'\n' | b'\r'));
        let unknown = matches!(declared, "" | "application/octet-stream");
        let content_type = match declared {
            _ if unknown && size > 0 && printable == size => "text/plain",
            "" => "application/octet-stream",
            declared => declared,
        };
        let frequent = (0..=u8::MAX)
            .rev()
            .max_by_key(|byte| self.histogram[usize::from(*byte)]);
        Digested {
            sha256,
            size,
            content_type: content_type.to_owned(),
            entropy: self.entropy(),
            lines: self.of(|byte| byte == b'\n') + u64::from(self.last.is_some_and(|byte| byte != b'\n')),
            printable,
            zeros: self.of(|byte| byte == 0),
            distinct_bytes: self.histogram.iter().filter(|count| **count > 0).count(),
            most_frequent_byte: frequent.filter(|_| size > 0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(chunks: &[&[u8]]) -> Digested {
        let mut counts = Counts::default();
        for chunk in chunks {
            counts.add(chunk);
        }
        counts.tell(String::new(), "application/octet-stream")
    }

    #[test]
    fn entropy_is_between_that_of_one_byte_and_that_of_all() {
        let all: Vec<u8> = (0..=u8::MAX).collect();
        assert!((counted(&[&all, &all]).entropy - 8.0).abs() < 1e-9);
        assert!(counted(&[b"aaaa"]).entropy.abs() < 1e-9);
        assert!((counted(&[b"ab", b"ba"]).entropy - 1.0).abs() < 1e-9);
    }

    #[test]
    fn an_empty_file_has_nothing_to_count() {
        let empty = counted(&[]);
        assert_eq!((empty.size, empty.lines, empty.distinct_bytes), (0, 0, 0));
        assert_eq!(empty.most_frequent_byte, None);
        assert!(empty.entropy.abs() < 1e-9);
    }

    #[test]
    fn lines_are_counted_across_chunks_with_the_last_one() {
        assert_eq!(counted(&[b"a\nb", b"c\nd"]).lines, 3);
        assert_eq!(counted(&[b"a\n", b"b\n"]).lines, 2);
    }

    #[test]
    fn a_file_that_can_be_printed_is_taken_for_text() {
        assert_eq!(counted(&[b"1,2\r\n"]).content_type, "text/plain");
        assert_eq!(counted(&[b"1,2\r\n\0"]).content_type, "application/octet-stream");
    }
}
