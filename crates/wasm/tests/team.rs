//! A team of native threads: programs of several steps, faults, and a team that is abandoned.

mod opcodes;

use opcodes::opcode;
use std::sync::atomic::Ordering;
use std::thread;
use striate_core::fault::Code;
use striate_core::instructions::binary::Kind;
use striate_core::instructions::dtype::Dtype;
use striate_core::instructions::scatter::Writing;
use striate_wasm::program::Program;
use striate_wasm::team::{Progress, Team};

const F32: u32 = Dtype::F32 as u32;
const ELEMENTS: usize = 1000;

/// `a = 3; then rounds of b = a + x, a = b + x`, in the arena at 0 and 4000; then y = a + x.
fn program(rounds: usize) -> Program {
    let n = ELEMENTS as u32;
    let mut words = vec![3, 2 + 2 * rounds as u32];
    words.extend([opcode("fill"), 1, 0, 0, 3, F32, n, 3f32.to_bits()]);
    let mut add = |from: [u32; 2], to: [u32; 2]| {
        words.extend([opcode("binary"), 3, from[0], from[1], 1, 0, to[0], to[1]]);
        words.extend([6, F32, Kind::Add as u32, 1, n, 1, 1]);
    };
    for _ in 0..rounds {
        add([0, 0], [0, 4 * n]);
        add([0, 4 * n], [0, 0]);
    }
    add([0, 0], [2, 0]);
    Program::decode(&words).unwrap()
}

fn bind(program: &Program, addresses: &[*mut f32]) {
    for (base, address) in program.bases().iter().zip(addresses) {
        base.store(address.expose_provenance(), Ordering::Relaxed);
    }
}

/// Runs `body` beside a team's workers.
fn with_team(workers: usize, body: impl FnOnce(&Team)) {
    let team = Team::new(workers);
    thread::scope(|scope| {
        for index in 1..=workers {
            scope.spawn({
                let team = &team;
                move || {
                    // SAFETY: one thread per seat.
                    while unsafe { team.serve(index) } {
                        thread::yield_now();
                    }
                }
            });
        }
        body(&team);
        team.abandon();
    });
}

fn run(team: &Team, program: &Program, parts: usize) -> Option<[i32; 5]> {
    // SAFETY: the bases are bound.
    unsafe {
        team.start(program, 0..program.count(), parts).unwrap();
        loop {
            match team.advance() {
                Progress::Ended(outcome) => return outcome,
                Progress::Abandoned => panic!("abandoned"),
                Progress::Pending => thread::yield_now(),
            }
        }
    }
}

#[test]
fn every_number_of_parts_gives_the_same() {
    let x: Vec<f32> = (0..ELEMENTS).map(|i| i as f32).collect();
    let programs = [program(0), program(1), program(20)];
    with_team(3, |team| {
        for (program, rounds) in programs.iter().zip([0, 1, 20]) {
            for parts in [1, 4, 2, 3, 4, 2] {
                let (mut arena, mut y) = (vec![0f32; 2 * ELEMENTS], vec![0f32; ELEMENTS]);
                bind(program, &[arena.as_mut_ptr(), x.as_ptr().cast_mut(), y.as_mut_ptr()]);
                assert_eq!(run(team, program, parts), None);
                let expected = |x: &f32| 3.0 + (2 * rounds + 1) as f32 * x;
                assert_eq!(y, x.iter().map(expected).collect::<Vec<_>>());
            }
        }
        // SAFETY: nothing is run.
        unsafe {
            assert_eq!(team.start(&programs[0], 0..2, 5).unwrap_err().code, Code::BadInstruction);
            assert_eq!(team.start(&programs[0], 0..3, 1).unwrap_err().code, Code::BadInstruction);
            assert_eq!(team.start(&programs[0], 0..1, 0).unwrap_err().code, Code::BadInstruction);
        }
    });
}

#[test]
fn the_first_fault_ends_the_run_for_all() {
    // Six planes of four elements are unpooled, then y = a + x in an arena that must stay as it is.
    let (assign, add) = (Writing::Assign as u32, Kind::Add as u32);
    let words = [4, 2, opcode("scatter"), 3, 1, 0, 2, 0, 0, 0, 5, F32, 6, 2, 4, assign];
    let add = [opcode("binary"), 3, 0, 0, 0, 0, 3, 0, 6, F32, add, 1, 24, 1, 1];
    let program = Program::decode(&[&words[..], &add[..]].concat()).unwrap();
    let (mut arena, mut x, mut y) = ([0f32; 24], [1f32; 12], [7f32; 24]);
    let mut indices = [0i32, 1].repeat(6);
    with_team(3, |team| {
        for wrong in [[2, 9], [5, 11], [0, 0], [11, 11]] {
            for index in wrong {
                indices[index] = 40 + index as i32;
            }
            bind(
                &program,
                &[arena.as_mut_ptr(), x.as_mut_ptr(), indices.as_mut_ptr().cast(), y.as_mut_ptr()],
            );
            for parts in 1..=4 {
                let first = *wrong.iter().min().unwrap();
                let code = Code::IndexOutside as i32;
                assert_eq!(run(team, &program, parts), Some([code, 40 + first as i32, 4, 0, 0]));
                assert_eq!(y, [7.0; 24]);
            }
            for index in wrong {
                indices[index] = 0;
            }
        }
        assert_eq!(run(team, &program, 4), None);
        assert_ne!(y, [7.0; 24]);
    });
}

#[test]
fn a_team_without_its_workers_waits_until_it_is_abandoned() {
    let (team, program) = (Team::new(1), program(1));
    let (mut arena, mut y) = (vec![0f32; 2 * ELEMENTS], vec![0f32; ELEMENTS]);
    let x = vec![1f32; ELEMENTS];
    bind(&program, &[arena.as_mut_ptr(), x.as_ptr().cast_mut(), y.as_mut_ptr()]);
    // SAFETY: the bases are bound; no worker exists.
    unsafe {
        team.start(&program, 0..4, 2).unwrap();
        assert_eq!(team.advance(), Progress::Pending);
        let progress = team.progress();
        assert_eq!(team.advance(), Progress::Pending);
        assert_eq!(team.progress(), progress);
        assert_eq!(team.start(&program, 0..4, 2).unwrap_err().code, Code::BadInstruction);
        team.abandon();
        assert_eq!(team.advance(), Progress::Abandoned);
        assert!(!team.serve(1)); // a worker that comes late leaves at once
    }
}
