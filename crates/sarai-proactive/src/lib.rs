//! When to act unasked: rules, times, the gate and its reasons. Pure.
