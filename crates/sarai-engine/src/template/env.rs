//! The Jinja that chat templates are written for: the one that Hugging Face's `transformers` sets up, with its options,
//! filters and functions, so that a template behaves here as it did for its author.

use std::borrow::Cow;
use std::io;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::Kwargs;
use minijinja::{Environment, Error, ErrorKind, Value};
use minijinja_contrib::pycompat::unknown_method_callback;
use sarai_types::Language;
use serde_json::ser::{CompactFormatter, Formatter, PrettyFormatter, Serializer};

use super::FUEL;

/// A date and a time of day where the person is. What is out of its range is shown as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LocalTime {
    pub year: i32,
    /// 1 to 12.
    pub month: u8,
    /// 1 to 31.
    pub day: u8,
    /// 0 to 23.
    pub hour: u8,
    /// 0 to 59.
    pub minute: u8,
    /// 0 to 60.
    pub second: u8,
}

/// What `raise_exception` said.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct Raised(pub(super) String);

/// An environment that holds the one template.
pub(super) fn build(name: &'static str, source: &str) -> Result<Environment<'static>, Error> {
    let mut env = Environment::new();
    env.set_syntax(SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build()?);
    env.set_fuel(Some(FUEL));
    env.set_unknown_method_callback(unknown_method_callback);
    env.add_filter("tojson", to_json);
    env.add_function("raise_exception", |message: String| -> Result<Value, Error> {
        Err(Error::new(ErrorKind::InvalidOperation, "raised by the template").with_source(Raised(message)))
    });
    env.add_template_owned(name, without_generation_tags(source).into_owned())?;
    Ok(env)
}

/// Some templates put `{% generation %}` around what a model learns from when it is trained. Here it does nothing.
fn without_generation_tags(source: &str) -> Cow<'_, str> {
    if !source.contains("endgeneration") {
        return Cow::Borrowed(source);
    }
    let mut out = String::with_capacity(source.len());
    let mut rest = source;
    while let Some((before, after)) = rest.split_once("{%") {
        out.push_str(before);
        out.push_str("{%");
        let Some((tag, after)) = after.split_once("%}") else {
            rest = after;
            break;
        };
        match tag.trim_matches(['-', '+', ' ', '\n']) {
            "generation" => out.push_str(&tag.replace("generation", "if true")),
            "endgeneration" => out.push_str(&tag.replace("endgeneration", "endif")),
            _ => out.push_str(tag),
        }
        out.push_str("%}");
        rest = after;
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// Python's `json.dumps(value, ensure_ascii=False)`: unlike Jinja's own filter it escapes nothing for HTML, and it has
/// a space after its separators. Models were trained on exactly that.
fn to_json(value: &Value, kwargs: Kwargs) -> Result<String, Error> {
    let indent: Option<usize> = kwargs.get("indent")?;
    let separators: Option<Vec<String>> = kwargs.get("separators")?;
    // Text is never escaped to ASCII here, and keys keep the order in which they came.
    let _: (Option<bool>, Option<bool>) = (kwargs.get("ensure_ascii")?, kwargs.get("sort_keys")?);
    kwargs.assert_all_used()?;
    match (indent, separators.as_deref()) {
        (Some(indent), _) => write_json(value, PrettyFormatter::with_indent(" ".repeat(indent.min(16)).as_bytes())),
        (None, Some([item, key])) if item == "," && key == ":" => write_json(value, CompactFormatter),
        (None, _) => write_json(value, Spaced),
    }
}

fn write_json(value: &Value, formatter: impl Formatter) -> Result<String, Error> {
    let failed = |message: String| Error::new(ErrorKind::BadSerialization, message);
    let mut bytes = Vec::new();
    let mut serializer = Serializer::with_formatter(&mut bytes, formatter);
    serde::Serialize::serialize(value, &mut serializer).map_err(|error| failed(error.to_string()))?;
    String::from_utf8(bytes).map_err(|error| failed(error.to_string()))
}

/// `{"a": 1, "b": [2, 3]}`.
struct Spaced;

impl Spaced {
    fn separate<W: ?Sized + io::Write>(writer: &mut W, first: bool) -> io::Result<()> {
        if first { Ok(()) } else { writer.write_all(b", ") }
    }
}

impl Formatter for Spaced {
    fn begin_array_value<W: ?Sized + io::Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        Self::separate(writer, first)
    }

    fn begin_object_key<W: ?Sized + io::Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        Self::separate(writer, first)
    }

    fn begin_object_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        writer.write_all(b": ")
    }
}

/// The function that templates call for the date.
pub(super) fn strftime_now(now: LocalTime) -> Value {
    Value::from_function(move |format: String| strftime(now, &format))
}

const DAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

/// C's `strftime` in English, for the directives that templates use.
fn strftime(now: LocalTime, format: &str) -> Result<String, Error> {
    let LocalTime { year, month, day, hour, minute, second } = now;
    let month_name = Language::English.months().get(usize::from(month).wrapping_sub(1)).copied().unwrap_or("?");
    let day_name = DAYS[weekday(now)];
    let mut out = String::new();
    let mut chars = format.chars();
    while let Some(c) = chars.next() {
        if c != '%' {
            out.push(c);
            continue;
        }
        out += &match chars.next() {
            Some('Y') => year.to_string(),
            Some('y') => format!("{:02}", year.rem_euclid(100)),
            Some('m') => format!("{month:02}"),
            Some('B') => month_name.to_owned(),
            Some('b') => month_name.chars().take(3).collect(),
            Some('d') => format!("{day:02}"),
            Some('e') => format!("{day:2}"),
            Some('A') => day_name.to_owned(),
            Some('a') => day_name.chars().take(3).collect(),
            Some('H') => format!("{hour:02}"),
            Some('M') => format!("{minute:02}"),
            Some('S') => format!("{second:02}"),
            Some('%') => "%".to_owned(),
            other => {
                let directive = other.map_or_else(String::new, String::from);
                return Err(Error::new(ErrorKind::InvalidOperation, format!("strftime: unknown %{directive}")));
            }
        };
    }
    Ok(out)
}

/// 0 for Sunday. Method: Sakamoto, comp.lang.c, 1992.
fn weekday(LocalTime { year, month, day, .. }: LocalTime) -> usize {
    const OFFSETS: [i64; 12] = [0, 3, 2, 5, 0, 3, 5, 1, 4, 6, 2, 4];
    let year = i64::from(year) - i64::from(month < 3);
    let offset = OFFSETS.get(usize::from(month).wrapping_sub(1)).copied().unwrap_or(0);
    let days = year + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400) + offset + i64::from(day);
    usize::try_from(days.rem_euclid(7)).unwrap_or(0)
}
