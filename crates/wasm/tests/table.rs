//! The numbers of the boundary as TypeScript: this test compares the files that are committed with what the crates say.
//! With `STRIATE_WRITE` in the environment it writes them, which `npm run build` does.

use std::fmt::Write;
use std::path::Path;
use striate_core::enumeration::Enumeration;
use striate_core::fault::Code;
use striate_core::geometry::{Mode, Rule};
use striate_core::instructions::activation::Act;
use striate_core::instructions::conv::Algorithm;
use striate_core::instructions::dtype::Dtype;
use striate_core::instructions::{
    binary, compare, deform, grid_sample, loss, pool, quantized_binary, quantized_conv, quantized_pool,
    random, reduce, resample, scatter, select, update, walk, Entry, ENTRIES,
};
use striate_wasm::program::ABSENT;
use striate_wasm::{ABANDONED, PENDING};

/// `conv pack`, `LeakyRelu` or `SIZED` in camel case.
fn camel(name: &str) -> String {
    let capitals = name.chars().all(|c| c.is_ascii_uppercase() || c == '_');
    let words: Vec<&str> = name.split([' ', '_']).collect();
    let mut made = String::new();
    for (index, word) in words.into_iter().enumerate() {
        let (first, rest) = word.split_at(1);
        made += &if index == 0 { first.to_lowercase() } else { first.to_uppercase() };
        made += &if capitals { rest.to_lowercase() } else { rest.to_string() };
    }
    made
}

/// A name as an option has it, `same-lower`, is quoted.
fn key(name: &str) -> String {
    if name.contains('-') {
        format!("'{name}'")
    } else {
        camel(name)
    }
}

/// Names and their numbers.
fn numbers(to: &mut String, about: &str, name: &str, names: &[(&str, u32)]) {
    writeln!(to, "\n/** {about} */\nexport const {name} = {{").unwrap();
    for (each, number) in names {
        writeln!(to, "  {}: {number},", key(each)).unwrap();
    }
    writeln!(to, "}} as const;").unwrap();
}

/// Names in the order of their numbers, which are 0, 1, 2 ...
fn names(to: &mut String, about: &str, name: &str, names: &[(&str, u32)]) {
    assert!(names.iter().map(|each| each.1).eq(0..names.len() as u32), "{name}");
    let list: Vec<String> =
        names.iter().map(|each| format!("'{}'", key(each.0).trim_matches('\''))).collect();
    let line = format!("export const {name} = [{}] as const;", list.join(", "));
    writeln!(to, "\n/** {about} */\n{line}").unwrap();
}

/// What an instruction reads and writes by name; its scratch memory is the builder's.
fn operands(to: &mut String, entry: &Entry) {
    let (signature, _) = entry.signature.split_once(';').unwrap_or((entry.signature, ""));
    writeln!(to, "  {}: {{", camel(entry.name)).unwrap();
    let (reads, writes) = signature.split_once("->").unwrap();
    for name in reads.split(',').chain(writes.split(',')).map(str::trim).filter(|name| !name.is_empty()) {
        match name.strip_suffix('?') {
            Some(name) => writeln!(to, "    readonly {name}?: B | null | undefined;").unwrap(),
            None => writeln!(to, "    readonly {name}: B;").unwrap(),
        }
    }
    writeln!(to, "  }};").unwrap();
}

const WRITTEN: &str = "Written by crates/wasm/tests/table.rs when kernels are built: change the Rust side.";

/// What every part of TypeScript needs.
fn boundary() -> String {
    let mut to = format!("/** Numbers of the boundary. {WRITTEN} */\n");
    numbers(&mut to, "Element types.", "DTYPE", Dtype::NAMES);
    numbers(&mut to, "What can be wrong.", "FAULT", Code::NAMES);
    let team = [("Pending", PENDING as i32), ("Abandoned", ABANDONED as i32)];
    writeln!(to, "\n/** Results of a team's run beside 0 and faults. */\nexport const TEAM = {{").unwrap();
    for (name, number) in team {
        writeln!(to, "  {}: {number},", camel(name)).unwrap();
    }
    writeln!(to, "}} as const;").unwrap();
    to
}

/// What instructions are made of.
fn table() -> String {
    let mut to = format!("/** Instructions and the numbers in their words. {WRITTEN} */\n");
    let opcodes: Vec<(&str, u32)> = ENTRIES.iter().map(|entry| entry.name).zip(0..).collect();
    numbers(&mut to, "Instructions.", "OP", &opcodes);
    let rank = walk::MAX_RANK;
    writeln!(to, "\n/** The most axes of a strided walk. */\nexport const MAX_AXES = {rank};").unwrap();
    writeln!(to, "\n/** The base of an operand that is absent. */\nexport const ABSENT = {ABSENT};").unwrap();
    numbers(&mut to, "Algorithms of a convolution; 0 leaves it to the plan.", "ALGORITHM", Algorithm::NAMES);
    numbers(&mut to, "Those of bytes.", "BYTES", quantized_conv::Algorithm::NAMES);
    numbers(&mut to, "Functions of one number.", "ACTIVATION", Act::NAMES);
    numbers(&mut to, "Functions of two numbers.", "BINARY", binary::Kind::NAMES);
    numbers(&mut to, "Comparisons of two numbers.", "COMPARE", compare::Kind::NAMES);
    numbers(&mut to, "Reductions of axes.", "REDUCE", reduce::Kind::NAMES);
    numbers(&mut to, "Losses, element by element.", "LOSS", loss::Kind::NAMES);
    numbers(&mut to, "Reductions of windows.", "POOL", pool::Reduction::NAMES);
    numbers(&mut to, "What sums of products of bytes become.", "SUMS", quantized_conv::Sums::NAMES);
    numbers(
        &mut to,
        "Operations on two quantised numbers.",
        "QUANTIZED_OPERATION",
        quantized_binary::Kind::NAMES,
    );
    numbers(
        &mut to,
        "Reductions of windows of quantised numbers.",
        "QUANTIZED_REDUCTION",
        quantized_pool::Kind::NAMES,
    );
    numbers(&mut to, "Where windows lie.", "PLACING", pool::Placing::NAMES);
    names(&mut to, "How padding is given, by number.", "PADDINGS", Mode::NAMES);
    numbers(&mut to, "Bits of the rules for a window's size beyond a convolution's.", "RULE", Rule::NAMES);
    numbers(&mut to, "Kernels of resampling.", "KERNEL", resample::Kernel::NAMES);
    names(&mut to, "Roundings of a nearest position, by number.", "ROUNDINGS", resample::Rounding::NAMES);
    names(&mut to, "How a grid samples, by number.", "GRID_MODES", grid_sample::Mode::NAMES);
    names(
        &mut to,
        "What lies outside of a sampled plane, by number.",
        "GRID_PADDINGS",
        grid_sample::Padding::NAMES,
    );
    numbers(&mut to, "Random numbers.", "DISTRIBUTION", random::Distribution::NAMES);
    numbers(&mut to, "How values are scattered.", "WRITING", scatter::Writing::NAMES);
    numbers(
        &mut to,
        "What is made of a value and of what is in its place.",
        "JOINING",
        select::Joining::NAMES,
    );
    numbers(&mut to, "What an index outside is.", "OUTSIDE", select::Outside::NAMES);
    numbers(&mut to, "What a deformable convolution's gradient is of.", "DEFORM_GRADIENT", deform::Of::NAMES);
    numbers(&mut to, "Rules of optimisers.", "UPDATE", update::Rule::NAMES);
    writeln!(to, "\n/** The memory that instructions read and write; what may be left out may be null. */")
        .unwrap();
    writeln!(to, "export interface Operands<B> {{").unwrap();
    for entry in ENTRIES {
        operands(&mut to, entry);
    }
    writeln!(to, "}}").unwrap();
    to
}

#[test]
fn the_numbers_of_typescript_are_these() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    for (name, text) in [("ts/base/boundary.ts", boundary()), ("ts/instructions/table.ts", table())] {
        let path = root.join(name);
        if std::fs::read_to_string(&path).is_ok_and(|found| found == text) {
            continue;
        }
        assert!(std::env::var_os("STRIATE_WRITE").is_some(), "{name} is out of date: npm run build");
        std::fs::write(&path, text).unwrap();
    }
}
