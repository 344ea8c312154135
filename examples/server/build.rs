//! Lists the page's files, so that a new one can't be forgotten: `assets.rs` embeds what is found here.

use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs};

/// What the page consists of. Its package file and its tests stay out.
const EXTENSIONS: [&str; 4] = ["html", "css", "js", "svg"];

fn main() {
    let manifest = env::var("CARGO_MANIFEST_DIR").expect("cargo sets it");
    let folder = Path::new(&manifest).join("../../frontend");
    let folder = folder.canonicalize().expect("the page lies in frontend/");
    println!("cargo::rerun-if-changed={}", folder.display());
    let mut files: Vec<_> = fs::read_dir(&folder)
        .expect("frontend/ can be read")
        .map(|entry| entry.expect("frontend/ can be read").path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| EXTENSIONS.iter().any(|known| *known == extension))
        })
        .collect();
    files.sort();
    let mut list = String::from("&[\n");
    for file in files {
        let name = file.file_name().expect("a file has a name").to_string_lossy();
        writeln!(
            list,
            "    ({name:?}, include_bytes!({:?})),",
            file.display().to_string()
        )
        .expect("a String takes all");
    }
    list.push_str("]\n");
    let out = env::var("OUT_DIR").expect("cargo sets it");
    fs::write(Path::new(&out).join("page.rs"), list).expect("OUT_DIR can be written");
}
