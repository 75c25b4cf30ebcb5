//! Opcodes by the instructions' names.

use striate_core::instructions::ENTRIES;

pub fn opcode(name: &str) -> u32 {
    ENTRIES.iter().position(|entry| entry.name == name).unwrap() as u32
}
