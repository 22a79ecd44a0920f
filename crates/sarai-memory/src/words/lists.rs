//! Lists of words by name, from `lists.txt`.

use std::collections::HashSet;
use std::ops::Deref;
use std::sync::LazyLock;

/// One list.
#[derive(Debug)]
pub(crate) struct List {
    words: Vec<&'static str>,
    set: HashSet<&'static str>,
    /// The first words of its phrases.
    openings: HashSet<&'static str>,
    /// Words of its longest phrase.
    words_max: usize,
}

impl List {
    fn read(name: &str) -> Self {
        let text = include_str!("lists.txt");
        let body = text.split("\n\n").find_map(|entry| entry.trim_start().strip_prefix(name)?.strip_prefix(':'));
        let words: Vec<&'static str> =
            body.unwrap_or_default().split('|').map(str::trim).filter(|word| !word.is_empty()).collect();
        Self {
            set: words.iter().copied().collect(),
            openings: words.iter().filter_map(|phrase| phrase.split(' ').next()).collect(),
            words_max: words.iter().map(|phrase| phrase.split(' ').count()).max().unwrap_or_default(),
            words,
        }
    }

    /// Whether the word is in the list.
    pub(crate) fn contains(&self, word: &&str) -> bool {
        self.set.contains(word)
    }

    /// How many of the words the longest phrase takes that they begin with.
    pub(crate) fn longest<'t>(&self, words: impl IntoIterator<Item = &'t str>) -> Option<usize> {
        let mut words = words.into_iter();
        let mut phrase = words.next().filter(|first| self.openings.contains(first))?.to_owned();
        let mut longest = self.set.contains(phrase.as_str()).then_some(1);
        for (count, word) in (2..=self.words_max).zip(words) {
            phrase.push(' ');
            phrase.push_str(word);
            if self.set.contains(phrase.as_str()) {
                longest = Some(count);
            }
        }
        longest
    }
}

impl Deref for List {
    type Target = [&'static str];

    fn deref(&self) -> &[&'static str] {
        &self.words
    }
}

macro_rules! lists {
    ($($(#[$doc:meta])* $name:ident)+) => {
        $($(#[$doc])* pub(crate) static $name: LazyLock<List> = LazyLock::new(|| List::read(stringify!($name)));)+

        #[cfg(test)]
        fn all() -> Vec<(&'static str, &'static List)> {
            vec![$((stringify!($name), &*$name)),+]
        }
    };
}

lists! {
    /// Verbs whose «que» reports what somebody says or thinks.
    REPORTING
    /// What the owner says of their own saying: «ya te dije que…», "remember that".
    VOUCHING
    /// Words before a subject that do not change who it is.
    BEFORE_SUBJECT
    FORGET
    /// Politeness before the verb.
    BEFORE
    /// What is thrown into an order to forget and changes nothing: «por favor», "from your memory".
    ASIDES
    /// What may stand before a verb of keeping in an order not to: «no hace falta que», "I would rather you did".
    SCAFFOLD
    /// Verbs of keeping that no order not to keep uses for anything else.
    REMEMBERING
    /// Verbs of keeping that are used for other things too.
    KEEPING
    /// An order at the end, whose object stands before it: «eso de Sonia bórralo».
    FORGET_IT
    /// Words of a request to forget that say nothing of what.
    NO_TOPIC
    /// Words that may stand beside «todo» when all of the memory is meant.
    EVERYTHING
    /// Words of what is over by tomorrow.
    EPHEMERAL
    /// Verbs of wanting and thinking, which tell of the moment.
    NO_TALES
    /// Verbs that tell nothing of what somebody does or has, whoever it is.
    THINKING
    /// What opens something that was said: «lo de…», "what I said about".
    SAID_OF
    /// What calls it untrue.
    UNTRUE
    /// What takes something back that stands behind it: "I was pulling your leg about".
    TAKING_BACK
    /// Openings of a correction, longest first.
    MARKERS
    /// What may stand between the marker and the value.
    FILLERS
    /// Words that open a command about a text; everything in the message is then material.
    REWRITERS
    /// Words that open something made up; what follows is material.
    MAKERS
    /// What may stand before a command.
    POLITE
    /// Openings after which nothing is certain.
    DOUBTS
    SUPPOSITIONS
    JOKES
    /// Openings of what others say.
    HEARSAY
    /// Openings of what others have told the owner; what follows may be about the owner.
    TOLD_ON
    /// «Si» that supposes nothing.
    HARMLESS_IF
    /// Between the parts of a group, or between a group and what follows; they change nothing.
    ADVERBS
    /// No finite verb stands right behind these.
    BEFORE_NOUNS
    /// Words between a relation and a name that say nothing here.
    ADJECTIVES
    /// Words that begin with a capital only because they begin a sentence, or are names of something else.
    NO_NAMES
    /// Words that end a phrase.
    PHRASE_ENDS
    /// What nobody likes or owns for longer than a conversation.
    PASSING
    DETERMINERS
    /// Kinds of places that say where less well than the name behind them.
    KINDS_OF_PLACE
    ORGANISATIONS
    NO_ORGANISATIONS
    NO_PLACES
    CAR_BRANDS
    MOTORBIKE_BRANDS
    BICYCLE_BRANDS
    PHONE_BRANDS
    COMPUTER_BRANDS
    DEVICE_BRANDS
    /// What stands before the place of a thing.
    SPOTS
    STREETS
    /// Relatives of whom there is one at a time.
    UNIQUE
    /// Verbs of setting an appointment for another time.
    MOVING
    /// Verbs of setting it for none.
    CANCELLING
    /// What calls a thing that of before.
    FORMER
    /// What calls a thing that which takes the place of the last.
    NEXT
    FUNCTION
    /// Words before a full stop that do not end a sentence.
    ABBREVIATIONS
    ARTICLES
    /// Women's names that do not end in -a.
    WOMENS_NAMES
    /// Verbs that make no routine, whatever time they come with.
    NO_ROUTINES
    /// Stretches of time that come again.
    PERIODS
    /// Words that ask for anything of a kind: «¿tengo alguna alergia?».
    GENERAL_WORDS
    /// Words of any question, whatever it is after.
    ANY_QUESTION
    /// Parts of a text or a computer, which somebody wants deleted there and not here.
    TEXT_PARTS
    /// What belongs to the conversation alone: «olvida todo lo anterior».
    CONVERSATION
    /// What a relative or an animal is like, between noun and name.
    DESCRIPTIONS
    /// What stands between a number and a relative or animal.
    BEFORE_NOUN_ADJECTIVES
    /// What announces that something is told.
    OPENERS
    /// What says that the rest is not so.
    DENIALS
    /// What asks for something to be done.
    REQUESTS
    /// To whom one turns, of each there is one: ids of relations.
    PROFESSIONALS
    /// What is made up, and who is in it.
    STORIES
    /// Whose word on health counts as the owner's.
    DOCTORS
    /// Breeds that tell the animal.
    DOGS
    /// Words of a question about any appointment or routine.
    AGENDA_WORDS
    /// Men's names that do.
    MENS_NAMES
    /// Openings behind which the owner says who they are, in fragments.
    INTRODUCTIONS
    /// Words that make a number or an address somebody's.
    CONTACT_WORDS
    /// Verbs that tell no habit from another, as they are in the tables.
    COMMON_VERBS
    /// Words that are forms of verbs too, and hardly ever meant so.
    SELDOM_VERBS
    /// Nouns that tell no appointment and no habit from another.
    UNTELLING
    /// What ends like a trade and is none.
    NO_JOBS
    /// Things of a computer or a text, which no household keeps.
    NO_THINGS
    /// What a number is of that calls nobody.
    NOT_PHONES
    /// Furniture, rooms and vessels: where a household keeps its things.
    HOUSEHOLD
    /// What is thrown into a question and asks for nothing: «oye», "on earth".
    QUESTION_CALLS
    /// What a question hangs under: «¿te acuerdas de…?», "can you remind me…".
    QUESTION_FRAMES
    /// The same, where it speaks of what was told: «te dije que», "did I say".
    QUESTION_TOLD
    /// Words that say nothing of what a question is after.
    QUESTION_EMPTY
    /// Nouns that name something worth noting, whoever's it is: «el código del portal».
    LABELS
    /// Nouns that name nothing worth noting, though somebody calls it theirs: "my point".
    NO_LABELS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_list_is_there_and_folded() {
        for (name, list) in all() {
            assert!(!list.is_empty(), "{name}");
            // Verbs are named by their infinitive, as it is written.
            for word in list.iter().filter(|_| !["REPORTING", "COMMON_VERBS", "THINKING", "NO_TALES"].contains(&name)) {
                assert_eq!(*word, crate::text::fold(word), "{name}");
            }
        }
    }
}
