//! Every target against its corpus, and against inputs made at random.

use std::fs;
use std::path::{Path, PathBuf};

use hostile::{TARGETS, Target, inputs};

fn fuzz() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz")
}

fn corpus(target: &Target) -> Vec<Vec<u8>> {
    let folder = fuzz().join("corpus").join(target.name);
    let mut files: Vec<PathBuf> = fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    files.into_iter().map(|file| fs::read(file).unwrap()).collect()
}

/// Says what was thrown where the target did not hold.
struct Thrown<'a>(&'a Target, &'a [u8]);

impl Drop for Thrown<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("target {} fell for {}", self.0.name, self.1.escape_ascii());
        }
    }
}

fn throw(target: &Target, input: &[u8]) {
    let _thrown = Thrown(target, input);
    (target.run)(input);
}

#[track_caller]
fn target(name: &str) -> &'static Target {
    TARGETS
        .iter()
        .find(|target| target.name == name)
        .expect("it is listed")
}

macro_rules! attacks {
    ($($name:ident)*) => {
        /// The targets that are attacked below.
        const ATTACKED: &[&str] = &[$(stringify!($name)),*];
        $(mod $name {
            #[test]
            fn holds_for_every_case_of_its_corpus() {
                let target = super::target(stringify!($name));
                let corpus = super::corpus(target);
                assert!(!corpus.is_empty());
                for case in &corpus {
                    super::throw(target, case);
                }
            }

            #[test]
            fn holds_for_inputs_made_at_random() {
                let target = super::target(stringify!($name));
                super::throw(target, b"");
                for input in super::inputs(target, &super::corpus(target), 1, target.tries) {
                    super::throw(target, &input);
                }
            }
        })*
    };
}

attacks! {
    name disposition range conditions key resume params multipart snapshot events socket wire media
}

#[test]
fn every_target_is_attacked_here_and_by_a_fuzzer_of_its_name() {
    let listed: Vec<&str> = TARGETS.iter().map(|target| target.name).collect();
    assert_eq!(listed, ATTACKED);
    let package = fs::read_to_string(fuzz().join("Cargo.toml")).unwrap();
    for name in listed {
        let fuzzer = fs::read_to_string(fuzz().join(format!("fuzz_targets/{name}.rs"))).unwrap();
        assert!(fuzzer.contains(&format!("\"{name}\"")), "{fuzzer}");
        assert!(package.contains(&format!("name = \"{name}\"")), "{name}");
    }
}
