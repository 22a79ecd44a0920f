//! Turns Markdown that a model wrote into HTML that is safe to put into the page.
//!
//! Two walls, neither of which trusts the other: the parser's events are filtered before any HTML exists (raw HTML
//! becomes text, images become links, links keep three schemes), and what comes out is cleaned again by an allow-list
//! of tags and attributes. Pure: text in, HTML out.
//!
//! # Key types
//! - [`blocks`]: a whole text as top-level blocks, each an HTML fragment of its own.
//! - [`Canvas`]: the same for a text that still grows; it tells only what changed.
//!
//! # Usage
//! Keep one [`Canvas`] for each answer; call [`Canvas::grow`] now and then while the text grows, [`Canvas::finish`]
//! once at its end. Whoever applies every update in order holds exactly [`blocks`] of the whole text.
//!
//! It never emits a script, a style, an image, a form or a relative link, and it never recurses on its input.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use ammonia::{Builder, UrlRelative};
use pulldown_cmark::{
    Alignment, CodeBlockKind, CowStr, Event, HeadingLevel, LinkType, Options, Parser, Tag, TagEnd, html,
};
use serde::Serialize;

/// The longest text that is read as Markdown, in bytes. What comes after it is shown as it was written.
pub(super) const MARKDOWN_BYTES_MAX: usize = 128 << 10;

/// The largest block, in bytes of HTML. A table can blow up a short text into a long page; such a block is shown as
/// it was written.
const BLOCK_HTML_BYTES_MAX: usize = 256 << 10;

/// How many escaped characters (`&lt;`) the cleaner gets in one block: its time grows with the square of them. A block
/// with more is shown as it was written, too.
const BLOCK_ESCAPES_MAX: usize = 2048;

/// How deep quotations, lists and emphasis nest. Deeper ones keep their text and lose their frame; a browser and an
/// HTML parser both slow down with the square of the depth.
const NESTING_MAX: usize = 24;

/// The longest name of a programming language that a code block keeps, in bytes.
const LANGUAGE_BYTES_MAX: usize = 24;

/// A block that is new or has changed. An empty `html` means that the block is gone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct BlockUpdate {
    /// Counted from 0, from the top of the answer.
    pub index: usize,
    pub html: String,
}

/// What of a growing text has been told already.
#[derive(Debug, Default)]
pub(super) struct Canvas {
    /// The blocks before cleaning: they are compared first, so that only changed ones pay for the cleaning.
    drawn: Vec<Raw>,
}

impl Canvas {
    /// What changed, for a text that will go on. A last line of nothing but markers is left out: a lone `-` under a
    /// paragraph would make a heading of it until the next letter makes it a list, a `2` would end an item's text.
    pub(super) fn grow(&mut self, text: &str) -> Vec<BlockUpdate> {
        let line_start = text.rfind('\n').map_or(0, |at| at + 1);
        let undecided = text[line_start..].chars().all(|c| "-=*_`~#>+|:.) \t0123456789".contains(c));
        self.draw(if undecided { &text[..line_start] } else { text })
    }

    /// What changed, for the text at its end.
    pub(super) fn finish(&mut self, text: &str) -> Vec<BlockUpdate> {
        self.draw(text)
    }

    fn draw(&mut self, text: &str) -> Vec<BlockUpdate> {
        let mut blocks = raw_blocks(text);
        // A block can also vanish: `[a]:` is a paragraph until its address makes it a definition.
        blocks.resize(blocks.len().max(self.drawn.len()), Raw::AsWritten(String::new()));
        let mut updates = Vec::new();
        for (index, raw) in blocks.iter().enumerate() {
            if self.drawn.get(index) != Some(raw) {
                updates.push(BlockUpdate { index, html: raw.clean() });
            }
        }
        self.drawn = blocks;
        updates
    }
}

/// A whole text as top-level blocks of safe HTML, in order.
pub(super) fn blocks(text: &str) -> Vec<String> {
    raw_blocks(text).iter().map(Raw::clean).collect()
}

/// A block after the first wall and before the second.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Raw {
    Markdown(String),
    /// Text in a frame, all of it escaped here: the second wall has nothing to find in it.
    AsWritten(String),
}

impl Raw {
    /// The HTML of a block, or its source if that HTML would be too much.
    fn new(html: String, source: &str) -> Self {
        let escapes = html.bytes().filter(|b| *b == b'&').count();
        if html.len() > BLOCK_HTML_BYTES_MAX || escapes > BLOCK_ESCAPES_MAX {
            return Self::as_written(source);
        }
        Self::Markdown(html)
    }

    fn as_written(source: &str) -> Self {
        let mut html = String::new();
        let text = Event::Text(CowStr::Borrowed(source));
        let block = [Event::Start(Tag::CodeBlock(CodeBlockKind::Indented)), text, Event::End(TagEnd::CodeBlock)];
        html::push_html(&mut html, block.into_iter());
        Self::AsWritten(html)
    }

    fn clean(&self) -> String {
        match self {
            Self::Markdown(html) => clean(html),
            Self::AsWritten(html) => html.clone(),
        }
    }
}

fn raw_blocks(text: &str) -> Vec<Raw> {
    let (markdown, rest) = text.split_at(text.floor_char_boundary(MARKDOWN_BYTES_MAX));
    let mut blocks = Vec::new();
    let mut filter = Filter::default();
    let mut events = Vec::new();
    let mut depth = 0_usize;
    let mut block_start = 0;
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS;
    for (event, source) in Parser::new_ext(markdown, options).into_offset_iter() {
        match event {
            Event::Start(_) => {
                if depth == 0 {
                    block_start = source.start;
                }
                depth += 1;
            }
            Event::End(_) => depth -= 1,
            Event::Text(_)
            | Event::Code(_)
            | Event::InlineMath(_)
            | Event::DisplayMath(_)
            | Event::Html(_)
            | Event::InlineHtml(_)
            | Event::FootnoteReference(_)
            | Event::SoftBreak
            | Event::HardBreak
            | Event::Rule
            | Event::TaskListMarker(_) => {}
        }
        events.extend(filter.pass(event));
        if depth == 0 {
            let mut html = String::new();
            html::push_html(&mut html, events.drain(..));
            blocks.push(Raw::new(html, &markdown[block_start..source.end]));
        }
    }
    if !rest.is_empty() {
        blocks.push(Raw::as_written(rest));
    }
    blocks
}

/// The first wall: what of the parser's events may become HTML.
#[derive(Debug, Default)]
struct Filter {
    /// For each open tag whether it was let through, so that its end shares its fate.
    open: Vec<Passage>,
    /// Whether a link is open; links do not nest in HTML.
    link: Option<usize>,
    table: Table,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Passage {
    Kept,
    Dropped,
}

/// Where in a table the cells are. Cells are written here because the library would write inline styles, which the
/// page's content security policy refuses.
#[derive(Debug, Default)]
struct Table {
    alignments: Vec<Alignment>,
    column: usize,
    cell: Cell,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Cell {
    Head,
    #[default]
    Body,
}

impl Filter {
    fn pass<'a>(&mut self, event: Event<'a>) -> Option<Event<'a>> {
        match event {
            Event::Start(tag) => {
                let passed = if self.open.len() < NESTING_MAX { self.start(tag) } else { None };
                self.open.push(if passed.is_some() { Passage::Kept } else { Passage::Dropped });
                passed
            }
            Event::End(tag) => {
                let passage = self.open.pop();
                if self.link == Some(self.open.len()) {
                    self.link = None;
                }
                if passage == Some(Passage::Kept) { Some(self.end(tag)) } else { None }
            }
            // Models use the line break tag inside table cells, where Markdown has no way to say it.
            Event::InlineHtml(tag) if is_line_break(&tag) => Some(Event::HardBreak),
            Event::Html(raw) | Event::InlineHtml(raw) => Some(Event::Text(raw)),
            // In a chat a new line means a new line: poems and addresses are written that way.
            Event::SoftBreak => Some(Event::HardBreak),
            // A drawn box needs no form control, and a screen reader speaks it.
            Event::TaskListMarker(checked) => {
                Some(Event::Text(CowStr::Borrowed(if checked { "☑ " } else { "☐ " })))
            }
            kept @ (Event::Text(_)
            | Event::Code(_)
            | Event::InlineMath(_)
            | Event::DisplayMath(_)
            | Event::FootnoteReference(_)
            | Event::HardBreak
            | Event::Rule) => Some(kept),
        }
    }

    fn start<'a>(&mut self, tag: Tag<'a>) -> Option<Event<'a>> {
        let tag = match tag {
            Tag::Heading { level, .. } => {
                Tag::Heading { level: below_the_page(level), id: None, classes: Vec::new(), attrs: Vec::new() }
            }
            Tag::CodeBlock(CodeBlockKind::Fenced(info)) => Tag::CodeBlock(match language(&info) {
                Some(name) => CodeBlockKind::Fenced(CowStr::from(name.to_owned())),
                None => CodeBlockKind::Indented,
            }),
            Tag::HtmlBlock => Tag::CodeBlock(CodeBlockKind::Fenced(CowStr::Borrowed("html"))),
            Tag::Link { link_type, dest_url, id, .. } | Tag::Image { link_type, dest_url, id, .. } => {
                if self.link.is_some() || !(link_type == LinkType::Email || has_allowed_scheme(&dest_url)) {
                    return None;
                }
                self.link = Some(self.open.len());
                Tag::Link { link_type, dest_url, title: CowStr::Borrowed(""), id }
            }
            Tag::Table(alignments) => {
                self.table = Table { alignments, ..Table::default() };
                return Some(Event::Html(CowStr::Borrowed("<table>")));
            }
            Tag::TableHead => {
                self.table.cell = Cell::Head;
                self.table.column = 0;
                return Some(Event::Html(CowStr::Borrowed("<thead><tr>")));
            }
            Tag::TableRow => {
                self.table.column = 0;
                return Some(Event::Html(CowStr::Borrowed("<tr>")));
            }
            Tag::TableCell => return Some(Event::Html(CowStr::Borrowed(self.table.open_cell()))),
            kept @ (Tag::Paragraph
            | Tag::BlockQuote(_)
            | Tag::CodeBlock(CodeBlockKind::Indented)
            | Tag::List(_)
            | Tag::Item
            | Tag::FootnoteDefinition(_)
            | Tag::DefinitionList
            | Tag::DefinitionListTitle
            | Tag::DefinitionListDefinition
            | Tag::Emphasis
            | Tag::Strong
            | Tag::Strikethrough
            | Tag::Superscript
            | Tag::Subscript
            | Tag::MetadataBlock(_)) => kept,
        };
        Some(Event::Start(tag))
    }

    fn end<'a>(&mut self, tag: TagEnd) -> Event<'a> {
        let html = match tag {
            TagEnd::Table => "</tbody></table>",
            TagEnd::TableHead => {
                self.table.cell = Cell::Body;
                "</tr></thead><tbody>"
            }
            TagEnd::TableRow => "</tr>",
            TagEnd::TableCell => match self.table.cell {
                Cell::Head => "</th>",
                Cell::Body => "</td>",
            },
            TagEnd::Heading(level) => return Event::End(TagEnd::Heading(below_the_page(level))),
            TagEnd::HtmlBlock => return Event::End(TagEnd::CodeBlock),
            TagEnd::Image => return Event::End(TagEnd::Link),
            kept @ (TagEnd::Paragraph
            | TagEnd::BlockQuote(_)
            | TagEnd::CodeBlock
            | TagEnd::List(_)
            | TagEnd::Item
            | TagEnd::FootnoteDefinition
            | TagEnd::DefinitionList
            | TagEnd::DefinitionListTitle
            | TagEnd::DefinitionListDefinition
            | TagEnd::Emphasis
            | TagEnd::Strong
            | TagEnd::Strikethrough
            | TagEnd::Superscript
            | TagEnd::Subscript
            | TagEnd::Link
            | TagEnd::MetadataBlock(_)) => return Event::End(kept),
        };
        Event::Html(CowStr::Borrowed(html))
    }
}

impl Table {
    /// The tag of the next cell of the row.
    fn open_cell(&mut self) -> &'static str {
        let alignment = self.alignments.get(self.column).copied().unwrap_or(Alignment::None);
        self.column += 1;
        match (self.cell, alignment) {
            (Cell::Head, Alignment::None) => "<th>",
            (Cell::Head, Alignment::Left) => "<th align=\"left\">",
            (Cell::Head, Alignment::Center) => "<th align=\"center\">",
            (Cell::Head, Alignment::Right) => "<th align=\"right\">",
            (Cell::Body, Alignment::None) => "<td>",
            (Cell::Body, Alignment::Left) => "<td align=\"left\">",
            (Cell::Body, Alignment::Center) => "<td align=\"center\">",
            (Cell::Body, Alignment::Right) => "<td align=\"right\">",
        }
    }
}

/// Headings of an answer stand under the page's own two levels.
fn below_the_page(level: HeadingLevel) -> HeadingLevel {
    match level {
        HeadingLevel::H1 => HeadingLevel::H3,
        HeadingLevel::H2 => HeadingLevel::H4,
        HeadingLevel::H3 => HeadingLevel::H5,
        HeadingLevel::H4 | HeadingLevel::H5 | HeadingLevel::H6 => HeadingLevel::H6,
    }
}

fn is_line_break(tag: &str) -> bool {
    let name = tag.trim_start_matches('<').trim_end_matches('>').trim_end_matches('/').trim();
    name.eq_ignore_ascii_case("br")
}

/// The name of a programming language, if the first word of a fence is one.
fn language(info: &str) -> Option<&str> {
    let name = info.split([' ', ',', '{', '\t']).next()?;
    is_language(name).then_some(name)
}

fn is_language(name: &str) -> bool {
    let fits = !name.is_empty() && name.len() <= LANGUAGE_BYTES_MAX;
    fits && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"+#.-_".contains(&b))
}

const SCHEMES: [&str; 3] = ["http", "https", "mailto"];

fn has_allowed_scheme(address: &str) -> bool {
    address.split_once(':').is_some_and(|(scheme, _)| SCHEMES.iter().any(|s| scheme.eq_ignore_ascii_case(s)))
}

/// The second wall: tags and attributes that may reach the page, whatever came through the first.
fn clean(raw: &str) -> String {
    static CLEANER: LazyLock<Builder<'static>> = LazyLock::new(|| {
        let mut cleaner = Builder::empty();
        cleaner
            .tags(HashSet::from([
                "p",
                "br",
                "hr",
                "h3",
                "h4",
                "h5",
                "h6",
                "blockquote",
                "ul",
                "ol",
                "li",
                "pre",
                "code",
                "em",
                "strong",
                "del",
                "a",
                "table",
                "thead",
                "tbody",
                "tr",
                "th",
                "td",
            ]))
            .tag_attributes(HashMap::from([
                ("a", HashSet::from(["href"])),
                ("ol", HashSet::from(["start"])),
                ("code", HashSet::from(["class"])),
                ("th", HashSet::from(["align"])),
                ("td", HashSet::from(["align"])),
            ]))
            .attribute_filter(|tag, attribute, value| match (tag, attribute) {
                ("code", "class") => {
                    value.strip_prefix("language-").filter(|name| is_language(name)).map(|_| Cow::Borrowed(value))
                }
                ("th" | "td", "align") => ["left", "center", "right"].contains(&value).then_some(Cow::Borrowed(value)),
                ("ol", "start") => value.parse::<u32>().is_ok().then_some(Cow::Borrowed(value)),
                // Every other attribute that the list above allows is an address, which `url_schemes` judges.
                (_, _) => Some(Cow::Borrowed(value)),
            })
            .url_schemes(HashSet::from(SCHEMES))
            .url_relative(UrlRelative::Deny)
            .link_rel(Some("noopener noreferrer nofollow"))
            .set_tag_attribute_value("a", "target", "_blank");
        cleaner
    });
    CLEANER.clean(raw).to_string()
}

#[cfg(test)]
mod tests;
