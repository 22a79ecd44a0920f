//! The scheduler against a cache that keeps books of its own.

use std::collections::{BTreeMap, HashMap};

use proptest::prelude::*;

use super::*;

const LIMITS: Limits = Limits {
    sequences: 2,
    context_tokens: 100,
    batch_tokens: 16,
    shared_chunk_tokens: 4,
    waiting: 4,
    rewind: Rewind::Anywhere,
};

/// What every job says, and what none does.
const SAID: u32 = 7;
const WRONG: u32 = 8;

fn job(id: u64, prompt: &[u32], priority: Priority) -> Job {
    Job { id: JobId(id), prompt: prompt.to_vec(), priority }
}

/// What llama.cpp's cache would hold, checked at each step.
#[derive(Default)]
struct Cache {
    sequences: HashMap<u32, Vec<u32>>,
}

impl Cache {
    fn perform(&mut self, ops: &[CacheOp]) {
        for op in ops {
            match *op {
                CacheOp::Truncate { sequence, from } => {
                    self.sequences.entry(sequence).or_default().truncate(from as usize);
                }
                CacheOp::Share { source, to, tokens } => {
                    let shared = self.sequences.entry(source).or_default()[..tokens as usize].to_vec();
                    let target = self.sequences.entry(to).or_default();
                    assert!(target.is_empty(), "cells are shared into an empty sequence only");
                    *target = shared;
                }
            }
        }
    }

    fn take_back(&mut self, op: Option<CacheOp>) {
        self.perform(op.as_slice());
    }

    fn decode(&mut self, batch: &[Entry]) {
        for entry in batch {
            let sequence = self.sequences.entry(entry.sequence).or_default();
            assert_eq!(sequence.len(), entry.position as usize, "positions follow one another");
            sequence.push(entry.token);
        }
    }

    /// Cells in use if nothing were shared: an upper bound.
    fn cells(&self) -> usize {
        self.sequences.values().map(Vec::len).sum()
    }
}

fn run_to_output(scheduler: &mut Scheduler, cache: &mut Cache) -> Plan {
    loop {
        let plan = scheduler.plan();
        cache.perform(&plan.cache);
        cache.decode(&plan.batch);
        scheduler.commit();
        if !plan.outputs.is_empty() || plan.batch.is_empty() {
            return plan;
        }
    }
}

#[test]
fn the_next_turn_reads_only_what_is_new() {
    let (mut s, mut cache) = (Scheduler::new(LIMITS), Cache::default());
    s.submit(job(1, &[1, 2, 3], Priority::Interactive)).unwrap();
    let plan = run_to_output(&mut s, &mut cache);
    assert_eq!(plan.admitted, [Admitted { job: JobId(1), prompt_tokens: 3, cached_tokens: 0 }]);
    cache.take_back(s.advance(JobId(1), &[4], 0));
    run_to_output(&mut s, &mut cache);
    cache.take_back(s.finish(JobId(1)));

    s.submit(job(2, &[1, 2, 3, 4, 5, 6], Priority::Interactive)).unwrap();
    let plan = run_to_output(&mut s, &mut cache);
    assert_eq!(plan.admitted, [Admitted { job: JobId(2), prompt_tokens: 6, cached_tokens: 4 }]);
    assert_eq!(plan.batch.iter().map(|e| e.token).collect::<Vec<_>>(), [5, 6]);
}

#[test]
fn the_same_prompt_again_reads_its_last_token() {
    let (mut s, mut cache) = (Scheduler::new(LIMITS), Cache::default());
    for id in 1..=2 {
        s.submit(job(id, &[1, 2, 3], Priority::Interactive)).unwrap();
        let plan = run_to_output(&mut s, &mut cache);
        assert_eq!(plan.batch.last().map(|e| (e.token, e.output)), Some((3, true)));
        cache.take_back(s.finish(JobId(id)));
    }
}

#[test]
fn a_second_conversation_shares_the_fixed_prompt_and_leaves_the_first_alone() {
    let (mut s, mut cache) = (Scheduler::new(LIMITS), Cache::default());
    let fixed: Vec<u32> = (10..50).collect();
    let talk = |tail: &[u32]| [fixed.as_slice(), tail].concat();
    s.submit(job(1, &talk(&(100..130).collect::<Vec<_>>()), Priority::Interactive)).unwrap();
    run_to_output(&mut s, &mut cache);
    cache.take_back(s.finish(JobId(1)));
    s.submit(job(2, &talk(&[2, 2]), Priority::Interactive)).unwrap();
    let plan = run_to_output(&mut s, &mut cache);
    assert_eq!(plan.cache, [CacheOp::Share { source: 0, to: 1, tokens: 40 }]);
    assert_eq!(plan.admitted[0].cached_tokens, 40);
}

#[test]
fn a_better_class_stops_a_lesser_one() {
    let (mut s, mut cache) = (Scheduler::new(LIMITS), Cache::default());
    s.submit(job(1, &[1; 30], Priority::Background)).unwrap();
    let plan = s.plan();
    assert_eq!((plan.priority, plan.batch.len()), (Some(Priority::Background), 16));
    cache.decode(&plan.batch);
    s.commit();
    s.submit(job(2, &[2, 2], Priority::Interactive)).unwrap();
    let plan = run_to_output(&mut s, &mut cache);
    assert_eq!(plan.outputs, [Output { job: JobId(2), row: 1, guesses: Vec::new() }]);
    assert!(plan.batch.iter().all(|e| e.token == 2));
    cache.take_back(s.finish(JobId(2)));
    let plan = run_to_output(&mut s, &mut cache);
    assert_eq!((plan.batch.len(), plan.outputs[0].job), (14, JobId(1)), "it goes on where it stood");
}

#[test]
fn a_better_class_takes_the_place_of_a_lesser_one_that_later_goes_on() {
    let (mut s, mut cache) = (Scheduler::new(LIMITS), Cache::default());
    for (id, token) in [(1, 1), (2, 2)] {
        s.submit(job(id, &[token; 4], Priority::Background)).unwrap();
    }
    run_to_output(&mut s, &mut cache);
    for id in 1..=2 {
        cache.take_back(s.advance(JobId(id), &[50], 0));
    }
    s.submit(job(3, &[3; 3], Priority::Interactive)).unwrap();
    let plan = run_to_output(&mut s, &mut cache);
    assert_eq!((plan.outputs.len(), plan.outputs[0].job, s.waiting()), (1, JobId(3), 1));
    cache.take_back(s.finish(JobId(3)));
    let first = run_to_output(&mut s, &mut cache);
    assert_eq!(first.outputs[0].job, JobId(1));
    cache.take_back(s.finish(JobId(1)));
    let second = run_to_output(&mut s, &mut cache);
    assert_eq!(second.outputs[0].job, JobId(2));
    assert_eq!(second.batch.last().map(|e| e.token), Some(50), "what it had said is not lost");
    assert!(first.admitted.is_empty() && second.admitted.is_empty(), "a job is announced once");
}

#[test]
fn a_prompt_is_read_in_short_chunks_while_somebody_decodes() {
    let (mut s, mut cache) = (Scheduler::new(LIMITS), Cache::default());
    s.submit(job(1, &[1; 2], Priority::Interactive)).unwrap();
    run_to_output(&mut s, &mut cache);
    cache.take_back(s.advance(JobId(1), &[9], 0));
    s.submit(job(2, &[2; 30], Priority::Interactive)).unwrap();
    let plan = s.plan();
    assert_eq!(plan.batch.len(), 1 + LIMITS.shared_chunk_tokens as usize);
    assert_eq!(plan.outputs, [Output { job: JobId(1), row: 0, guesses: Vec::new() }]);
}

#[test]
fn guesses_stand_in_one_batch_and_only_the_right_ones_stay() {
    let (mut s, mut cache) = (Scheduler::new(LIMITS), Cache::default());
    s.submit(job(1, &[1, 2], Priority::Interactive)).unwrap();
    run_to_output(&mut s, &mut cache);
    cache.take_back(s.advance(JobId(1), &[3], 0));
    s.guess(JobId(1), vec![4, 5, 6]);
    let plan = run_to_output(&mut s, &mut cache);
    assert_eq!(plan.batch.iter().map(|e| (e.token, e.output)).collect::<Vec<_>>(), [3, 4, 5, 6].map(|t| (t, true)));
    assert_eq!(plan.outputs, [Output { job: JobId(1), row: 0, guesses: vec![4, 5, 6] }]);
    // It said 4 as guessed, and then 9.
    let op = s.advance(JobId(1), &[4, 9], 1);
    assert_eq!(op, Some(CacheOp::Truncate { sequence: 0, from: 4 }));
    cache.take_back(op);
    let plan = run_to_output(&mut s, &mut cache);
    assert_eq!(plan.batch.iter().map(|e| (e.token, e.position)).collect::<Vec<_>>(), [(9, 4)]);
}

#[test]
fn prompts_of_one_class_are_read_in_equal_shares() {
    let mut s = Scheduler::new(LIMITS);
    for id in 1..=2 {
        s.submit(job(id, &[u32::try_from(id).unwrap(); 40], Priority::Interactive)).unwrap();
    }
    let plan = s.plan();
    let of = |token| plan.batch.iter().filter(|e| e.token == token).count();
    assert_eq!((of(1), of(2)), (8, 8));
}

#[test]
fn an_aborted_batch_is_forgotten_and_planned_again() {
    let (mut s, mut cache) = (Scheduler::new(LIMITS), Cache::default());
    s.submit(job(1, &[7; 8], Priority::Interactive)).unwrap();
    let first = s.plan();
    cache.decode(&first.batch[..3]);
    cache.perform(&s.discard());
    let again = s.plan();
    assert_eq!(first.batch, again.batch);
    cache.decode(&again.batch);
}

#[test]
fn a_full_context_gives_up_idle_conversations_first_then_the_youngest_job() {
    let (mut s, mut cache) = (Scheduler::new(LIMITS), Cache::default());
    s.submit(job(1, &[1; 10], Priority::Interactive)).unwrap();
    run_to_output(&mut s, &mut cache);
    cache.take_back(s.finish(JobId(1)));
    s.submit(job(2, &[2; 10], Priority::Interactive)).unwrap();
    s.plan();
    assert_eq!(
        s.make_room(),
        Some(vec![CacheOp::Truncate { sequence: 1, from: 0 }, CacheOp::Truncate { sequence: 0, from: 0 }])
    );
    s.submit(job(3, &[3; 10], Priority::Interactive)).unwrap();
    s.plan();
    s.make_room().expect("the youngest job goes back");
    assert_eq!((s.running(), s.waiting()), (1, 1));
    assert_eq!(s.make_room(), None, "the last job is never given up");
}

#[test]
fn a_recurrent_model_goes_on_from_its_end_or_starts_again() {
    let (mut s, mut cache) = (Scheduler::new(Limits { rewind: Rewind::Never, ..LIMITS }), Cache::default());
    for (id, prompt, cached) in
        [(1, vec![1, 2, 3], 0), (2, vec![1, 2, 3, 4, 5], 3), (3, vec![1, 2, 9], 0), (4, vec![1, 2, 9], 0)]
    {
        s.submit(job(id, &prompt, Priority::Interactive)).unwrap();
        let plan = run_to_output(&mut s, &mut cache);
        assert_eq!(plan.admitted[0].cached_tokens, cached, "{prompt:?}");
        assert!(plan.cache.iter().all(|op| matches!(op, CacheOp::Truncate { from: 0, .. })), "{:?}", plan.cache);
        cache.take_back(s.finish(JobId(id)));
    }
    s.submit(job(5, &[1, 2, 9, 9, 9], Priority::Interactive)).unwrap();
    s.plan();
    assert!(s.discard().iter().all(|op| matches!(op, CacheOp::Truncate { from: 0, .. })));
}

/// It was forgotten in the books and stayed in the cache.
#[test]
fn a_recurrent_conversation_that_alone_fills_the_context_can_still_be_discarded() {
    let mut s = Scheduler::new(Limits { rewind: Rewind::Never, ..LIMITS });
    s.submit(job(1, &[1], Priority::Interactive)).unwrap();
    s.plan();
    assert_eq!(s.make_room(), None);
    assert_eq!(s.discard(), [CacheOp::Truncate { sequence: 0, from: 0 }]);
}

#[test]
fn what_can_not_be_taken_says_why() {
    let mut s = Scheduler::new(LIMITS);
    assert_eq!(s.submit(job(1, &[], Priority::Task)), Err(SubmitError::Empty));
    assert_eq!(s.submit(job(1, &[1; 100], Priority::Task)), Err(SubmitError::TooLong { tokens: 100, context: 100 }));
    for id in 0..4 {
        s.submit(job(id, &[1], Priority::Task)).unwrap();
    }
    assert_eq!(s.submit(job(9, &[1], Priority::Task)), Err(SubmitError::QueueFull { waiting: 4 }));
}

#[derive(Debug, Clone)]
enum Step {
    Submit {
        family: u32,
        len: u32,
        priority: Priority,
        answer: usize,
    },
    Cancel(u64),
    Abort(usize),
    Full,
    /// Each job that decodes is guessed this many tokens, of which at most so many are right.
    Decode {
        guessed: usize,
        right: usize,
    },
    /// A conversation comes from elsewhere, if the scheduler has a place for it.
    Restore {
        family: u32,
        len: u32,
    },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let priority = prop::sample::select(vec![Priority::Interactive, Priority::Task, Priority::Background]);
    let step = prop_oneof![
        3 => (0u32..3, 1u32..60, priority, 1usize..12)
            .prop_map(|(family, len, priority, answer)| Step::Submit { family, len, priority, answer }),
        1 => (0u64..30).prop_map(Step::Cancel),
        1 => (0usize..16).prop_map(Step::Abort),
        1 => Just(Step::Full),
        12 => (0usize..9, 0usize..9).prop_map(|(guessed, right)| Step::Decode { guessed, right }),
        1 => (0u32..3, 1u32..60).prop_map(|(family, len)| Step::Restore { family, len }),
    ];
    prop::collection::vec(step, 1..200)
}

/// A scheduler, its cache, and what is owed to whom.
struct World {
    limits: Limits,
    scheduler: Scheduler,
    cache: Cache,
    owed: BTreeMap<JobId, usize>,
    announced: BTreeMap<JobId, usize>,
    submitted: u64,
}

impl World {
    fn new(limits: Limits) -> Self {
        Self {
            limits,
            scheduler: Scheduler::new(limits),
            cache: Cache::default(),
            owed: BTreeMap::new(),
            announced: BTreeMap::new(),
            submitted: 0,
        }
    }

    fn step(&mut self, step: &Step) {
        match *step {
            Step::Submit { family, len, priority, answer } => {
                self.submitted += 1;
                let prompt: Vec<u32> = (0..len).map(|i| family * 1000 + i).collect();
                if self.scheduler.submit(job(self.submitted, &prompt, priority)).is_ok() {
                    self.owed.insert(JobId(self.submitted), answer);
                }
            }
            Step::Cancel(id) => {
                self.cache.take_back(self.scheduler.cancel(JobId(id)));
                self.owed.remove(&JobId(id));
            }
            Step::Abort(done) => {
                let plan = self.plan();
                self.cache.decode(&plan.batch[..done.min(plan.batch.len())]);
                self.cache.perform(&self.scheduler.discard());
            }
            Step::Full => {
                self.plan();
                let ops = self.scheduler.make_room().unwrap_or_else(|| self.scheduler.discard());
                self.cache.perform(&ops);
            }
            Step::Decode { guessed, right } => self.decode(guessed, right),
            Step::Restore { family, len } => self.restore(family, len),
        }
    }

    fn restore(&mut self, family: u32, len: u32) {
        if let Some((sequence, op)) = self.scheduler.vacate() {
            self.cache.perform(&[op]);
            let tokens: Vec<u32> = (0..len).map(|i| family * 1000 + i).collect();
            self.cache.sequences.insert(sequence, tokens.clone());
            self.scheduler.restored(sequence, tokens);
        }
    }

    fn plan(&mut self) -> Plan {
        let plan = self.scheduler.plan();
        self.cache.perform(&plan.cache);
        for admitted in &plan.admitted {
            *self.announced.entry(admitted.job).or_default() += 1;
        }
        assert!(plan.batch.len() <= self.limits.batch_tokens as usize);
        assert_eq!(plan.priority.is_none(), plan.batch.is_empty());
        plan
    }

    fn decode(&mut self, guessed: usize, right: usize) {
        for (id, owed) in self.scheduler.decoding() {
            assert!(owed > 0);
            let guesses = (0..guessed).map(|i| if i < right { SAID } else { WRONG }).collect();
            self.scheduler.guess(id, guesses);
        }
        let plan = self.plan();
        self.cache.decode(&plan.batch);
        self.scheduler.commit();
        for output in plan.outputs {
            let left = self.owed.get_mut(&output.job).expect("only live jobs have outputs");
            let right = output.guesses.iter().take_while(|&&token| token == SAID).count();
            let said = (right + 1).min(*left);
            *left -= said;
            self.cache.take_back(self.scheduler.advance(output.job, &vec![SAID; said], right.min(said)));
            if *left == 0 || self.scheduler.room(output.job) == 0 {
                self.owed.remove(&output.job);
                self.cache.take_back(self.scheduler.finish(output.job));
            }
        }
        assert_eq!(self.scheduler.cells() as usize, self.cache.cells());
        for (sequence, tokens) in self.scheduler.idle() {
            assert_eq!(self.cache.sequences[&sequence], tokens);
        }
    }
}

proptest! {
    /// Whatever happens, the cache agrees with the scheduler, every accepted job ends, and says what it was to say.
    #[test]
    fn every_job_ends_and_the_cache_agrees(steps in steps(), recurrent: bool) {
        let rewind = if recurrent { Rewind::Never } else { Rewind::Anywhere };
        let mut world = World::new(Limits { sequences: 3, waiting: 8, rewind, ..LIMITS });
        for step in &steps {
            world.step(step);
        }
        for _ in 0..4000 {
            world.step(&Step::Decode { guessed: 0, right: 0 });
        }
        prop_assert!(world.owed.is_empty(), "{:?} never ended", world.owed);
        prop_assert!(world.announced.values().all(|&n| n == 1));
        prop_assert_eq!(world.scheduler.running() + world.scheduler.waiting(), 0);
    }
}
