//! Decides, one character at a time, whether a text is still on its way to being calls.
//!
//! [`BodyScan`] follows `{"name": …, "arguments": {…}}`, or a list of such objects, just closely enough to fail at the
//! first character that rules a call out: a third key, a name that was not offered, arguments that are a number. What
//! stands inside the arguments is only skipped; whoever reads the complete source judges it.

use std::ops::Range;

/// What a character changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// Still possible, not complete.
    More,
    /// Complete with this character.
    Complete,
    /// Not a call, because of this character.
    Fail,
}

#[derive(Debug)]
pub(super) struct BodyScan {
    expect: Expect,
    shape: Shape,
    /// Where the next character stands in the source, in bytes, and where the object under way began.
    at: usize,
    start: usize,
    objects: Vec<Range<usize>>,
    /// The key or the name under way.
    word: String,
    named: bool,
    argued: bool,
    /// Open brackets in the arguments.
    depth: usize,
    quote: Quote,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    Object,
    List,
}

/// What may come next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Expect {
    ObjectOrList,
    Object,
    OpenKey,
    Key,
    Colon(Field),
    Value(Field),
    Name,
    Arguments,
    CommaOrBrace,
    CommaOrBracket,
    Nothing,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Field {
    Name,
    Arguments,
}

/// Where the arguments stand with regard to strings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Quote {
    Outside,
    Inside,
    Escaped,
}

const KEYS: [(&str, Field); 3] =
    [("name", Field::Name), ("arguments", Field::Arguments), ("parameters", Field::Arguments)];

impl BodyScan {
    /// `at` is where the first character stands in the source, in bytes.
    pub(super) const fn new(at: usize) -> Self {
        Self {
            expect: Expect::ObjectOrList,
            shape: Shape::Object,
            at,
            start: at,
            objects: Vec::new(),
            word: String::new(),
            named: false,
            argued: false,
            depth: 0,
            quote: Quote::Outside,
        }
    }

    /// Where the objects stand in the source, in bytes.
    pub(super) fn objects(&self) -> &[Range<usize>] {
        &self.objects
    }

    /// Takes the next character. Nothing may be taken after [`Step::Complete`] or [`Step::Fail`].
    pub(super) fn step(&mut self, c: char, names: &[String]) -> Step {
        let at = self.at;
        self.at += c.len_utf8();
        let next = match self.expect {
            Expect::Key => self.key(c),
            Expect::Name => self.name(c, names),
            Expect::Arguments => self.arguments(c),
            between if matches!(c, ' ' | '\t' | '\n' | '\r') => Some(between),
            Expect::ObjectOrList | Expect::Object if c == '{' => Some(self.begin(at)),
            Expect::ObjectOrList if c == '[' => {
                self.shape = Shape::List;
                Some(Expect::Object)
            }
            Expect::OpenKey if c == '"' => Some(Expect::Key),
            Expect::Colon(field) if c == ':' => Some(Expect::Value(field)),
            Expect::Value(Field::Name) if c == '"' => Some(Expect::Name),
            Expect::Value(Field::Arguments) if matches!(c, '"' | '{') => self.arguments(c),
            Expect::CommaOrBrace if c == ',' && !(self.named && self.argued) => Some(Expect::OpenKey),
            Expect::CommaOrBrace if c == '}' && self.named && self.argued => Some(self.end()),
            Expect::CommaOrBracket if c == ',' => Some(Expect::Object),
            Expect::CommaOrBracket if c == ']' => Some(Expect::Nothing),
            _ => None,
        };
        match next {
            None => Step::Fail,
            Some(Expect::Nothing) => Step::Complete,
            Some(next) => {
                self.expect = next;
                Step::More
            }
        }
    }

    fn begin(&mut self, at: usize) -> Expect {
        self.start = at;
        self.named = false;
        self.argued = false;
        Expect::OpenKey
    }

    fn end(&mut self) -> Expect {
        self.objects.push(self.start..self.at);
        match self.shape {
            Shape::Object => Expect::Nothing,
            Shape::List => Expect::CommaOrBracket,
        }
    }

    fn key(&mut self, c: char) -> Option<Expect> {
        let mut missing = KEYS.iter().filter(|(_, field)| match field {
            Field::Name => !self.named,
            Field::Arguments => !self.argued,
        });
        if c == '"' {
            let (_, field) = missing.find(|(key, _)| *key == self.word)?;
            self.word.clear();
            return Some(Expect::Colon(*field));
        }
        self.word.push(c);
        missing.any(|(key, _)| key.starts_with(&self.word)).then_some(Expect::Key)
    }

    /// Offered names are compared as they stand, so a name written with escapes is not one of them.
    fn name(&mut self, c: char, names: &[String]) -> Option<Expect> {
        if c == '"' {
            self.named = names.contains(&self.word);
            self.word.clear();
            return self.named.then_some(Expect::CommaOrBrace);
        }
        self.word.push(c);
        names.iter().any(|name| name.starts_with(&self.word)).then_some(Expect::Name)
    }

    /// An object, or a string that holds one: until all brackets and the string are closed.
    fn arguments(&mut self, c: char) -> Option<Expect> {
        match (self.quote, c) {
            (Quote::Escaped, _) => self.quote = Quote::Inside,
            (Quote::Inside, '\\') => self.quote = Quote::Escaped,
            (Quote::Inside, '"') => self.quote = Quote::Outside,
            // JSON has no raw control characters in strings. Failing here lets a missing quote end with its line.
            (Quote::Inside, c) if c < ' ' => return None,
            (Quote::Inside, _) => {}
            (Quote::Outside, '"') => self.quote = Quote::Inside,
            (Quote::Outside, '{' | '[') => self.depth += 1,
            (Quote::Outside, '}' | ']') => self.depth -= 1,
            (Quote::Outside, _) => {}
        }
        self.argued = self.depth == 0 && self.quote == Quote::Outside;
        Some(if self.argued { Expect::CommaOrBrace } else { Expect::Arguments })
    }
}
