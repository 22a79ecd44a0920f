//! Ambiguity as a search: whoever finds that words may mean several things asks [`Picks`] which of them to take, and the
//! whole is built once for every combination of answers.

use sarai_types::Notice;

/// The most combinations that are tried.
const COMBINATIONS_MAX: usize = 16;

/// One path through the things that words may mean.
#[derive(Debug, Default)]
pub(crate) struct Picks {
    /// The answers of this path, each out of how many.
    path: Vec<(usize, usize)>,
    asked: usize,
    /// What was asked first.
    what: Option<Notice>,
}

impl Picks {
    /// Which of `count` meanings to take.
    pub(crate) fn choose(&mut self, count: usize, what: impl FnOnce() -> Notice) -> usize {
        let what_now = what();
        self.what.get_or_insert(what_now);
        let at = self.asked;
        self.asked += 1;
        match self.path.get(at) {
            Some((pick, _)) => *pick,
            None => {
                self.path.push((0, count.max(1)));
                0
            }
        }
    }

    /// Notes that the only meaning is a guess, and has to be asked about.
    pub(crate) fn guess(&mut self, what: impl FnOnce() -> Notice) {
        self.choose(1, what);
    }

    /// The path after this one, if there is one.
    fn next(mut self) -> Option<Self> {
        self.path.truncate(self.asked);
        while let Some((pick, count)) = self.path.pop() {
            if pick + 1 < count {
                self.path.push((pick + 1, count));
                return Some(Self { path: self.path, asked: 0, what: None });
            }
        }
        None
    }
}

/// What was built along all paths.
#[derive(Debug)]
pub(crate) struct Explored<T, E> {
    /// The different results, in the order of the answers.
    pub(crate) results: Vec<T>,
    /// The last failure.
    pub(crate) failure: Option<E>,
    /// What was ambiguous, if anything was.
    pub(crate) what: Option<Notice>,
    /// Whether some path was only a guess, so that even one result is asked about.
    pub(crate) guessed: Guessed,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Guessed {
    Yes,
    No,
}

/// Builds along every path.
pub(crate) fn explore<T: PartialEq, E>(mut build: impl FnMut(&mut Picks) -> Result<T, E>) -> Explored<T, E> {
    let mut explored = Explored { results: Vec::new(), failure: None, what: None, guessed: Guessed::No };
    let mut path = Some(Picks::default());
    for _ in 0..COMBINATIONS_MAX {
        let Some(mut picks) = path else { break };
        match build(&mut picks) {
            Ok(result) if explored.results.contains(&result) => {}
            Ok(result) => explored.results.push(result),
            Err(failure) => explored.failure = Some(failure),
        }
        if picks.path.iter().take(picks.asked).any(|(_, count)| *count == 1) {
            explored.guessed = Guessed::Yes;
        }
        if explored.what.is_none() {
            explored.what.clone_from(&picks.what);
        }
        path = picks.next();
    }
    explored
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_combinations_are_built() {
        let explored = explore(|picks| {
            let first = picks.choose(2, || Notice::new("a"));
            let second = if first == 1 { picks.choose(3, || Notice::new("b")) } else { 0 };
            if (first, second) == (1, 1) { Err("no") } else { Ok((first, second)) }
        });
        assert_eq!(explored.results, [(0, 0), (1, 0), (1, 2)]);
        assert_eq!(explored.failure, Some("no"));
        assert_eq!(explored.what.map(|what| what.id), Some("a"));
    }
}
