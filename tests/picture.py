"""Figures over time as a picture: SVG whose colours follow the reader's light or dark mode.

A picture is panels below each other with one axis of time. Lines differ by their dashes as well as by their colours.
"""

import dataclasses
import math
from xml.sax.saxutils import escape

WIDTH, HEIGHT = 900, 200
LEFT, RIGHT, TOP, BOTTOM, HEAD = 64, 24, 58, 44, 56
DASHES = ("", "7 3", "2 3", "9 3 2 3")
COLOURS = 5
# A line of more points is thinned.
POINTS_MAX = 600
STYLE = (
    "text{font-family:system-ui,sans-serif;fill:#24292f}.t{font-size:17px;font-weight:600}.p{font-size:14px;font-weight:600}"
    ".s{font-size:11px;fill:#57606a}.bg{fill:#fff}.grid{stroke:#d8dee4}.band{fill:#0969da;fill-opacity:.09}"
    ".band.odd{fill-opacity:.2}.wrong{fill:#cf222e;fill-opacity:.35}.line{fill:none;stroke:var(--c);stroke-width:1.8}"
    ".c0{--c:#0969da}.c1{--c:#bf5700}.c2{--c:#1a7f37}.c3{--c:#8250df}.c4{--c:#9a6700}"
    "@media(prefers-color-scheme:dark){text{fill:#e6edf3}.s{fill:#9da7b3}.bg{fill:#0d1117}.grid{stroke:#30363d}"
    ".c0{--c:#58a6ff}.c1{--c:#f0883e}.c2{--c:#3fb950}.c3{--c:#bc8cff}.c4{--c:#d29922}}"
)


@dataclasses.dataclass
class Band:
    """A stretch of time with a name, drawn behind the lines."""

    start: float
    end: float
    name: str
    wrong: bool = False


@dataclasses.dataclass
class Panel:
    title: str
    # By name: points (seconds, value), in the order of time.
    lines: dict[str, list[tuple[float, float]]]
    bands: list[Band] = dataclasses.field(default_factory=list)


def draw(title, subtitle, panels):
    """The whole file."""
    times = [at for panel in panels for line in panel.lines.values() for at, _ in line]
    times += [band.end for panel in panels for band in panel.bands]
    span = max(times, default=0) or 1
    total = HEAD + sum(height_of(panel) for panel in panels)
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {total}" width="{WIDTH}" height="{total}" role="img"'
        f' aria-label="{escape(title)}"><style>{STYLE}</style><rect class="bg" width="{WIDTH}" height="{total}"/>',
        text(LEFT, 26, title, "t"),
        text(LEFT, 45, subtitle, "s"),
    ]
    top = HEAD
    for panel in panels:
        out += draw_panel(panel, top, span)
        top += height_of(panel)
    return "\n".join([*out, "</svg>\n"])


def height_of(panel):
    return TOP + HEIGHT + BOTTOM + (16 * len(panel.bands) if panel.bands else 0)


def draw_panel(panel, top, span):
    floor, ceiling = top + TOP + HEIGHT, top + TOP
    most = max((value for line in panel.lines.values() for _, value in line if math.isfinite(value)), default=1) or 1
    step = round_step(most)
    high = step * math.ceil(most / step)

    def x(at):
        return LEFT + (WIDTH - LEFT - RIGHT) * at / span

    def y(value):
        return floor - HEIGHT * min(max(value / high, 0), 1)

    yield text(LEFT, top + 20, panel.title, "p")
    for n, band in enumerate(panel.bands):
        kind = "wrong" if band.wrong else "band odd" if n % 2 else "band"
        width = max(x(band.end) - x(band.start), 1)
        yield f'<rect class="{kind}" x="{x(band.start):.1f}" y="{ceiling}" width="{width:.1f}" height="{HEIGHT + 16 * (n + 1)}"/>'
        # Whatever begins late is written to its left, so that nothing leaves the picture.
        late = x(band.start) > WIDTH * 0.7
        where = x(band.start) - 4 if late else x(band.start) + 2
        label = f"{band.name} ({band.end - band.start:.1f} s)"
        yield text(where, floor + 28 + 16 * n, label, "s", "end" if late else "start")
    for n in range(round(high / step) + 1):
        yield f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y(n * step):.1f}" y2="{y(n * step):.1f}"/>'
        yield text(LEFT - 8, y(n * step) + 4, f"{n * step:g}", "s", "end")
    yield text(LEFT, floor + 14, "0 s", "s")
    yield text(WIDTH - RIGHT, floor + 14, f"{span:.0f} s", "s", "end")
    at = LEFT
    for n, (name, line) in enumerate(panel.lines.items()):
        style = f'class="line" stroke-dasharray="{DASHES[n % len(DASHES)]}"'
        points = " ".join(f"{x(when):.1f},{y(value):.1f}" for when, value in line[:: len(line) // POINTS_MAX + 1])
        yield f'<g class="c{n % COLOURS}"><polyline {style} points="{points}"/>'
        yield f'<line {style} x1="{at}" x2="{at + 22}" y1="{top + 38}" y2="{top + 38}"/></g>'
        yield text(at + 27, top + 42, name, "s")
        at += 46 + 6.3 * len(name)


def text(x, y, words, kind, anchor="start"):
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(words)}</text>'


def round_step(most):
    """So that between two and five steps reach the most."""
    rough = most / 4
    power = 10 ** math.floor(math.log10(rough))
    return next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough)
