//! What is remembered: facts, whom they are about, and where they come from.

use std::fmt;

use sarai_types::Language;

use crate::time::{Date, Moment, PartialDate};

/// Declares the closed list of predicates, each with its name in stores and files and how many values it has at once.
macro_rules! predicates {
    ($($(#[$doc:meta])* $variant:ident = $name:literal $arity:ident,)+) => {
        /// What a fact says of its subject. The name of a predicate belongs to no language.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Predicate { $($(#[$doc])* $variant,)+ }

        impl Predicate {
            pub const ALL: &[Self] = &[$(Self::$variant,)+];

            /// As it is written in stores and files.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }

            #[must_use]
            pub const fn arity(self) -> Arity {
                match self { $(Self::$variant => Arity::$arity,)+ }
            }

            #[must_use]
            pub fn from_name(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|predicate| predicate.name() == name)
            }
        }
    };
}

predicates! {
    Name = "name" One,
    Surname = "surname" One,
    Nickname = "nickname" Many,
    Age = "age" One,
    Birthday = "birthday" One,
    Birthplace = "birthplace" One,
    Died = "died" One,
    LivesIn = "lives_in" One,
    /// The object is a person, or how the owner calls the company they live in.
    LivesWith = "lives_with" Many,
    Address = "address" One,
    /// Where somebody comes from.
    Origin = "origin" One,
    Nationality = "nationality" Many,
    WorksAt = "works_at" One,
    Role = "role" One,
    Studies = "studies" Many,
    StudiesAt = "studies_at" One,
    /// The kind says which relation; the object is the relative.
    Relative = "relative" Many,
    MaritalStatus = "marital_status" One,
    Wedding = "wedding" One,
    Anniversary = "anniversary" One,
    /// The kind says which animal; the object is the animal.
    Pet = "pet" Many,
    Breed = "breed" One,
    /// How many of a kind somebody has.
    Count = "count" One,
    Owns = "owns" Many,
    Plate = "plate" One,
    Likes = "likes" Many,
    Dislikes = "dislikes" Many,
    /// The kind says of what.
    Favourite = "favourite" One,
    Hobby = "hobby" Many,
    Plays = "plays" Many,
    Collects = "collects" Many,
    Team = "team" One,
    Speaks = "speaks" Many,
    Learning = "learning" Many,
    AllergicTo = "allergic_to" Many,
    Diet = "diet" Many,
    /// What somebody does not eat or drink.
    Avoids = "avoids" Many,
    Health = "health" Many,
    Medication = "medication" Many,
    BloodType = "blood_type" One,
    Height = "height" One,
    Weight = "weight" One,
    ShoeSize = "shoe_size" One,
    ClothesSize = "clothes_size" One,
    Trait = "trait" Many,
    Religion = "religion" One,
    Zodiac = "zodiac" One,
    Pronouns = "pronouns" One,
    Phone = "phone" One,
    Email = "email" One,
    Routine = "routine" Many,
    Habit = "habit" Many,
    Goal = "goal" Many,
    Appointment = "appointment" Many,
    Trip = "trip" Many,
    /// Where a thing is kept; the subject is the thing.
    KeptIn = "kept_in" One,
    /// What the owner asked to be remembered and no other predicate says.
    Note = "note" Many,
}

/// How many values of a predicate hold at one time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arity {
    /// A new value closes the one before.
    One,
    Many,
}

impl fmt::Display for Predicate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident)+) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub u64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    )+};
}

ids! {
    /// A fact, by the order in which it was stored.
    FactId
    /// A person, an animal or a thing.
    EntityId
    /// A message of the owner, kept word by word.
    EpisodeId
}

impl EntityId {
    /// The person whose memory this is.
    pub const OWNER: Self = Self(1);
}

/// The kind of a number or an address that is the one at work.
pub(crate) const WORK: &str = "work";
/// The keys of living without company, as [`Predicate::LivesWith`] has them.
pub(crate) const ALONE: &[&str] = &["solo", "sola", "alone"];

/// What an entity is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EntityKind {
    Person,
    Animal,
    Thing,
}

impl EntityKind {
    pub const ALL: [Self; 3] = [Self::Person, Self::Animal, Self::Thing];

    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Animal => "animal",
            Self::Thing => "thing",
        }
    }

    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// Somebody or something that facts are about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entity {
    pub id: EntityId,
    pub kind: EntityKind,
    /// As they were said; the first is shown. Empty for «mi hermana» whose name nobody has said.
    pub names: Vec<String>,
}

/// The other end of a fact.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Value {
    /// As it was said.
    pub text: String,
    /// What it is compared by, in no language: `c:coffee`, `1990-05-03`, `--05-03`, `34`.
    pub key: String,
    /// Set where the object is somebody.
    pub entity: Option<EntityId>,
}

/// Where a fact comes from, in falling order of trust.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Source {
    /// The owner said it in a conversation.
    Said,
    /// The owner typed it into a form or a command.
    Entered,
    /// The owner took over a suggestion.
    Accepted,
    /// It stood in a file that the owner imported.
    Imported,
    /// A model read it in the owner's own words, and the checks let it pass.
    Proposed,
}

impl Source {
    pub const ALL: [Self; 5] = [Self::Said, Self::Entered, Self::Accepted, Self::Imported, Self::Proposed];

    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Said => "said",
            Self::Entered => "entered",
            Self::Accepted => "accepted",
            Self::Imported => "imported",
            Self::Proposed => "proposed",
        }
    }

    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|source| source.name() == name)
    }

    /// How sure a fact from there is, in per cent, if nothing else speaks for or against it.
    #[must_use]
    pub const fn confidence(self) -> u8 {
        match self {
            Self::Entered => 100,
            Self::Said => 95,
            Self::Accepted => 90,
            Self::Imported => 80,
            Self::Proposed => 60,
        }
    }
}

/// The words that say it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Evidence {
    pub episode: Option<EpisodeId>,
    /// The sentence, word by word.
    pub sentence: String,
    /// Where the words of this fact stand, in bytes of the message.
    pub span: (usize, usize),
}

/// One fact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    pub id: FactId,
    pub subject: EntityId,
    pub predicate: Predicate,
    /// Which relation, animal, favourite; empty for most predicates.
    pub kind: String,
    pub object: Value,
    /// Since when it holds; none is unknown.
    pub from: Option<PartialDate>,
    /// Until when it held or will hold; none means that it still holds.
    pub to: Option<PartialDate>,
    pub recorded: Moment,
    /// When it turned out never to have been true.
    pub retracted: Option<Moment>,
    pub source: Source,
    /// In per cent.
    pub confidence: u8,
    pub language: Language,
    pub evidence: Evidence,
}

impl Fact {
    /// Whether it holds on this day. A day within the month in which something began or ended counts to it.
    #[must_use]
    pub fn holds_on(&self, day: Date) -> bool {
        self.retracted.is_none()
            && self.from.is_none_or(|from| from.first() <= day)
            && self.to.is_none_or(|to| to.last() >= day)
    }

    /// Whether it holds now: begun, and with no end behind it. What happens on a day counts until that is over.
    #[must_use]
    pub fn is_current(&self, today: Date) -> bool {
        if self.is_event() {
            return self.retracted.is_none() && self.to.or(self.from).is_none_or(|day| day.last() >= today);
        }
        self.retracted.is_none()
            && self.from.is_none_or(|from| from.first() <= today)
            && self.to.is_none_or(|to| to.last() > today)
    }

    /// Facts that happen on a day instead of holding for a while.
    #[must_use]
    pub const fn is_event(&self) -> bool {
        matches!(self.predicate, Predicate::Appointment | Predicate::Trip)
    }

    /// The verb of the triple: `relative:sister`, `favourite:colour`, `lives_in`.
    #[must_use]
    pub fn verb(&self) -> String {
        verb(self.predicate, &self.kind)
    }
}

/// The verb of a triple, from a predicate and its kind.
#[must_use]
pub fn verb(predicate: Predicate, kind: &str) -> String {
    if kind.is_empty() { predicate.name().to_owned() } else { format!("{}:{kind}", predicate.name()) }
}

/// A message of the owner, word by word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Episode {
    pub id: EpisodeId,
    pub text: String,
    pub language: Language,
    pub recorded: Moment,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_found() {
        for predicate in Predicate::ALL {
            assert_eq!(Predicate::from_name(predicate.name()), Some(*predicate));
        }
        assert_eq!(Predicate::from_name("drop table"), None);
    }
}
