"""Kernels `K_m(s, c)`, one a module: arrays in, arrays out; they know neither graph nor tuning."""
