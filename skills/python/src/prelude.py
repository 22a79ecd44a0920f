"""Limits itself, then runs the program that comes in on standard input. What is set here cannot be taken back."""

import io
import resource
import sys


def limit(what, most):
    before = resource.getrlimit(what)[1]
    most = most if before == resource.RLIM_INFINITY else min(most, before)
    resource.setrlimit(what, (most, most))


def main():
    cpu_s, memory_bytes, file_bytes = map(int, sys.argv[1:4])
    limit(resource.RLIMIT_CPU, cpu_s)
    limit(resource.RLIMIT_AS, memory_bytes)
    limit(resource.RLIMIT_FSIZE, file_bytes)
    limit(resource.RLIMIT_CORE, 0)
    limit(resource.RLIMIT_NPROC, 0)
    limit(resource.RLIMIT_NOFILE, 32)
    source = sys.stdin.buffer.read().decode()
    sys.stdin = io.StringIO()
    sys.argv = ["programa.py"]
    # A number of ten thousand digits is something that people ask for.
    if hasattr(sys, "set_int_max_str_digits"):
        sys.set_int_max_str_digits(20_000)
    exec(compile(source, "programa.py", "exec"), {"__name__": "__main__", "__builtins__": __builtins__})


main()
