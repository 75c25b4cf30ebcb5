//! As much JSON as the arguments of problem lines need: numbers, strings without escapes, lists, objects, words.

use std::iter::Peekable;
use std::str::Chars;

#[derive(Clone, Debug, PartialEq)]
pub enum Json {
    Null,
    Bool(bool),
    /// As it is written.
    Number(String),
    String(String),
    List(Vec<Json>),
    Object(Vec<(String, Json)>),
}

/// A list of values that are separated by commas, without its brackets.
pub fn read_list(text: &str) -> Vec<Json> {
    let bracketed = format!("[{text}]");
    let mut reader = Reader(bracketed.chars().peekable());
    let Json::List(values) = reader.value() else { unreachable!() };
    assert_eq!(reader.next(), None, "{text}: there is more behind the list");
    values
}

struct Reader<'a>(Peekable<Chars<'a>>);

impl Reader<'_> {
    /// What comes next but space.
    fn peek(&mut self) -> Option<char> {
        while self.0.next_if(|c| c.is_whitespace()).is_some() {}
        self.0.peek().copied()
    }

    fn next(&mut self) -> Option<char> {
        self.peek();
        self.0.next()
    }

    fn word(&mut self, part: impl Fn(char) -> bool) -> String {
        std::iter::from_fn(|| self.0.next_if(|&c| part(c))).collect()
    }

    fn string(&mut self) -> String {
        assert_eq!(self.next(), Some('"'));
        let text = self.word(|c| c != '"');
        self.0.next();
        text
    }

    /// What `item` reads, again and again, with commas between, until `end`.
    fn items<T>(&mut self, end: char, mut item: impl FnMut(&mut Self) -> T) -> Vec<T> {
        self.next();
        let mut items = vec![];
        while self.peek() != Some(end) {
            items.push(item(self));
            if self.peek() == Some(',') {
                self.next();
            }
        }
        self.next();
        items
    }

    fn value(&mut self) -> Json {
        match self.peek().expect("a value") {
            '"' => Json::String(self.string()),
            '[' => Json::List(self.items(']', Self::value)),
            '{' => Json::Object(self.items('}', |reader| {
                let key = reader.string();
                assert_eq!(reader.next(), Some(':'), "behind {key}");
                (key, reader.value())
            })),
            _ => match self.word(|c| c.is_alphanumeric() || "+-.".contains(c)).as_str() {
                "null" => Json::Null,
                "true" => Json::Bool(true),
                "false" => Json::Bool(false),
                number => Json::Number(number.to_string()),
            },
        }
    }
}
