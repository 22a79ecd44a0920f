//! Figures as a picture: SVG, written by hand, for a page or a README.
//!
//! One picture is a few panels below each other, each with a title, a value axis and either bars or lines; bars carry
//! their interval as a whisker. The colours come from a style sheet inside the picture, which follows the reader's
//! light or dark mode, and series differ by their dashes and labels too, not by colour alone.

use std::fmt::Write;

use super::statistics::Interval;

const WIDTH: f64 = 760.0;
/// Of the part of a panel that is drawn in.
const HEIGHT: f64 = 220.0;
const LEFT: f64 = 64.0;
const RIGHT: f64 = 24.0;
/// For a panel's title and the names of its series.
const TOP: f64 = 64.0;
/// For the labels below.
const BOTTOM: f64 = 78.0;
const HEAD: f64 = 56.0;
/// Labels of bars that stand closer than this are slanted.
const LABEL_WIDTH: f64 = 70.0;
/// A line of more points has none of them marked.
const DOTS_MAX: usize = 24;
/// Colours of series; after the last one the first comes again, with other dashes.
const COLOURS: usize = 5;
const DASHES: [&str; 4] = ["", "7 3", "2 3", "9 3 2 3"];

const STYLE: &str = "text{font-family:system-ui,sans-serif;fill:#24292f}.t{font-size:17px;font-weight:600}\
.p{font-size:14px;font-weight:600}.s{font-size:12px;fill:#57606a}.l{font-size:12px}\
.bg{fill:#ffffff}.grid{stroke:#d8dee4}.axis{stroke:#57606a}.mark{stroke:#cf222e;stroke-dasharray:5 4}\
.whisker{stroke:#24292f;stroke-width:1.5}.c0{--c:#0969da}.c1{--c:#bf5700}.c2{--c:#1a7f37}.c3{--c:#8250df}.c4{--c:#9a6700}\
.bar{fill:var(--c);fill-opacity:.8}.line{fill:none;stroke:var(--c);stroke-width:2}.dot{fill:var(--c)}\
@media(prefers-color-scheme:dark){text{fill:#e6edf3}.s{fill:#9da7b3}.bg{fill:#0d1117}.grid{stroke:#30363d}\
.axis{stroke:#9da7b3}.mark{stroke:#ff7b72}.whisker{stroke:#e6edf3}.c0{--c:#58a6ff}.c1{--c:#f0883e}.c2{--c:#3fb950}\
.c3{--c:#bc8cff}.c4{--c:#d29922}}";

/// A picture.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Plot {
    pub(crate) title: String,
    /// Below the title: what was measured, and where.
    pub(crate) subtitle: String,
    pub(crate) panels: Vec<Panel>,
}

/// One diagram of a picture.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Panel {
    pub(crate) title: String,
    /// A value to compare with, such as 1 for a ratio: a dashed line across.
    pub(crate) mark: Option<f64>,
    pub(crate) body: Body,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Body {
    /// Each series has a value for each label, or none.
    Bars { labels: Vec<String>, series: Vec<(String, Vec<Option<Interval>>)> },
    /// Each series is points (x, y), in the order of x.
    Lines { x: String, series: Vec<(String, Vec<(f64, f64)>)> },
}

impl Plot {
    /// The whole file. What cannot be drawn (a value that is no number) is left out.
    pub(crate) fn svg(&self) -> String {
        let panel_height = TOP + HEIGHT + BOTTOM;
        #[expect(clippy::cast_precision_loss, reason = "a handful of panels")]
        let height = HEAD + panel_height * self.panels.len() as f64;
        let mut svg = String::new();
        let title = escaped(&self.title);
        put(
            &mut svg,
            format_args!(
                "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" width=\"{WIDTH}\" \
                 height=\"{height}\" role=\"img\" aria-label=\"{title}\"><style>{STYLE}</style>\n\
                 <rect class=\"bg\" width=\"{WIDTH}\" height=\"{height}\"/>\n\
                 <text class=\"t\" x=\"{LEFT}\" y=\"26\">{title}</text>\n\
                 <text class=\"s\" x=\"{LEFT}\" y=\"45\">{}</text>\n",
                escaped(&self.subtitle)
            ),
        );
        let mut top = HEAD;
        for panel in &self.panels {
            panel.draw(&mut svg, top);
            top += panel_height;
        }
        svg.push_str("</svg>\n");
        svg
    }
}

impl Panel {
    fn draw(&self, svg: &mut String, top: f64) {
        let axis = Axis::over(self.values().chain(self.mark), top + TOP);
        put(svg, format_args!("<text class=\"p\" x=\"{LEFT}\" y=\"{}\">{}</text>\n", top + 22.0, escaped(&self.title)));
        self.legend(svg, top + 44.0);
        axis.draw(svg);
        match &self.body {
            Body::Bars { labels, series } => bars(svg, &axis, labels, series),
            Body::Lines { x, series } => lines(svg, &axis, x, series),
        }
        if let Some(mark) = self.mark {
            let y = axis.y(mark);
            let right = WIDTH - RIGHT;
            put(svg, format_args!("<line class=\"mark\" x1=\"{LEFT}\" y1=\"{y:.1}\" x2=\"{right}\" y2=\"{y:.1}\"/>\n"));
        }
    }

    fn values(&self) -> Box<dyn Iterator<Item = f64> + '_> {
        match &self.body {
            Body::Bars { series, .. } => {
                Box::new(series.iter().flat_map(|(_, values)| values).flatten().flat_map(|i| [i.median, i.high]))
            }
            Body::Lines { series, .. } => Box::new(series.iter().flat_map(|(_, points)| points).map(|(_, y)| *y)),
        }
    }

    /// The names of the series, each after a patch in its colour.
    fn legend(&self, svg: &mut String, y: f64) {
        let names: Vec<&String> = match &self.body {
            Body::Bars { series, .. } => series.iter().map(|(name, _)| name).collect(),
            Body::Lines { series, .. } => series.iter().map(|(name, _)| name).collect(),
        };
        let mut x = LEFT;
        for (i, name) in names.into_iter().enumerate() {
            put(
                svg,
                format_args!(
                    "<g class=\"c{}\"><line class=\"line\" stroke-dasharray=\"{}\" x1=\"{x:.1}\" y1=\"{:.1}\" \
                     x2=\"{:.1}\" y2=\"{:.1}\"/></g><text class=\"l\" x=\"{:.1}\" y=\"{y:.1}\">{}</text>\n",
                    i % COLOURS,
                    dashes(i),
                    y - 4.0,
                    x + 22.0,
                    y - 4.0,
                    x + 28.0,
                    escaped(name)
                ),
            );
            #[expect(clippy::cast_precision_loss, reason = "the name of a series is short")]
            let width = name.chars().count() as f64 * 6.8;
            x += 48.0 + width;
        }
    }
}

/// From 0 to a round number above every value.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Axis {
    step: f64,
    steps: u32,
    top: f64,
}

impl Axis {
    fn over(values: impl Iterator<Item = f64>, top: f64) -> Self {
        let most = values.filter(|v| v.is_finite()).fold(0.0, f64::max);
        let step = round_step(most);
        let steps = (1..=10).find(|n| f64::from(*n) * step >= most).unwrap_or(10);
        Self { step, steps, top }
    }

    /// Where a value stands; outside ones at the edge.
    fn y(&self, value: f64) -> f64 {
        let share = (value / (self.step * f64::from(self.steps))).clamp(0.0, 1.0);
        self.top + HEIGHT * (1.0 - share)
    }

    fn draw(&self, svg: &mut String) {
        let right = WIDTH - RIGHT;
        for n in 0..=self.steps {
            let value = f64::from(n) * self.step;
            let (y, class) = (self.y(value), if n == 0 { "axis" } else { "grid" });
            put(
                svg,
                format_args!(
                    "<line class=\"{class}\" x1=\"{LEFT}\" y1=\"{y:.1}\" x2=\"{right}\" y2=\"{y:.1}\"/>\
                     <text class=\"s\" text-anchor=\"end\" x=\"{:.1}\" y=\"{:.1}\">{}</text>\n",
                    LEFT - 8.0,
                    y + 4.0,
                    short(value)
                ),
            );
        }
    }
}

fn bars(svg: &mut String, axis: &Axis, labels: &[String], series: &[(String, Vec<Option<Interval>>)]) {
    #[expect(clippy::cast_precision_loss, reason = "a few dozen bars")]
    let (groups, members) = (labels.len().max(1) as f64, series.len().max(1) as f64);
    let group = (WIDTH - LEFT - RIGHT) / groups;
    let bar = (group * 0.76 / members).min(56.0);
    let floor = axis.y(0.0);
    let mut middle = LEFT + group / 2.0;
    for (at, label) in labels.iter().enumerate() {
        let mut x = middle - bar * members / 2.0;
        for (i, (_, values)) in series.iter().enumerate() {
            if let Some(interval) = values.get(at).copied().flatten().filter(|v| v.median.is_finite()) {
                let y = axis.y(interval.median);
                put(
                    svg,
                    format_args!(
                        "<g class=\"c{}\"><rect class=\"bar\" x=\"{:.1}\" y=\"{y:.1}\" width=\"{:.1}\" \
                         height=\"{:.1}\"/></g>\n",
                        i % COLOURS,
                        x + 1.0,
                        (bar - 2.0).max(1.0),
                        floor - y
                    ),
                );
                whisker(svg, axis, x + bar / 2.0, interval);
            }
            x += bar;
        }
        label_below(svg, middle, floor + 18.0, label, group);
        middle += group;
    }
}

fn whisker(svg: &mut String, axis: &Axis, x: f64, interval: Interval) {
    let (low, high) = (axis.y(interval.low), axis.y(interval.high));
    if (low - high).abs() < 1.0 || !(low - high).is_finite() {
        return;
    }
    put(svg, format_args!("<line class=\"whisker\" x1=\"{x:.1}\" y1=\"{low:.1}\" x2=\"{x:.1}\" y2=\"{high:.1}\"/>\n"));
}

fn label_below(svg: &mut String, x: f64, y: f64, label: &str, room: f64) {
    let label = escaped(label);
    if room >= LABEL_WIDTH {
        put(svg, format_args!("<text class=\"l\" text-anchor=\"middle\" x=\"{x:.1}\" y=\"{y:.1}\">{label}</text>\n"));
    } else {
        put(
            svg,
            format_args!(
                "<text class=\"l\" text-anchor=\"end\" transform=\"translate({:.1} {y:.1}) rotate(-35)\">{label}</text>\n",
                x + 4.0
            ),
        );
    }
}

fn lines(svg: &mut String, axis: &Axis, x_title: &str, series: &[(String, Vec<(f64, f64)>)]) {
    let points = || series.iter().flat_map(|(_, points)| points).filter(|(x, y)| x.is_finite() && y.is_finite());
    let least = points().map(|(x, _)| *x).fold(f64::INFINITY, f64::min);
    let most = points().map(|(x, _)| *x).fold(f64::NEG_INFINITY, f64::max);
    let span = if most > least { most - least } else { 1.0 };
    let place = |x: f64| LEFT + (WIDTH - LEFT - RIGHT) * (x - least) / span;
    for (i, (_, points)) in series.iter().enumerate() {
        let mut path = String::new();
        let mut dots = String::new();
        for (x, y) in points.iter().filter(|(x, y)| x.is_finite() && y.is_finite()) {
            let (x, y) = (place(*x), axis.y(*y));
            put(&mut path, format_args!("{x:.1},{y:.1} "));
            if points.len() <= DOTS_MAX {
                put(&mut dots, format_args!("<circle class=\"dot\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3\"/>"));
            }
        }
        put(
            svg,
            format_args!(
                "<g class=\"c{}\"><polyline class=\"line\" stroke-dasharray=\"{}\" points=\"{}\"/>{dots}</g>\n",
                i % COLOURS,
                dashes(i),
                path.trim_end()
            ),
        );
    }
    if least.is_finite() {
        let floor = axis.y(0.0) + 18.0;
        let mut ticks: Vec<f64> = points().map(|(x, _)| *x).collect();
        ticks.sort_by(f64::total_cmp);
        ticks.dedup();
        let mut free = f64::NEG_INFINITY;
        for tick in ticks {
            if place(tick) >= free {
                label_below(svg, place(tick), floor, &short(tick), LABEL_WIDTH);
                free = place(tick) + 26.0;
            }
        }
        label_below(svg, f64::midpoint(LEFT, WIDTH - RIGHT), floor + 20.0, x_title, LABEL_WIDTH);
    }
}

/// Other dashes for each series, so that they can be told apart without colours.
fn dashes(series: usize) -> &'static str {
    DASHES[series % DASHES.len()]
}

/// 1, 2 or 5 times a power of ten, so that four to ten steps reach the value.
fn round_step(most: f64) -> f64 {
    if most <= 0.0 {
        return 1.0;
    }
    let power = 10f64.powf((most / 4.0).log10().floor());
    let steps = [1.0, 2.0, 5.0, 10.0].map(|factor| factor * power);
    steps.into_iter().find(|step| most / step <= 5.0).unwrap_or(power * 10.0)
}

/// As few digits as say it.
fn short(value: f64) -> String {
    let text = format!("{value:.3}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            c if c.is_control() => safe.push(' '),
            c => safe.push(c),
        }
    }
    safe
}

/// Writing into a text cannot fail.
fn put(text: &mut String, args: std::fmt::Arguments<'_>) {
    let _ = text.write_fmt(args);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(median: f64) -> Option<Interval> {
        Some(Interval { median, low: median * 0.9, high: median * 1.1 })
    }

    fn plot(panels: Vec<Panel>) -> Plot {
        Plot { title: "a < b & \"c\"".to_owned(), subtitle: "línea\u{7}".to_owned(), panels }
    }

    fn bars_of(values: &[Option<Interval>]) -> Panel {
        let labels = (0..values.len()).map(|n| format!("<{n}>")).collect();
        let series = vec![("uno".to_owned(), values.to_vec()), ("dos".to_owned(), Vec::new())];
        Panel { title: "p".to_owned(), mark: Some(1.0), body: Body::Bars { labels, series } }
    }

    /// Every element that opens closes, in order; attributes are quoted; nothing stands raw.
    fn check_well_formed(svg: &str) {
        let mut open = Vec::new();
        let mut rest = svg;
        while let Some((text, tag)) = rest.split_once('<') {
            assert!(!text.contains('>'), "{text:?}");
            let (tag, after) = tag.split_once('>').expect("a tag ends");
            assert_eq!(tag.matches('"').count() % 2, 0, "{tag}");
            let name = tag.trim_end_matches('/').split_whitespace().next().unwrap();
            if let Some(name) = name.strip_prefix('/') {
                assert_eq!(open.pop().as_deref(), Some(name));
            } else if !tag.ends_with('/') {
                open.push(name.to_owned());
            }
            rest = after;
        }
        assert!(open.is_empty(), "{open:?}");
        for wrong in ["NaN", "inf", "-0.0\""] {
            assert!(!svg.contains(wrong), "{wrong}");
        }
    }

    #[test]
    fn pictures_are_well_formed_whatever_the_values() {
        let nothing = Interval { median: f64::NAN, low: f64::NAN, high: f64::INFINITY };
        let lines = |points: &[(f64, f64)]| Panel {
            title: "l".to_owned(),
            mark: None,
            body: Body::Lines { x: "tokens".to_owned(), series: vec![("T(n)".to_owned(), points.to_vec())] },
        };
        for panels in [
            Vec::new(),
            vec![bars_of(&[at(1.0), None, at(2.5)])],
            vec![bars_of(&[]), bars_of(&[Some(nothing)]), bars_of(&vec![at(0.98); 40])],
            vec![lines(&[]), lines(&[(1.0, 3.0)]), lines(&[(1.0, 30.0), (2.0, f64::NAN), (64.0, 900.0)])],
        ] {
            check_well_formed(&plot(panels).svg());
        }
    }

    #[test]
    fn a_bar_is_as_high_as_its_value() {
        let svg = plot(vec![bars_of(&[at(1.0), at(2.0)])]).svg();
        let heights: Vec<f64> = svg
            .split("class=\"bar\"")
            .skip(1)
            .map(|bar| bar.split("height=\"").nth(1).unwrap().split('"').next().unwrap().parse().unwrap())
            .collect();
        assert!((heights[1] / heights[0] - 2.0).abs() < 0.01, "{heights:?}");
        assert_eq!(svg.matches("class=\"whisker\"").count(), 2);
    }

    #[test]
    fn an_axis_ends_at_a_round_number() {
        for (most, step, steps) in
            [(0.0, 1.0, 1), (1.0, 0.2, 5), (1.01, 0.5, 3), (3.2, 1.0, 4), (97.0, 20.0, 5), (1234.0, 500.0, 3)]
        {
            let axis = Axis::over([most].into_iter(), 0.0);
            assert!((axis.step - step).abs() < 1e-9 && axis.steps == steps, "{most}: {axis:?}");
        }
    }
}
