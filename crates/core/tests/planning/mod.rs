//! Instructions by their names.

use striate_core::fault::Fault;
use striate_core::instructions::dtype::Dtype;
use striate_core::instructions::{Entry, Params, Planned, ENTRIES};

#[must_use]
pub fn entry(name: &str) -> &'static Entry {
    ENTRIES
        .iter()
        .find(|entry| entry.name == name)
        .unwrap_or_else(|| panic!("there is no instruction {name}"))
}

/// The instruction of so many words behind its element type, and no more.
pub fn plan(name: &str, dtype: Dtype, words: &[u32]) -> Result<Planned, Fault> {
    let words = [&[dtype as u32], words].concat();
    let mut params = Params::new(&words);
    let planned = entry(name).plan(&mut params)?;
    params.end()?;
    Ok(planned)
}
