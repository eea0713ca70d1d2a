"""The rooms benchmark, by noun: what is built, what is started, what is measured, what is printed."""
