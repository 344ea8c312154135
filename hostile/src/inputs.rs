//! Inputs made at random, yet not of noise alone: most parsers refuse noise at its first byte.

use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};

use crate::Target;

/// Bytes at which parsers turn.
const TURNS: &[u8] = b"\0\t\n\r \"%'*,-/:;=\\{}[]\x7f\xc3\xff";
/// An input is at most this long unless a case of the corpus is longer.
const LONGEST: usize = 600;

/// So many inputs for a target, the same for the same seed: cases of its corpus and sequences of its words, each changed a
/// little.
pub fn inputs(target: &Target, corpus: &[Vec<u8>], seed: u64, count: usize) -> impl Iterator<Item = Vec<u8>> {
    let mut rng = StdRng::seed_from_u64(seed);
    (0..count).map(move |_| {
        let mut input = begin(target, corpus, &mut rng);
        for _ in 0..rng.random_range(0..4) {
            change(&mut input, target, corpus, &mut rng);
        }
        input
    })
}

fn begin(target: &Target, corpus: &[Vec<u8>], rng: &mut StdRng) -> Vec<u8> {
    if !corpus.is_empty() && rng.random_bool(0.6) {
        return pick(corpus, rng).clone();
    }
    let mut input: Vec<u8> = (0..rng.random_range(0..4)).map(|_| rng.random()).collect();
    for _ in 0..rng.random_range(0..12) {
        input.extend_from_slice(pick(target.words, rng).as_bytes());
    }
    input
}

fn change(input: &mut Vec<u8>, target: &Target, corpus: &[Vec<u8>], rng: &mut StdRng) {
    let at = rng.random_range(0..=input.len());
    let end = (at + rng.random_range(0..8)).min(input.len());
    match rng.random_range(0..6) {
        0 => {
            input.drain(at..end);
        }
        1 => input.insert(at, *pick(TURNS, rng)),
        2 => drop(input.splice(at..at, pick(target.words, rng).bytes())),
        3 if at < input.len() => input[at] = rng.random(),
        // The same once more, or very often.
        4 if input.len() < LONGEST => {
            let again = input[at..end].repeat(rng.random_range(1..50));
            drop(input.splice(at..at, again));
        }
        _ if !corpus.is_empty() && input.len() < LONGEST => {
            let other = pick(corpus, rng);
            let from = rng.random_range(0..=other.len());
            input.truncate(at);
            input.extend_from_slice(&other[from..]);
        }
        _ => input.push(rng.random()),
    }
}

fn pick<'a, T>(from: &'a [T], rng: &mut StdRng) -> &'a T {
    &from[rng.random_range(0..from.len())]
}
