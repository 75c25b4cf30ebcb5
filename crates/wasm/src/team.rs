//! Threads: a caller and its workers run one program together, each its own share of every step, and meet between steps.
//!
//! Everything lies in shared memory, also how far each of them is: whoever has to wait looks for a while and then goes
//! back to JavaScript, the caller for the clock (a page's main thread may not wait), a worker to sleep until the bell
//! rings. WebAssembly's own wait is not used: the baseline compiler of Node 20 loses a local variable over it.
//! A team whose worker does not come, or met a trap, is abandoned: whoever still runs a share leaves at the next meeting.

use crate::bad_instruction;
use crate::program::{share, Program};
use alloc::boxed::Box;
use core::ops::Range;
use core::sync::atomic::{AtomicBool, AtomicI32, AtomicPtr, AtomicU32, AtomicUsize, Ordering::SeqCst};
use striate_core::fault::Fault;

/// Looks before one goes back to JavaScript, some 30 microseconds: waking a worker costs as much.
const LOOKS: u32 = 20_000;

/// One per part; on a cache line of its own.
#[repr(align(64))]
#[derive(Default)]
struct Seat {
    /// Whether it has not left the job.
    busy: AtomicBool,
    /// Its next step, and the number of meetings when it came to the last one.
    at: AtomicUsize,
    came: AtomicU32,
    asleep: AtomicBool,
    /// What this part met in the job: a fault's code (0: none) and its values.
    fault: [AtomicI32; 5],
}

/// The caller has the first seat.
#[repr(C)]
pub struct Team {
    /// Changes when workers that sleep have something to do. Its address is the team's.
    bell: AtomicU32,
    sleepers: AtomicU32,
    seats: Box<[Seat]>,
    // The job, written while nobody is busy.
    program: AtomicPtr<Program>,
    last: AtomicUsize,
    parts: AtomicUsize,
    /// Workers that have not left the job.
    busy: AtomicU32,
    /// Parts that have come to the next meeting.
    arrived: AtomicU32,
    /// Counts the meetings.
    meetings: AtomicU32,
    /// The first step in which a part met a fault.
    faulted: AtomicUsize,
    abandoned: AtomicBool,
}

/// How far the caller is.
#[derive(Debug, PartialEq, Eq)]
pub enum Progress {
    Pending,
    Abandoned,
    /// With a fault's code and values, or without.
    Ended(Option<[i32; 5]>),
}

impl Team {
    #[must_use]
    pub fn new(workers: usize) -> Self {
        Team {
            bell: AtomicU32::new(0),
            sleepers: AtomicU32::new(0),
            seats: (0..=workers).map(|_| Seat::default()).collect(),
            program: AtomicPtr::new(core::ptr::null_mut()),
            last: AtomicUsize::new(0),
            parts: AtomicUsize::new(0),
            busy: AtomicU32::new(0),
            arrived: AtomicU32::new(0),
            meetings: AtomicU32::new(0),
            faulted: AtomicUsize::new(0),
            abandoned: AtomicBool::new(false),
        }
    }

    /// Bytes that a team of so many workers allocates at most.
    #[must_use]
    pub const fn room_for(workers: usize) -> usize {
        1024 + (workers + 2) * size_of::<Seat>()
    }

    /// The caller: gives these steps of a program to the first `parts` seats, its own among them. [`Team::advance`] follows.
    ///
    /// # Errors
    /// `BadInstruction` when there are not so many seats or steps, or when a job is under way.
    ///
    /// # Safety
    /// As [`Program::run`], until the job has ended or no worker of an abandoned team is busy.
    pub unsafe fn start(&self, program: &Program, steps: Range<usize>, parts: usize) -> Result<(), Fault> {
        if parts == 0 || parts > self.seats.len() || self.busy.load(SeqCst) != 0 {
            return Err(bad_instruction(parts));
        }
        if steps.start > steps.end || steps.end > program.count() {
            return Err(bad_instruction(steps.end));
        }
        self.program.store(core::ptr::from_ref(program).cast_mut(), SeqCst);
        self.last.store(steps.end, SeqCst);
        self.parts.store(parts, SeqCst);
        self.busy.store(parts as u32 - 1, SeqCst);
        self.faulted.store(usize::MAX, SeqCst);
        for seat in &self.seats[..parts] {
            seat.fault[0].store(0, SeqCst);
            seat.at.store(steps.start, SeqCst);
            seat.came.store(self.meetings.load(SeqCst).wrapping_sub(1), SeqCst);
            seat.busy.store(true, SeqCst);
        }
        if parts > 1 {
            self.ring();
        }
        Ok(())
    }

    /// The caller: goes on with the job until it ends, or until others let it wait for a while.
    ///
    /// # Safety
    /// As [`Team::start`].
    pub unsafe fn advance(&self) -> Progress {
        // SAFETY: the caller's guarantee.
        let left = unsafe { self.work(0) } && look(|| self.busy.load(SeqCst) == 0);
        if self.abandoned.load(SeqCst) {
            Progress::Abandoned
        } else if left {
            Progress::Ended(self.outcome())
        } else {
            Progress::Pending
        }
    }

    /// The fault of the lowest part: that of the output's first items, as with one part.
    fn outcome(&self) -> Option<[i32; 5]> {
        let parts = &self.seats[..self.parts.load(SeqCst)];
        parts
            .iter()
            .map(|seat| seat.fault.each_ref().map(|word| word.load(SeqCst)))
            .find(|fault| fault[0] != 0)
    }

    /// A worker: does its share of job after job until it has looked for a while in vain. Whether to come again when the
    /// bell's value is no longer what it was before the call; otherwise the team is abandoned.
    ///
    /// # Safety
    /// One thread per seat, which is not the caller's.
    pub unsafe fn serve(&self, index: usize) -> bool {
        let Some(seat) = self.seats.get(index) else { return false };
        if seat.asleep.swap(false, SeqCst) {
            self.sleepers.fetch_sub(1, SeqCst);
        }
        loop {
            let called = look(|| seat.busy.load(SeqCst) || self.abandoned.load(SeqCst));
            if self.abandoned.load(SeqCst) {
                return false;
            }
            // SAFETY: the guarantee of the caller's `start`.
            if !called || !unsafe { self.work(index) } {
                seat.asleep.store(true, SeqCst);
                self.sleepers.fetch_add(1, SeqCst);
                return true;
            }
            seat.busy.store(false, SeqCst);
            self.busy.fetch_sub(1, SeqCst);
        }
    }

    /// Whether this part has done its share of the job. If not, others have not come to a meeting, or never will.
    ///
    /// # Safety
    /// As [`Team::start`].
    unsafe fn work(&self, part: usize) -> bool {
        let seat = &self.seats[part];
        loop {
            let came = seat.came.load(SeqCst);
            let met = look(|| self.meetings.load(SeqCst) != came);
            if !met || self.abandoned.load(SeqCst) {
                return false;
            }
            let step = seat.at.load(SeqCst);
            // A part that is ahead may have met a fault in this step itself: then all do it.
            if step == self.last.load(SeqCst) || self.faulted.load(SeqCst) < step {
                return true;
            }
            // SAFETY: the caller's guarantee.
            unsafe { self.run(step, part) };
            seat.at.store(step + 1, SeqCst);
            let parts = self.parts.load(SeqCst) as u32;
            if parts > 1 && seat.at.load(SeqCst) < self.last.load(SeqCst) {
                seat.came.store(self.meetings.load(SeqCst), SeqCst);
                // The last to come lets all go on.
                if self.arrived.fetch_add(1, SeqCst) + 1 == parts {
                    self.arrived.store(0, SeqCst);
                    self.meetings.fetch_add(1, SeqCst);
                    self.ring();
                }
            }
        }
    }

    /// # Safety
    /// As [`Team::start`].
    unsafe fn run(&self, step: usize, part: usize) {
        // SAFETY: the program lives until the job has ended.
        let program = unsafe { &*self.program.load(SeqCst) };
        let outcome = share(part, self.parts.load(SeqCst))
            // SAFETY: the caller's guarantee.
            .and_then(|share| unsafe { program.run_step(step, share) });
        if let Err(fault) = outcome {
            for (word, value) in self.seats[part].fault.iter().zip(fault.words()) {
                word.store(value, SeqCst);
            }
            self.faulted.fetch_min(step, SeqCst);
        }
    }

    fn ring(&self) {
        self.bell.fetch_add(1, SeqCst);
        if self.sleepers.load(SeqCst) != 0 {
            notify(&self.bell);
        }
    }

    /// Whoever waits leaves, whoever runs a share leaves after it; nobody says that the job has ended.
    pub fn abandon(&self) {
        self.abandoned.store(true, SeqCst);
        self.meetings.fetch_add(1, SeqCst);
        self.ring();
    }

    /// A number that changes whenever somebody has done something.
    pub fn progress(&self) -> u32 {
        let arrived = self.arrived.load(SeqCst) << 10;
        (self.meetings.load(SeqCst) << 20) ^ arrived ^ self.busy.load(SeqCst)
    }
}

/// Whether it becomes true while one looks.
fn look(is_true: impl Fn() -> bool) -> bool {
    for _ in 0..LOOKS {
        if is_true() {
            return true;
        }
        core::hint::spin_loop();
    }
    is_true()
}

/// Wakes those that sleep in JavaScript's `Atomics.wait`.
#[inline(never)]
fn notify(word: &AtomicU32) {
    #[cfg(target_arch = "wasm32")]
    // SAFETY: the word's address is aligned and lives as long as the team.
    unsafe {
        core::arch::wasm32::memory_atomic_notify(word.as_ptr().cast(), u32::MAX)
    };
    #[cfg(not(target_arch = "wasm32"))]
    let _ = word;
}
