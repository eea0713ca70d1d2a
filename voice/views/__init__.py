"""The voice app's answers to browsers and programs: guard, call, render."""
