//! Problem lines: `name | operator | key=value ...`, the same files that the TypeScript tests read.

use std::collections::HashMap;

/// One case.
pub struct Line {
    pub name: String,
    #[allow(dead_code)]
    pub operator: String,
    values: HashMap<String, String>,
}

impl Line {
    pub fn get(&self, key: &str) -> Option<&str> {
        self.values.get(key).map(String::as_str)
    }

    /// A list of sizes.
    pub fn sizes(&self, key: &str) -> Vec<usize> {
        let text = self.get(key).unwrap_or_else(|| panic!("{}: {key} is missing", self.name));
        text.split(',').map(|size| size.parse().unwrap()).collect()
    }
}

/// The lines of one file of `test/problems`.
pub fn problem_lines(file: &str) -> Vec<Line> {
    let path = format!("{}/../../test/problems/{file}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(parse).collect()
}

fn parse(line: &str) -> Line {
    let parts: Vec<&str> = line.split('|').map(str::trim).collect();
    let [name, operator, options] = parts[..] else { panic!("{line}: three parts") };
    let values = options.split_whitespace().map(|option| {
        let (key, value) = option.split_once('=').unwrap_or_else(|| panic!("{line}: {option} has no value"));
        (key.to_string(), value.to_string())
    });
    Line { name: name.to_string(), operator: operator.to_string(), values: values.collect() }
}

/// The elements of tensor `t`: `(i * 7 + t * 3) % 11 - 5`.
pub fn integers(t: usize, count: usize) -> Vec<f32> {
    (0..count).map(|i| ((i * 7 + t * 3) % 11) as f32 - 5.0).collect()
}
