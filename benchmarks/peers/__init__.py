"""The common pathway model (benchmarks/pathway.py) in the tools that a user would pick instead, each in its own idiom."""
