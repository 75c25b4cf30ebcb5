//! Lists the instructions, so that a new one is a new file: whatever file of `src/instructions` exports `ENTRIES`.

use std::path::{Path, PathBuf};
use std::{env, fs};

const FOLDER: &str = "src/instructions";

fn main() {
    println!("cargo:rerun-if-changed={FOLDER}");
    let files = fs::read_dir(FOLDER).unwrap().map(|file| file.unwrap().path());
    let mut names: Vec<String> = files.filter(|file| holds_entries(file)).map(|file| stem(&file)).collect();
    names.sort();
    let text =
        format!("macro_rules! with_files {{ ($make:ident) => {{ $make! {{ {} }} }}; }}\n", names.join(" "));
    fs::write(PathBuf::from(env::var_os("OUT_DIR").unwrap()).join("instructions.rs"), text).unwrap();
}

fn stem(file: &Path) -> String {
    file.file_stem().unwrap().to_str().unwrap().to_string()
}

fn holds_entries(file: &Path) -> bool {
    let is_module = file.extension().is_some_and(|extension| extension == "rs") && stem(file) != "mod";
    is_module && fs::read_to_string(file).unwrap().lines().any(|line| line.starts_with("pub const ENTRIES:"))
}
