//! Hostile Markdown, and growing Markdown.

use proptest::prelude::*;

use super::*;

fn html(text: &str) -> String {
    blocks(text).concat()
}

#[test]
fn markdown_becomes_html() {
    let link = |href: &str, text: &str| {
        format!("<a href=\"{href}\" target=\"_blank\" rel=\"noopener noreferrer nofollow\">{text}</a>")
    };
    for (text, expected) in [
        ("hola *tú* y **yo**", "<p>hola <em>tú</em> y <strong>yo</strong></p>\n".to_owned()),
        ("# Uno", "<h3>Uno</h3>\n".to_owned()),
        ("verso uno\nverso dos", "<p>verso uno<br>\nverso dos</p>\n".to_owned()),
        ("~~no~~ `a < b`", "<p><del>no</del> <code>a &lt; b</code></p>\n".to_owned()),
        ("3. tres\n4. cuatro", "<ol start=\"3\">\n<li>tres</li>\n<li>cuatro</li>\n</ol>\n".to_owned()),
        ("- [x] pan\n- [ ] sal", "<ul>\n<li>☑ pan</li>\n<li>☐ sal</li>\n</ul>\n".to_owned()),
        ("```rust,no_run\nfn f() {}\n```", "<pre><code class=\"language-rust\">fn f() {}\n</code></pre>\n".to_owned()),
        ("[a](https://example.com)", format!("<p>{}</p>\n", link("https://example.com", "a"))),
        ("<ana@example.com>", format!("<p>{}</p>\n", link("mailto:ana@example.com", "ana@example.com"))),
        ("![foto](https://example.com/p.png)", format!("<p>{}</p>\n", link("https://example.com/p.png", "foto"))),
        ("[![i](https://a.example/i)](https://b.example)", format!("<p>{}</p>\n", link("https://b.example", "i"))),
        (
            "| a | b |\n|:-:|--:|\n| 1<br>2 | 3 |",
            "<table><thead><tr><th align=\"center\">a</th><th align=\"right\">b</th></tr></thead><tbody>\
             <tr><td align=\"center\">1<br>\n2</td><td align=\"right\">3</td></tr></tbody></table>"
                .to_owned(),
        ),
    ] {
        assert_eq!(html(text), expected, "{text:?}");
    }
}

/// Attacks, most of them old friends. What each may leave behind is text.
const HOSTILE: &[&str] = &[
    "<script>alert(1)</script>",
    "text <script src=//evil.example></script> text",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "<img src=x onerror=alert(1)>",
    "a <img src=x onerror=alert(1)> b",
    "<svg onload=alert(1)>",
    "<svg><animate onbegin=alert(1) attributeName=x dur=1s>",
    "<math><mtext><table><mglyph><style><!--</style><img title=\"--&gt;&lt;img src=1 onerror=alert(1)&gt;\">",
    "<form><math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
    "<noscript><p title=\"</noscript><img src=x onerror=alert(1)>\">",
    "<style>@import 'https://evil.example'</style>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<a href=\"javascript:alert(1)\">x</a>",
    "<details open ontoggle=alert(1)>",
    "<form action=https://evil.example><input name=code autofocus onfocus=alert(1)>",
    "<base href=https://evil.example>",
    "<meta http-equiv=refresh content='0;url=https://evil.example'>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](java\tscript:alert(1))",
    "[x](&#106;avascript:alert(1))",
    "[x](&#x6A;avascript&colon;alert(1))",
    "[x](\u{1}javascript:alert(1))",
    "[x](data:text/html,<script>alert(1)</script>)",
    "[x](vbscript:msgbox(1))",
    "[x](file:///etc/passwd)",
    "[x](/page/turn)",
    "[x](//evil.example)",
    "[x](#code=ABCD2345)",
    "<javascript:alert(1)>",
    "![x](javascript:alert(1))",
    "![x](data:image/svg+xml,<svg onload=alert(1)>)",
    "![\" onerror=\"alert(1)](x)",
    "[x](https://a.example \"\\\" onmouseover=\\\"alert(1)\")",
    "[x](https://a.example/\"onmouseover=\"alert(1))",
    "[x]: javascript:alert(1)\n\n[x]",
    "```\" onmouseover=\"alert(1)\ncode\n```",
    "```js\"><img/src=x/onerror=alert(1)>\ncode\n```",
    "```html\n</code></pre><script>alert(1)</script>\n```",
    "`</code><script>alert(1)</script>`",
    "| a |\n|---|\n| <td onclick=alert(1)> |",
    "> <blockquote cite=javascript:alert(1)>",
    "- <li onclick=alert(1)>\n  - ***[**<b onclick=alert(1)>**](javascript:alert(1))***",
    "<!-- --><script>alert(1)</script><!-- -->",
    "<![CDATA[<script>alert(1)</script>]]>",
    "<?php echo '<script>'; ?>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "<p style=\"background:url(https://evil.example)\">x</p>",
    "<a id=question name=question href=x>clobber</a>",
    "\u{0}<script>alert(1)</script>",
];

#[derive(Debug, Default)]
struct Seen {
    tags: Vec<(String, Vec<(String, String)>)>,
}

/// The tags of an HTML text, read as a browser's tokeniser would read what [`clean`] writes: every `<` in text is
/// escaped there, and every attribute is quoted.
fn tags(html: &str) -> Seen {
    let mut seen = Seen::default();
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        rest = &rest[at + 1..];
        let name_end = rest.find([' ', '>']).unwrap_or(rest.len());
        let name = rest[..name_end].to_owned();
        rest = &rest[name_end..];
        let mut attributes = Vec::new();
        while let Some(after) = rest.strip_prefix(' ') {
            let (key, value) = after.split_once("=\"").expect("an attribute has a quoted value");
            let (value, after) = value.split_once('"').expect("a quote that closes");
            attributes.push((key.to_owned(), value.to_owned()));
            rest = after;
        }
        rest = rest.strip_prefix('>').expect("a tag ends");
        seen.tags.push((name, attributes));
    }
    seen
}

/// What is safe, said a second time and in other words than the cleaner's own list.
fn assert_safe(html: &str, source: &str) {
    const TAGS: &[&str] = &[
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
    ];
    for (name, attributes) in tags(html).tags {
        let name = name.trim_start_matches('/');
        assert!(TAGS.contains(&name), "<{name}> out of {source:?}: {html}");
        for (key, value) in attributes {
            let safe = match (name, key.as_str()) {
                ("a", "href") => ["http://", "https://", "mailto:"].iter().any(|s| value.to_lowercase().starts_with(s)),
                ("a", "target") => value == "_blank",
                ("a", "rel") => value == "noopener noreferrer nofollow",
                ("ol", "start") => value.bytes().all(|b| b.is_ascii_digit()),
                ("code", "class") => value.starts_with("language-") && !value.contains(['"', '<', ' ']),
                ("th" | "td", "align") => ["left", "center", "right"].contains(&value.as_str()),
                _ => false,
            };
            assert!(safe, "{key}={value:?} on <{name}> out of {source:?}: {html}");
        }
    }
}

#[test]
fn hostile_markdown_leaves_text() {
    for source in HOSTILE {
        assert_safe(&html(source), source);
        // As the model writes it, one character after the other, nothing unsafe is ever drawn either.
        let mut canvas = Canvas::default();
        for (end, letter) in source.char_indices() {
            for update in canvas.grow(&source[..end + letter.len_utf8()]) {
                assert_safe(&update.html, source);
            }
        }
    }
}

#[test]
fn raw_html_is_shown_as_it_was_written() {
    for (text, expected) in [
        ("<b>hola</b>", "<p>&lt;b&gt;hola&lt;/b&gt;</p>\n"),
        ("<div>\nhola\n</div>", "<pre><code class=\"language-html\">&lt;div&gt;\nhola\n&lt;/div&gt;</code></pre>\n"),
        ("a <i>b</i>", "<p>a &lt;i&gt;b&lt;/i&gt;</p>\n"),
    ] {
        assert_eq!(html(text), expected, "{text:?}");
    }
}

#[test]
fn the_second_wall_stands_alone() {
    for source in HOSTILE {
        assert_safe(&clean(source), source);
    }
    assert_eq!(clean("<a href=\"javascript:x\" onclick=\"x\">t</a>").find("javascript"), None);
    assert_eq!(clean("<code class=\"language-a b\">x</code>"), "<code>x</code>");
}

/// A megabyte of what makes parsers and cleaners slow. Work is bounded by size: what is read as Markdown, how deep it
/// nests, how much HTML a block may become and how much of that is escaped. None of it is a matter of seconds, so
/// nothing is timed; without the limits this test does not come to an end.
#[test]
fn hostile_sizes_are_bounded() {
    let size = 1 << 20;
    for piece in HEAVY {
        let text = piece.repeat(size / piece.len());
        for raw in raw_blocks(&text) {
            match raw {
                Raw::Markdown(html) => {
                    assert!(html.len() <= BLOCK_HTML_BYTES_MAX, "{piece:?} became {} bytes", html.len());
                    assert!(html.matches('&').count() <= BLOCK_ESCAPES_MAX, "{piece:?} escapes too much");
                }
                // A character becomes six at most.
                Raw::AsWritten(html) => assert!(html.len() <= 6 * size + 64, "{piece:?} became {} bytes", html.len()),
            }
        }
        assert_safe(&html(&text), piece);
    }
    // A table whose short rows stand for many empty cells.
    let table = format!("{}\n{}\n{}", "|a".repeat(500), "|-".repeat(500), "|\n".repeat(5000));
    assert!(html(&table).len() < BLOCK_HTML_BYTES_MAX, "a table became {} bytes", html(&table).len());
}

const HEAVY: &[&str] = &[
    "[",
    "![",
    "](",
    "[a](",
    "*",
    "_ ",
    "**a ",
    "*a **b ",
    "*a* ",
    "`",
    "`a``b",
    "> ",
    "> a\n",
    "- ",
    "- a\n",
    " - a\n",
    "<",
    "&",
    "\"",
    "<!--",
    "<b>",
    "| ",
    "|a|b|\n",
    "\\",
    "[a]: b\n",
    "[a] ",
    "# a\n",
    "a\n\n",
    "~~a",
    "- [ ",
    "```\n",
    "    <\n",
    "https://e.example ",
    "[a](https://e.example) ",
    "1. a\n   ",
];

#[test]
fn deep_nesting_loses_its_frame_and_keeps_its_text() {
    let html = html(&format!("{}hondo", "> ".repeat(500)));
    assert!(html.contains("hondo"));
    assert!(html.matches("<blockquote>").count() <= NESTING_MAX);
}

#[test]
fn what_is_longer_than_markdown_may_be_is_shown_as_written() {
    let text = format!("{}*ñ*", "ñ".repeat(MARKDOWN_BYTES_MAX / 2));
    let drawn = blocks(&text);
    assert_eq!(drawn.len(), 2);
    assert_eq!(drawn[1], "<pre><code>*ñ*</code></pre>\n");
}

/// What a browser holds that applies every update in order, without blocks that are gone.
fn applied(updates: impl IntoIterator<Item = BlockUpdate>) -> Vec<String> {
    let mut page: Vec<String> = Vec::new();
    for BlockUpdate { index, html } in updates {
        page.resize(page.len().max(index + 1), String::new());
        page[index] = html;
    }
    page.retain(|html| !html.is_empty());
    page
}

#[test]
fn a_growing_text_does_not_flicker() {
    let mut canvas = Canvas::default();
    let mut draw = |text| canvas.grow(text).into_iter().map(|u| u.html).collect::<Vec<_>>();
    assert_eq!(draw("Compra:"), ["<p>Compra:</p>\n"]);
    assert!(draw("Compra:\n-").is_empty(), "a lone dash would make a heading of the line above");
    assert_eq!(draw("Compra:\n- p"), ["<ul>\n<li>p</li>\n</ul>\n"]);
    assert!(draw("Compra:\n- p\n").is_empty());
    assert_eq!(draw("Compra:\n- p\n\n```py"), ["<pre><code class=\"language-py\"></code></pre>\n"]);
    assert_eq!(
        draw("Compra:\n- p\n\n```py\nx = 1"),
        ["<pre><code class=\"language-py\">x = 1</code></pre>\n"],
        "a fence that is not closed yet is a code block, and only it is sent again"
    );
}

#[test]
fn a_block_that_vanishes_is_told() {
    let mut canvas = Canvas::default();
    let text = "uno\n\n[a]: https://example.com";
    let updates = [canvas.grow("uno\n\n[a"), canvas.finish(text)].concat();
    assert_eq!(updates.last(), Some(&BlockUpdate { index: 1, html: String::new() }));
    assert_eq!(applied(updates), blocks(text));
}

/// Text that is likelier to be Markdown than random text is.
fn markdown() -> impl Strategy<Value = String> {
    let pieces = prop::sample::select(vec![
        "hola",
        " ",
        "\n",
        "\n\n",
        "- ",
        "* ",
        "1. ",
        "> ",
        "# ",
        "```",
        "```py\n",
        "`",
        "**",
        "*",
        "_",
        "~~",
        "|",
        "|--|",
        "---",
        "===",
        "[a]",
        "(https://e.example)",
        "[a]: https://e.example",
        "![",
        "]",
        "<b>",
        "</b>",
        "<br>",
        "<script>",
        "<!--",
        "-->",
        "&amp;",
        "    ",
        "\t",
        "ñ",
        "🦀",
        "\\",
        "\r\n",
    ]);
    prop::collection::vec(pieces, 0..60).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn updates_add_up_to_the_whole(
        text in markdown(),
        mut cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..20),
    ) {
        let ends: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
        let mut canvas = Canvas::default();
        let mut updates = Vec::new();
        if !ends.is_empty() {
            cuts.sort_by_key(|cut| cut.index(ends.len()));
            for cut in &cuts {
                updates.extend(canvas.grow(&text[..ends[cut.index(ends.len())]]));
            }
        }
        updates.extend(canvas.finish(&text));
        prop_assert_eq!(applied(updates), blocks(&text));
    }

    #[test]
    fn whatever_is_written_is_safe(text in markdown()) {
        assert_safe(&html(&text), &text);
    }

    #[test]
    fn random_text_is_safe(text in any::<String>()) {
        assert_safe(&html(&text), &text);
    }
}
