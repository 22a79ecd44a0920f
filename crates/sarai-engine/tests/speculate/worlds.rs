//! Texts to answer with: copies, edits, tables, prose, noise, and traps for whoever guesses.

/// So many different tokens there are.
pub(crate) const VOCABULARY: u32 = 200;

/// A prompt and what the model means to answer.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) name: &'static str,
    pub(crate) prompt: Vec<u32>,
    pub(crate) script: Vec<u32>,
}

/// Small deterministic random numbers.
#[derive(Debug)]
pub(crate) struct Dice(pub u64);

impl Dice {
    pub(crate) fn below(&mut self, n: u32) -> u32 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        u32::try_from(((self.0 >> 33) * u64::from(n)) >> 31).unwrap()
    }

    pub(crate) fn noise(&mut self, n: usize) -> Vec<u32> {
        (0..n).map(|_| self.below(VOCABULARY)).collect()
    }

    /// Words that follow each other as in a language: few are frequent, and each has its habitual followers.
    pub(crate) fn prose(&mut self, n: usize) -> Vec<u32> {
        let mut last = 0_u32;
        (0..n)
            .map(|_| {
                let habit = self.below(4).min(self.below(4));
                last = match self.below(10) {
                    0..6 => (last.wrapping_mul(7919) + habit * 104_729 + 13) % VOCABULARY,
                    6..9 => self.below(20),
                    _ => self.below(VOCABULARY),
                };
                last
            })
            .collect()
    }
}

/// One of each kind, with answers of `n` tokens.
pub(crate) fn worlds(n: usize, seed: u64) -> Vec<World> {
    let mut dice = Dice(seed);
    let document = dice.prose(n);
    let noise = dice.noise(n);
    let mut worlds = Vec::new();
    let mut world = |name, prompt: &[u32], script: Vec<u32>| {
        worlds.push(World { name, prompt: prompt.to_vec(), script: script.into_iter().take(n).collect() });
    };
    world("copy", &document, document.clone());
    world("edit", &document, edited(&mut dice, &document));
    world("quote", &document, quoting(&mut dice, &document, n));
    world("json", &document, records(&mut dice, n));
    world("table", &document, (0..n).map(|i| u32::try_from(i % 23).unwrap()).collect());
    world("prose", &document, dice.prose(n));
    world("noise", &document, dice.noise(n));
    world("traps", &noise, traps(&mut dice, &noise, n, 3, 4));
    world("long traps", &noise, traps(&mut dice, &noise, n, 8, 14));
    let mut phases = dice.noise(n / 4);
    phases.extend(&noise[..n / 4]);
    phases.extend(traps(&mut dice, &noise, n / 4, 4, 8));
    phases.extend(&document[..n / 4]);
    world("phases", &[&noise[..], &document].concat(), phases);
    worlds
}

/// Each so many tokens one is another, is left out, or is new.
fn edited(dice: &mut Dice, document: &[u32]) -> Vec<u32> {
    let mut next = 5 + dice.below(30);
    let mut text = Vec::new();
    for &token in document.iter().chain(document) {
        if next > 0 {
            next -= 1;
            text.push(token);
            continue;
        }
        next = 5 + dice.below(30);
        match dice.below(3) {
            0 => text.push(dice.below(VOCABULARY)),
            1 => {}
            _ => text.extend([dice.below(VOCABULARY), token]),
        }
    }
    text
}

fn quoting(dice: &mut Dice, document: &[u32], n: usize) -> Vec<u32> {
    let mut text = Vec::new();
    while text.len() < n {
        text.extend(dice.prose(40));
        let from = dice.below(u32::try_from(document.len() - 60).unwrap()) as usize;
        text.extend(&document[from..from + 50]);
    }
    text
}

/// Records with the same keys and other values.
fn records(dice: &mut Dice, n: usize) -> Vec<u32> {
    let mut text = Vec::new();
    while text.len() < n {
        text.extend([180, 181, 182, 183]);
        text.extend((0..=dice.below(3)).map(|_| dice.below(180)));
        text.extend([184, 185, 186]);
        text.extend([dice.below(3), 187, 188, 189, 190, dice.below(50), 191, 192]);
    }
    text
}

/// Pieces of what was said before, of which each goes on in another way: `shortest` to `longest` tokens.
fn traps(dice: &mut Dice, text: &[u32], n: usize, shortest: u32, longest: u32) -> Vec<u32> {
    let mut script = Vec::new();
    while script.len() < n {
        let from = dice.below(u32::try_from(text.len()).unwrap() - longest - 1) as usize;
        let len = (shortest + dice.below(longest - shortest + 1)) as usize;
        script.extend(&text[from..from + len]);
        script.push((text[from + len] + 1 + dice.below(VOCABULARY - 1)) % VOCABULARY);
    }
    script
}
