//! Small files that want to become large, thrown at a server of its own: it answers for each, within bounds of memory and time.

use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::client::{self, is_terminal, task_when};
use crate::image::crc32;
use crate::server::{Server, program};

/// Most memory that the server may ever have had: less than what the bombs inflate to.
const MAX_MEMORY: u64 = 768 << 20;
/// Longest time for one bomb, on a busy machine and in a build for tests.
const MAX_TIME: Duration = Duration::from_mins(1);
/// What the bombs that are streams inflate to: more than [`MAX_MEMORY`].
const INFLATED: u64 = 1 << 30;

async fn server(folder: &Path) -> Server {
    let mut program = program(folder);
    program.env("LEYLINE_CONCURRENCY", "1");
    Server::run(program).await
}

/// Throws it, and gives the task at its end.
async fn thrown(server: &Server, bomb: &[u8]) -> Value {
    let began = Instant::now();
    let task = client::upload(server.address, "?kind=image", bomb).await;
    let task = task_when(server.address, task["id"].as_str().unwrap(), is_terminal).await;
    let (took, memory) = (began.elapsed(), server.peak_memory());
    println!(
        "{} bytes: {took:?}, {} MiB, {}",
        bomb.len(),
        memory >> 20,
        task["failure"]
    );
    assert!(took < MAX_TIME, "{took:?}: {task}");
    assert!(memory < MAX_MEMORY, "{} MiB: {task}", memory >> 20);
    assert_eq!(task["attempt"], 1, "trying again does not help: {task}");
    task
}

#[tokio::test(flavor = "multi_thread")]
async fn claimed_sizes_are_refused_before_anything_is_decoded() {
    let folder = tempfile::tempdir().unwrap();
    let server = server(folder.path()).await;
    for (name, bomb) in [
        ("png", png((60_000, 60_000), &[], &zeros(1000))),
        ("jpeg", jpeg((65_500, 65_500), 1)),
        (
            "gif",
            b"GIF89a\xff\xff\xff\xff\0\0\0,\0\0\0\0\xff\xff\xff\xff\0\x02\x02L\x01\0;".to_vec(),
        ),
        ("bmp", bmp(65_500, 65_500)),
    ] {
        let task = thrown(&server, &bomb).await;
        assert_eq!(task["failure"]["code"], "image-too-large", "{name}: {task}");
    }
    assert!(server.peak_memory() < 200 << 20, "nothing was decoded");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_inflates_beyond_all_bounds_takes_neither_memory_nor_time() {
    let folder = tempfile::tempdir().unwrap();
    let server = server(folder.path()).await;
    let bomb = zeros(INFLATED);
    let named = |name: &[u8]| [name, b"\0\0", &bomb].concat();
    for (name, bomb) in [
        ("more pixels than it has", png((10, 10), &[], &bomb)),
        (
            "a colour profile",
            png((10, 10), &[(b"iCCP", &named(b"p"))], &zeros(10 * 41)),
        ),
        (
            "a text",
            png((10, 10), &[(b"zTXt", &named(b"t"))], &zeros(10 * 41)),
        ),
        ("ten thousand passes over a picture", jpeg((8192, 8192), 10_000)),
    ] {
        println!("{name}");
        thrown(&server, &bomb).await;
    }
    // It is still there, and works.
    let task = thrown(&server, &png((10, 10), &[], &zeros(10 * 41))).await;
    assert_eq!(task["status"], "completed", "{task}");
}

/// So many zeros as zlib writes them (RFC 1950, RFC 1951), in 13 bits for 258 of them.
fn zeros(count: u64) -> Vec<u8> {
    // The codes of the fixed table, first bit lowest: a zero, the last 258 bytes again, and the end.
    const ZERO: (u32, u32) = (0b0000_1100, 8);
    const AGAIN: (u32, u32) = (0b1010_0011, 13);
    const END: (u32, u32) = (0, 7);
    let mut bits = Bits::default();
    bits.push((0b011, 3));
    for _ in 0..=(count - 1) % 258 {
        bits.push(ZERO);
    }
    for _ in 0..(count - 1) / 258 {
        bits.push(AGAIN);
    }
    bits.push(END);
    let sum = ((count % 65_521) as u32) << 16 | 1;
    [&[0x78, 0x01], &bits.finish()[..], &sum.to_be_bytes()].concat()
}

#[derive(Default)]
struct Bits {
    bytes: Vec<u8>,
    waiting: u32,
    count: u32,
}

impl Bits {
    fn push(&mut self, (code, length): (u32, u32)) {
        self.waiting |= code << self.count;
        self.count += length;
        while self.count >= 8 {
            self.bytes.push(self.waiting as u8);
            self.waiting >>= 8;
            self.count -= 8;
        }
    }

    fn finish(mut self) -> Vec<u8> {
        self.push((0, 7));
        self.bytes
    }
}

/// A PNG with eight bits of red, green, blue and alpha, with these chunks before its pixels.
fn png((width, height): (u32, u32), chunks: &[(&[u8; 4], &[u8])], pixels: &[u8]) -> Vec<u8> {
    let head = [&width.to_be_bytes()[..], &height.to_be_bytes(), &[8, 6, 0, 0, 0]].concat();
    let mut png = b"\x89PNG\r\n\x1a\n".to_vec();
    let ends: [(&[u8; 4], &[u8]); 2] = [(b"IDAT", pixels), (b"IEND", &[])];
    for (name, data) in [(b"IHDR", &head[..])].iter().chain(chunks).chain(&ends) {
        let chunk = [&name[..], data].concat();
        png.extend((data.len() as u32).to_be_bytes());
        png.extend(&chunk);
        png.extend(crc32(&chunk).to_be_bytes());
    }
    png
}

/// A progressive JPEG (ITU T.81, G) of grey, with so many passes that each say of the whole picture that nothing changes.
fn jpeg((width, height): (u16, u16), passes: usize) -> Vec<u8> {
    let blocks = usize::from(width).div_ceil(8) * usize::from(height).div_ceil(8);
    let mut jpeg = b"\xff\xd8\xff\xdb\0\x43\0".to_vec();
    jpeg.extend([1; 64]);
    jpeg.extend(b"\xff\xc2\0\x0b\x08");
    jpeg.extend(height.to_be_bytes());
    jpeg.extend(width.to_be_bytes());
    jpeg.extend(b"\x01\x01\x11\0");
    // One code in each table, a bit long: no difference, and a run of 16384 blocks or more without anything.
    for (class, symbol) in [(0x00, 0x00), (0x10, 0xe0)] {
        jpeg.extend(b"\xff\xc4\0\x14");
        jpeg.extend([class, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, symbol]);
    }
    jpeg.extend(b"\xff\xda\0\x08\x01\x01\0\0\0\0");
    // What is claimed only is not written down.
    jpeg.extend(vec![0; blocks.div_ceil(8).min(1 << 18)]);
    let pass = vec![0; (blocks.div_ceil(16_384) * 15).div_ceil(8)];
    for _ in 1..passes {
        jpeg.extend(b"\xff\xda\0\x08\x01\x01\0\x01\x3f\0");
        jpeg.extend(&pass);
    }
    jpeg.extend(b"\xff\xd9");
    jpeg
}

/// The head of a BMP with three bytes for each pixel.
fn bmp(width: i32, height: i32) -> Vec<u8> {
    let mut bmp = b"BM\x7a\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0".to_vec();
    bmp.extend(width.to_le_bytes());
    bmp.extend(height.to_le_bytes());
    bmp.extend(b"\x01\0\x18\0");
    bmp.extend([0; 64]);
    bmp
}
