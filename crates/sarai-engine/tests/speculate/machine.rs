//! A scripted engine: models that are tables, computers that are staircases, and the loop of a worker between them.

use sarai_engine::sample::Sampler;
use sarai_engine::speculate::{Controller, Draft, DraftCost, Earlier, Luck, Source, Staircase, Suffixes};
use sarai_types::{Sampling, Speculation};

/// A model: the logits after what was said.
pub(crate) type Model<'a> = &'a dyn Fn(&[u32]) -> Vec<f32>;

/// A draft model: what it guesses after what was said, and how sure it says it is.
pub(crate) type Guess<'a> = &'a dyn Fn(&[u32], u32) -> Draft;

/// A computer, by what batches take on it.
#[derive(Debug)]
pub(crate) struct Computer {
    pub(crate) name: &'static str,
    pub(crate) one_ms: f64,
    /// Times that of one token.
    pub(crate) shape: &'static [(u32, f64)],
}

/// Two cores with repacked weights, the same with weights as stored, and one with arithmetic to spare.
pub(crate) const COMPUTERS: [Computer; 3] = [
    Computer {
        name: "repacked",
        one_ms: 32.0,
        shape: &[
            (1, 1.0),
            (2, 1.6),
            (3, 2.3),
            (4, 2.8),
            (6, 4.1),
            (8, 6.8),
            (12, 8.3),
            (16, 8.1),
            (24, 12.1),
            (32, 13.6),
            (48, 19.1),
        ],
    },
    Computer {
        name: "stored",
        one_ms: 41.0,
        shape: &[
            (1, 1.0),
            (2, 2.2),
            (3, 2.8),
            (4, 3.3),
            (6, 3.7),
            (8, 4.1),
            (12, 4.3),
            (16, 4.6),
            (24, 6.5),
            (32, 8.1),
            (48, 10.0),
        ],
    },
    Computer { name: "flat", one_ms: 10.0, shape: &[(1, 1.0), (16, 1.1), (32, 1.2), (64, 1.6)] },
];

impl Computer {
    pub(crate) fn stairs(&self) -> Staircase {
        Staircase::from_shape(self.one_ms, self.shape).unwrap()
    }
}

/// What an answer is made with.
pub(crate) struct Setting<'a> {
    pub(crate) stairs: &'a Staircase,
    /// Whether the controller is told the costs.
    pub(crate) measured: bool,
    pub(crate) policy: Speculation,
    pub(crate) sampling: Sampling,
    pub(crate) seed: u64,
    pub(crate) drafter: Option<(DraftCost, Guess<'a>)>,
}

impl<'a> Setting<'a> {
    pub(crate) fn greedy(stairs: &'a Staircase, policy: Speculation) -> Self {
        Self { stairs, measured: true, policy, sampling: Sampling::greedy(), seed: 0, drafter: None }
    }
}

/// What came of it.
#[derive(Debug, Default)]
pub(crate) struct Answer {
    pub(crate) said: Vec<u32>,
    pub(crate) ms: f64,
    pub(crate) drafted: u32,
    pub(crate) accepted: u32,
    /// Times that the draft model was asked.
    pub(crate) asked: u32,
    pub(crate) fallbacks: u32,
}

impl Answer {
    /// Times as fast as one batch for each token.
    pub(crate) fn speedup(&self, stairs: &Staircase) -> f64 {
        self.said.len() as f64 * stairs.ms(1) / self.ms
    }
}

/// Answers with `tokens` tokens, as a worker does.
pub(crate) fn answer(
    model: Model<'_>,
    prompt: &[u32],
    tokens: usize,
    setting: &Setting<'_>,
    earlier: &Earlier,
    luck: &mut Luck,
) -> Answer {
    let mut sampler = Sampler::new(setting.sampling, setting.seed);
    let mut controller = Controller::new(setting.policy, luck);
    let mut suffixes = Suffixes::new(prompt);
    let mut known = setting.stairs.clone();
    let mut answer = Answer::default();
    while answer.said.len() < tokens {
        let room = u32::try_from(tokens - answer.said.len() - 1).unwrap();
        let costs = setting.measured.then_some(&known);
        let draft = guess(&mut controller, &suffixes, earlier, setting, costs, room, &mut answer);
        let guessed = draft.as_ref().map_or(&[][..], |draft| &draft.tokens);
        let mut accepted = 0;
        loop {
            let token = sampler.sample(&model(&answer.said), &answer.said).token;
            answer.said.push(token);
            suffixes.push(token);
            if guessed.get(accepted) != Some(&token) {
                break;
            }
            accepted += 1;
        }
        let drafted = u32::try_from(guessed.len()).unwrap();
        let accepted = u32::try_from(accepted).unwrap();
        let took = setting.stairs.ms(1 + drafted);
        answer.ms += took;
        answer.drafted += drafted;
        answer.accepted += accepted;
        known.observe(1 + drafted, took);
        match draft {
            Some(draft) => controller.verified(draft.source, drafted, accepted),
            None => controller.plain(),
        }
    }
    controller.teach(luck);
    answer.fallbacks = controller.fallbacks();
    answer
}

/// What is to be verified with the next token, from the first source that has something worth it.
fn guess(
    controller: &mut Controller,
    suffixes: &Suffixes,
    earlier: &Earlier,
    setting: &Setting<'_>,
    costs: Option<&Staircase>,
    room: u32,
    answer: &mut Answer,
) -> Option<Draft> {
    let kept = |controller: &mut Controller, mut draft: Draft| {
        let kept = controller.keep(&draft, costs, 1, room);
        draft.tokens.truncate(kept);
        (kept > 0).then_some(draft)
    };
    let wanted = controller.ask(Source::Suffix, costs, None, 1, room) as usize;
    if wanted > 0
        && let Some(draft) = suffixes.draft(earlier, wanted)
        && let Some(draft) = kept(controller, draft)
    {
        return Some(draft);
    }
    let (cost, guess) = setting.drafter.as_ref()?;
    let wanted = controller.ask(Source::Model, costs, Some(*cost), 1, room);
    if wanted == 0 {
        return None;
    }
    let draft = guess(&answer.said, wanted);
    answer.asked += 1;
    answer.ms += cost.ms_per_call + cost.ms_per_token * draft.tokens.len() as f64;
    kept(controller, draft)
}
