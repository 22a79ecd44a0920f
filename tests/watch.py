"""How much memory every process of a running SARAi takes and how many files it has open, looked at again and again."""

import os
import pathlib
import platform
import statistics
import threading
import time

from harness import children_of, command_of

MB = 1_000_000


def parts_below(up):
    """The processes of a running `sarai up` by what they are: itself, `serve`, `loop`, and of each jail its launcher, the
    two processes that make it, and what it holds."""
    found = {"up": up}

    def walk(parent, jail):
        for pid in children_of(parent):
            program, *arguments = command_of(pid) or [b""]
            inside = jail
            match program.rsplit(b"/", 1)[-1]:
                case b"sarai":
                    part = next((name for name in ("serve", "loop") if name.encode() in arguments), "sarai")
                case b"sarai-jail" if arguments[:1] == [b"launch"]:
                    inside = arguments[arguments.index(b"--name") + 1].decode()
                    part = f"{inside} launcher"
                case b"bwrap":
                    part = f"{jail} bwrap"
                case b".sarai-jail":
                    part = f"{jail} init"
                case _:
                    part = jail
            if part:
                found[part] = pid
            walk(pid, inside)

    walk(up, None)
    return found


def memory_of(pid):
    """A process's proportional set size in bytes: what is shared counts by its share."""
    for line in pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024
    raise ProcessLookupError(pid)


class Watch(threading.Thread):
    """Looks at everything below `up()` until it is told to stop; `samples` are (seconds, part, bytes, open files)."""

    def __init__(self, up, period_s=0.5):
        super().__init__(daemon=True)
        self.up, self.period_s = up, period_s
        self.samples = []
        self.start_s = time.monotonic()
        self.over = threading.Event()

    def at(self):
        return time.monotonic() - self.start_s

    def run(self):
        while not self.over.wait(self.period_s):
            pid = self.up()
            for part, pid in parts_below(pid).items() if pid else ():
                try:
                    self.samples.append((self.at(), part, memory_of(pid), len(os.listdir(f"/proc/{pid}/fd"))))
                except OSError:
                    # It has ended meanwhile.
                    continue

    def stop(self):
        self.over.set()
        self.join()

    def by_part(self):
        """For each part its samples, without those that were only passing by."""
        parts = {}
        for at, part, size, files in self.samples:
            parts.setdefault(part, []).append((at, size, files))
        most = max((len(samples) for samples in parts.values()), default=0)
        return {part: samples for part, samples in sorted(parts.items()) if len(samples) * 20 > most}

    def summary(self):
        return {
            part: {
                "memory_mb": {
                    "median": round(statistics.median(size for _, size, _ in samples) / MB, 1),
                    "most": round(max(size for _, size, _ in samples) / MB, 1),
                    "last": round(samples[-1][1] / MB, 1),
                },
                "open_files": {"first": samples[0][2], "most": max(files for _, _, files in samples), "last": samples[-1][2]},
            }
            for part, samples in self.by_part().items()
        }

    def lines(self):
        """Memory in MB over seconds, for a picture."""
        return {part: [(at, size / MB) for at, size, _ in samples] for part, samples in self.by_part().items()}


def machine():
    """What a figure was measured on."""
    processor = next(
        (line.split(":", 1)[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")),
        platform.machine(),
    )
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "processor": processor,
        "cores": len(os.sched_getaffinity(0)),
        "memory_gb": round(memory / 1e9, 1),
        "system": f"{platform.system()} {platform.release()}",
    }
