//! Problem lines: `name | operator | JSON arguments`, out of the same files that the TypeScript tests read
//! (test/families; test/support/calls.ts says what the arguments mean). A line is given as keys and texts: arguments and
//! options under their names, sizes as `2,3`, pairs as `0:1,2:2`, lists of tensors as `2,3/2,4`, true as `1`.

mod json;

use json::{read_list, Json};
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

/// The lines of `test/families/FAMILY.ts` whose tensors hold small integers and that have no keys but these.
pub fn problem_lines(family: &str, keys: &[&str]) -> Vec<Line> {
    let path = format!("{}/../../test/families/{family}.ts", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    let (_, rest) = text.split_once("export const lines = `").unwrap_or_else(|| panic!("{path}: no lines"));
    let (text, _) = rest.split_once('`').unwrap();
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let known = |line: &Line| line.values.keys().all(|key| key == "dtype" || keys.contains(&key.as_str()));
    let lines: Vec<Line> = lines.filter_map(parse).filter(known).collect();
    assert!(!lines.is_empty(), "{path}: no line has only {keys:?}");
    lines
}

/// The names of the arguments that come before the options.
fn arguments(operator: &str) -> &'static [&'static str] {
    match operator {
        "conv1d" | "conv2d" | "conv3d" => &["x", "w", "bias"],
        "lpPool1d" | "lpPool2d" | "lpPool3d" => &["x", "normType", "kernelSize"],
        pool if pool.contains("Pool") => &["x", "kernelSize"],
        "pad1d" | "pad2d" | "pad3d" => &["x", "padding"],
        "clip" => &["x", "min", "max"],
        "prelu" => &["x", "weight"],
        "add" | "sub" | "mul" | "div" | "pow" | "maximum" | "minimum" => &["a", "b"],
        "permute" => &["x", "axes"],
        "concat" => &["xs", "dim"],
        "slice" => &["x", "starts", "ends"],
        _ => &["x"],
    }
}

/// None where an argument is none that a native test knows: a tensor of other values, a number in a tensor's place.
fn parse(line: &str) -> Option<Line> {
    let mut parts = line.split(" | ").map(str::trim);
    let (Some(name), Some(operator), Some(given)) = (parts.next(), parts.next(), parts.next()) else {
        panic!("{line}: three parts")
    };
    let mut names = arguments(operator).iter();
    let mut values = HashMap::new();
    for value in read_list(given) {
        if let Json::Object(options) = value {
            for (key, value) in options {
                let text = text_of(&value)?;
                values.extend(text.map(|text| (key, text)));
            }
            continue;
        }
        let name = *names.next()?;
        let tensor = ["x", "xs", "w", "bias", "weight", "a", "b"].contains(&name);
        let text = if tensor { shape_of(&value, &mut values)? } else { text_of(&value)? };
        values.extend(text.map(|text| (name.to_string(), text)));
    }
    Some(Line { name: name.to_string(), operator: operator.to_string(), values })
}

/// Of a tensor's text `2x3:uint8`, or a list of them; the type goes to the values.
fn shape_of(value: &Json, values: &mut HashMap<String, String>) -> Option<Option<String>> {
    match value {
        Json::Null => Some(None),
        Json::List(tensors) => {
            let shapes: Option<Vec<String>> =
                tensors.iter().map(|tensor| shape_of(tensor, values).flatten()).collect();
            Some(Some(shapes?.join("/")))
        }
        Json::String(text) => {
            let (shape, dtype) = text.split_once(':').unwrap_or((text, "float32"));
            values.insert("dtype".to_string(), dtype.to_string());
            let plain = shape.chars().all(|c| c.is_ascii_digit() || c == 'x') && !dtype.contains('<');
            match shape {
                "scalar" => Some(Some(String::new())),
                _ => plain.then(|| Some(shape.replace('x', ","))),
            }
        }
        _ => None,
    }
}

/// Of a number, a word, a flag, a list of numbers or of pairs; the inner None: as if it were not there.
fn text_of(value: &Json) -> Option<Option<String>> {
    let text = match value {
        Json::Null | Json::Bool(false) => return Some(None),
        Json::Bool(true) => "1".to_string(),
        Json::Number(text) | Json::String(text) => text.clone(),
        Json::List(items) => {
            let pair = |item: &Json| match item {
                Json::List(pair) => {
                    Some(pair.iter().map(text_of).collect::<Option<Option<Vec<_>>>>()??.join(":"))
                }
                other => text_of(other).flatten(),
            };
            items.iter().map(pair).collect::<Option<Vec<_>>>()?.join(",")
        }
        Json::Object(_) => return None,
    };
    Some(Some(text))
}

/// The elements of tensor `t`: `(i * 7 + t * 3) % 11 - 5`.
pub fn integers(t: usize, count: usize) -> Vec<f32> {
    (0..count).map(|i| ((i * 7 + t * 3) % 11) as f32 - 5.0).collect()
}
